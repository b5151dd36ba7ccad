"""The training loop: it learns, it is reproducible, it clips, it refuses what does not fit."""

import numpy as np
import pytest
import torch

from rnncourse.data import order_carries_label, shuffle_time
from rnncourse.models import MeanClassifier, SequenceClassifier, accuracy, outputs, states, train
from rnncourse.models.threads import one_thread


def ordered(seed, shuffled=False):
    """Training and test sequences whose label lies in their order alone, or no longer lies anywhere."""
    rng = np.random.default_rng(seed)
    x, y = order_carries_label(rng, pairs=300, T=6)
    return (shuffle_time(rng, x) if shuffled else x), y, rng


def trained_accuracy(seed, shuffled=False, recurrent=True):
    x, y, rng = ordered(seed, shuffled)
    model = SequenceClassifier(4, 2, hidden=16, rng=rng) if recurrent else MeanClassifier(4, 2, rng=rng)
    lengths = np.full(300, 6)
    train(model, x[:300], lengths, y[:300], rng=rng, epochs=15, learning_rate=1e-2)
    return accuracy(model, x[300:], lengths, y[300:])


@pytest.mark.parametrize("seed", range(3))
def test_order_is_learnt_and_shuffling_takes_it_away(seed):
    assert trained_accuracy(seed) > 0.8
    assert abs(trained_accuracy(seed, shuffled=True) - 0.5) < 0.15


def test_the_mean_is_at_the_coin_where_twins_differ_in_order_alone():
    assert trained_accuracy(0, recurrent=False) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_a_forecast_beats_the_mean(kind):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 5, 2))
    y = x[:, -1:, 0] - x[:, -2:-1, 1]  # (B, 1)
    model = SequenceClassifier(2, 1, hidden=16, kind=kind, rng=rng)
    history = train(model, x, np.full(200, 5), y, rng=rng, epochs=40, learning_rate=1e-2)
    assert len(history) == 40
    assert history[-1] < 0.3 * np.var(y)


def test_equal_generators_give_equal_histories():
    x, y, _ = ordered(0)
    runs = []
    for _ in range(2):
        rng = np.random.default_rng(5)
        model = SequenceClassifier(4, 2, hidden=4, rng=rng)
        runs.append(train(model, x[:50], np.full(50, 6), y[:50], rng=rng, epochs=3))
    assert runs[0] == runs[1]


def test_the_loss_of_an_epoch_is_the_mean_over_sequences_not_over_batches():
    x, y = np.ones((5, 2, 1)), np.array([[0.0]] * 4 + [[9.0]])
    model = MeanClassifier(1, 1, rng=np.random.default_rng(0))
    expected = float(np.mean((outputs(model, x, np.full(5, 2)) - y) ** 2))
    history = train(model, x, np.full(5, 2), y, rng=np.random.default_rng(0), epochs=1, batch_size=4, learning_rate=1e-12)
    assert history == [pytest.approx(expected, rel=1e-4)]


def test_gradients_are_clipped_by_their_global_norm(monkeypatch):
    seen = []
    clip = torch.nn.utils.clip_grad_norm_
    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", lambda weights, bound: seen.append(bound) or clip(weights, bound))
    model = MeanClassifier(1, 1, rng=np.random.default_rng(0))
    train(model, np.ones((2, 1, 1)), np.ones(2, int), np.full((2, 1), 1e6), rng=np.random.default_rng(0), epochs=2, max_norm=0.5)
    norm = sum((weight.grad**2).sum() for weight in model.parameters()) ** 0.5
    assert seen == [0.5, 0.5]
    assert norm == pytest.approx(0.5, rel=1e-3)


def test_states_are_those_of_the_recurrent_layer():
    model = SequenceClassifier(2, 1, hidden=3, rng=np.random.default_rng(0))
    x = np.random.default_rng(1).normal(size=(2, 4, 2))
    found = states(model, x)
    assert isinstance(found, np.ndarray) and found.shape == (2, 4, 3)
    scores = found[:, -1] @ model.readout.weight.detach().numpy().T + model.readout.bias.detach().numpy()
    np.testing.assert_allclose(scores, outputs(model, x, np.full(2, 4)), rtol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": np.ones((4, 3))}, r"x: expected \(batch, time, feature\), got shape \(4, 3\)"),
        ({"lengths": np.ones(3, int)}, r"lengths: expected one a sequence, shape \(4,\), got \(3,\)"),
        ({"lengths": np.array([1, 0, 2, 3])}, "lengths: expected 1 to 3 real steps, got 0 to 3"),
        ({"lengths": np.array([1, 4, 2, 3])}, "lengths: expected 1 to 3 real steps, got 1 to 4"),
        ({"targets": np.zeros(5, int)}, r"targets: expected one a sequence \(4\), got 5"),
        ({"x": np.full((4, 3, 2), np.nan)}, "loss: expected a finite number, got nan"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    given = {"x": np.ones((4, 3, 2)), "lengths": np.full(4, 3), "targets": np.zeros(4, int), **change}
    model = SequenceClassifier(2, 2, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=message):
        train(model, **given, rng=np.random.default_rng(0), epochs=1)


def test_the_callers_arrays_stay_as_they_were():
    x, y, rng = ordered(1)
    before = x.copy()
    train(SequenceClassifier(4, 2, hidden=4, rng=rng), x[:20], np.full(20, 6), y[:20], rng=rng, epochs=1)
    np.testing.assert_array_equal(x, before)


def test_one_thread_gives_the_threads_back_also_after_an_error():
    before = torch.get_num_threads()
    with pytest.raises(KeyError), one_thread():
        assert torch.get_num_threads() == 1
        raise KeyError
    assert torch.get_num_threads() == before
