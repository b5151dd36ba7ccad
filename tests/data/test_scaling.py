import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncourse.data import fit_scaling


@given(seed=st.integers(0, 200), D=st.integers(1, 5), size=st.floats(1e-3, 1e6))
def test_training_data_ends_with_mean_0_and_deviation_1_and_comes_back(seed, D, size):
    rng = np.random.default_rng(seed)
    train = rng.normal(rng.normal(0, size, D), size, (40, D))
    scaling = fit_scaling(train)
    scaled = scaling.apply(train)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(scaled.std(axis=0), 1, atol=1e-9)
    np.testing.assert_allclose(scaling.undo(scaled), train, atol=1e-9 * size)


def test_statistics_come_from_training_alone():
    scaling = fit_scaling(np.array([[0.0], [2.0]]))
    np.testing.assert_array_equal(scaling.apply(np.array([[101.0]])), [[100.0]])


def test_leading_axes_and_lists_are_counted_alike():
    x = np.random.default_rng(0).normal(size=(4, 5, 3))
    for other in (fit_scaling(list(x)), fit_scaling(x.reshape(20, 3))):
        np.testing.assert_allclose(other.mean, fit_scaling(x).mean)
        np.testing.assert_allclose(other.std, fit_scaling(x).std)
    for one, two in zip(fit_scaling(x).apply(list(x)), fit_scaling(x).apply(x), strict=True):
        np.testing.assert_array_equal(one, two)
    np.testing.assert_allclose(fit_scaling(x).undo(fit_scaling(x).apply(list(x)))[2], x[2])


@pytest.mark.parametrize("value", [0.0, 0.1, 1e9 + 0.1])
def test_a_constant_feature_is_only_centred(value):
    scaling = fit_scaling(np.full((7, 1), value))
    assert scaling.std[0] == 1
    np.testing.assert_allclose(scaling.apply(np.full((2, 1), value)), 0, atol=1e-6)


def test_whole_numbers_and_the_caller_s_array_stay():
    train = np.array([[1], [3]])
    assert fit_scaling(train).apply(train).tolist() == [[-1.0], [1.0]]
    assert train.tolist() == [[1], [3]]


@pytest.mark.parametrize(
    "bad, message", [(np.zeros(5), "add one"), (np.zeros((0, 2)), "0 rows"), ([[[np.nan]]], "1 NaN")]
)
def test_data_without_features_rows_or_values_is_refused(bad, message):
    with pytest.raises(ValueError, match=message):
        fit_scaling(bad)


def test_another_number_of_features_is_refused():
    with pytest.raises(ValueError, match="expected D=2 features in the last axis, got shape .4, 3."):
        fit_scaling(np.eye(2)).apply(np.zeros((4, 3)))
