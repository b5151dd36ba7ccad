"""Figures about gates and of several runs: small, the same twice, and told in words."""

import numpy as np
import pytest

from rnncourse.plots import gates_over_time, half_life_histogram, lstm_cell, weights_by_size
from rnncourse.plots.measurements import bands

MARKS = np.zeros(40)
MARKS[[3, 30]] = 1
GATE = np.where(MARKS[:, None] > 0, 0.9, 0.2) * np.ones((40, 6))

FIGURES = {
    "lstm_cell": (lstm_cell, "first it is multiplied by the forget gate f (1), then the candidate g"),
    "gates_over_time": (
        lambda: gates_over_time(MARKS, np.linspace(0, 1, 40), {"input gate i": GATE, "forget gate f": 1 - GATE}),
        "the marked ones are 3 and 30. Mean over the units, input gate i: 0.90 at the marked steps, 0.20 at the others; "
        "forget gate f: 0.10 at the marked steps, 0.80 at the others.",
    ),
    "half_life_histogram": (
        lambda: half_life_histogram({"before": np.array([1.0, 2.0, 60.0]), "after": np.array([55.0, np.inf])}, ("50 steps", 50)),
        "before: median 2, 1 of 3 units reach 50 steps; after: median inf, 2 of 2 units reach 50 steps.",
    ),
    "weights_by_size": (
        lambda: weights_by_size(np.array([2, 64]), {"LSTM": [48, 17408], "GRU": [36, 13056]}, 10_000),
        "LSTM: 48 at 2, 17,408 at 64; GRU: 36 at 2, 13,056 at 64. A dashed line marks 10,000 weights.",
    ),
    "bands": (
        lambda: bands({"one": (np.arange(1, 4), [[3, 2, 1], [3, 2, 0.5]])}, "seconds", "loss", ("blind", 2.5)),
        "one: 0.75 at 3 (runs from 0.5 to 1); the dashed line, blind, is at 2.50.",
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_alt_text_tells_the_numbers_and_the_picture_is_small(name):
    draw, told = FIGURES[name]
    assert told in draw().describe()
    assert len(draw()._repr_html_()) < 60_000
    assert draw()._repr_html_() == draw()._repr_html_()


def test_half_lives_beyond_the_axis_are_counted_too():
    figure = half_life_histogram({"ends": np.array([0.0, np.inf, 1e9])})
    assert "2 of 3 units reach 10 steps" in figure.describe()
