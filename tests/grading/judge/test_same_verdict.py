"""One notebook, one verdict: in JupyterLab, by `rnncourse check`, by stock nbgrader and by the judge.

Notebooks are drawn: answers that share the name of a helper, names that are changed or gone further down, helpers in
other cells, above and below the check, in demonstrations, and wrong answers between them.
"""

import contextlib
import io
import json
import random
import subprocess
import sys

import pytest
from click.testing import CliRunner

from rnncourse.cli import main
from rnncourse.learner.check import examine
from tests.grading.class_room import environment, make_class, scores
from tests.grading.judge.test_judge import RELEASE, SOLVED, STEP, job, judge, pytestmark, reports  # noqa: F401 - the mark

RIGHT = {cell["id"]: "".join(cell["source"]) for cell in SOLVED["cells"] if cell["metadata"].get("nbgrader", {}).get("solution")}
WRONG = {
    "encode_text": "def encode_text(text, vocabulary):\n    return np.zeros(len(text), dtype=np.int64)",
    "next_step_pairs": "def next_step_pairs(ids, length):\n    n = (len(ids) - 1) // length\n    x = ids[: n * length].reshape(n, length)\n    return x, x.copy()",
    "last_valid": "def last_valid(states, lengths):\n    return states[:, -1].copy()",
    "pad_sequences": "def pad_sequences(sequences, value=0.0):\n    return 1 / 0",
}
DEMO = "cell-42"  # a demonstration in the middle of the notebook


def draw(seed, out_of_order):
    """A notebook, with what stock nbgrader knows nothing of (helpers below, helpers in demonstrations) where that is asked for."""
    rng, notebook = random.Random(seed), json.loads(RELEASE)
    for name, right in RIGHT.items():
        source = rng.choice([right, right, right, WRONG.get(name, right), None])
        if source is None:
            continue
        above, mine, below = _written(rng, name, source, out_of_order)
        place = _place(notebook, name)
        notebook["cells"][place]["source"] = mine
        notebook["cells"][place + 2 : place + 2] = [_cell(text, notebook) for text in below]
        notebook["cells"][place:place] = [_cell(text, notebook) for text in above]
    if out_of_order and rng.random() < 0.5:  # a helper in a demonstration above, for one exercise below it
        name = rng.choice(["standardize", "pad_sequences", "last_valid", "stateful_batches"])
        notebook["cells"][_place(notebook, DEMO)]["source"] = RIGHT[name].replace(f"def {name}(", "def from_demo(")
        notebook["cells"][_place(notebook, name)]["source"] = f"def {name}(*given, **named):\n    return from_demo(*given, **named)"
    return notebook


def _written(rng, name, source, out_of_order):
    """(cells above, the answer, cells below the check) of one way to write an answer."""
    through = f"def {name}(*given, **named):\n    return helper(*given, **named)"
    helper, constant = source.replace(f"def {name}(", "def helper("), source.replace("):\n", "):\n    assert k == 1\n", 1)
    gone = [rng.choice(["del helper", "helper = None", "def helper(*given):\n    return 0"])] * rng.randint(0, 1)
    ways = {
        "plain": ([], source, []),
        "the helper in the same cell": ([], f"{helper}\n{through}", gone),
        "the helper in a cell above": ([helper], through, gone),
        "defined after its use": ([], f"{through}\n{helper}", gone),
        "a constant that changes": (["k = 1"], constant, [rng.choice(["k = 2", "del k", "for k in range(3):\n    pass"])]),
        "something else of its name further down": ([], source, [f"{name} = None"]),
    }
    if out_of_order:
        ways["the helper in a cell below"] = ([], through, [helper, "mine = helper"])
        ways["a better one below"] = ([], f"def {name}(*given):\n    return None", [source])
    return ways[rng.choice(list(ways))]


def _cell(source, notebook):
    return {"cell_type": "code", "id": f"mine-{len(notebook['cells'])}-{abs(hash(source)) % 10**6}", "metadata": {}, "source": source, "outputs": [], "execution_count": None}


