"""What can be wrong with a student's copy: one short function a fault, each yields (cell id, sentence)."""

import re

from rnncourse.authoring.page import nbgrader_block
from rnncourse.authoring.rules import broken_link, duplicate_id, unlocked_task

_MARKER = re.compile(r"(BEGIN|END) SOLUTION")


def solution_in_release(page):
    """A solution, or a telling line of one, in what students get."""
    for cell in page.notebook.cells:
        if re.search(r"(BEGIN|END) SOLUTION", cell.source):
            yield cell.id, "a solution marker is left"
    telling = _solution_lines(page.solution)
    for cell in page.notebook.cells:
        for line in sorted(telling & {_plain(line) for line in cell.source.splitlines()}):
            yield cell.id, f"a line of a solution: {line}"


def output_in_release(page):
    """Outputs or execution counts: the student's copy has not been run."""
    for cell in page.code:
        if cell.outputs or cell.execution_count is not None:
            yield cell.id, "has outputs or an execution count; build the course anew"


def _solution_lines(notebook):
    """Telling lines of all solutions: 20 letters or more, and none that also stands outside of them."""
    inside, outside = set(), set()
    for cell in notebook.cells if notebook is not None else ():
        hidden, written = _hidden_lines(cell)
        inside |= hidden
        outside |= written
    return {line for line in inside - outside if len(line) >= 20}


def _hidden_lines(cell):
    """(lines that nbgrader takes out, lines that stay) of one cell; without markers a solution cell goes as a whole."""
    inside, outside = set(), set()
    hidden = bool(nbgrader_block(cell).get("solution")) and not _MARKER.search(cell.source)
    for line in cell.source.splitlines():
        if marker := _MARKER.search(line):
            hidden = marker[1] == "BEGIN"
        else:
            (inside if hidden else outside).add(_plain(line))
    return inside, outside


def _plain(line):
    """A line without its comment, indentation and doubled spaces."""
    return " ".join(re.sub(r"\s#\s.*$", "", line).split())


RELEASE_RULES = (duplicate_id, unlocked_task, broken_link, solution_in_release, output_in_release)
