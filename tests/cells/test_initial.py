import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncourse.cells import GRU, LSTM, RNN, chrono_bias, glorot, identity, orthogonal

sizes = st.integers(1, 9)


@given(seed=st.integers(0, 999), rows=sizes, columns=sizes, gain=st.floats(0.1, 3))
def test_orthogonal_keeps_lengths(seed, rows, columns, gain):
    W = orthogonal(np.random.default_rng(seed), rows, columns, gain=gain)
    assert W.shape == (rows, columns)
    np.testing.assert_allclose(np.linalg.svd(W, compute_uv=False), gain, rtol=1e-10)


def test_orthogonal_prefers_no_rotation():
    rng = np.random.default_rng(0)
    mean = np.mean([orthogonal(rng, 3) for _ in range(3000)], axis=0)  # each entry has variance 1/3
    assert np.abs(mean).max() < 5 * np.sqrt(1 / 3 / 3000)


def test_glorot_fills_its_interval_evenly():
    W = glorot(np.random.default_rng(0), 300, 200)
    bound = np.sqrt(6 / 500)
    assert W.shape == (300, 200) and np.abs(W).max() <= bound
    assert W.std() == pytest.approx(bound / np.sqrt(3), rel=0.02)
    assert W.mean() == pytest.approx(0, abs=5 * W.std() / np.sqrt(W.size))


def test_identity():
    assert identity(2, scale=0.5).tolist() == [[0.5, 0], [0, 0.5]]


@pytest.mark.parametrize("kind, gates, keeping", [("lstm", 4, 1), ("gru", 3, 1)])
def test_chrono_bias_spreads_times_of_forgetting(kind, gates, keeping):
    H, longest = 4000, 50
    bias = chrono_bias(np.random.default_rng(0), kind, H, longest).reshape(gates, H)
    keep = bias[keeping]
    times = 1 / (1 - 1 / (1 + np.exp(-keep)))  # 1 / (1 - f)
    assert times.min() >= 2 and times.max() <= longest
    assert times.mean() == pytest.approx(1 + longest / 2, rel=0.03)
    if kind == "lstm":
        np.testing.assert_array_equal(bias[0], -keep)
        assert not bias[2:].any()
    else:
        assert not bias[[0, 2]].any()


def test_a_chrono_gru_keeps_what_it_holds():
    """The sign: with a long memory a state decays slowly, and in torch's convention z is the share that stays."""
    rng = np.random.default_rng(1)
    layer = GRU(np.zeros((1, 12)), np.zeros((4, 12)), chrono_bias(rng, "gru", 4, 1000))
    assert layer.forward(np.zeros((1, 10, 1)), np.ones((1, 4)))[0][0, -1].min() > 0.5


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_random_layers_have_orthogonal_blocks_of_their_own(kind):
    layer = kind.random(np.random.default_rng(0), 3, 5)
    blocks = np.split(layer.weights[kind.names[1]], kind.gates, axis=1)
    for block in blocks:
        np.testing.assert_allclose(block @ block.T, np.eye(5), atol=1e-12)
    assert len({block.tobytes() for block in blocks}) == kind.gates
    again = kind.random(np.random.default_rng(0), 3, 5)
    assert all(np.array_equal(w, again.weights[name]) for name, w in layer.weights.items())


def test_sizes_and_kinds_are_checked():
    rng = np.random.default_rng(0)
    for make, message in [
        (lambda: glorot(rng, 0, 2), "inputs: expected 1 or more"),
        (lambda: orthogonal(rng, 2, 0), "columns: expected 1 or more"),
        (lambda: identity(0), "H: expected 1 or more"),
        (lambda: chrono_bias(rng, "rnn", 2, 9), "expected 'lstm' or 'gru', got 'rnn'"),
        (lambda: chrono_bias(rng, "gru", 2, 2), "longest: expected more than 2 steps, got 2"),
    ]:
        with pytest.raises(ValueError, match=message):
            make()
