"""`check` in a real Jupyter kernel: the card as HTML, never an error in self-study; points and the card while nbgrader runs."""

import nbformat
import pytest
from nbclient import NotebookClient

SETUP = "import numpy as np\nfrom rnncourse import check\n"
RIGHT = "def last_valid(states, lengths):\n    return states[np.arange(len(states)), lengths - 1]"
WRONG = "def last_valid(states, lengths):\n    return states[:, -1]"
PARTLY = "def next_step_pairs(ids, length):\n    n = (len(ids) - 1) // length\n    x = ids[: n * length].reshape(n, length)\n    return x, x"
ENDLESS = "def make_windows(series, length, horizon):\n    while True:\n        try:\n            pass\n        except:\n            pass"
CHECKS = ("check(last_valid)", WRONG, "check(last_valid)", PARTLY, "check(next_step_pairs)", ENDLESS, "check(make_windows)", "print('alive')")


@pytest.fixture(scope="module", params=["self-study", "autograde"])
def run(request, tmp_path_factory):
    """The outputs of each cell in CHECKS, and the mode."""
    environment = pytest.MonkeyPatch()
    environment.setenv("RNNCOURSE_HOME", str(tmp_path_factory.mktemp("home")))
    if request.param == "autograde":
        environment.setenv("NBGRADER_EXECUTION", "autograde")
    else:
        environment.delenv("NBGRADER_EXECUTION", raising=False)
    cells = [nbformat.v4.new_code_cell(source) for source in (SETUP + RIGHT, *CHECKS)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=True).execute()
    environment.undo()
    return request.param, {source: cell.outputs for source, cell in zip(CHECKS, notebook.cells[1:], strict=True)}, notebook


def kinds(outputs):
    return [one.output_type for one in outputs]


def test_a_passed_check(run):
    mode, _, notebook = run
    outputs = notebook.cells[1].outputs
    assert "passed · 1.7 last_valid" in outputs[0].data["text/html"]
    assert kinds(outputs) == (["display_data"] if mode == "self-study" else ["display_data", "execute_result"])
    if mode == "autograde":
        assert outputs[1].data["text/plain"] == "2.0"


def test_a_wrong_function(run):
    mode, _, notebook = run
    outputs = notebook.cells[3].outputs
    if mode == "self-study":
        assert kinds(outputs) == ["display_data"]
        assert "the last step of the padded array is taken" in outputs[0].data["text/html"]
        assert "likely cause" in outputs[0].data["text/plain"]
    else:
        assert kinds(outputs) == ["error"]
        told = "\n".join(outputs[0].traceback)
        assert "the last step of the padded array is taken" in told
        assert "Traceback" not in told and "site-packages" not in told


def test_part_of_the_points_come_as_a_result_before_the_error(run):
    mode, _, notebook = run
    outputs = notebook.cells[5].outputs
    if mode == "self-study":
        assert kinds(outputs) == ["display_data"]
    else:
        assert kinds(outputs) == ["execute_result", "error"]
        assert outputs[0].data["text/plain"] == "1.0"


def test_a_loop_that_never_ends_leaves_the_kernel_alive(run):
    _, outputs, notebook = run
    shown = str(notebook.cells[7].outputs)
    assert "is there a loop that never ends?" in shown
    assert outputs["print('alive')"][0].text == "alive\n"
