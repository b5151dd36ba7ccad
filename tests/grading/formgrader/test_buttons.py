"""Formgrader's buttons and nbgrader's own commands, in a real Jupyter server: nobody's code runs with the instructor's rights."""

import json

import pytest

from rnncourse.grading.records.audit import Audit
from rnncourse.grading.sandbox import isolation
from tests.grading.formgrader.conftest import NAME, STEP, Classroom

pytestmark = pytest.mark.skipif(isolation().kind == "none", reason="this machine cannot keep learners' code in, so nothing is graded")

OWN = """
import os, pathlib
pathlib.Path({path!r}).write_text("owned")
print(os.environ.get("RNNCOURSE_TEST_SECRET"), os.path.exists({gradebook!r}))
"""


@pytest.fixture(scope="module")
def classroom(tmp_path_factory):
    """Anna is right, Mallory writes into the class's folder, Zoe and Xi wait for a command; Formgrader runs."""
    room = Classroom(tmp_path_factory.mktemp("buttons"))
    attack = OWN.format(path=str(room.root / "owned"), gradebook=str(room.root / "grading" / "gradebook.db"))
    room.hand_in("anna")
    for student in ("mallory", "zoe"):
        room.hand_in(student, encode_text=attack)
    room.hand_in("xi")
    from rnncourse.grading.records import Records

    with Records(room.root, db_url=room.url) as records:
        records.prepare(STEP)
    room.server = room.serve(RNNCOURSE_TEST_SECRET="sesame")
    yield room
    room.server.stop()


def press(classroom, student, button="autograde"):
    """What the button of one student says."""
    path = f"api/submission/{STEP}/{student}/autograde" if button == "autograde" else f"api/assignment/{STEP}/{student}/{button}"
    answer = classroom.server.ask("POST", path)
    assert answer.status == 200, answer.text
    return answer.data


def judged(classroom):
    """Student -> isolation under which the last verdict in the audit log was given."""
    events = Audit(classroom.root / "grading" / "audit.jsonl").events()
    return {event["student"]: event["isolation"] for event in events if event["event"] == "entering"}


def test_the_autograde_button_does_what_rnncourse_grade_does(classroom):
    said = press(classroom, "anna")
    assert said["success"] is True and "1 judged, 0 as before, 0 without a verdict" in said["log"], said
    assert classroom.points("anna") == 25
    assert judged(classroom)["anna"] == isolation().kind
    assert (classroom.root / "grading" / "results" / STEP / "anna.json").is_file()
    assert "0 judged, 1 as before" in press(classroom, "anna")["log"]
    shown = classroom.server.ask("GET", f"api/submission/{STEP}/anna").data
    assert (shown["autograded"], shown["score"]) == (True, 25)


def test_a_submission_gets_none_of_the_instructors_rights(classroom):
    said = press(classroom, "mallory")
    assert said["success"] is True, said
    assert not (classroom.root / "owned").exists()
    assert judged(classroom)["mallory"] == isolation().kind
    notebook = (classroom.root / "grading" / "autograded" / "mallory" / STEP / f"{NAME}.ipynb").read_text()
    assert "sesame" not in notebook and "None False" not in notebook  # it stopped at the folder that it could not write


def test_a_grade_that_cannot_be_given_is_said_and_takes_nothing_away(classroom):
    press(classroom, "anna")
    autograded = classroom.root / "grading" / "autograded" / "anna" / STEP / f"{NAME}.ipynb"
    before, release = autograded.read_bytes(), classroom.root / "course" / STEP
    release.rename(release.with_name("away"))
    try:
        said = press(classroom, "anna")
    finally:
        release.with_name("away").rename(release)
    assert said["success"] is False and f"course/{STEP}" in said["error"], said
    assert autograded.read_bytes() == before and classroom.points("anna") == 25


def test_the_feedback_button_gives_the_page_of_rnncourse_feedback(classroom):
    press(classroom, "anna")
    assert classroom.run("rnncourse", "feedback", STEP, "--student", "anna")[0] == 0
    page = classroom.root / "grading" / "feedback" / "anna" / STEP / f"{NAME}.html"
    ours = page.read_bytes()
    page.write_text("another page")
    assert press(classroom, "anna", "generate_feedback")["success"] is True
    assert page.read_bytes() == ours


def test_nbgraders_own_commands_go_the_same_way(classroom):
    code, said = classroom.run("nbgrader", "autograde", STEP, "--student", "z*", RNNCOURSE_TEST_SECRET="sesame")
    assert code == 0 and "1 judged" in said, said
    assert not (classroom.root / "owned").exists() and set(judged(classroom)) >= {"zoe"} and "xi" not in judged(classroom)
    code, said = classroom.run("nbgrader", "autograde", STEP, "--student", "xi", "--notebook", NAME)
    assert code != 0 and f"rnncourse grade {STEP}" in said and "xi" not in judged(classroom)
    code, said = classroom.run("nbgrader", "generate_feedback", STEP, "--student", "zoe")
    assert code == 0, said
    page = (classroom.root / "grading" / "feedback" / "zoe" / STEP / f"{NAME}.html").read_text()
    assert "Content-Security-Policy" in page


def test_only_an_explicit_setting_brings_nbgraders_own_autograde_back(classroom):
    code, said = classroom.run("nbgrader", "autograde", STEP, "--student", "xi", RNNCOURSE_STOCK_AUTOGRADE="1")
    assert code == 0 and "xi" not in judged(classroom) and classroom.points("xi") == 25, said
    assert "runs learners' code unprotected" in said
    assert json.loads((classroom.root / "grading" / "autograded" / "xi" / STEP / f"{NAME}.ipynb").read_text())["cells"]
