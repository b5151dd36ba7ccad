"""Fixed points are counted with their stability, Jacobians are right, and no answer rests on the future."""

import numpy as np
import pytest
import torch

from rnncourse import models, states


def latch():
    """Nine points by construction: two units that do not touch, h' = tanh(2 h), each with rests at 0 and ±0.957."""
    return lambda h: torch.tanh(2 * h)


def starts(N=200, H=2):
    return torch.from_numpy(np.random.default_rng(0).uniform(-1.2, 1.2, size=(N, H)))


def test_nine_points_with_their_stability():
    step = latch()
    points = states.find_fixed_points(step, starts(), 400, 0.02, tolerance=1e-10)
    found = states.stability(step, points)
    rest = 0.957504024
    assert [one.unstable for one in found] == [0] * 4 + [1] * 4 + [2]
    assert [one.kind(2) for one in found] == ["attractor"] * 4 + ["saddle"] * 4 + ["repeller"]
    where = sorted(tuple(np.round(one.state / rest).astype(int).tolist()) for one in found)
    assert where == [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1)]
    assert np.allclose(np.abs(found[-1].eigenvalues), 2, atol=1e-3)


def test_none_found_is_an_empty_array_and_the_starts_stay():
    given = starts(5, 3)
    kept = given.clone()
    points = states.find_fixed_points(lambda h: h + 1, given, 3, 0.1)
    assert points.shape == (0, 3) and torch.equal(given, kept) and not given.requires_grad


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("kind", [torch.nn.RNN, torch.nn.GRU])
def test_the_step_without_input_is_that_of_the_layer(kind, batch_first):
    torch.manual_seed(0)
    layer = kind(2, 4, batch_first=batch_first)
    h = torch.randn(3, 4)
    x = torch.tensor([0.3, -0.2])
    with torch.no_grad():
        expected = layer(x.expand(3, 1, 2) if batch_first else x.expand(1, 3, 2), h[None])[1][0]
        assert torch.allclose(states.resting_step(layer, x)(h), expected)
    for other, words in ((torch.nn.LSTM(2, 4), "got LSTM"), (torch.nn.Linear(2, 4), "got Linear")):
        with pytest.raises(TypeError, match=words):
            states.resting_step(other)
    with pytest.raises(ValueError, match="one layer in one direction"):
        states.resting_step(kind(2, 4, num_layers=2))


def test_the_jacobian_has_rows_of_outputs():
    W = torch.randn(4, 4, dtype=torch.float64)
    h = torch.randn(4, dtype=torch.float64)
    expected = (1 - torch.tanh(W @ h) ** 2)[:, None] * W
    assert torch.allclose(states.jacobian(lambda h: torch.tanh(W @ h), h), expected)
    constant = states.jacobian(lambda h: torch.stack([h[0] * 0 + 1, h[1]]), torch.ones(2))
    assert constant.tolist() == [[0, 0], [0, 1]]


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_nothing_rests_on_later_characters_exactly(kind):
    model = models.CharacterModel(5, hidden=8, kind=kind, rng=np.random.default_rng(0))
    x = model.embedding.weight.detach()[torch.randint(5, (30,))]
    seen = states.connectivity(states.logits_of(model), x).numpy()
    assert not np.triu(seen, 1).any() and (np.diag(seen) > 0).all()


def test_a_row_is_the_gradient_of_the_largest_logit():
    model = models.CharacterModel(5, hidden=8, kind="gru", rng=np.random.default_rng(0))
    x = model.embedding.weight.detach()[torch.tensor([0, 3, 1, 1])]
    asked = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(states.logits_of(model)(asked[None])[0, 2].max(), asked)
    assert torch.allclose(states.connectivity(states.logits_of(model), x)[2], gradient.norm(dim=1))


def test_a_model_that_looks_ahead_is_caught():
    torch.manual_seed(0)
    ahead = torch.nn.TransformerEncoderLayer(4, 2, 8, batch_first=True).eval()
    x = torch.randn(6, 4)
    assert np.triu(states.connectivity(ahead, x).numpy(), 1).any()
    mask = torch.nn.Transformer.generate_square_subsequent_mask(6)
    assert not np.triu(states.connectivity(lambda x: ahead(x, src_mask=mask, is_causal=True), x).numpy(), 1).any()


def test_what_has_no_map_is_told():
    model = torch.nn.Linear(3, 2)
    with pytest.raises(ValueError, match="at least one step"):
        states.connectivity(model, torch.zeros(0, 3))
    with pytest.raises(ValueError, match="the model is on meta and the input on cpu"):
        states.connectivity(model.to("meta"), torch.zeros(2, 3))


@pytest.mark.parametrize("seed", range(5))
def test_a_quote_cell_appears_in_seconds(seed):
    """The promise of step 4, in every one of five seeds: |r| of 0.6 and more within five seconds of one thread."""
    from rnncourse import data
    from rnncourse.cells.language_model import consecutive_batches

    text, other = data.marked_text(np.random.default_rng(0), 30_000), data.marked_text(np.random.default_rng(1), 2_000)
    model = models.CharacterModel(len(data.MARKED_ALPHABET), hidden=32, kind="lstm", rng=np.random.default_rng(seed))
    batches = models.consecutive(consecutive_batches(states.encode(text, data.MARKED_ALPHABET), B=16, T=50))
    settings = models.Settings(epochs=15, learning_rate=0.02, seed=seed)
    models.fit(model, batches, models.stream_loss, settings, show=False)
    cell = states.record_text(model, other, data.MARKED_ALPHABET).cell
    for signal in data.mark_rules(other).values():
        assert np.abs(states.rank_units(cell, signal)[1]).max() > 0.6


def test_a_trained_flip_flop_has_nine_points():
    from rnncourse import data

    model = models.Follower(2, 2, hidden=32, rng=np.random.default_rng(3))
    epoch = models.fresh(lambda rng: data.flip_flop(rng, 64, 30), 20)
    settings = models.Settings(epochs=15, learning_rate=5e-3, schedule="cosine")
    models.fit(model, epoch, models.follow_loss, settings, show=False)
    x, _ = data.flip_flop(np.random.default_rng(5), 64, 40)
    h, rng = states.record(model.recurrent, x).hidden.reshape(-1, 32), np.random.default_rng(1)
    one, two = h[rng.integers(len(h), size=(2, 300))]
    begin = torch.from_numpy((one + rng.random((300, 1)) * (two - one)).astype(np.float32))
    step = states.resting_step(model.recurrent)
    found = states.stability(step, states.find_fixed_points(step, begin, 600, 0.05))
    assert [one.unstable for one in found] == [0] * 4 + [1] * 4 + [2]
