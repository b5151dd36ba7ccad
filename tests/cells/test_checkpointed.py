import tracemalloc

import numpy as np
import pytest

from rnncourse.cells import Checkpointed, FastGRU, FastLSTM, FastRNN, Stacked

KINDS = [FastRNN, FastLSTM, FastGRU]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("T, steps", [(1, None), (2, None), (10, None), (10, 1), (10, 3), (10, 10), (10, 50)])
def test_gradients_are_those_of_the_layer_inside(kind, T, steps):
    rng = np.random.default_rng(T)
    layer = Stacked(kind.random(rng, 2, 3), kind.random(rng, 3, 4))
    x, dhs, mask = rng.normal(size=(2, T, 2)), rng.normal(size=(2, T, 4)), rng.random((2, T)) < 0.7
    hs, state, trace = layer.forward(x, mask=mask)
    dx, dstate, gradients = layer.backward(dhs, trace)
    cut = Checkpointed(layer, steps)
    hs_cut, state_cut, trace = cut.forward(x, mask=mask)
    dx_cut, dstate_cut, gradients_cut = cut.backward(dhs, trace)
    np.testing.assert_allclose(hs_cut, hs, rtol=0, atol=1e-14)
    np.testing.assert_allclose(dx_cut, dx, rtol=0, atol=1e-12)
    for ours, theirs in zip((*state_cut, *dstate_cut), (*state, *dstate), strict=True):
        for a, b in zip(ours, theirs, strict=True):  # h and c of an LSTM, rows of h else
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)
    for name in gradients:
        np.testing.assert_allclose(gradients_cut[name], gradients[name], rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_known_states_give_the_trace_that_forward_left(kind):
    rng = np.random.default_rng(0)
    layer, x, mask = kind.random(rng, 2, 3), rng.normal(size=(4, 6, 2)), rng.random((4, 6)) < 0.7
    _, state, _ = layer.forward(x)
    hs, _, trace = layer.forward(x, state, mask)
    for made, left in zip(layer.retrace(x, hs, state, mask), trace, strict=True):
        for a, b in zip(made[:6], left[:6], strict=True):  # what stands behind the last step is never read
            np.testing.assert_array_equal(a is None, b is None)
            if a is not None:
                np.testing.assert_allclose(a, b, rtol=0, atol=1e-14)


def test_the_states_that_backward_reads_again_are_read_only():
    hs = Checkpointed(FastGRU.random(np.random.default_rng(0), 2, 3)).forward(np.ones((2, 5, 2)))[0]
    with pytest.raises(ValueError, match="read-only"):
        hs[:] = 0


def activation_memory(layer, x, dhs):
    """Bytes that both passes need at most at once, beside x, dhs, hs and dx, which any layer has."""
    tracemalloc.start()
    hs, _, trace = layer.forward(x)
    dx, _, gradients = layer.backward(dhs, trace)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak - hs.nbytes - dx.nbytes


@pytest.mark.parametrize("kind", KINDS)
def test_activations_take_several_times_less_memory_at_T_2000(kind):
    rng = np.random.default_rng(0)
    layer = kind.random(rng, 16, 32, dtype=np.float32)
    x, dhs = rng.normal(size=(8, 2000, 16)).astype("f"), np.ones((8, 2000, 32), "f")
    assert activation_memory(layer, x, dhs) > 8 * activation_memory(Checkpointed(layer), x, dhs)


def test_sizes_and_weights_are_those_of_the_layer_inside():
    layer = FastGRU.random(np.random.default_rng(0), 2, 3)
    cut = Checkpointed(layer)
    assert (cut.D, cut.H, cut.dtype) == (2, 3, np.float64)
    assert all(cut.weights[name] is w for name, w in layer.weights.items())
    np.testing.assert_array_equal(cut.step(np.ones((1, 2))), layer.step(np.ones((1, 2))))
    with pytest.raises(ValueError, match="steps: expected 1 or more"):
        Checkpointed(layer, 0)


def test_upstream_gradients_of_another_shape_are_refused():
    cut = Checkpointed(FastGRU.random(np.random.default_rng(0), 2, 3))
    trace = cut.forward(np.ones((2, 5, 2)))[2]
    with pytest.raises(ValueError, match=r"\(batch, time, hidden\) = \(2, 5, 3\), got \(2, 3\)"):
        cut.backward(np.ones((2, 3)), trace)
