import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncourse.cells import clip_by_global_norm, global_norm


@given(seed=st.integers(0, 999), max_norm=st.floats(1e-3, 1e3))
def test_direction_stays_and_length_is_bounded(seed, max_norm):
    rng = np.random.default_rng(seed)
    gradients = [rng.normal(size=(2, 3)), rng.normal(size=4), rng.normal(size=())]
    before = [g.copy() for g in gradients]
    flat = np.concatenate([g.ravel() for g in gradients])
    clipped, norm = clip_by_global_norm(gradients, max_norm)
    assert norm == pytest.approx(np.linalg.norm(flat), rel=1e-12)
    expected = flat * min(1, max_norm / norm)
    np.testing.assert_allclose(np.concatenate([g.ravel() for g in clipped]), expected, rtol=1e-12)
    for a, b in zip(gradients, before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_names_and_dtypes_stay():
    clipped, norm = clip_by_global_norm({"a": np.full(3, 2, np.float32), "b": np.ones(4)}, 2)
    assert norm == 4 and list(clipped) == ["a", "b"]
    assert (
        clipped["a"].dtype == np.float32 and clipped["a"].tolist() == [1, 1, 1] and clipped["b"].tolist() == [0.5] * 4
    )


def test_zero_stays_zero_and_nothing_is_nothing():
    clipped, norm = clip_by_global_norm([np.zeros(3)], 1.0)
    assert norm == 0 and clipped[0].tolist() == [0, 0, 0]
    assert clip_by_global_norm([], 1.0) == ([], 0.0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("first", [0.0, 3.0])
def test_a_norm_that_is_no_number_is_handed_on(bad, first):
    gradients = [np.array([first, bad]), np.array([1.0])]
    for arrays in (gradients, gradients[::-1]):
        clipped, norm = clip_by_global_norm(arrays, 1.0)
        assert not np.isfinite(norm) and np.isnan(norm) == np.isnan(bad)
        np.testing.assert_array_equal(clipped[0], arrays[0])


def test_squares_neither_overflow_nor_vanish():
    assert global_norm([np.full(4, 1e30, np.float32)]) == pytest.approx(2e30)
    assert global_norm([np.full(4, 1e-200)]) == pytest.approx(2e-200)
    clipped, norm = clip_by_global_norm([np.full(4, 1e200)], 1.0)
    assert norm == pytest.approx(2e200) and clipped[0].tolist() == [0.5] * 4


@pytest.mark.parametrize("bad", [0, -1, np.nan])
def test_the_bound_is_above_zero(bad):
    with pytest.raises(ValueError, match="max_norm: expected a number above 0"):
        clip_by_global_norm([np.ones(2)], bad)
