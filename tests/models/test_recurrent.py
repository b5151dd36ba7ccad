"""Recurrent layers: kinds, first weights, counts."""

import numpy as np
import pytest
import torch

from rnncourse.cells import sigmoid
from rnncourse.models import hidden_for, parameters, recurrent_layer, recurrent_weights, start_from
from rnncourse.models.recurrent import GATES, KINDS


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("D", "H"), [(2, 5), (7, 1)])
def test_weights_are_counted_as_torch_has_them(kind, D, H):
    assert recurrent_weights(kind, D, H) == parameters(recurrent_layer(kind, D, H))


@pytest.mark.parametrize("kind", KINDS)
def test_the_hidden_size_fills_the_budget(kind):
    H = hidden_for(kind, 3, 5000)
    assert recurrent_weights(kind, 3, H) <= 5000 < recurrent_weights(kind, 3, H + 1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("start", ["orthogonal", "identity"])
def test_each_gate_has_a_block_of_its_own(kind, start):
    layer = start_from(recurrent_layer(kind, 2, 6, layers=2, bidirectional=True), np.random.default_rng(0), start)
    for name, weight in layer.named_parameters():
        if "bias" in name:
            assert not weight.any()
        if "weight_hh" in name:
            blocks = weight.detach().split(6)
            assert len(blocks) == GATES[kind]
            for block in blocks:
                torch.testing.assert_close(block @ block.T, torch.eye(6), atol=1e-5, rtol=0)
                assert torch.equal(block, torch.eye(6)) == (start == "identity")


@pytest.mark.parametrize(("kind", "block"), [("lstm", 1), ("gru", 1)])
def test_the_forget_bias_is_the_whole_bias_of_the_keeping_gate(kind, block):
    layer = start_from(recurrent_layer(kind, 2, 4, bidirectional=True), np.random.default_rng(0), forget_bias=2.5)
    for end in ("", "_reverse"):
        whole = (getattr(layer, f"bias_ih_l0{end}") + getattr(layer, f"bias_hh_l0{end}")).detach().split(4)
        assert torch.equal(whole[block], torch.full((4,), 2.5))
        assert not torch.equal(whole[block - 1], whole[block])


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_chrono_spreads_the_memories_up_to_the_longest(kind):
    layer = start_from(recurrent_layer(kind, 2, 400), np.random.default_rng(0), longest=50)
    whole = (layer.bias_ih_l0 + layer.bias_hh_l0).detach().numpy().reshape(-1, 400)
    steps = 1 / (1 - sigmoid(whole[1].astype(float)))  # time constant of each unit
    assert steps.min() >= 2 - 1e-4 and 45 < steps.max() <= 50 + 1e-3
    assert abs(np.median(steps) - 26) < 4
    if kind == "lstm":
        np.testing.assert_allclose(whole[0], -whole[1])


def test_default_leaves_the_weights_as_they_are():
    layer = recurrent_layer("gru", 2, 3)
    before = [weight.clone() for weight in layer.parameters()]
    start_from(layer, np.random.default_rng(0))
    assert all(torch.equal(one, two) for one, two in zip(before, layer.parameters(), strict=True))


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("rnn", {"recurrent": "glorot"}, "expected one of default, orthogonal, identity, got 'glorot'"),
        ("rnn", {"forget_bias": 1.0}, "a vanilla RNN has no gate to bias"),
        ("relu", {"longest": 10}, "a vanilla RNN has no gate to bias"),
        ("lstm", {"longest": 10, "forget_bias": 1.0}, "give one of them"),
    ],
)
def test_what_makes_no_sense_is_refused(kind, options, message):
    with pytest.raises(ValueError, match=message):
        start_from(recurrent_layer(kind, 2, 3), np.random.default_rng(0), **options)


def test_the_relu_network_is_a_vanilla_one_with_another_nonlinearity():
    layer = start_from(recurrent_layer("relu", 1, 2), np.random.default_rng(0), "identity")
    with torch.no_grad():
        layer.weight_ih_l0.copy_(torch.tensor([[1.0], [-1.0]]))
    states = layer(torch.tensor([[[1.0], [2.0], [-4.0]]]))[0]
    assert states[0].tolist() == [[1, 0], [3, 0], [0, 4]]
