import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncourse.cells import Embedding

sizes = st.integers(1, 6)


@given(seed=st.integers(0, 999), V=sizes, D=sizes, B=sizes, T=st.integers(0, 6))
def test_it_is_one_hot_times_W_both_ways(seed, V, D, B, T):
    rng = np.random.default_rng(seed)
    layer, ids, dx = Embedding.random(rng, V, D), rng.integers(0, V, (B, T)), rng.normal(size=(B, T, D))
    one_hot = np.eye(V)[ids]
    x, trace = layer.forward(ids)
    np.testing.assert_array_equal(x, layer.W[ids])
    np.testing.assert_allclose(x, one_hot @ layer.W, rtol=1e-14)
    expected = np.einsum("btv,btd->vd", one_hot, dx)
    np.testing.assert_allclose(layer.backward(dx, trace)["W"], expected, rtol=1e-12, atol=1e-12)


def test_ids_outside_the_vocabulary_are_refused():
    layer = Embedding(np.zeros((3, 2)))
    for bad in ([[0, 3]], [[-1, 0]]):
        with pytest.raises(ValueError, match=r"ids: expected 0 to 2 \(V=3\)"):
            layer.forward(bad)
    with pytest.raises(ValueError, match="expected integers, got float64"):
        layer.forward([[0.0]])
    with pytest.raises(ValueError, match=r"dx: expected .*\(1, 2, 2\), got \(1, 2\)"):
        layer.backward(np.zeros((1, 2)), layer.forward([[0, 1]])[1])


def test_the_result_is_a_copy():
    layer = Embedding(np.zeros((3, 2)))
    layer.forward([[0, 1]])[0][:] = 1
    assert not layer.W.any()
