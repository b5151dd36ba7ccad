"""What the README tells a contributor works: its example exercise is run, checked, proven and built."""

import re
from pathlib import Path

import nbformat
import pytest

from rnncourse.authoring.solution import solution_notebook
from rnncourse.checking.exercise import Exercise
from rnncourse.checking.matrix import matrix
from rnncourse.checking.score import assess
from rnncourse.exercises import step1

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def blocks():
    """The code blocks of the section for contributors: the exercise and the notebook's cells."""
    section = README.split("## Add an exercise")[1].split("\n## ")[0]
    return re.findall(r"```python\n(.*?)```", section, re.S)


@pytest.fixture(scope="module")
def last_step(blocks):
    space = dict(vars(step1))  # as if written at the end of that file
    exec(blocks[0], space)
    return space["last_step"]


def test_the_example_of_the_cells_runs():
    code = re.search(r"```python\n(.*?)```", README.split("## Reference cells")[1], re.S)[1]
    space = {}
    exec(code, space)
    assert (space["hs"].shape, space["h"].shape) == ((4, 50, 8), (1, 8))
    assert set(space["gradients"]) == {"W_x", "W_h", "b"}


def test_the_table_of_speeds_is_quoted_to_the_letter():
    results = (Path(__file__).parent / "benchmarks/RESULTS.md").read_text(encoding="utf-8").splitlines()
    quoted = [line for line in README.splitlines() if re.match(r"\| (RNN|GRU|LSTM) ", line)]
    assert len(quoted) == 15
    assert [line for line in quoted if line not in results] == []


def test_the_example_is_a_whole_exercise_of_ten_lines(blocks, last_step):
    assert isinstance(last_step, Exercise)
    assert len([line for line in blocks[0].splitlines() if line.strip()]) <= 10


def test_its_check_is_proven(last_step):
    rows = matrix(last_step, range(5))
    assert len(rows) == 3
    assert all(row.sound and (row.kind == "right" or row.recognised) for row in rows)


def test_its_cells_build_into_a_notebook_whose_solution_passes(blocks, last_step, tmp_path):
    source = tmp_path / "source.py"
    source.write_text(blocks[1], encoding="utf-8")
    notebook = solution_notebook(source)
    nbformat.validate(notebook)
    graded = {cell.id: cell.metadata.nbgrader for cell in notebook.cells if "nbgrader" in cell.metadata}
    assert set(graded) == {"last_step", "check_last_step"}
    assert graded["check_last_step"].points == last_step.points
    space = {}
    exec(next(cell.source for cell in notebook.cells if cell.id == "last_step"), space)
    assert assess(last_step, space["last_step"]).passed
