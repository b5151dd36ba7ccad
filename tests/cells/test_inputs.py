"""What goes wrong at the door, and what the error says about it."""

import numpy as np
import pytest

from rnncourse.cells import (
    GRU,
    LSTM,
    RNN,
    Bidirectional,
    Checkpointed,
    FastGRU,
    FastLSTM,
    FastRNN,
    Stacked,
    stream,
)

KINDS = [RNN, LSTM, GRU, FastRNN, FastLSTM, FastGRU]
kinds = pytest.mark.parametrize("kind", KINDS)


def layer_of(kind, D=4, H=3):
    return kind.random(np.random.default_rng(0), D, H)


BAD_INPUTS = [
    (np.zeros((5, 4)), r"expected \(batch, time, feature\) = \(B, T, 4\), got \(5, 4\).*x\[None\]"),
    (np.zeros((2, 5, 3)), r"got \(2, 5, 3\).*feature axis comes last"),
    (np.zeros((2, 4, 5)), r"got \(2, 4, 5\).*time and feature look swapped: x.transpose\(0, 2, 1\)"),
    (np.zeros((2, 0, 4)), r"0 time steps \(axis 1\), at least 1 is needed"),
    (np.zeros((0, 5, 4)), r"0 sequences \(axis 0\), at least 1 is needed"),
    (np.full((2, 5, 4), "a"), r"expected real numbers"),
    (np.full((2, 5, 4), 1j), r"expected real numbers, got dtype complex128"),
]


@kinds
@pytest.mark.parametrize("x, message", BAD_INPUTS)
def test_an_input_that_does_not_fit_is_named_with_its_axes(kind, x, message):
    with pytest.raises(ValueError, match="^x: .*" + message):
        layer_of(kind).forward(x)
    with pytest.raises(ValueError, match="^x: .*" + message):
        Checkpointed(layer_of(kind)).forward(x)


def test_one_number_a_step_needs_a_feature_axis():
    with pytest.raises(ValueError, match=r"x\[:, :, None\]"):
        layer_of(FastGRU, D=1).forward(np.zeros((2, 5)))


@kinds
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_missing_value_is_found_and_its_place_named(kind, bad):
    x = np.zeros((2, 5, 4))
    x[1, 3, 2] = bad
    with pytest.raises(ValueError, match=r"x: -?(nan|inf) at batch=1, time=3, feature=2; fill or drop missing values"):
        layer_of(kind).forward(x)
    mask = np.ones((2, 5), bool)
    mask[1, 3] = False
    assert np.isfinite(layer_of(kind).forward(x, mask=mask)[0]).all()


@kinds
def test_integers_and_other_floats_are_taken(kind):
    layer, x = layer_of(kind), np.arange(40).reshape(2, 5, 4)
    as_float = layer.forward(x.astype(np.float64))[0]
    for same in (x, x.astype(np.float32), x.tolist()):
        np.testing.assert_array_equal(layer.forward(same)[0], as_float)


@kinds
def test_a_state_of_another_shape_is_refused(kind):
    layer, x = layer_of(kind), np.zeros((2, 5, 4))
    wrap = (lambda h: (h, np.zeros((2, 3)))) if issubclass(kind, LSTM) else (lambda h: h)
    with pytest.raises(ValueError, match=r"^state.*\(batch, hidden\) = \(2, 3\), got \(7, 3\).*batch of another size"):
        layer.forward(x, wrap(np.zeros((7, 3))))
    with pytest.raises(ValueError, match=r"got \(1, 2, 3\).*state\[0\]"):
        layer.forward(x, wrap(np.zeros((1, 2, 3))))
    with pytest.raises(ValueError, match=r"got \(3,\); pass on the state that forward returned"):
        layer.forward(x, wrap(np.zeros(3)))
    with pytest.raises(ValueError, match=r"nan at batch=0, hidden=0"):
        layer.forward(x, wrap(np.full((2, 3), np.nan)))
    hs, _, trace = layer.forward(x)
    with pytest.raises(ValueError, match=r"^dstate.*\(batch, hidden\) = \(2, 3\)"):
        layer.backward(hs, trace, wrap(np.zeros((2, 4))))


@pytest.mark.parametrize("kind", [LSTM, FastLSTM])
def test_an_lstm_wants_both_states(kind):
    with pytest.raises(ValueError, match=r"expected the pair \(h, c\), got ndarray"):
        layer_of(kind).forward(np.zeros((2, 5, 4)), np.zeros((2, 3)))


@kinds
def test_upstream_gradients_of_another_shape_are_refused(kind):
    layer = layer_of(kind)
    hs, _, trace = layer.forward(np.zeros((2, 5, 4)))
    with pytest.raises(
        ValueError, match=r"^dhs.*\(batch, time, hidden\) = \(2, 5, 3\), got \(2, 3\).*zeros everywhere"
    ):
        layer.backward(hs[:, -1], trace)


