"""Fast cells against plain ones, where it depends on how the fast ones work: dtypes, chunks, masks, extremes."""

import numpy as np
import pytest

from rnncourse.cells import GRU, LSTM, RNN, FastGRU, FastLSTM, FastRNN
from rnncourse.cells.joined import CHUNK_ROWS, product_by_block

PAIRS = [(RNN, FastRNN), (LSTM, FastLSTM), (GRU, FastGRU)]
pairs = pytest.mark.parametrize("plain, fast", PAIRS, ids=["rnn", "lstm", "gru"])


def both(plain, fast, rng, B, T, D, H, dtype=np.float64, mask=None, scale=1.0):
    """What the two layers give for one input, flat: outputs, states, gradients."""
    layer = plain.random(rng, D, H, dtype=dtype)
    for w in layer.weights.values():
        w += (scale * rng.normal(size=w.shape)).astype(dtype)
    x, dhs = rng.normal(size=(B, T, D)).astype(dtype), rng.normal(size=(B, T, H)).astype(dtype)
    found = []
    for each in (layer, fast(**layer.weights)):
        hs, state, trace = each.forward(x, mask=mask)
        dx, dstate, gradients = each.backward(dhs, trace)
        found.append([hs, *np.atleast_1d(state), dx, *np.atleast_1d(dstate), *gradients.values()])
    return found


