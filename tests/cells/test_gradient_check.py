import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncourse.cells import numerical_gradient, relative_error


@given(seed=st.integers(0, 999), shape=st.lists(st.integers(0, 3), max_size=3))
def test_it_finds_the_gradient_of_a_polynomial(seed, shape):
    a = np.random.default_rng(seed).normal(size=shape)
    before = a.copy()
    gradient = numerical_gradient(lambda a: float((a**3).sum()), a)
    np.testing.assert_allclose(gradient, 3 * a**2, rtol=1e-6, atol=1e-8)
    np.testing.assert_array_equal(a, before)


def test_float32_and_integers_are_tried_in_float64():
    for a in (np.array([1, 2], np.float32), np.array([1, 2])):
        gradient = numerical_gradient(lambda a: float((a**2).sum()), a)
        assert gradient.dtype == np.float64
        np.testing.assert_allclose(gradient, [2, 4], rtol=1e-8)


def test_each_number_is_back_in_place_for_the_next():
    seen = []
    numerical_gradient(lambda a: seen.append(a.copy()) or 0.0, np.zeros(3), eps=1.0)
    assert [np.count_nonzero(a) for a in seen] == [1] * 6


def test_relative_error():
    assert relative_error(np.array([1.0, 2.0]), np.array([1.0, 2.5])) == pytest.approx(0.2)
    assert relative_error(np.zeros(3), np.zeros(3)) == 0
    assert relative_error(np.zeros(0), np.zeros(0)) == 0
    with pytest.raises(ValueError, match="one shape"):
        relative_error(np.zeros(3), np.zeros((3, 1)))
