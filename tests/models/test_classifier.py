"""The networks of notebook 1: shapes, the last valid state, reproducible weights, and what each can and cannot see."""

import numpy as np
import pytest
import torch

from rnncourse.models import MeanClassifier, SequenceClassifier
from rnncourse.models.recurrent import KINDS


def drawn(kind="rnn", seed=0, **sizes):
    return SequenceClassifier(**{"inputs": 3, "outputs": 4, "hidden": 5, **sizes}, kind=kind, rng=np.random.default_rng(seed))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("B", "T", "D", "H", "K"), [(2, 7, 3, 5, 4), (1, 1, 1, 2, 3), (6, 2, 4, 1, 1)])
def test_scores_have_one_row_a_sequence(kind, B, T, D, H, K):
    model = drawn(kind, inputs=D, outputs=K, hidden=H)
    assert model(torch.randn(B, T, D), torch.full((B,), T)).shape == (B, K)


@pytest.mark.parametrize("kind", KINDS)
def test_padding_does_not_change_the_scores(kind):
    model, x = drawn(kind), torch.randn(2, 6, 3)
    lengths = torch.tensor([6, 4])
    padded = torch.cat([x, 50 * torch.ones(2, 5, 3)], dim=1)
    padded[1, 4:] = -9.0
    torch.testing.assert_close(model(padded, lengths), model(x, lengths))


@pytest.mark.parametrize("kind", KINDS)
def test_the_read_state_is_the_last_real_one(kind):
    model, x = drawn(kind), torch.randn(3, 6, 3)
    lengths = torch.tensor([2, 6, 1])
    states = model.states(x)
    expected = torch.stack([model.readout(states[row, steps - 1]) for row, steps in enumerate(lengths)])
    torch.testing.assert_close(model(x, lengths), expected)


def test_mean_classifier_ignores_order_and_padding():
    model = MeanClassifier(3, 4, rng=np.random.default_rng(0))
    x, lengths = torch.randn(2, 6, 3), torch.tensor([6, 4])
    turned = x.clone()
    turned[0], turned[1, :4] = x[0].flip(0), x[1, :4].flip(0)
    turned[1, 4:] = 77.0
    torch.testing.assert_close(model(turned, lengths), model(x, lengths))


def test_the_recurrent_classifier_sees_order():
    model, x = drawn(), torch.randn(2, 6, 3)
    full = torch.full((2,), 6)
    assert not torch.allclose(model(x, full), model(x.flip(1), full), atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_equal_generators_draw_equal_networks_and_others_do_not(kind):
    first, again, other = drawn(kind, 3), drawn(kind, 3), drawn(kind, 4)
    pairs = list(zip(first.parameters(), again.parameters(), other.parameters(), strict=True))
    assert all(torch.equal(a, b) for a, b, _ in pairs)
    assert not any(torch.equal(a, c) for a, _, c in pairs)


def test_weights_are_within_torchs_own_bound():
    model = drawn(hidden=16)
    assert all(weight.abs().max() <= 0.25 for weight in model.parameters())
    assert model.recurrent.weight_hh_l0.abs().max() > 0.2


def test_building_a_network_leaves_torchs_global_generator_alone():
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    drawn()
    MeanClassifier(3, 4, rng=np.random.default_rng(0))
    assert torch.equal(torch.rand(3), expected)


def test_an_unknown_kind_names_the_known_ones():
    with pytest.raises(ValueError, match="expected one of rnn, gru, lstm, relu, mingru, minlstm, got 'transformer'"):
        drawn("transformer")
