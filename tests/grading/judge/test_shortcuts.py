"""Names of ready-made code are found in what a function uses, and only there."""

from types import SimpleNamespace

import pytest

from rnncourse.grading.judge.cells import Piece
from rnncourse.grading.judge.shortcuts import mentioned

EXERCISE = SimpleNamespace(name="lstm_step", forbidden=("torch.nn.LSTM", "rnncourse.cells.lstm.lstm_step"))


def found(*sources):
    return mentioned([Piece(f"c{n}", source, True) for n, source in enumerate(sources)], EXERCISE)


@pytest.mark.parametrize("sources", [
    ("import torch\ndef lstm_step(x):\n    return torch.nn.LSTM(1, 2)(x)",),
    ("from torch.nn import LSTM as Cell\ndef lstm_step(x):\n    return Cell(1, 2)(x)",),
    ("import torch", "made = torch.nn.LSTM(1, 2)", "def helper(x):\n    return made(x)", "def lstm_step(x):\n    return helper(x)"),
    ("import torch\ndef lstm_step(x):\n    return getattr(torch.nn, 'LSTM')(1, 2)(x)",),
])
def test_a_name_on_the_way_is_found(sources):
    assert found(*sources) == ["torch.nn.LSTM"]


@pytest.mark.parametrize("sources", [
    ("def lstm_step(x):\n    return x",),
    ("import torch\nprint(torch.nn.LSTM(1, 2))", "def lstm_step(x):\n    return x"),
    ("def lstm_step(x):\n    # as torch.nn.LSTM\n    return x",),
    ("def lstm_step(x:",),
])
def test_a_name_elsewhere_is_not(sources):
    assert found(*sources) == []


def test_a_try_out_beside_the_function_is_no_mention():
    assert found("import torch\ndef lstm_step(x):\n    return x\ntheirs = torch.nn.LSTM(1, 2)\nprint(lstm_step(1) - theirs(1))") == []


def test_what_changes_the_function_is_a_mention():
    assert found("import torch\ndef lstm_step(x):\n    return x\nlstm_step.__code__ = torch.nn.LSTM.forward.__code__") == ["torch.nn.LSTM"]


def test_the_course_s_own_code_is_no_mention_since_it_is_not_there():
    assert found("from rnncourse.cells.lstm import lstm_step as theirs\ndef lstm_step(x):\n    return theirs(x)") == []
