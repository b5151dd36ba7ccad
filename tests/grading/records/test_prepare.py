"""The release into the gradebook: as nbgrader would record it, and frozen once something was handed in."""

import json
import shutil

import pytest

from rnncourse.grading.records import RecordsError


def cells(gradebook, assignment, name):
    notebook = gradebook.find_notebook(name, assignment)
    kinds = ("grade_cells", "solution_cells", "task_cells", "source_cells")
    return {
        kind: {cell.name: {k: v for k, v in cell.to_dict().items() if k != "id"} for cell in getattr(notebook, kind)}
        for kind in kinds
    }


def test_preparing_twice_changes_nothing(room):
    before = room.state()
    with room.records() as records:
        assert not records.prepare(room.step)
        assert not records.prepare("essay")
    assert room.state() == before


def test_the_cells_are_those_that_nbgrader_records(room, tmp_path):
    """nbgrader's SaveCells on the same release, in a database of its own."""
    import nbformat
    from nbgrader.api import Gradebook
    from nbgrader.preprocessors import SaveCells

    url = f"sqlite:///{tmp_path / 'theirs.db'}"
    shutil.copy(room.root / "grading" / "gradebook.db", tmp_path / "theirs.db")
    with Gradebook(url, course_id="rnncourse") as theirs:
        theirs.remove_notebook("essay", "essay")
    notebook = nbformat.read(room.root / "course/essay/essay.ipynb", as_version=4)
    SaveCells().preprocess(
        notebook, {"nbgrader": {"notebook": "essay", "assignment": "essay", "student": ".", "db_url": url}}
    )
    with Gradebook(url, course_id="rnncourse") as theirs, room.gradebook() as ours:
        assert cells(ours, "essay", "essay") == cells(theirs, "essay", "essay")
        assert ours.find_notebook("essay", "essay").kernelspec == theirs.find_notebook("essay", "essay").kernelspec


def test_the_due_date_stays(room):
    room.due("2026-03-01 12:00:00 CET")
    with room.records() as records:
        records.prepare(room.step)
    with room.gradebook() as gradebook:
        assert gradebook.find_assignment(room.step).duedate.isoformat() == "2026-03-01T11:00:00"


def change(room, do):
    path = room.root / "course" / "essay" / "essay.ipynb"
    notebook = json.loads(path.read_text())
    do(notebook["cells"])
    path.write_text(json.dumps(notebook))


def without_how(cells):
    cells[:] = [cell for cell in cells if cell["id"] != "how"]


def more_points(cells):
    cells[3]["metadata"]["nbgrader"]["points"] = 5


def test_a_release_can_change_before_anything_is_handed_in(room):
    change(room, without_how)
    with room.records() as records:
        assert records.prepare("essay")
    with room.gradebook() as gradebook:
        assert gradebook.find_assignment("essay").max_score == 9.0


def test_points_can_change_at_any_time(room):
    with room.records() as records:
        room.enter(records, room.essay(why="Because."))
        room.by_hand("why", 3.0)
        change(room, more_points)
        assert records.prepare("essay")
    assert room.grades(assignment="essay")["why"] == (None, 3.0, False)
    with room.gradebook() as gradebook:
        assert gradebook.find_assignment("essay").max_score == 12.0


def test_a_release_can_come_from_the_solutions(room):
    """Where course/ lacks the assignment, the student's copy is made from solutions/, and has the same cells."""
    with room.gradebook() as gradebook:
        before = cells(gradebook, room.step, room.name)
        gradebook.remove_assignment(room.step)
    shutil.rmtree(room.root / "course" / room.step)
    with room.records() as records:
        assert records.prepare(room.step)
    with room.gradebook() as gradebook:
        assert cells(gradebook, room.step, room.name) == before


@pytest.mark.parametrize("name", ["7-unknown", "../course/essay", "*"])
def test_an_unknown_assignment_is_refused(room, name):
    before = room.state()
    with room.records() as records, pytest.raises(RecordsError, match=r"no assignment|plain name"):
        records.prepare(name)
    assert room.state() == before
