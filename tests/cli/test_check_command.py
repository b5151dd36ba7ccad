"""`rnncourse check` on files, good and bad."""

import json

import nbformat
import pytest
from click.testing import CliRunner

from rnncourse.cli import main

RIGHT = "import numpy as np\ndef last_valid(states, lengths):\n    return states[np.arange(len(states)), lengths - 1]\n"
WRONG = "def next_step_pairs(ids, length):\n    n = (len(ids) - 1) // length\n    x = ids[: n * length].reshape(n, length)\n    return x, x\n"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("RNNCOURSE_HOME", str(tmp_path / "home"))

    def call(*arguments):
        return CliRunner().invoke(main, ["check", *map(str, arguments)])

    return call


def written(tmp_path, text, name="mine.py"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def notebook(tmp_path, *cells, **metadata):
    made = [nbformat.v4.new_code_cell(source) for source in cells]
    for cell in made:
        cell.metadata.update(metadata.get(cell.source, {}))
    path = tmp_path / "mine.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=made), path)
    return path


def test_a_right_function_passes_with_exit_code_0(run, tmp_path):
    result = run(written(tmp_path, RIGHT))
    assert result.exit_code == 0
    assert "passed · 1.7 last_valid" in result.output
    assert "1 of 1 exercises passed, 2 of 2 points" in result.output


def test_json_is_a_list_of_records(run, tmp_path):
    result = run(written(tmp_path, RIGHT + WRONG), "--json")
    assert result.exit_code == 1
    records = json.loads(result.output)
    assert [(r["exercise"], r["status"], r["points"], r["max_points"]) for r in records] == [
        ("next_step_pairs", "failed", 1.0, 3.0),
        ("last_valid", "passed", 2.0, 2.0),
    ]
    assert "the targets are not shifted" in records[0]["cause"]
    assert "targets" in records[0]["message"] or "differ" in records[0]["message"]


def test_exercises_are_chosen_by_number_or_name(run, tmp_path):
    path = written(tmp_path, RIGHT + WRONG)
    assert run(path, "1.7").exit_code == 0
    assert run(path, "last_valid", "next_step_pairs").exit_code == 1
    assert "next_step_pairs" not in run(path, "1.7").output


def test_a_named_exercise_that_the_file_lacks_is_an_error_record(run, tmp_path):
    result = run(written(tmp_path, RIGHT), "1.7", "1.2", "--json")
    assert result.exit_code == 1
    told = {r["exercise"]: r for r in json.loads(result.output)}
    assert told["next_step_pairs"]["status"] == "error"
    assert "defines no function next_step_pairs" in told["next_step_pairs"]["message"]
    assert told["last_valid"]["status"] == "passed"


def test_states_of_functions_that_do_not_work(run, tmp_path):
    text = (
        "def last_valid(states, lengths):\n    raise NotImplementedError\n"
        "def encode_text(text):\n    return []\n"
        "def make_windows(series, length, horizon):\n    return 1 / 0\n"
    )
    states = {r["exercise"]: r["status"] for r in json.loads(run(written(tmp_path, text), "--json").output)}
    assert states == {"last_valid": "not started", "encode_text": "error", "make_windows": "error"}


def test_the_seed_draws_other_cases(run, tmp_path):
    path = written(tmp_path, "def last_valid(states, lengths):\n    return states[:, 0] + states.sum()\n")
    messages = {json.loads(run(path, "--json", "--seed", seed).output)[0]["message"] for seed in (0, 0, 1)}
    assert len(messages) == 2


def test_a_notebook_is_run_cell_by_cell_and_a_broken_cell_spoils_only_itself(run, tmp_path):
    path = notebook(tmp_path, "import numpy as np", "%matplotlib inline\n!ls", "1 / 0", RIGHT, "def broken(:", "plot_nothing()")
    result = run(path)
    assert result.exit_code == 0 and "1 of 1 exercises passed" in result.output


def test_demo_cells_and_locked_check_cells_are_not_run(run, tmp_path):
    locked = {"nbgrader": {"grade": True, "locked": True, "solution": False, "grade_id": "x", "schema_version": 3}}
    cells = ("raise SystemExit(1)", "open('ran', 'w')", RIGHT)
    path = notebook(tmp_path, *cells, **{cells[0]: {"tags": ["demo"]}, cells[1]: locked})
    assert run(path).exit_code == 0
    assert not (tmp_path / "ran").exists()


def test_a_broken_cell_explains_a_missing_function(run, tmp_path):
    path = notebook(tmp_path, "def last_valid(states, lengths):\n    return states[")
    result = run(path, "1.7")
    assert result.exit_code == 1
    assert "cell 1 is no valid Python" in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("mine.ipynb", "{ not json", "this is no readable notebook"),
        ("mine.ipynb", "[]", "this is no readable notebook"),
        ("mine.ipynb", '{"cells": [{"cell_type": "code"}]}', "this is no readable notebook"),
        ("mine.txt", "x", "expected a .py file or a notebook"),
        ("mine.py", "def last_valid(:", "is no valid Python"),
        ("mine.py", "x = 1", "defines no function with the name of an exercise"),
        ("mine.py", "import nothing_of_this_name", "stopped with ModuleNotFoundError"),
        ("mine.py", "raise SystemExit", "stopped with SystemExit"),
    ],
)
def test_a_bad_file_gives_one_clear_message(run, tmp_path, name, text, told):
    path = written(tmp_path, text, name)
    result = run(path)
    assert result.exit_code == 2
    assert told in result.output and "Traceback" not in result.output
    assert len(result.output.strip().splitlines()) == 1
    assert path.read_text(encoding="utf-8") == text


def test_no_such_file_and_an_unreadable_one(run, tmp_path):
    assert "no such file" in run(tmp_path / "none.py").output
    binary = tmp_path / "binary.py"
    binary.write_bytes(b"\xff\xfe\x00\x81")
    assert "cannot be read" in run(binary).output


def test_no_file_and_an_unknown_exercise_are_usage_errors(run, tmp_path):
    assert "name a file" in run().output
    result = run(written(tmp_path, RIGHT), "last_valed")
    assert result.exit_code == 2 and "did you mean last_valid" in result.output


def test_matplotlib_in_a_file_needs_no_display(run, tmp_path, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("MPLBACKEND", raising=False)
    path = written(tmp_path, "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\n" + RIGHT)
    assert run(path).exit_code == 0


def test_the_working_folder_and_path_are_as_before(run, tmp_path, monkeypatch):
    import os
    import sys

    before = os.getcwd(), list(sys.path)
    run(written(tmp_path, "import sys, os\nsys.path.append('x')\n" + RIGHT))
    assert os.getcwd() == before[0]
    assert str(tmp_path) not in sys.path


def test_the_matrix_is_printed_and_proves_the_checks(run):
    result = run("--matrix", "1.7")
    assert result.exit_code == 0
    assert "100 %) rejected" in result.output and "100 %) named" in result.output and "100 %) accepted" in result.output
    rows = json.loads(run("--matrix", "1.7", "--json", "--seeds", "2").output)
    assert {row["kind"] for row in rows} == {"right", "mistake"}
    assert all(row["seeds"] == 2 for row in rows)
