"""The line under an exercise's heading: how hard, how important, how long, how many points; and whether it is true."""

import re

from rnncourse.authoring.page import nbgrader_block
from rnncourse.exercises import find

_EXERCISE = re.compile(r"(#+) Exercise (\d+\.\d+)\b")
_RATING = re.compile(
    r"Difficulty (?P<difficulty>[1-5])/5 · Importance (?P<importance>[1-5])/5 · (?P<minutes>\d+) minutes · "
    r"(?:(?P<points>\d+(?:\.\d+)?) points?|not graded)(?: · .+)?"
)
_SHAPE = '"Difficulty 3/5 · Importance 5/5 · 20 minutes · 3 points" or "… · not graded"'


def rating(page):
    """An exercise says how hard, how important, how long and how many points; and it is true."""
    for place, level, number, line in _exercises(page):
        found = _RATING.fullmatch(line)
        if not found:
            yield page.notebook.cells[place].id, f"exercise {number} is not followed by its rating line, {_SHAPE}"
            continue
        for said in _disagreements(page, place, level, number, found):
            yield page.notebook.cells[place].id, f"exercise {number}: {said}"


def _exercises(page):
    """(place of the cell, heading level, exercise number, the line under the heading) of each exercise heading."""
    for place, cell in enumerate(page.notebook.cells):
        if cell.cell_type != "markdown":
            continue
        lines = cell.source.splitlines()
        for number, line in enumerate(lines):
            if found := _EXERCISE.match(line):
                yield place, len(found[1]), found[2], next((below.strip() for below in lines[number + 1:] if below.strip()), "")


def _disagreements(page, place, level, number, found):
    said = float(found["points"] or 0)
    if (given := _points_below(page, place, level)) != said:
        yield f"the rating line says {said:g} points, the graded cells below give {given:g}"
    exercise = _exercise(number)
    if exercise is None:
        return
    for word in ("difficulty", "importance", "minutes"):
        if int(found[word]) != getattr(exercise, word):
            yield f"the rating line says {word} {found[word]}, the exercise block {getattr(exercise, word)}"
    if found["points"] and said != exercise.points:
        yield f"the rating line says {said:g} points, the exercise block {exercise.points:g}"


def _points_below(page, place, level):
    """Points of the graded cells from an exercise's heading to the next cell with a heading as high."""
    ends = {cell for cell, other, _ in page.headings if other <= level}
    total = 0
    for cell in page.notebook.cells[place + 1 :]:
        if cell.id in ends:
            break
        total += nbgrader_block(cell).get("points", 0)
    return total


def _exercise(number):
    """The exercise block with this id, or None where the course has none of that id."""
    try:
        return find(number)
    except LookupError:
        return None
