"""Figures of hidden states tell their numbers in words, are small, and are the same twice."""

import numpy as np
import pytest

from rnncourse.plots import (
    StateView,
    connectivity_map,
    correlations_by_rank,
    damage,
    read_and_used,
    resting_states,
    saturation,
    trajectories,
)
from rnncourse.states import depth, inside

RNG = np.random.default_rng(0)
TEXT = 'la me "le mi\n(el im)" ro ki'
VALUES = np.stack([inside(TEXT) - 0.5, depth(TEXT), RNG.normal(size=len(TEXT))], axis=1)
RULES = {"quotes": inside, "brackets": depth}
CAUSAL = np.tril(np.abs(RNG.normal(size=(len(TEXT), len(TEXT)))) + 0.1)
POINTS = RNG.normal(size=(9, 2))

FIGURES = {
    "view": (lambda: StateView(TEXT, VALUES, RULES), "Cell state of unit 0 over 27 characters, from -0.50 to +0.50; its correlation with quotes is +1.00"),
    "correlations": (
        lambda: correlations_by_rank({"quotes": {"trained": np.array([0.1, -0.9]), "random": np.array([0.2, 0.3])}}),
        "quotes: strongest unit 0.90 (trained), 0.30 (random).",
    ),
    "saturation": (
        lambda: saturation({"trained": {"forget": (np.array([0.1, 0.3]), np.array([0.5, 0.7]))}}),
        "trained: forget shut 20%, open 60% of the time.",
    ),
    "read and used": (
        lambda: read_and_used(np.array([-0.8, 0.1, 0.4]), np.array([0.0, 0.5, 0.2]), "quotes", [0]),
        "unit 0: |r| 0.80, 0.00 bits; rank correlation of the two -1.00.",
    ),
    "damage": (
        lambda: damage({"unit 3": {"vowels": 0.5, "lines": -0.01}, "unit 4": {"vowels": 0.0, "lines": 0.2}}, "missed"),
        "unit 3: +0.50 vowels, -0.01 lines; unit 4: +0.00 vowels, +0.20 lines.",
    ),
    "trajectories": (
        lambda: trajectories({"one": (RNG.normal(size=(90, 2)), np.arange(90) % 2, np.array([0.5, 0.25]))}, ("out", "in")),
        "marked out, in. one: two components hold 75% of the variance.",
    ),
    "resting": (
        lambda: resting_states({"trained": (POINTS, np.array([0] * 4 + [1] * 4 + [2]), RNG.normal(size=(2, 5, 2)))}),
        "trained: 4 attractors, 4 saddles, 1 repeller.",
    ),
    "no point": (lambda: resting_states({"none": (np.zeros((0, 2)), np.zeros(0, int), np.zeros((1, 5, 2)))}), "0 attractors, 0 saddles, 0 repellers"),
    "connectivity": (lambda: connectivity_map({"causal": CAUSAL, "ahead": CAUSAL + CAUSAL.T}, TEXT), "above the diagonal exactly 0; ahead: on average"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_alt_text_tells_the_numbers_and_the_picture_is_small(name):
    draw, told = FIGURES[name]
    figure = draw()
    html = figure._repr_mimebundle_()[0]["text/html"]
    assert told in figure.describe()
    assert told.replace('"', "&quot;") in html
    assert len(html) < 60_000


def test_the_same_picture_twice():
    assert StateView(TEXT, VALUES, RULES)._repr_mimebundle_() == StateView(TEXT, VALUES, RULES)._repr_mimebundle_()


def test_a_view_takes_the_unit_that_follows_the_first_rule_and_refuses_what_does_not_fit():
    view = StateView(TEXT, VALUES[:, ::-1], RULES)
    assert view.unit == 2 and view.of(1).unit == 1 and StateView(TEXT, VALUES).unit == 0
    with pytest.raises(ValueError, match=r"unit: expected a whole number from 0 to 2 \(there are 3 units\), got 3"):
        view.of(3)
    with pytest.raises(ValueError, match="empty text"):
        StateView("", VALUES[:0])
    with pytest.raises(ValueError, match=r"values: expected \(26 characters, units\), got \(27, 3\)"):
        StateView(TEXT[1:], VALUES)
    with pytest.raises(ValueError, match=r"causal: expected one row and one column a character, \(26, 26\), got \(27, 27\)"):
        connectivity_map({"causal": CAUSAL}, TEXT[1:])
