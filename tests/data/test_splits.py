import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rnncourse.data import split_at_random, split_by_time, walk_forward

shares = st.lists(st.integers(1, 20), min_size=1, max_size=5).map(lambda w: [n / sum(w) for n in w])


@given(S=st.integers(100, 400), fractions=shares)
def test_parts_in_time_join_to_the_series(S, fractions):
    parts = split_by_time(np.arange(S), fractions)
    np.testing.assert_array_equal(np.concatenate(parts), np.arange(S))
    assert all(abs(len(part) - f * S) <= 1 for part, f in zip(parts, fractions, strict=True))


@given(S=st.integers(100, 400), fractions=shares, seed=st.integers(0, 99))
def test_parts_at_random_hold_every_row_once(S, fractions, seed):
    parts = split_at_random(np.random.default_rng(seed), np.arange(S), fractions)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(S))
    assert all(abs(len(part) - f * S) <= 1 for part, f in zip(parts, fractions, strict=True))


def test_a_gap_is_left_out_behind_each_border():
    assert split_by_time("abcdefghij", (0.5, 0.5), gap=2) == ("abcde", "hij")
    train, valid, test = split_by_time(np.arange(100), (0.6, 0.2, 0.2), gap=3)
    assert (train[-1], valid[0], valid[-1], test[0], test[-1]) == (59, 63, 79, 83, 99)


def test_lists_stay_lists_and_rows_keep_their_axes():
    one, two = split_by_time([[1], [2], [3], [4]], (0.75, 0.25))
    assert (one, two) == ([[1], [2], [3]], [[4]])
    part, rest = split_at_random(np.random.default_rng(0), list("abcd"), (0.5, 0.5))
    assert isinstance(part, list) and sorted(part + rest) == list("abcd")
    assert split_by_time(np.zeros((10, 3)), (0.5, 0.5))[1].shape == (5, 3)


def test_a_random_split_mixes_past_and_future():
    train, test = split_at_random(np.random.default_rng(0), np.arange(1000), (0.8, 0.2))
    assert test.min() < train.max() / 10 and not np.array_equal(train, np.sort(train))


@pytest.mark.parametrize("fractions", [(0.5, 0.4), (0.7, 0.7), (1.2, -0.2), (1.0, 0.0), (), (np.nan, 0.5)])
def test_fractions_must_be_positive_and_sum_to_one(fractions):
    with pytest.raises(ValueError, match="fractions: expected positive numbers that sum to 1"):
        split_by_time(np.arange(10), fractions)


@pytest.mark.parametrize("rows, gap", [(1, 0), (0, 0), (10, 5)])
def test_an_empty_part_is_refused_and_its_sizes_shown(rows, gap):
    with pytest.raises(ValueError, match="give parts of"):
        split_by_time(np.arange(rows), (0.5, 0.5), gap=gap)


def test_an_empty_random_part_is_refused():
    with pytest.raises(ValueError, match="give parts of"):
        split_at_random(np.random.default_rng(0), np.arange(3), (0.95, 0.05))


@given(
    steps=st.integers(5, 200),
    folds=st.integers(1, 6),
    test=st.integers(1, 20),
    gap=st.integers(0, 5),
    window=st.none() | st.integers(1, 30),
)
def test_walking_forward_never_looks_ahead(steps, folds, test, gap, window):
    assume(steps >= folds * test + gap + (window or 1))
    pairs = walk_forward(steps, folds, test, gap=gap, window=window)
    row = np.arange(steps)
    np.testing.assert_array_equal(np.concatenate([row[held] for _, held in pairs]), row[-folds * test :])
    for train, held in pairs:
        assert len(row[held]) == test and len(row[train]) >= 1
        assert row[train][-1] + gap + 1 == row[held][0]
        assert len(row[train]) == window if window else row[train][0] == 0


def test_too_short_a_series_names_the_least_length():
    assert len(walk_forward(11, 3, 3, gap=1)) == 3
    with pytest.raises(ValueError, match="at least 11 time steps, got 10"):
        walk_forward(10, 3, 3, gap=1)
    with pytest.raises(ValueError, match="at least 14 time steps, got 13"):
        walk_forward(13, 3, 3, gap=1, window=4)


@pytest.mark.parametrize("folds, test, gap", [(0, 1, 0), (1, 0, 0), (1, 1, -1)])
def test_impossible_folds_are_refused(folds, test, gap):
    with pytest.raises(ValueError, match="expected folds >= 1"):
        walk_forward(10, folds, test, gap=gap)
