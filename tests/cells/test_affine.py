import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncourse.cells import Affine, numerical_gradient

sizes = st.integers(1, 4)


@given(seed=st.integers(0, 999), lead=st.lists(sizes, max_size=2), D=sizes, K=sizes, bias=st.booleans())
def test_values_and_gradients(seed, lead, D, K, bias):
    rng = np.random.default_rng(seed)
    layer = Affine(rng.normal(size=(D, K)), rng.normal(size=K) if bias else None)
    x, dy = rng.normal(size=(*lead, D)), rng.normal(size=(*lead, K))
    y, trace = layer.forward(x)
    np.testing.assert_allclose(y, x @ layer.W + (layer.b if bias else 0), rtol=1e-12, atol=1e-12)
    dx, gradients = layer.backward(dy, trace)
    loss = lambda x, W, b: ((x @ W + b) * dy).sum()  # noqa: E731
    b = layer.b if bias else np.zeros(K)
    near = {"rtol": 1e-8, "atol": 1e-8}
    np.testing.assert_allclose(dx, numerical_gradient(lambda a: loss(a, layer.W, b), x), **near)
    np.testing.assert_allclose(gradients["W"], numerical_gradient(lambda a: loss(x, a, b), layer.W), **near)
    assert ("b" in gradients) == bias
    if bias:
        np.testing.assert_allclose(gradients["b"], numerical_gradient(lambda a: loss(x, layer.W, a), b), **near)


def test_float32_weights_give_float32():
    layer = Affine.random(np.random.default_rng(0), 2, 3, dtype=np.float32)
    y, trace = layer.forward(np.ones((1, 4, 2), np.float32))
    dx, gradients = layer.backward(y, trace)
    assert {a.dtype for a in (y, dx, *gradients.values())} == {np.dtype("float32")}


def test_shapes_that_do_not_fit_are_refused():
    layer = Affine(np.zeros((2, 3)), np.zeros(3))
    with pytest.raises(ValueError, match="last axis, feature, to be 2, got shape .4, 3"):
        layer.forward(np.zeros((4, 3)))
    with pytest.raises(ValueError, match=r"b: expected \(output\) = \(3,\), got \(2,\)"):
        Affine(np.zeros((2, 3)), np.zeros(2))
    with pytest.raises(ValueError, match="dy: expected the shape of y"):
        layer.backward(np.zeros((4, 2)), layer.forward(np.zeros((4, 2)))[1])
