"""course/README.md: the lessons in order, with their minutes and points, made from the student notebooks."""

import re
from pathlib import Path

import nbformat

_HEAD = """# The course

Each folder is one step; open its notebook and work from top to bottom. `rnncourse lab` copies these notebooks to
a folder of your own and opens the first, so that your work and the course's next version never collide.

| step | notebook | minutes | points |
|---|---|---|---|
"""


def course_map(course):
    """Text of the map for the student notebooks under the folder `course`."""
    rows = [_row(path, Path(course)) for path in sorted(Path(course).glob("*/*.ipynb"))]
    return _HEAD + "".join(rows)


def title(notebook):
    """The notebook's level-one heading, without the #."""
    return next((found[1].strip() for text in _markdown(notebook) if (found := re.search(r"^# (.+)", text, re.MULTILINE))), "")


def minutes(notebook):
    """The minutes announced above the first level-two heading, or None."""
    found = re.search(r"\b(\d+) minutes\b", opening(notebook))
    return int(found[1]) if found else None


def opening(notebook):
    """All the text above the notebook's first level-two heading or code cell, whichever comes first."""
    above = []
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            break
        text, *below = re.split(r"^## ", cell.source, maxsplit=1, flags=re.MULTILINE)
        above.append(text)
        if below:
            break
    return "\n".join(above)


def points(notebook):
    """Sum of the points of all graded cells; 15 is written 15, not 15.0."""
    total = sum(cell.metadata.get("nbgrader", {}).get("points", 0) for cell in notebook.cells)
    return int(total) if total == int(total) else total


def _markdown(notebook):
    return (cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def _row(path, course):
    notebook = nbformat.read(path, as_version=4)
    name = re.sub(r"[\[\]|]", " ", title(notebook)) or path.stem
    link = path.relative_to(course).as_posix()
    return f"| `{path.parent.name}` | [{name}]({link}) | {minutes(notebook) or '–'} | {points(notebook) or 'not graded'} |\n"
