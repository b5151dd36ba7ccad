"""Entering verdicts: what is in the gradebook, the folder and the log afterwards."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest


def test_points_go_into_the_gradebook(room):
    with room.records() as records:
        entry = room.enter(records, room.verdict("wrong"))
    assert (entry.changed, entry.score, entry.max_score, entry.needs_manual_grade) == (True, 20.0, 25.0, False)
    grades = room.grades()
    assert grades["check_last_valid"] == (0.0, None, False)
    assert grades["check_next_step_pairs"] == (0.0, None, False)
    assert grades["check_ngram_bits"] == (4.0, None, False)
    with room.gradebook() as gradebook:
        submission = gradebook.find_submission(room.step, "anna")
        assert submission.timestamp == room.received.replace(tzinfo=None)
        assert (submission.score, submission.max_score) == (20.0, 25.0)


def test_entering_twice_changes_nothing(room):
    with room.records() as records:
        assert room.enter(records).changed
        before = room.state()
        entry = room.enter(records)
        assert (entry.changed, entry.score) == (False, 25.0)
    with room.records() as records:
        assert not room.enter(records).changed
    assert room.state() == before
    assert room.events() == [("entering", "anna"), ("entered", "anna")]


def test_another_verdict_is_another_entry(room):
    with room.records() as records:
        room.enter(records, room.verdict("wrong"))
        assert room.enter(records, room.verdict("right")).score == 25.0
    assert [event["event"] for event in room.audit()] == ["entering", "entered"] * 2
    assert room.grades()["check_last_valid"] == (2.0, None, False)


def test_the_notebook_shows_cards_outputs_and_failures(room):
    outputs = {"cell-42": [{"output_type": "stream", "name": "stdout", "text": "epoch 1"}]}
    with room.records() as records:
        room.enter(records, room.verdict("wrong", outputs, {"encode_text": "stopped after 60 seconds"}))
    page = json.loads(room.files()[f"grading/autograded/anna/{room.step}/{room.name}.ipynb"])
    cells = {cell["id"]: cell for cell in page["cells"]}
    (card,) = cells["check_last_valid"]["outputs"]
    assert "not yet · 1.7 last_valid · 0 of 2 points" in card["data"]["text/html"]
    assert "the last step of the padded array is taken" in card["data"]["text/plain"]
    assert cells["cell-42"]["outputs"] == outputs["cell-42"]
    assert cells["encode_text"]["outputs"][0]["text"] == "stopped after 60 seconds\n"
    released = json.loads((room.root / "course" / room.step / f"{room.name}.ipynb").read_text())
    assert [cell["metadata"] for cell in page["cells"]] == [cell["metadata"] for cell in released["cells"]]
    assert page["cells"][0]["source"]


def test_the_folder_is_as_nbgrader_leaves_it(room):
    with room.records() as records:
        room.enter(records)
    folder = room.root / "grading" / "autograded" / "anna" / room.step
    assert sorted(path.name for path in folder.iterdir()) == [
        f"{room.name}.ipynb",
        "submission_secret.txt",
        "timestamp.txt",
    ]
    assert (folder / "timestamp.txt").read_text() == "2026-03-01 12:00:30.250000 UTC"
    assert all(path.stat().st_mode & 0o777 == 0o444 for path in folder.iterdir())
    assert not list((room.root / "grading" / "autograded" / ".entering").iterdir())


def test_a_notebook_that_is_not_handed_in_scores_nothing(room):
    verdict, _ = room.verdict()
    with room.records() as records:
        room.enter(records)
        entry = room.enter(records, (replace(verdict, notebooks=()), {}))
    assert (entry.score, entry.needs_manual_grade) == (0.0, False)
    assert not any(name.endswith(".ipynb") for name in room.files())


def test_the_audit_line_says_what_was_done(room):
    with room.records() as records:
        room.due(room.received - timedelta(hours=2))
        room.enter(records, room.verdict("wrong"), seed_id="spring")
    entering, entered = room.audit()
    assert (entering["event"], entered["event"]) == ("entering", "entered")
    assert (entering["student"], entering["assignment"], entering["seed"], entering["seconds"]) == (
        "anna",
        room.step,
        "spring",
        1.5,
    )
    assert (entering["isolation"], entering["version"], entering["key"]) == ("bubblewrap", "0.1.0", "k" * 64)
    assert entering["digest"] == room.submission().digest
    assert entering["limits"]["wall_seconds"] == 600.0
    assert (entering["received"], entering["late"]) == ("2026-03-01T12:00:30.250000+00:00", 7200.0)
    assert entering["who"]
    question = next(one for one in entering["questions"] if one["cell"] == "check_last_valid")
    assert (question["points"], question["max_points"], question["exercise"]) == (0.0, 2.0, "1.7 last_valid")
    assert question["cause"].startswith("the last step")
    assert entered["verdict"] == entering["verdict"]


def test_each_student_has_a_place_of_their_own(room):
    with room.records() as records:
        room.enter(records, room.verdict("right"), room.submission("anna"))
        before = room.grades("anna")
        room.enter(records, room.verdict("wrong"), room.submission("ben"))
    assert room.grades("anna") == before
    assert room.grades("ben") != before


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../ben", "a/b", "a\\b", "a\0b", " a", "a\u202eb", "x" * 200, "\udcff", ".hidden"]
)
def test_names_that_lead_elsewhere_are_refused(room, name):
    from rnncourse.grading.records import RecordsError

    before = room.state()
    with room.records() as records, pytest.raises(RecordsError, match="plain name"):
        room.enter(records, submission=room.submission(name))
    assert room.state() == before


def test_a_verdict_for_another_release_is_refused(room):
    from rnncourse.grading.records import RecordsError

    verdict, notebooks = room.verdict()
    (one,) = verdict.notebooks
    fewer = replace(verdict, notebooks=(replace(one, graded=one.graded[1:]),))
    report = replace(one.graded[0].report, points=99.0)
    richer = replace(
        verdict, notebooks=(replace(one, graded=(replace(one.graded[0], report=report), *one.graded[1:])),)
    )
    before = room.state()
    with room.records() as records:
        for judged, why in ((fewer, "check_encode_text"), (richer, "worth 2 points, the verdict gives 99")):
            with pytest.raises(RecordsError, match=why):
                room.enter(records, (judged, notebooks))
    assert room.state() == before


def test_an_unprepared_assignment_is_refused(room):
    from rnncourse.grading.records import RecordsError

    verdict, notebooks = room.verdict()
    with room.records() as records, pytest.raises(RecordsError, match="prepare it first"):
        room.enter(records, (verdict, notebooks), room.submission(assignment="9-unknown"))
    assert not room.files()


def test_a_time_without_a_zone_is_refused(room):
    with room.records() as records, pytest.raises(ValueError, match="time zone"):
        room.enter(records, submission=room.submission(received=room.received.replace(tzinfo=None)))


def test_strange_text_does_no_harm(room):
    work = {"last_valid": "x = '\udcff\0\u202e'", "why": "<script>alert(1)</script>\ud800"}
    with room.records() as records:
        room.enter(records, room.essay(**work))
        before = room.state()
        assert not room.enter(records, room.essay(**work)).changed
    assert room.state() == before
    assert b"\xef\xbf\xbd" in room.files()["grading/autograded/anna/essay/essay.ipynb"]
