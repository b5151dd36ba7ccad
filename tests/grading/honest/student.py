"""A student's right work for one step of the course, as files in memory, and what is done to it before it is handed in."""

import json
import textwrap
from functools import cache

from tests.grading.attacks.attack import REPO, STEPS, solutions


class Student:
    """The solved notebook of a step as parsed JSON in `notebook`, further files in `files`, and the name it is handed in by."""

    def __init__(self, step):
        self.step, (self.assignment, self.name) = step, STEPS[step]
        self.notebook = json.loads(release(step))
        self.files, self.path = {}, f"{self.name}.ipynb"
        for key, source in solutions(step).items():
            self.write(key, source)

    @property
    def cells(self):
        return self.notebook["cells"]

    @property
    def exercises(self):
        return exercises(self.step)

    @property
    def max_auto(self):
        """The points that the checks give."""
        blocks = [cell["metadata"].get("nbgrader", {}) for cell in json.loads(release(self.step))["cells"]]
        return float(sum(block["points"] for block in blocks if block.get("grade") and not block["solution"]))

    def cell(self, key):
        return next(cell for cell in self.cells if cell["id"] == key)

    def place(self, key):
        return self.cells.index(self.cell(key))

    def write(self, key, source):
        self.cell(key)["source"] = source

    def add(self, source, *, before=None, after=None, kind="code", key=None):
        """A new cell before or after the one of that id; at the end, if none is named."""
        cell = {"cell_type": kind, "id": key or f"mine-{len(self.cells)}", "metadata": {}, "source": textwrap.dedent(source).strip("\n")}
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        place = self.place(before) if before else self.place(after) + 1 if after else len(self.cells)
        self.cells.insert(place, cell)

    def all_files(self):
        """Path -> content of all files."""
        if self.notebook is None:
            return dict(self.files)
        return {self.path: json.dumps(self.notebook).encode(), **self.files}


@cache
def release(step):
    """The content of a step's released notebook."""
    assignment, name = STEPS[step]
    return (REPO / "course" / assignment / f"{name}.ipynb").read_bytes()


@cache
def exercises(step):
    """Names of the exercises of a step that are checked, in order."""
    blocks = {cell["id"] for cell in json.loads(release(step))["cells"]}
    return tuple(name for name in solutions(step) if f"check_{name}" in blocks)


@cache
def leaves(step):
    """The exercises that no other solution of the step calls."""
    found = solutions(step)
    return tuple(name for name in exercises(step) if not any(name in source for other, source in found.items() if other != name))
