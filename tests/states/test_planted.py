"""Units that were planted for a rule are found, and holding one still destroys its own rule and no other."""

import numpy as np
import pytest
import torch

from rnncourse import cells, models, states

MARKS = "ab()[]"
UNITS = {"round": (2, "(", ")"), "square": (5, "[", "]")}  # rule -> its unit, what switches it on and off


@pytest.fixture(scope="module")
def planted():
    """An RNN that labels each character: two units hold one rule each, six others are noise; logit k is rule k."""
    model = models.SymbolLabeller(len(MARKS), 2, hidden=8, kind="rnn", embedding=len(MARKS), rng=np.random.default_rng(0))
    with torch.no_grad():
        model.embedding.weight.copy_(torch.eye(len(MARKS)))
        model.readout.weight.zero_()
        model.readout.bias.zero_()
        model.recurrent.weight_hh_l0[:, [unit for unit, _, _ in UNITS.values()]] = 0.0  # the noise does not read the rules
        for k, (unit, on, off) in enumerate(UNITS.values()):
            model.recurrent.weight_ih_l0[unit] = 0.0
            model.recurrent.weight_hh_l0[unit] = 0.0
            model.recurrent.weight_hh_l0[unit, unit] = 2.0
            model.recurrent.weight_ih_l0[unit, MARKS.index(on)] = 6.0
            model.recurrent.weight_ih_l0[unit, MARKS.index(off)] = -6.0
            model.recurrent.bias_ih_l0[unit] = model.recurrent.bias_hh_l0[unit] = 0.0
            model.readout.weight[k, unit] = 1.0
    return model


@pytest.fixture(scope="module")
def text():
    """Brackets of both kinds, opened and closed independently of each other; both begin closed."""
    rng, is_open, out = np.random.default_rng(1), dict.fromkeys(UNITS, False), [")", "]"]
    for _ in range(600):
        rule = ("round", "square")[rng.integers(2)]
        if rng.random() < 0.2:
            is_open[rule] = not is_open[rule]
            out.append(UNITS[rule][1] if is_open[rule] else UNITS[rule][2])
        else:
            out.append("ab"[rng.integers(2)])
    return "".join(out)


def truth(text, rule):
    _, on, off = UNITS[rule]
    switches = np.array([1 if c == on else -1 if c == off else 0 for c in text])
    last = np.maximum.accumulate(np.where(switches != 0, np.arange(len(text)), -1))
    return np.where(last >= 0, switches[last], 0)


@pytest.mark.parametrize("rule", UNITS)
def test_the_planted_unit_comes_first(planted, text, rule):
    seen = states.record_text(planted, text, MARKS)
    order, correlation = states.rank_units(seen.hidden[2:], truth(text, rule)[2:])
    assert order[0] == UNITS[rule][0] and correlation[order[0]] > 0.9 > 0.5 > abs(correlation[order[1]])


@pytest.mark.parametrize("rule", UNITS)
def test_holding_it_still_destroys_its_rule_and_no_other(planted, text, rule):
    ids = states.encode(text, MARKS)[None]
    whole = states.ablated_logits(planted, ids, [])[0]
    with torch.no_grad():
        assert np.allclose(whole, planted(torch.from_numpy(ids))[0][0], atol=1e-5)
    held = states.ablated_logits(planted, ids, [UNITS[rule][0]])[0]
    for k, name in enumerate(UNITS):
        right = np.mean(np.sign(held[2:, k]) == truth(text, name)[2:])
        assert np.mean(np.sign(whole[2:, k]) == truth(text, name)[2:]) == 1
        if name == rule:
            assert right == 0 and not held[:, k].any()
        else:
            assert np.array_equal(held[:, k], whole[:, k])


def test_a_noise_unit_can_be_held_still_for_nothing(planted, text):
    ids = states.encode(text, MARKS)[None]
    assert np.array_equal(states.ablated_logits(planted, ids, [0]), states.ablated_logits(planted, ids, []))


@pytest.mark.parametrize("kind", ["gru", "lstm"])
def test_held_units_stay_at_their_values_in_gated_layers(kind):
    model = models.SymbolLabeller(4, 3, hidden=5, kind=kind, rng=np.random.default_rng(0))
    torch.nn.init.eye_(model.readout.weight)
    torch.nn.init.zeros_(model.readout.bias)
    logits = states.ablated_logits(model, np.random.default_rng(0).integers(4, size=(2, 6)), [0, 2], value=[0.25, -0.5])
    assert np.array_equal(np.unique(logits[..., 0]), [0.25]) and np.array_equal(np.unique(logits[..., 2]), [-0.5])


def test_what_cannot_be_held_still_is_told():
    model = models.SymbolLabeller(4, hidden=5, rng=np.random.default_rng(0))
    for unit in (5, -6):
        with pytest.raises(ValueError, match=f"the layer has 5, from 0 to 4; got {unit}"):
            states.ablated_logits(model, [[0, 1]], [unit])
    with pytest.raises(ValueError, match="one recurrent layer in one direction"):
        states.ablated_logits(models.SymbolLabeller(4, hidden=5, layers=2, rng=np.random.default_rng(0)), [[0, 1]], [0])


def test_a_step_of_numpy_with_a_unit_held_still():
    layer, rng = cells.RNN.random(np.random.default_rng(0), 2, 3), np.random.default_rng(1)
    x, h = rng.normal(size=(4, 2)), rng.normal(size=(4, 3))
    kept = h.copy()
    new = states.ablate_unit(layer.step, 1, 0.5)(x, h)
    expected = layer.step(x, np.where(np.arange(3) == 1, 0.5, h))
    assert np.array_equal(h, kept) and (new[:, 1] == 0.5).all() and np.allclose(new[:, [0, 2]], expected[:, [0, 2]])
