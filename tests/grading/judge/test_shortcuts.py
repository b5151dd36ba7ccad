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
