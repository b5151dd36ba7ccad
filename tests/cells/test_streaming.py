import numpy as np
import pytest

from rnncourse.cells import GRU, LSTM, RNN, FastGRU, FastLSTM, FastRNN, Stacked, stream


def layer_of(kind, rng, dtype=np.float64):
    layer = kind.random(rng, 3, 4, dtype=dtype)
    for w in layer.weights.values():
        w += rng.normal(size=w.shape).astype(dtype)
    return layer


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU, FastRNN, FastLSTM, FastGRU])
@pytest.mark.parametrize("B", [1, 3])
def test_a_stream_gives_what_the_sequence_gives(kind, B):
    rng = np.random.default_rng(B)
    layer, x = layer_of(kind, rng), rng.normal(size=(B, 20, 3))
    before, state, _ = layer.forward(x[:, :7])
    running = stream(layer, B, state)
    hs = np.stack([running.step(x[:, t]).copy() for t in range(7, 20)], axis=1)
    expected, last, _ = layer.forward(x)
    np.testing.assert_allclose(hs, expected[:, 7:], rtol=0, atol=1e-12)
    np.testing.assert_allclose(np.array(running.state), np.array(last), rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_without_bias(kind):
    rng = np.random.default_rng(0)
    layer, x = kind.random(rng, 3, 4, bias=False), rng.normal(size=(1, 1, 3))
    np.testing.assert_allclose(stream(layer).step(x[:, 0]), layer.forward(x)[0][:, 0], rtol=0, atol=1e-14)


def test_layers_on_top_of_each_other():
    rng = np.random.default_rng(1)
    layer, x = Stacked(LSTM.random(rng, 3, 4), GRU.random(rng, 4, 2)), rng.normal(size=(2, 6, 3))
    _, state, _ = layer.forward(x[:, :2])
    running = stream(layer, 2, state)
    hs = np.stack([running.step(x[:, t]).copy() for t in range(2, 6)], axis=1)
    np.testing.assert_allclose(hs, layer.forward(x)[0][:, 2:], rtol=0, atol=1e-14)
    (h, c), second = running.state
    np.testing.assert_allclose(c, layer.forward(x)[1][0][1], rtol=0, atol=1e-14)


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_the_state_is_a_copy_and_so_are_the_weights(kind):
    rng = np.random.default_rng(2)
    layer, x = layer_of(kind, rng), rng.normal(size=(1, 3))
    running = stream(layer)
    running.step(x)
    state = running.state
    first = running.step(x).copy()
    for w in layer.weights.values():
        w += 1
    again = stream(layer_of(kind, np.random.default_rng(2)), 1, state)
    np.testing.assert_array_equal(again.step(x), first)
    running.step(x)  # the state taken before is not touched
    np.testing.assert_array_equal(stream(layer_of(kind, np.random.default_rng(2)), 1, state).step(x), first)


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_a_step_reserves_no_memory(kind):
    import tracemalloc

    layer = kind.random(np.random.default_rng(3), 64, 128)
    running, x = stream(layer), np.ones((1, 64))
    running.step(x)
    tracemalloc.start()
    for _ in range(100):
        running.step(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 128 * 8  # not even one state


@pytest.mark.parametrize("kind", [LSTM, GRU])
def test_large_inputs_saturate_without_warning(kind):
    running = stream(kind.random(np.random.default_rng(4), 3, 4))
    with np.errstate(all="raise", under="ignore"):
        assert np.isfinite(running.step(np.full((1, 3), 1e6))).all()


def test_other_things_cannot_be_streamed():
    with pytest.raises(TypeError, match="expected an RNN, LSTM, GRU or Stacked layer, got str"):
        stream("gru")
