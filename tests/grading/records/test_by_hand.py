"""Answers that a person grades: flags as nbgrader sets them, and what a person gave is never lost."""

import pytest

ANSWERS = {"why": "Because of the gates.", "how": "With a sigmoid."}


def test_what_waits_for_a_person(room):
    with room.records() as records:
        entry = room.enter(records, room.essay(why="Because."))
    assert entry.needs_manual_grade
    assert room.grades(assignment="essay") == {
        "check_last_valid": (2.0, None, False),
        "why": (None, None, True),
        "how": (0.0, None, False),  # as released: no response, no points, nobody has to look
        "plot": (None, None, True),
    }
    with room.gradebook() as gradebook:
        comments = {
            one.name: one.auto_comment for one in gradebook.find_submission("essay", "anna").notebooks[0].comments
        }
    assert comments == {"last_valid": "No response.", "why": None, "how": "No response.", "plot": None}


@pytest.fixture
def by_hand(room):
    """Everything graded by hand, with comments; the records stay open."""
    with room.records() as records:
        room.enter(records, room.essay(**ANSWERS))
        room.by_hand("why", 2.5, comment="Which ones?", extra=0.5)
        room.by_hand("how", 1.0)
        room.by_hand("plot", 3.0, comment="Axes!")
        room.by_hand("check_last_valid", 1.5)
        yield records


def comments(room):
    with room.gradebook() as gradebook:
        return {one.name: one.comment for one in gradebook.find_submission("essay", "anna").notebooks[0].comments}


def test_entering_the_same_again_keeps_grades_and_flags(room, by_hand):
    before = room.state()
    entry = room.enter(by_hand, room.essay(**ANSWERS))
    assert (entry.changed, entry.score, entry.needs_manual_grade) == (False, 8.5, False)
    assert room.state() == before


def test_a_regrade_of_the_same_work_asks_for_nothing_by_hand(room, by_hand):
    """Another verdict on the same answers: the check cell's own points changed, so only that is to be looked at."""
    room.enter(by_hand, room.essay("wrong", **ANSWERS))
    assert room.grades(assignment="essay") == {
        "check_last_valid": (0.0, 1.5, True),
        "why": (None, 2.5, False),
        "how": (None, 1.0, False),
        "plot": (None, 3.0, False),
    }


def test_a_changed_answer_is_to_be_graded_again_and_nothing_is_lost(room, by_hand):
    room.enter(by_hand, room.essay(why="On second thoughts.", how=ANSWERS["how"]))
    assert room.grades(assignment="essay") == {
        "check_last_valid": (2.0, 1.5, True),  # points that a person changed, for other work
        "why": (None, 2.5, True),
        "how": (None, 1.0, False),
        "plot": (None, 3.0, True),  # a task is answered anywhere in the notebook
    }
    assert comments(room) == {"last_valid": "No response.", "why": "Which ones?", "how": None, "plot": "Axes!"}
    with room.gradebook() as gradebook:
        assert gradebook.find_grade("why", "essay", "essay", "anna").extra_credit == 0.5


def test_without_the_former_notebook_nbgraders_own_rule_holds(room, by_hand):
    (room.root / "grading/autograded/anna/essay/essay.ipynb").unlink()
    room.enter(by_hand, room.essay(**ANSWERS))
    assert {name: needs for name, (_, _, needs) in room.grades(assignment="essay").items()} == {
        "check_last_valid": True,
        "why": True,
        "how": True,
        "plot": True,
    }


def test_a_withdrawn_notebook_keeps_what_a_person_gave(room, by_hand):
    from dataclasses import replace

    verdict, _ = room.essay(**ANSWERS)
    room.enter(by_hand, (replace(verdict, notebooks=()), {}))
    grades = room.grades(assignment="essay")
    assert {name: manual for name, (_, manual, _) in grades.items()} == {
        "check_last_valid": 1.5,
        "why": 2.5,
        "how": 1.0,
        "plot": 3.0,
    }
    assert not any(needs for _, _, needs in grades.values())
    room.enter(by_hand, room.essay(why="New.", how="New."))
    assert room.grades(assignment="essay")["plot"] == (None, 3.0, True)


def test_flags_and_scores_are_those_of_nbgraders_autograde(room, by_hand):
    """The same notebook through nbgrader's own preprocessor gives the same auto scores and comments."""
    import nbformat
    from nbgrader.preprocessors import SaveAutoGrades

    sources = {"why": "Because.", "last_valid": "def last_valid(states, lengths):\n    return states[:, -1]"}
    room.enter(by_hand, room.essay("wrong", **sources), room.submission("ours", "essay"))
    room.enter(by_hand, room.essay("wrong", **sources), room.submission("theirs", "essay"))
    notebook = nbformat.read(room.root / "grading/autograded/theirs/essay/essay.ipynb", as_version=4)
    check = next(cell for cell in notebook.cells if cell.id == "check_last_valid")
    check.outputs = [nbformat.v4.new_output("error", ename="CheckFailed", evalue="", traceback=[])]
    resources = {"nbgrader": {"notebook": "essay", "assignment": "essay", "student": "theirs", "db_url": room.url}}
    SaveAutoGrades().preprocess(notebook, resources)
    assert room.grades("ours", "essay") == room.grades("theirs", "essay")
    with room.gradebook() as gradebook:
        ours, theirs = (
            {one.name: one.auto_comment for one in gradebook.find_submission("essay", who).notebooks[0].comments}
            for who in ("ours", "theirs")
        )
    assert ours == theirs
