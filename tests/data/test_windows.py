import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncourse.data import sliding_windows, windows_and_targets

small = st.integers(1, 9)


@given(S=st.integers(1, 40), length=small, stride=small)
def test_windows_are_the_slices_they_stand_for(S, length, stride):
    series = np.arange(2.0 * S).reshape(S, 2)
    if length > S:
        with pytest.raises(ValueError, match=f"needs {length} time steps .axis 0., the longest series here has {S}"):
            sliding_windows(series, length, stride=stride)
        return
    found = sliding_windows(series, length, stride=stride)
    expected = [series[start : start + length] for start in range(0, S - length + 1, stride)]
    np.testing.assert_array_equal(found, np.stack(expected))


@given(S=st.integers(2, 40), length=small, horizon=small, stride=small)
def test_targets_follow_their_inputs(S, length, horizon, stride):
    if length + horizon > S:
        with pytest.raises(ValueError, match="time steps"):
            windows_and_targets(np.arange(S), length, horizon, stride=stride)
        return
    x, y = windows_and_targets(np.arange(S), length, horizon, stride=stride)
    assert x.shape == (len(y), length) and y.shape == (len(x), horizon)
    np.testing.assert_array_equal(y[:, 0], x[:, -1] + 1)
    assert S - stride <= y[-1, -1] < S


@given(lengths=st.lists(st.integers(0, 12), min_size=1, max_size=5), length=small)
def test_no_window_reaches_from_one_segment_into_the_next(lengths, length):
    ends = np.cumsum(lengths)
    segments = np.split(np.arange(ends[-1]), ends[:-1])
    if max(lengths) < length:
        with pytest.raises(ValueError, match="the longest series here"):
            sliding_windows(segments, length)
        return
    found = sliding_windows(segments, length)
    assert len(found) == sum(max(0, n - length + 1) for n in lengths)
    for window in found:
        assert any(set(window) <= set(segment) for segment in segments)


def test_windows_are_copies_and_keep_dtype_and_axes():
    series = np.zeros((6, 2, 3), dtype=np.int32)
    found = sliding_windows(series, 4)
    assert found.shape == (3, 4, 2, 3) and found.dtype == np.int32
    found[:] = 1
    assert not series.any()


@pytest.mark.parametrize("length, horizon, stride", [(0, 1, 1), (2, 0, 1), (2, 1, 0)])
def test_sizes_below_one_are_refused(length, horizon, stride):
    with pytest.raises(ValueError, match="expected 1 or more"):
        windows_and_targets(np.arange(9), length, horizon, stride=stride)


def test_no_segments_at_all():
    with pytest.raises(ValueError, match="the longest series here has 0"):
        sliding_windows([], 3)
