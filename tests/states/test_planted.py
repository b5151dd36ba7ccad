"""Units that were planted are found first, and taking one out destroys its rule and no other."""

import numpy as np
import pytest

from rnncourse import data
from rnncourse.data.spelling import ALPHABET
from rnncourse.states import (
    ablate_unit,
    control_accuracy,
    depth,
    encode,
    inside,
    line_position,
    linear_probe,
    rank_units,
)

PLANTED = {"quotes": 3, "brackets": 7, "lines": 10}
H = 12
TEXT = data.dialects(np.random.default_rng(0), 3000)
RULES = {"quotes": inside(TEXT), "brackets": depth(TEXT), "lines": line_position(TEXT)}


def planted_step():
    """A state of 12: units 3, 7, 10 hold the rules, the others mix what they read at random."""
    rng = np.random.default_rng(1)
    V, W = rng.normal(size=(len(ALPHABET), H)), 0.3 * rng.normal(size=(H, H))
    for unit in PLANTED.values():
        W[unit] = 0.0  # nobody listens to them
    place = {character: n for n, character in enumerate(ALPHABET)}

    def step(x, h):
        new = np.tanh(x @ V + h @ W)
        quote, opened, closed, broken = (x[:, place[c]] for c in '"()\n')
        new[:, 3] = np.where(quote > 0, 1 - h[:, 3], h[:, 3])
        new[:, 7] = h[:, 7] + opened - closed
        new[:, 10] = np.where(broken > 0, 0, h[:, 10] + 1)
        return new

    return step


def run(step):
    x, h, hs = np.eye(len(ALPHABET))[encode(TEXT, ALPHABET)], np.zeros((1, H)), []
    for one in x:
        h = step(one[None], h)
        hs.append(h[0].copy())
    return np.array(hs)


@pytest.fixture(scope="module")
def whole():
    return run(planted_step())


@pytest.mark.parametrize("rule", PLANTED)
def test_a_planted_unit_is_ranked_first(whole, rule):
    order, r = rank_units(whole, RULES[rule])
    assert order[0] == PLANTED[rule] and r[order[0]] > 0.999
    assert np.abs(r[order[1]]) < 0.6


@pytest.mark.parametrize("rule", PLANTED)
def test_taking_it_out_destroys_its_rule_and_no_other(whole, rule):
    unit = PLANTED[rule]
    hs = run(ablate_unit(planted_step(), unit, whole[:, unit].mean()))
    assert np.ptp(hs[:, unit]) == 0
    others = [u for u in range(H) if u != unit]
    np.testing.assert_array_equal(hs[:, others], whole[:, others])
    assert rank_units(hs, RULES[rule])[1][unit] == 0
    for other, planted in PLANTED.items():
        if other != rule:
            assert rank_units(hs, RULES[other])[0][0] == planted


def test_the_probe_reads_what_is_there_and_the_control_does_not(whole):
    labels, half = RULES["quotes"].astype(int), 1500
    assert np.mean(linear_probe(whole[:half], labels[:half], whole[half:]) == labels[half:]) == 1.0
    control = [control_accuracy(whole[:half], labels[:half], whole[half:], labels[half:], np.random.default_rng(s)) for s in range(5)]
    assert max(control) < 0.75
    blind = np.delete(whole, PLANTED["quotes"], axis=1)
    assert np.mean(linear_probe(blind[:half], labels[:half], blind[half:]) == labels[half:]) < 0.9


def test_several_units_at_once_and_units_that_are_not_there():
    step = ablate_unit(planted_step(), (3, 7), 0.5)
    h = step(np.eye(len(ALPHABET))[:1], np.zeros((1, H)))
    assert h[0, [3, 7]].tolist() == [0.5, 0.5]
    with pytest.raises(ValueError, match=r"unit: expected a whole number from 0 to 11 \(there are 12 units\), got 12"):
        ablate_unit(planted_step(), 12)(np.zeros((1, len(ALPHABET))), np.zeros((1, H)))
    with pytest.raises(ValueError, match="got -1"):
        ablate_unit(planted_step(), -1)(np.zeros((1, len(ALPHABET))), np.zeros((1, H)))


def test_units_and_signals_that_never_change():
    order, r = rank_units(np.full((60, 3), 0.1) + np.outer(np.arange(60), [0, 1, 0]), np.arange(60.0))
    assert order[0] == 1 and r.tolist() == pytest.approx([0, 1, 0])
    assert rank_units(np.random.default_rng(0).normal(size=(9, 2)), np.ones(9))[1].tolist() == [0, 0]
    with pytest.raises(ValueError, match=r"expected one number a step, shape \(9,\), got \(8,\)"):
        rank_units(np.zeros((9, 2)), np.zeros(8))
