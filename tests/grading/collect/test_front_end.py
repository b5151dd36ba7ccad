"""What `rnncourse grade` and `rnncourse export` say where something is not as it should be: a sentence, and no traceback."""

import json

import pytest
from click.testing import CliRunner

from tests.grading.collect.conftest import ALL, NAME, STEP, notebook


def put(room, *students):
    for student in students:
        room.place(student).mkdir(parents=True)
        (room.place(student) / f"{NAME}.ipynb").write_bytes(notebook(*ALL, mark=student))


def test_before_anything_was_handed_in(room):
    said = room.grade(code=2)
    assert f"nothing was handed in for {STEP} yet" in said and f"rnncourse collect {STEP}" in said
    (room.root / "grading" / "submitted").mkdir(parents=True)
    assert "nothing was handed in" in room.grade(code=2)


def test_an_assignment_that_there_is_not(room):
    put(room, "anna")
    from rnncourse.cli import main

    done = CliRunner().invoke(main, ["grade", "9-x"])
    assert done.exit_code == 1 and f"the assignments are {STEP}" in done.output


def test_a_student_who_is_not_there_is_named_with_those_who_are(room):
    put(room, "anna", "ben")
    said = room.grade("--student", "nobody", "--student", "anna", code=2)
    assert f"no submission of nobody for {STEP}; there are those of anna, ben" in said and room.clerk.judged == []


def test_a_folder_whose_name_is_no_students_is_not_a_matter_of_trying_again(room):
    put(room, "anna", "an\\na")
    said = room.grade(code=1)
    assert "1 judged, 0 as before, 1 without a verdict." in said
    assert "the folder “an\\\\na” in grading/submitted: no verdict: a student's name has no slash, backslash" in said
    assert "Run the same command again" not in said


def test_a_failure_that_may_pass_is(room, monkeypatch):
    from rnncourse.grading.queue.work import Done

    put(room, "anna")
    monkeypatch.setattr(room.clerk, "run", lambda tagged: ((tag, Done(None, 0.1, "no kernel comes up")) for tag, _ in tagged))
    assert "Run the same command again to try these once more." in room.grade(code=1)


def test_stopped_by_hand_it_says_what_was_done_and_goes_on(room):
    put(room, "anna", "ben", "carl")
    room.clerk.patience = 2
    said = room.grade(code=130)
    assert "Stopped: 2 of 3 judged and on record; the rest is graded by the same command." in said
    room.clerk.patience, room.clerk.judged = None, []
    assert "1 judged, 2 as before, 0 without a verdict." in room.grade()
    assert room.clerk.judged == ["carl"]


def test_an_audit_log_that_is_a_folder(room):
    put(room, "anna")
    room.grade()
    log = room.root / "grading" / "audit.jsonl"
    log.rename(log.with_name("away"))
    log.mkdir()
    from rnncourse.cli import main

    for words in (["grade", STEP], ["export"], ["export", "--check-audit"]):
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 1 and f"the audit log {log} cannot be read" in done.output, words


@pytest.mark.parametrize("rule", ["better", "last", "in time"])
def test_each_summary_shows_the_policy_in_force(room, rule):
    put(room, "anna")
    room.settings(f'late = "cutoff, grace 1 hours"\nresubmission = "{rule}"\n')
    assert "Late work: cutoff, grace 1 hours. Handed in again late: " in room.grade()
    said = json.loads(room.grade("--json"))
    assert (said["late"], said["resubmission"]) == ("cutoff, grace 1 hours", rule)
