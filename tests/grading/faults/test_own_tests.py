"""An instructor's own asserts in a release: graded as nbgrader grades them, as they were released, with a word about it."""

import json
import subprocess
import sys

import pytest

from tests.grading.class_room import environment, hand_in
from tests.grading.faults.conftest import STEP, Room

OWN = {  # points of each test cell of the release: the cell's source
    "test_asserts": (2, "assert answer() == 42"),
    "test_share": (4, "points = 4 if answer() == 42 else 1.5\npoints"),
    "test_needs_a_name": (1, "assert len(text) > 0 and answer() is not None"),
}
WORK = {
    "right": "def answer():\n    return 42",
    "partly": "def answer():\n    return 41",
    "broken": "def answer():\n    raise ValueError",
    "exits": "def answer():\n    import os\n    os._exit(0)",
}
POINTS = {"right": 7.0, "partly": 2.5, "broken": 0.0, "exits": 0.0, "edited": 2.5}


def block(name, **fields):
    return {"nbgrader": {"grade": False, "grade_id": name, "locked": False, "schema_version": 3, "solution": False, "task": False} | fields}


def with_own_tests(notebook, solution="def answer():\n    raise NotImplementedError", tests=None):
    """The notebook with one more solution cell at its end, and the tests below it."""
    notebook["cells"].append({"cell_type": "code", "id": "answer", "metadata": block("answer", solution=True), "source": solution, "outputs": [], "execution_count": None})
    for name, (points, source) in OWN.items():
        source = (tests or {}).get(name, source)
        notebook["cells"].append({"cell_type": "code", "id": name, "metadata": block(name, grade=True, locked=True, points=points), "source": source, "outputs": [], "execution_count": None})
    return notebook


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """(room, what was printed, by student) after a class with such a release was graded."""
    room = Room(tmp_path_factory.mktemp("own") / "class", 0)
    release = room.folder / "course" / STEP / "sequence_data.ipynb"
    release.write_text(json.dumps(with_own_tests(json.loads(release.read_text(encoding="utf-8")))), encoding="utf-8")
    for student in POINTS:
        hand_in(room.folder, student, STEP, solved=False)
        path = room.folder / "grading" / "submitted" / student / STEP / "sequence_data.ipynb"
        edits = {"test_asserts": "assert True", "test_share": "4.0"} if student == "edited" else {}
        notebook = with_own_tests(json.loads(path.read_text(encoding="utf-8")), WORK["partly" if student == "edited" else student], edits)
        path.write_text(json.dumps(notebook), encoding="utf-8")
    return room, room.grade("--json")


def test_they_give_points_as_nbgrader_gives_them(graded):
    room, _ = graded
    assert room.scores == POINTS


def test_the_instructor_is_warned_that_such_points_can_be_forged(graded):
    remarks = json.loads(graded[1][graded[1].index("{"):])["remarks"]
    assert {one["cell"] for one in remarks["right"] if "forge" in one["text"]} == set(OWN)


def test_a_second_run_has_nothing_to_do(graded):
    room, _ = graded
    assert "0 judged, 5 as before, 0 without a verdict" in room.grade()


def test_there_is_a_page_for_each(graded):
    room, _ = graded
    done = subprocess.run([sys.executable, "-m", "rnncourse", "feedback", STEP], cwd=room.folder, env=environment(room.folder), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    pages = {path.parts[-3]: path.read_text(encoding="utf-8") for path in (room.folder / "grading" / "feedback").rglob("*.html")}
    assert set(pages) == set(POINTS)
    assert "AssertionError" in pages["partly"] and "AssertionError" not in pages["right"]
