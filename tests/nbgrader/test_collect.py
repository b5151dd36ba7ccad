"""A real submit into a real exchange, collected by the course's own command: helper modules arrive, solutions stay."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

pytest.importorskip("nbgrader")

from tests.nbgrader.conftest import NAME, REPO, STEP, Classroom

HELPER = "import numpy as np\n\ndef last(states, lengths):\n    return states[np.arange(len(states)), lengths - 1]\n"
ANSWER = "import helper\n\ndef last_valid(states, lengths):\n    return helper.last(states, lengths)\n"


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    """Released; anna hands in from a folder of her own, ben from a clone with the course's nbgrader_config.py."""
    room = Classroom(tmp_path_factory.mktemp("collect"))
    room.instructor("generate_assignment", STEP, "--force")
    room.instructor("release_assignment", STEP)
    for name in ("anna", "ben"):
        room.student(name, "fetch_assignment", STEP)
        home = room.folder / "students" / name
        path = home / STEP / f"{NAME}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.id == "last_valid":
                cell.source = ANSWER
        nbformat.write(notebook, path)
        (home / STEP / "helper.py").write_text(HELPER)
        if name == "ben":
            (home / "nbgrader_config.py").write_bytes((REPO / "nbgrader_config.py").read_bytes())
        room.student(name, "submit", STEP)
    room.said = run(room, "collect", STEP)
    return room


def run(room, *words):
    """A command of ours in the instructor's clone; what it printed."""
    environment = os.environ | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "HOME": str(room.folder / "home" / "instructor"), "RNNCOURSE_EXCHANGE": str(room.exchange),
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-m", "rnncourse", *words], cwd=room.clone, env=environment,
                          capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_no_source_of_a_solution_reaches_a_student(room):
    assert list((room.clone / "solutions" / STEP).glob("*.py")), "or this shows nothing"
    for folder in (room.clone / "course" / STEP, room.exchange / "rnncourse" / "outbound", room.folder / "students" / "anna"):
        found = [path.name for path in folder.rglob("*.py") if path.name not in ("helper.py", "nbgrader_config.py")]
        assert found == [], folder


def test_helper_modules_are_handed_in_and_collected(room):
    assert "2 collected, 0 as before, 0 not collected." in room.said
    for name in ("anna", "ben"):
        place = room.clone / "grading" / "submitted" / name / STEP
        assert (place / "helper.py").read_text() == HELPER
        assert (place / "timestamp.txt").is_file() and (place / "submission_secret.txt").is_file()


def test_nbgrader_collects_and_autogrades_them_too(room, tmp_path):
    """Into another clone, as the README allows where everybody is trusted."""
    other = Classroom(tmp_path)
    other.exchange = room.exchange
    other.instructor("generate_assignment", STEP, "--force")
    other.instructor("collect", STEP, "--ExchangeCollect.check_owner=False")
    other.instructor("autograde", STEP, "--student=ben")
    with other.gradebook() as gradebook:
        grades = gradebook.find_submission(STEP, "ben").notebooks[0].grades
        assert {grade.name: grade.score for grade in grades}["check_last_valid"] == 2


def test_work_that_needs_its_helper_is_graded_and_feedback_finds_its_student(room):
    said = run(room, "grade", STEP, "--workers", "2")
    assert "2 judged" in said and "in doubt" not in said
    with room.gradebook() as gradebook:
        grades = gradebook.find_submission(STEP, "anna").notebooks[0].grades
        assert {grade.name: grade.score for grade in grades}["check_last_valid"] == 2
    run(room, "feedback", STEP)
    room.instructor("release_feedback", STEP)
    assert "last_valid" in room.feedback("anna")
    assert "0 collected, 2 as before" in run(room, "collect", STEP)
