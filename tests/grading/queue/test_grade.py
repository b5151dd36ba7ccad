"""A run judges what is new, enters everything, and goes on where another one was cut off."""

import json

import pytest

from rnncourse.checking.score import assess, not_started
from rnncourse.exercises import find
from rnncourse.grading.queue.grade import CannotGrade, Grading
from rnncourse.grading.queue.results import Results
from rnncourse.grading.queue.work import Done
from rnncourse.grading.verdict import Graded, NotebookVerdict, Verdict

RIGHT = "def last_valid(states, lengths):\n    return states[range(len(states)), lengths - 1]"


class Clerk:
    """A pool of one worker that judges nothing: points for those whose notebook holds the right line."""

    elsewhere = True

    def __init__(self, fail=(), stop_after=None):
        self.seen, self.fail, self.stop_after = [], dict(fail), stop_after

    def run(self, tagged):
        for tag, job in tagged:
            if self.stop_after is not None and len(self.seen) >= self.stop_after:
                raise KeyboardInterrupt
            student = tag[0].student
            self.seen.append(student)
            if self.fail.get(student, 0):
                self.fail[student] -= 1
                yield tag, Done(None, 0.1, "no kernel comes up")
            else:
                readable = b"cells" in b"".join(job.files.values())
                yield tag, Done(self.verdict(job).to_json(), 0.1, "", readable, json.dumps({name: {} for name in job.release}).encode())

    def verdict(self, job):
        exercise = find("last_valid")
        written = b"lengths - 1" in b"".join(job.files.values())
        report = assess(exercise, exercise.reference) if written else not_started(exercise)
        return Verdict(job.assignment, job.key, job.digest, "0", "bubblewrap", (NotebookVerdict("sequence_data", (Graded("check_last_valid", report),), {}, {}),))


def run(room, clerk, **options):
    return Grading(room.root, room.step, room.records, **options).run(clerk)


@pytest.fixture
def two(room):
    room.hand_in("anna", last_valid=RIGHT)
    room.hand_in("ben")
    return room


def test_every_submission_is_judged_and_entered(two):
    tally = run(two, Clerk())
    assert (tally.judged, tally.kept, tally.failures) == (["anna", "ben"], [], {})
    assert [(student, verdict.points) for student, verdict in two.records.entered] == [("anna", 2.0), ("ben", 0.0)]
    assert two.records.prepared == [two.step]


def test_a_second_run_judges_nothing_and_enters_the_same(two):
    run(two, Clerk())
    again = Clerk()
    tally = run(two, again)
    assert (again.seen, tally.kept) == ([], ["anna", "ben"])
    assert two.records.entered[:2] == two.records.entered[2:]


def test_only_what_changed_is_judged(two):
    run(two, Clerk())
    two.hand_in("ben", last_valid=RIGHT)
    clerk = Clerk()
    tally = run(two, clerk)
    assert clerk.seen == ["ben"] and tally.kept == ["anna"]
    assert two.records.entered[-1][1].points == 2.0


def test_regrade_judges_all_and_gives_the_same_bytes(two):
    run(two, Clerk())
    results = Results(two.root / "grading" / "results", two.step)
    before = [results.get(student).to_json() for student in ("anna", "ben")]
    tally = run(two, Clerk(), regrade=True)
    assert tally.judged == ["anna", "ben"] and tally.changed == []
    assert [results.get(student).to_json() for student in ("anna", "ben")] == before


def test_a_run_that_is_cut_off_loses_nothing(two):
    with pytest.raises(KeyboardInterrupt):
        run(two, Clerk(stop_after=1))
    clerk = Clerk()
    assert run(two, clerk).kept == ["anna"] and clerk.seen == ["ben"]


def test_one_student_alone(two):
    assert run(two, Clerk(), students=("ben",)).judged == ["ben"]


def test_what_fails_for_no_fault_of_its_own_is_tried_again(two):
    tally = run(two, Clerk(fail={"anna": 1}))
    assert sorted(tally.judged) == ["anna", "ben"] and not tally.failures


def test_what_keeps_failing_is_told_and_has_no_verdict(two):
    tally = run(two, Clerk(fail={"anna": 9}))
    assert tally.judged == ["ben"] and tally.failures == {"anna": "no kernel comes up"}
    assert [student for student, _ in two.records.entered] == ["ben"]
    assert run(two, Clerk()).judged == ["anna"]


def test_a_failing_regrade_keeps_the_verdict_before(two):
    run(two, Clerk())
    run(two, Clerk(fail={"anna": 9}), regrade=True)
    assert Results(two.root / "grading" / "results", two.step).get("anna").points == 2.0


def test_an_unknown_assignment_names_those_there_are(room):
    with pytest.raises(CannotGrade, match="the assignments are 1-sequence-data"):
        Grading(room.root, "9-x", room.records).run(Clerk())


def test_without_isolation_nothing_is_graded(two, monkeypatch):
    from rnncourse.grading import sandbox

    found = type("Found", (), {"kind": "none", "why": "bubblewrap is not installed", "advice": ("install it",)})
    monkeypatch.setattr(sandbox, "isolation", lambda: found)
    here = Clerk()
    here.elsewhere = False
    with pytest.raises(CannotGrade, match="bubblewrap is not installed"):
        run(two, here)
    assert here.seen == []
    assert run(two, here, isolated=False).judged == ["anna", "ben"]