@pairs
@pytest.mark.parametrize("T", [1, CHUNK_ROWS // 3 - 1, CHUNK_ROWS // 3, CHUNK_ROWS // 3 + 1, CHUNK_ROWS])
def test_the_borders_of_chunks_leave_no_mark(plain, fast, T):
    for ours, theirs in zip(*both(plain, fast, np.random.default_rng(T), 3, T, 2, 5, scale=0.1), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("B", [1, 3])
def test_a_product_by_block_fills_each_gate_and_nothing_else(B):
    T, K, G, H = 2, 5, 4, 3
    rng = np.random.default_rng(B)
    s, wide, memory = rng.normal(size=(T, B, K)), rng.normal(size=(K, G * H)), np.full((T, G + 1, B, H), np.nan)
    product, W, out = product_by_block(wide, memory[:, :G], lambda name, make: make())
    for s_t, out_t in zip(s, out, strict=True):
        product(s_t, W, out_t)
    for g in range(G):
        np.testing.assert_allclose(memory[:, g], s @ wide[:, g * H : (g + 1) * H], rtol=1e-12, atol=1e-14)
    assert np.isnan(memory[:, G]).all()


@pairs
@pytest.mark.parametrize("B", [1, 2])
def test_upstream_gradients_stay_as_they_were(plain, fast, B):
    rng = np.random.default_rng(B)
    layer, dhs = fast.random(rng, 2, 3), rng.normal(size=(B, 4, 3))
    kept = dhs.copy()
    layer.backward(dhs, layer.forward(rng.normal(size=(B, 4, 2)))[2])
    np.testing.assert_array_equal(dhs, kept)


@pairs
def test_a_batch_wider_than_a_chunk(plain, fast):
    rng = np.random.default_rng(1)
    mask = rng.random((CHUNK_ROWS + 3, 4)) < 0.5
    for ours, theirs in zip(*both(plain, fast, rng, CHUNK_ROWS + 3, 4, 2, 3, mask=mask), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)


@pairs
def test_float32_stays_float32_and_near(plain, fast):
    for ours, theirs in zip(
        *both(plain, fast, np.random.default_rng(2), 3, 20, 4, 5, np.float32, scale=0.1), strict=True
    ):
        assert ours.dtype == theirs.dtype == np.float32
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


@pairs
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_saturated_gates_warn_of_nothing(plain, fast, dtype):
    with np.errstate(all="raise", under="ignore"):
        ours, theirs = both(plain, fast, np.random.default_rng(3), 2, 6, 3, 4, dtype, scale=1e4)
    for a, b in zip(ours, theirs, strict=True):
        assert np.isfinite(a).all() and np.isfinite(b).all()
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", [kind for pair in PAIRS for kind in pair])
def test_a_layer_keeps_nothing_between_calls(kind):
    rng = np.random.default_rng(4)
    layer = kind.random(rng, 3, 4)
    x, other, dhs = rng.normal(size=(3, 2, 5, 3 + 1))[..., :3], rng.normal(size=(2, 7, 3)), rng.normal(size=(2, 5, 4))
    x = x[0]
    before = {name: w.copy() for name, w in layer.weights.items()}, x.copy(), dhs.copy()
    hs, state, trace = layer.forward(x)
    kept = hs.copy()
    hs[:] = np.nan  # results are the caller's
    for part in state if isinstance(state, tuple) else (state,):
        part[:] = np.nan
    layer.forward(other)  # two passes may be under way at once
    first, second = layer.backward(dhs, trace), layer.backward(dhs, trace)
    np.testing.assert_array_equal(first[0], second[0])
    assert np.isfinite(first[0]).all()
    np.testing.assert_array_equal(layer.forward(x)[0], kept)
    for name, w in layer.weights.items():
        np.testing.assert_array_equal(w, before[0][name])
    np.testing.assert_array_equal(x, before[1])
    np.testing.assert_array_equal(dhs, before[2])


@pytest.mark.parametrize("kind", [kind for pair in PAIRS for kind in pair])
def test_weights_changed_in_place_are_used(kind):
    rng = np.random.default_rng(5)
    layer, x = kind.random(rng, 2, 3), rng.normal(size=(1, 4, 2))
    before = layer.forward(x)[0]
    for w in layer.weights.values():
        w += 0.1
    assert np.abs(layer.forward(x)[0] - before).min() > 0


@pytest.mark.parametrize("kind", [kind for pair in PAIRS for kind in pair])
def test_padding_never_matters(kind):
    rng = np.random.default_rng(6)
    layer = kind.random(rng, 2, 3)
    x, mask = rng.normal(size=(2, 5, 2)), np.arange(5) < np.array([[5], [2]])
    hs, state, trace = layer.forward(x, mask=mask)
    x[1, 2:] = np.nan
    again, state_again, trace_again = layer.forward(x, mask=mask)
    np.testing.assert_array_equal(hs, again)
    np.testing.assert_array_equal(hs[1, 2:], hs[1, [1, 1, 1]])
    dx, _, gradients = layer.backward(np.ones_like(hs), trace_again)
    assert not dx[1, 2:].any() and np.isfinite(dx).all()
    alone = layer.forward(x[1:, :2])[0]
    np.testing.assert_allclose(hs[1:, :2], alone, rtol=0, atol=1e-14)


@pytest.mark.parametrize("kind", [kind for pair in PAIRS for kind in pair])
def test_windows_with_a_carried_state_are_one_pass_cut_in_pieces(kind):
    """Handing dstate back gives full backpropagation; leaving it out truncates, and only that."""
    rng = np.random.default_rng(8)
    layer, x, dhs = kind.random(rng, 2, 3), rng.normal(size=(2, 6, 2)), rng.normal(size=(2, 6, 3))
    hs, _, trace = layer.forward(x)
    dx, _, gradients = layer.backward(dhs, trace)
    first, state, trace_1 = layer.forward(x[:, :4])
    second, _, trace_2 = layer.forward(x[:, 4:], state)
    np.testing.assert_allclose(np.hstack([first, second]), hs, rtol=0, atol=1e-14)
    dx_2, dstate, gradients_2 = layer.backward(dhs[:, 4:], trace_2)
    dx_1, _, gradients_1 = layer.backward(dhs[:, :4], trace_1, dstate)
    np.testing.assert_allclose(np.hstack([dx_1, dx_2]), dx, rtol=0, atol=1e-13)
    for name in gradients:
        np.testing.assert_allclose(gradients_1[name] + gradients_2[name], gradients[name], rtol=0, atol=1e-12)
    truncated, _, _ = layer.backward(dhs[:, :4], trace_1)
    assert np.abs(truncated[:, 3] - dx[:, 3]).max() > 1e-3


@pytest.mark.parametrize("kind", [kind for pair in PAIRS for kind in pair])
def test_no_upstream_gradient_means_zeros(kind):
    layer, x = kind.random(np.random.default_rng(9), 2, 3), np.ones((2, 4, 2))
    hs, state, trace = layer.forward(x)
    dlast = (np.ones((2, 3)), np.ones((2, 3))) if isinstance(state, tuple) else np.ones((2, 3))
    for a, b in zip(layer.backward(None, trace, dlast)[0], layer.backward(0 * hs, trace, dlast)[0], strict=True):
        np.testing.assert_array_equal(a, b)