@kinds
def test_a_mask_is_bool_of_batch_and_time(kind):
    layer, x = layer_of(kind), np.zeros((2, 5, 4))
    with pytest.raises(ValueError, match=r"mask: expected \(batch, time\) = \(2, 5\), got \(5, 2\)"):
        layer.forward(x, mask=np.ones((5, 2), bool))
    with pytest.raises(ValueError, match=r"mask: expected bool, True at a real step, got int64.*lengths\[:, None\]"):
        layer.forward(x, mask=np.array([3, 5]))


@kinds
def test_weights_that_do_not_fit_together_are_refused(kind):
    weights = layer_of(kind).weights
    x, h, *biases = weights
    with pytest.raises(ValueError, match=rf"{x}: expected \(feature, .*looks transposed"):
        kind(**{**weights, x: weights[x].T.copy()})
    with pytest.raises(ValueError, match=rf"{h}: expected \(hidden, .* x hidden\)"):
        kind(**{**weights, h: np.zeros((3, 5))})
    with pytest.raises(ValueError, match=rf"{biases[0]}: expected"):
        kind(**{**weights, biases[0]: np.zeros(2)})
    with pytest.raises(ValueError, match=rf"{x}: expected float32 or float64, got int64"):
        kind(**{**weights, x: weights[x].astype(int)})
    with pytest.raises(ValueError, match="weights: expected one dtype for all, got .*float32"):
        kind(**{**weights, x: weights[x].astype(np.float32)})
    with pytest.raises(ValueError, match="sizes of 1 or more"):
        kind(**{**weights, x: weights[x][:0]})


@kinds
def test_diverged_weights_are_named(kind):
    layer = layer_of(kind)
    next(iter(layer.weights.values()))[0, 0] = np.nan
    with pytest.raises(ValueError, match="holds NaN or infinity; training diverged"):
        layer.forward(np.zeros((2, 5, 4)))
    with pytest.raises(ValueError, match="training diverged"):
        stream(layer)


@kinds
def test_a_stream_wants_one_step_of_its_batch(kind):
    running = stream(layer_of(kind), B=2)
    with pytest.raises(ValueError, match=r"expected one step \(batch, feature\) = \(2, 4\), got \(1, 4\).*batch size"):
        running.step(np.zeros((1, 4)))
    with pytest.raises(ValueError, match=r"got \(4,\); it needs its batch axis: x\[None\]"):
        running.step(np.zeros(4))
    with pytest.raises(ValueError, match="B: expected 1 or more"):
        stream(layer_of(kind), B=0)


def test_layers_that_do_not_fit_together_are_refused():
    rng = np.random.default_rng(0)
    a, b = GRU.random(rng, 4, 3), GRU.random(rng, 5, 3)
    with pytest.raises(ValueError, match="layer 1: expected D=3, the hidden units below, got D=5"):
        Stacked(a, b)
    with pytest.raises(ValueError, match="reverse: expected D=4 as in ahead, got D=5"):
        Bidirectional(a, b)
    half = GRU.random(rng, 4, 3, dtype=np.float32)
    with pytest.raises(ValueError, match="dtype float64"):
        Bidirectional(a, half)
    with pytest.raises(ValueError, match="layer 1: expected dtype float32"):
        Stacked(half, GRU.random(rng, 3, 3))
    with pytest.raises(ValueError, match="at least one"):
        Stacked()


def test_states_of_wrappers_have_one_entry_for_each():
    rng = np.random.default_rng(0)
    x = np.zeros((2, 5, 4))
    stacked = Stacked(GRU.random(rng, 4, 3), GRU.random(rng, 3, 3))
    with pytest.raises(ValueError, match="one entry for each of 2 layers"):
        stacked.forward(x, np.zeros((2, 3)))
    with pytest.raises(ValueError, match="one entry for each of 2 layers, got 1"):
        stream(stacked, 2, (np.zeros((2, 3)),))
    both = Bidirectional(GRU.random(rng, 4, 3), GRU.random(rng, 4, 3))
    with pytest.raises(ValueError, match=r"expected the pair \(of ahead, of reverse\), got ndarray"):
        both.forward(x, np.zeros((2, 3)))
    hs, _, trace = both.forward(x)
    with pytest.raises(ValueError, match=r"both hidden\) = \(B, T, 6\), got \(2, 5, 3\)"):
        both.backward(hs[:, :, :3], trace)


def test_what_reads_the_end_first_cannot_go_step_by_step():
    rng = np.random.default_rng(0)
    both = Bidirectional(GRU.random(rng, 4, 3), GRU.random(rng, 4, 3))
    for start in (both.step, Stacked(both).step):
        with pytest.raises(TypeError, match="cannot go step by step"):
            start(np.zeros((1, 4)))
    for layer in (both, Stacked(both)):
        with pytest.raises(TypeError, match="cannot"):
            Checkpointed(layer)
        with pytest.raises(TypeError, match="Bidirectional"):
            stream(layer)