def _place(notebook, cell):
    return next(n for n, one in enumerate(notebook["cells"]) if one["id"] == cell)


def in_lab(notebook):
    """Exercise -> points after all cells ran from top to bottom; and with each check run once more at the end."""
    import matplotlib

    matplotlib.use("agg")
    space, first, names = {"__name__": "lab"}, {}, {}
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        exec("from IPython.display import display", space)
        for cell in notebook["cells"]:
            source = "".join(cell["source"])
            if cell["id"].startswith("check_"):
                names[cell["id"]] = cell["id"].removeprefix("check_")
                first[names[cell["id"]]] = _asked(space, names[cell["id"]])
            elif cell["cell_type"] == "code" and _is_the_learners(cell, source):
                with contextlib.suppress(Exception):
                    exec(compile(source, cell["id"], "exec"), space)
        last = {name: max(first[name], _asked(space, name)) for name in first}
    return first, last


GIVEN = {cell["id"]: "".join(cell["source"]) for cell in json.loads(RELEASE)["cells"]}
SOLUTIONS = set(RIGHT)


def _is_the_learners(cell, source):
    """Figures of the course's own take long and change nothing; its first cell imports."""
    return cell["id"] == "imports" or cell["id"] in SOLUTIONS or GIVEN.get(cell["id"]) != source


def quick(notebook):
    """The notebook without the course's own code."""
    cells = [cell for cell in notebook["cells"] if cell["id"].startswith("check_") or _is_the_learners(cell, "".join(cell["source"]))]
    return {**notebook, "cells": [cell for cell in cells if cell["cell_type"] == "code"]}


def _asked(space, name):
    return examine(space[name], name).points if callable(space.get(name)) else 0.0


def by_command(path):
    """The same from `rnncourse check`."""
    said = CliRunner().invoke(main, ["check", str(path), "--json"]).output
    return {one["exercise"]: one["points"] for one in json.loads(said)} if said.startswith("[") else {}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("RNNCOURSE_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize("seed", range(8))
def test_the_command_gives_what_lab_gives(seed, tmp_path):
    notebook = draw(seed, out_of_order=True)
    path = tmp_path / "mine.ipynb"
    path.write_text(json.dumps(notebook if seed == 0 else quick(notebook)), encoding="utf-8")
    last, found = in_lab(notebook)[1], by_command(path)
    assert {name: points for name, points in last.items() if points} == {name: points for name, points in found.items() if points}


@pytest.mark.parametrize("seed", range(4))
def test_the_judge_gives_what_lab_gives(seed):
    notebook = draw(seed, out_of_order=True)
    verdict = judge(job(json.dumps(notebook).encode()))
    assert {name: one.points for name, one in reports(verdict).items()} == in_lab(notebook)[1]


def test_drawn_notebooks_differ_in_what_they_try():
    points = [in_lab(draw(seed, out_of_order=True)) for seed in range(6)]
    assert any(first != last for first, last in points), "no draw depends on the order of the cells"
    assert len({tuple(last.values()) for _, last in points}) == 6


def test_stock_nbgrader_gives_the_same(tmp_path):
    """Three students at once, for its command takes long; it runs cells from top to bottom."""
    room = make_class(tmp_path / "class")
    drawn = {f"student-{seed}": draw(seed, out_of_order=False) for seed in (20, 21, 22)}
    for student, notebook in drawn.items():
        folder = room / "grading" / "submitted" / student / STEP
        folder.mkdir(parents=True)
        (folder / "sequence_data.ipynb").write_text(json.dumps(quick(notebook)), encoding="utf-8")
    for words in (["generate_assignment", STEP, "--force", "--create"], ["autograde", STEP, "--create"]):
        done = subprocess.run([sys.executable, "-m", "nbgrader", *words], cwd=room, env=environment(room), capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
    ours = {student: judge(job(json.dumps(notebook).encode())).points for student, notebook in drawn.items()}
    lab = {student: sum(in_lab(notebook)[0].values()) for student, notebook in drawn.items()}
    assert scores(room, STEP) == ours == lab
    assert len(set(ours.values())) > 1
