"""What reads as ours is found under other names of variables; what everybody writes is not."""

import inspect
import json
import textwrap
from pathlib import Path

import pytest

from rnncourse.cells import lstm
from rnncourse.exercises import exercises, find
from rnncourse.grading.judge.copies import copies

REPO = Path(__file__).parents[3]


def found(source, *names):
    return [(function, ours) for _, function, ours in copies({"mine.py": source.encode()}, [find(name) for name in names])]


def test_a_module_s_function_with_other_names_and_without_comments():
    source = inspect.getsource(lstm.lstm_step_backward)
    for old, new in (("def lstm_step_backward", "def mine"), ("dc_prev", "cell"), ("dh_prev", "before"), ("#", "# my own words,")):
        source = source.replace(old, new)
    assert found(source, "lstm_step_backward") == [("mine", "rnncourse.cells.lstm")]


def test_a_reference_with_other_names():
    source = textwrap.dedent(inspect.getsource(find("rnn_backward").reference)).replace("dh_next", "carried").replace("dW_hh", "g")
    assert found(source, "rnn_backward") == [("reference", "the reference of rnn_backward")]


@pytest.mark.parametrize("source", [
    "def rnn_step(x, h, W_xh, W_hh, b):\n    return np.tanh(x @ W_xh + h @ W_hh + b)",
    textwrap.dedent(inspect.getsource(find("rnn_forward").reference)),  # there is hardly another way to write it
    "def f(:", "\0", "(" * 300, "",
])  # fmt: skip
def test_what_everybody_writes_is_no_copy(source):
    assert found(source, "rnn_step", "rnn_forward", "lstm_step") == []


def test_one_changed_operator_or_number_makes_it_another_function():
    source = inspect.getsource(lstm.lstm_step_backward)
    assert found(source.replace("1 - ", "1 + ", 1), "lstm_step_backward") == []


def test_long_files_are_left_unread():
    source = inspect.getsource(lstm)
    assert found(source, "lstm_step_backward") and found(source + "\n" + "# \n" * 20_000, "lstm_step_backward") == []


def test_right_variants_of_the_exercises_are_no_copies():
    for exercise in exercises():
        for name, variant in exercise.right.items():
            try:
                source = textwrap.dedent(inspect.getsource(variant))
            except (OSError, TypeError):
                continue
            assert not [one for one in found(source, exercise.name) if one[1] != f"the reference of {exercise.name}"], name


def test_notebooks_are_not_looked_at():
    notebook = (REPO / "solutions" / "3-lstm-gru" / "lstm_gru.ipynb").read_bytes()
    assert json.loads(notebook) and copies({"lstm_gru.ipynb": notebook}, exercises()) == []
