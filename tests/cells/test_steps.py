"""The functions that learners read: a step, and its gradients."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnncourse.cells import (
    gru_forward,
    gru_step,
    gru_step_backward,
    lstm_backward,
    lstm_forward,
    lstm_step,
    lstm_step_backward,
    numerical_gradient,
    rnn_backward,
    rnn_forward,
    rnn_step,
    rnn_step_backward,
    sigmoid,
)

sizes = st.sampled_from([1, 2, 3, 5])


def normal(seed, *shapes):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in shapes]


def equal_by_trying(f, arguments, gradients):
    """Each gradient is that of f in its argument."""
    for k, (a, gradient) in enumerate(zip(arguments, gradients, strict=True)):
        by_trying = numerical_gradient(lambda a, k=k: f(*arguments[:k], a, *arguments[k + 1 :]), a)
        np.testing.assert_allclose(gradient, by_trying, rtol=1e-7, atol=1e-8)


@settings(max_examples=20)
@given(seed=st.integers(0, 999), B=sizes, D=sizes, H=sizes)
def test_rnn_step_and_its_gradients(seed, B, D, H):
    x, h, W_xh, W_hh, b, dh = arguments = normal(seed, (B, D), (B, H), (D, H), (H, H), (H,), (B, H))
    new = rnn_step(*arguments[:5])
    np.testing.assert_allclose(new[0], np.tanh(W_xh.T @ x[0] + W_hh.T @ h[0] + b), rtol=1e-12)
    gradients = rnn_step_backward(dh, x, h, new, W_xh, W_hh)
    equal_by_trying(lambda *a: (rnn_step(*a) * dh).sum(), arguments[:5], gradients)


@settings(max_examples=20)
@given(seed=st.integers(0, 999), B=sizes, D=sizes, H=sizes)
def test_lstm_step_and_its_gradients(seed, B, D, H):
    shapes = (B, D), (B, H), (B, H), (D, 4 * H), (H, 4 * H), (4 * H,), (B, H), (B, H)
    x, h, c, W_x, W_h, b, dh, dc = normal(seed, *shapes)
    gradients = lstm_step_backward(dh, dc, x, h, c, W_x, W_h, b)

    def loss(*arguments):
        new_h, new_c = lstm_step(*arguments)
        return (new_h * dh).sum() + (new_c * dc).sum()

    equal_by_trying(loss, [x, h, c, W_x, W_h, b], gradients)


@settings(max_examples=20)
@given(seed=st.integers(0, 999), B=sizes, D=sizes, H=sizes)
def test_gru_step_and_its_gradients(seed, B, D, H):
    shapes = (B, D), (B, H), (D, 3 * H), (H, 3 * H), (3 * H,), (3 * H,), (B, H)
    x, h, W_x, W_h, b_x, b_h, dh = normal(seed, *shapes)
    gradients = gru_step_backward(dh, x, h, W_x, W_h, b_x, b_h)
    equal_by_trying(lambda *a: (gru_step(*a) * dh).sum(), [x, h, W_x, W_h, b_x, b_h], gradients)


def test_the_gates_stand_in_torchs_order():
    H, far = 1, 50.0  # ±50 opens or shuts a sigmoid for good
    zero = np.zeros((1, 1))
    W = lambda gates: np.zeros((1, gates * H))  # noqa: E731
    # input open, forget shut, candidate 1, output open: c becomes 1 whatever it was
    h, c = lstm_step(zero, zero, zero + 9, W(4), W(4), np.array([far, -far, far, far]))
    np.testing.assert_allclose([h[0, 0], c[0, 0]], [np.tanh(1), 1])
    # input shut, forget open, output shut: c stays, h shows nothing
    h, c = lstm_step(zero, zero, zero + 9, W(4), W(4), np.array([-far, far, far, -far]))
    np.testing.assert_allclose([h[0, 0], c[0, 0]], [0, 9], atol=1e-12)
    # update gate open: h stays; shut: the candidate, whose b_h the reset gate takes away
    assert gru_step(zero, zero + 0.3, W(3), W(3), np.array([0, far, 0]), np.zeros(3)) == pytest.approx(0.3)
    shut = gru_step(zero, zero + 0.3, W(3), W(3), np.array([-far, -far, 0.5]), np.array([0, 0, far]))
    assert shut == pytest.approx(np.tanh(0.5))


def test_the_reset_acts_after_the_product():
    h, W_h, r = np.array([[0.5, -0.4]]), np.arange(12.0).reshape(2, 6) / 10, np.array([0.0, np.log(3)])
    b_x = np.concatenate([r - (h @ W_h)[0, :2], [-50, -50], [0, 0]])  # r is exactly 1/2 and 3/4, z is 0
    new = gru_step(np.zeros((1, 1)), h, np.zeros((1, 6)), W_h, b_x, np.zeros(6))
    np.testing.assert_allclose(new[0], np.tanh(np.array([0.5, 0.75]) * (h @ W_h)[0, 4:]), rtol=1e-10)


def test_arguments_stay_as_they_were_and_one_step_is_enough():
    x, h0, W_xh, W_hh, b, dhs = arrays = normal(0, (1, 1, 1), (1, 2), (1, 2), (2, 2), (2,), (1, 1, 2))
    before = [a.copy() for a in arrays]
    hs = rnn_forward(x, h0, W_xh, W_hh, b)
    np.testing.assert_array_equal(hs[:, 0], rnn_step(x[:, 0], h0, W_xh, W_hh, b))
    from_sequence = rnn_backward(dhs, x, h0, hs, W_xh, W_hh)
    from_step = rnn_step_backward(dhs[:, 0], x[:, 0], h0, hs[:, 0], W_xh, W_hh)
    for a, b in zip(from_sequence[1:], from_step[1:], strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_forward_functions_store_the_state_after_each_step():
    x, h, c, W_x, W_h, b = normal(3, (2, 3, 4), (2, 5), (2, 5), (4, 20), (5, 20), (20,))
    hs, cs = lstm_forward(x, h, c, W_x, W_h, b)
    for t in range(3):
        h, c = lstm_step(x[:, t], h, c, W_x, W_h, b)
        np.testing.assert_array_equal(hs[:, t], h)
        np.testing.assert_array_equal(cs[:, t], c)


def test_a_gradient_on_the_last_state_counts_once():
    x, h0, c0, W_x, W_h, b, dlast = normal(4, (2, 3, 4), (2, 5), (2, 5), (4, 20), (5, 20), (20,), (2, 5))
    hs, cs = lstm_forward(x, h0, c0, W_x, W_h, b)
    as_output = np.zeros_like(hs)
    as_output[:, -1] = dlast
    through_hs = lstm_backward(as_output, x, h0, c0, hs, cs, W_x, W_h, b)
    through_state = lstm_backward(np.zeros_like(hs), x, h0, c0, hs, cs, W_x, W_h, b, dh_last=dlast)
    for a, b in zip(through_hs, through_state, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("scale", [1e3, 1e6, 1e300])
def test_large_numbers_saturate_and_give_no_nan(scale):
    with np.errstate(all="raise", under="ignore"):
        assert sigmoid(np.array([-scale, scale])).tolist() == [0, 1]
    x, h0, W_x, W_h, b_x, b_h = normal(5, (2, 3, 4), (2, 5), (4, 15), (5, 15), (15,), (15,))
    hs = gru_forward(x * min(scale, 1e100), h0, W_x, W_h, b_x, b_h)
    assert np.isfinite(hs).all() and np.abs(hs).max() <= max(1, np.abs(h0).max())


@given(st.floats(-700, 700))
def test_the_sigmoid_is_exact_far_out(a):
    expected = 1 / (1 + np.exp(-np.longdouble(a)))
    assert float(sigmoid(np.array(a))) == pytest.approx(float(expected), rel=1e-14)
