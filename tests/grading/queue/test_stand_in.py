"""Where today's submission holds no notebook that can be read, the last one that did is graded; nothing of it is lost on the way."""

import json
import os

import pytest

from rnncourse.grading.queue.readings import Readings
from rnncourse.grading.queue.work import Done
from tests.grading.queue.test_grade import RIGHT, Clerk, run


def break_notebook(room, student, content=b"\0 no notebook"):
    (room.root / "grading" / "submitted" / student / room.step / f"{room.name}.ipynb").write_bytes(content)


@pytest.fixture
def broken(room):
    """Anna's right work was graded; then she handed in something else, and Ben handed in nothing good at all."""
    room.hand_in("anna", last_valid=RIGHT)
    run(room, Clerk())
    break_notebook(room, "anna")
    (room.root / "grading" / "submitted" / "ben" / room.step).mkdir(parents=True)
    break_notebook(room, "ben")
    return room


def entered(room):
    """Student -> (points, remarks) of what was entered last."""
    return {student: (verdict.points, [one.text for one in verdict.remarks]) for student, verdict in room.records.entered}


def test_the_last_one_that_could_be_read_is_graded_with_a_remark(broken):
    clerk = Clerk()
    tally = run(broken, clerk)
    points, remarks = entered(broken)["anna"]
    assert (clerk.seen, tally.judged, tally.kept, tally.failures) == (["anna", "ben"], ["ben"], ["anna"], {})
    assert points == 2.0 and any("the last one that did, received at" in text for text in remarks)
    assert entered(broken)["ben"][0] == 0.0


def test_what_is_wrong_with_the_later_one_is_said_each_time(broken):
    class Reader(Clerk):
        def verdict(self, job):
            from rnncourse.grading.submission import Remark

            found = super().verdict(job)
            return found if b"cells" in b"".join(job.files.values()) else found.with_remarks(Remark("refused", "it is no JSON"))

    run(broken, Reader())
    first = entered(broken)["anna"]
    again = Clerk()
    assert run(broken, again).kept == ["anna", "ben"] and again.seen == []
    assert "it is no JSON" in first[1] and entered(broken)["anna"] == first


def test_a_stand_in_that_has_no_verdict_is_judged(broken):
    (broken.root / "grading" / "results" / broken.step / "anna.json").unlink()
    clerk = Clerk()
    tally = run(broken, clerk)
    assert clerk.seen == ["anna", "ben", "anna"] and sorted(tally.judged) == ["anna", "ben"]
    assert entered(broken)["anna"][0] == 2.0
    again = Clerk()
    assert run(broken, again).kept == ["anna", "ben"] and again.seen == []


def test_a_stand_in_is_judged_again_like_any_other(broken):
    run(broken, Clerk())
    clerk = Clerk()
    tally = run(broken, clerk, regrade=True)
    assert clerk.seen == ["anna", "ben", "anna"] and sorted(tally.judged) == ["anna", "ben"] and tally.changed == []


def test_a_machine_that_cannot_read_is_no_reason_for_a_stand_in(broken):
    class Failing(Clerk):
        def run(self, tagged):
            return ((tag, Done(None, 0.1, "NoReader: killed")) for tag, _ in tagged)

    tally = run(broken, Failing())
    assert set(tally.failures) == {"anna", "ben"} and not tally.judged and not tally.kept
    assert run(broken, Clerk()).kept == ["anna"]


def test_readable_work_after_it_counts_again(broken):
    run(broken, Clerk())
    broken.hand_in("anna")
    assert run(broken, Clerk()).judged == ["anna"] and entered(broken)["anna"][0] == 0.0


def test_work_that_could_be_read_but_not_judged_is_kept_all_the_same(room):
    class ReadsOnly(Clerk):
        def run(self, tagged):
            return ((tag, Done(None, 0.1, "no kernel comes up", True)) for tag, _ in tagged)

    room.hand_in("anna", last_valid=RIGHT)
    run(room, ReadsOnly())
    break_notebook(room, "anna")
    run(room, Clerk())
    assert entered(room)["anna"][0] == 2.0


def test_work_that_cannot_be_kept_is_graded_with_a_remark(room, monkeypatch):
    from rnncourse.grading.intake.kept import Kept

    def full(*_):
        raise OSError(28, "No space left on device")

    room.hand_in("anna", last_valid=RIGHT)
    monkeypatch.setattr(Kept, "save", full)
    tally = run(room, Clerk())
    assert tally.judged == ["anna"] and "could not be kept for a later day: No space left" in entered(room)["anna"][1][-1]


@pytest.mark.parametrize("harm", [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:40]), lambda path: path.write_bytes(b"{}\n")])
def test_a_reading_that_is_lost_is_made_again(room, harm):
    room.hand_in("anna", last_valid=RIGHT)
    run(room, Clerk())
    harm(room.root / "grading" / "readings" / room.step / "anna.read")
    clerk = Clerk()
    assert run(room, clerk).judged == ["anna"] and clerk.seen == ["anna"]
    assert run(room, Clerk()).kept == ["anna"]


def test_a_failure_over_one_student_stops_nobody(room, monkeypatch):
    for student in ("anna", "ben", "carl"):
        room.hand_in(student, last_valid=RIGHT)
    real = Readings.put

    def fail(self, student, reading):
        if student == "ben":
            raise RuntimeError("a fault of ours")
        real(self, student, reading)

    monkeypatch.setattr(Readings, "put", fail)
    tally = run(room, Clerk())
    assert tally.judged == ["anna", "carl"] and "a fault of ours" in tally.failures["ben"]


def test_a_folder_that_this_machine_cannot_read_is_named_and_stops_nobody(room, monkeypatch):
    for student in ("anna", "ben", "carl"):
        room.hand_in(student, last_valid=RIGHT)
    real = os.open

    def fail(path, *words, **more):
        if os.path.basename(str(path)) == "ben":
            raise OSError(5, "Input/output error")
        return real(path, *words, **more)

    monkeypatch.setattr(os, "open", fail)
    tally = run(room, Clerk())
    assert tally.judged == ["anna", "carl"] and "Input/output error" in tally.failures["ben"]


def test_the_notebooks_are_those_that_the_worker_read(room):
    class Reader(Clerk):
        def run(self, tagged):
            for tag, done in super().run(tagged):
                yield tag, Done(done.verdict, 0.1, "", True, json.dumps({room.name: {"cells": "\ud800"}}).encode())

    seen = []
    room.hand_in("anna", last_valid=RIGHT)
    room.records.enter = lambda submission, verdict, notebooks, **more: seen.append(notebooks)
    run(room, Reader())
    run(room, Reader())
    assert seen == [{room.name: {"cells": "\ud800"}}] * 2


@pytest.mark.parametrize("content", [b"", b"[]", b'{"other": {}}', b'{"sequence_data": 3}', b"[" * 100_000])
def test_notebooks_of_another_shape_are_a_failure_of_that_student(room, content):
    class Odd(Clerk):
        def run(self, tagged):
            for tag, done in super().run(tagged):
                yield tag, Done(done.verdict, 0.1, "", True, content if tag[0].student == "anna" else done.notebooks)

    room.hand_in("anna", last_valid=RIGHT)
    room.hand_in("ben", last_valid=RIGHT)
    tally = run(room, Odd())
    assert tally.judged == ["ben"] and set(tally.failures) == {"anna"}
