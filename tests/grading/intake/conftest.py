"""The release of step 1, its solutions, and notebooks made of them."""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("intake", deadline=None, derandomize=True)
settings.load_profile("intake")

REPO = Path(__file__).parents[3]
STEP, NAME = "1-sequence-data", "sequence_data"
RELEASE = (REPO / "course" / STEP / f"{NAME}.ipynb").read_bytes()


class Paper:
    """A learner's notebook as parsed JSON, begun from the release, and what repairing it gives."""

    def __init__(self):
        self.notebook = json.loads(RELEASE)
        self.solutions = solutions()

    def cell(self, key):
        return next(cell for cell in self.notebook["cells"] if cell["id"] == key)

    def place(self, key):
        return self.notebook["cells"].index(self.cell(key))

    def solve(self, *names):
        for name in names or self.solutions:
            self.cell(name)["source"] = self.solutions[name]
        return self

    def add(self, source, before, **fields):
        cell = {"cell_type": "code", "id": fields.pop("id", f"mine-{len(self.notebook['cells'])}"), "metadata": {}, "source": source, "outputs": [], "execution_count": None}
        self.notebook["cells"].insert(self.place(before), cell | fields)
        return self

    @property
    def content(self):
        return json.dumps(self.notebook).encode()

    def repaired(self, name=f"{NAME}.ipynb", **more):
        return repaired({name: self.content} | more)


def repaired(files):
    """(notebook, remarks) of these files; the checks are always the release's."""
    from rnncourse.grading.intake import repair

    found = repair(files, {NAME: RELEASE})
    notebook = found.notebooks[NAME]
    check_is_released(notebook)
    return notebook, found.remarks


def check_is_released(notebook):
    """A valid notebook that holds every named cell of the release once, in order, checks and metadata as released."""
    import nbformat

    nbformat.validate(notebook)
    release = json.loads(RELEASE)
    wanted = {cell["id"]: cell for cell in release["cells"]}
    found = [cell for cell in notebook["cells"] if cell["id"] in wanted]
    assert [cell["id"] for cell in found] == list(wanted)
    for cell in found:
        given = wanted[cell["id"]]
        assert cell["metadata"] == given["metadata"] and cell["cell_type"] == given["cell_type"]
        if not given["metadata"].get("nbgrader", {}).get("solution"):
            assert "".join(cell["source"]) == "".join(given["source"])
    assert not [cell for cell in notebook["cells"] if cell["id"] not in wanted and "nbgrader" in cell["metadata"]]


def solutions():
    """Cell id -> right source."""
    notebook = json.loads((REPO / "solutions" / STEP / f"{NAME}.ipynb").read_bytes())
    cells = [cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("solution")]
    return {cell["id"]: "".join(cell["source"]) for cell in cells}


def sources(notebook):
    return {cell["id"]: "".join(cell["source"]) for cell in notebook["cells"]}


@pytest.fixture
def paper():
    return Paper()


@pytest.fixture
def copied():
    return copy.deepcopy
