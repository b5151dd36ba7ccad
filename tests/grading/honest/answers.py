"""Answers in words that a student wrote somewhere else than in the answer's cell: a person has to see them."""

from tests.grading.attacks.attack import solutions
from tests.grading.honest.variant import change

MEMO = "decision_memo"
STUB = "*Your answer here.*"


def _memo(student):
    """The text of the memo, and the stub in its place."""
    student.write(MEMO, STUB)
    return solutions(student.step)[MEMO]


@change(steps=(5,), alone=True, remark="to be graded by hand")
def in_a_cell_below(student):
    """A new text cell below the answer's."""
    student.add(_memo(student), after=MEMO, kind="markdown")


@change(steps=(5,), alone=True, remark="to be graded by hand")
def in_several_cells_below(student):
    """One text cell for each paragraph, and a cell of code with a figure between them."""
    first, *others = _memo(student).split("\n\n")
    student.add("\n\n".join(others), after=MEMO, kind="markdown")
    student.add("import matplotlib.pyplot as plt\nplt.plot([1, 2])", after=MEMO)
    student.add(first, after=MEMO, kind="markdown")


@change(steps=(5,), alone=True, remark="to be graded by hand")
def between_question_and_answer(student):
    """A new text cell above the answer's."""
    student.add(_memo(student), before=MEMO, kind="markdown")


@change(steps=(5,), alone=True, remark="to be graded by hand")
def in_the_question(student):
    """Typed into the cell of the question, below each paragraph's end."""
    question = student.cells[student.place(MEMO) - 1]
    question["source"] = "".join(question["source"]) + "\n\n" + _memo(student)


@change(steps=(5,), alone=True, remark="to be graded by hand")
def in_a_cell_of_code(student):
    """Typed into a new cell, which is of code, as new cells are."""
    student.add(_memo(student), after=MEMO)


@change(steps=(5,), alone=True, remark="to be graded by hand")
def in_comments(student):
    """Typed into a cell of code as comments."""
    student.add("\n".join(f"# {line}" for line in _memo(student).split("\n")), after=MEMO)


@change(steps=(5,), alone=True, remark="to be graded by hand")
def in_a_raw_cell(student):
    """Typed into a cell of the kind raw."""
    student.add(_memo(student), after=MEMO, kind="raw")


@change(steps=(5,), alone=True)
def the_answers_cell_replaced(student):
    """The answer's cell was deleted and a new one written in its place."""
    text, place = _memo(student), student.place(MEMO)
    student.add(text, after=MEMO, kind="markdown")
    del student.cells[place]


@change(steps=(5,), alone=True)
def the_answers_cell_became_code(student):
    """The answer's own cell is of code now."""
    student.cell(MEMO).update(cell_type="code", outputs=[], execution_count=None)


@change(steps=(5,), alone=True)
def below_what_was_given(student):
    """Written below the stub's own words in its cell."""
    student.write(MEMO, f"{STUB}\n\n{solutions(5)[MEMO]}")


@change(steps=(5,), alone=True, remark="to be graded by hand")
def below_and_without_metadata(student):
    """A new text cell below the answer's, through an editor that drops ids and metadata."""
    student.add(_memo(student), after=MEMO, kind="markdown")
    for cell in student.cells:
        del cell["id"]
        cell["metadata"] = {}
    student.notebook["nbformat_minor"] = 4
