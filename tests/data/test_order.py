import numpy as np
import pytest

from rnncourse.data import bag_carries_label, order_carries_label, shuffle_time


@pytest.mark.parametrize("seed", range(5))
def test_twins_hold_the_same_steps_and_opposite_labels(seed):
    x, y = order_carries_label(np.random.default_rng(seed), 30, 7, 3)
    assert x.shape == (60, 7, 3) and y.shape == (60,) and y.dtype == np.int64
    np.testing.assert_array_equal(y[::2] + y[1::2], 1)
    assert 0 < y[::2].sum() < 30
    for one, two in zip(x[::2], x[1::2], strict=True):
        np.testing.assert_array_equal(np.sort(one.view("f8,f8,f8"), axis=0), np.sort(two.view("f8,f8,f8"), axis=0))
        assert (one != two).any()


@pytest.mark.parametrize("seed", range(5))
def test_the_label_is_which_mark_comes_first(seed):
    x, y = order_carries_label(np.random.default_rng(seed), 100, 12)
    first = x[:, :, 0].argmax(axis=1) < x[:, :, 1].argmax(axis=1)
    assert (first == y).mean() > 0.98


@pytest.mark.parametrize("seed", range(5))
def test_a_score_of_the_bag_of_steps_is_right_half_of_the_time(seed):
    rng = np.random.default_rng(seed)
    x, y = order_carries_label(rng, 50, 9)
    score = np.tanh(x @ rng.normal(size=(4, 6))).sum(axis=1) @ rng.normal(size=6)  # blind to order
    guess = np.round(score, 9) > np.median(np.round(score, 9))
    assert np.mean(guess == y) == 0.5


@pytest.mark.parametrize("seed", range(5))
def test_the_mean_over_time_is_enough_where_the_bag_carries_the_label(seed):
    x, y = bag_carries_label(np.random.default_rng(seed), 400, 15)
    assert x.shape == (400, 15, 4) and y.sum() == 200
    mean = shuffle_time(np.random.default_rng(seed), x).mean(axis=1)
    assert np.mean((mean[:, 1] > mean[:, 0]) == y) > 0.95


def test_the_shortest_sequences_have_two_marks():
    x, _ = order_carries_label(np.random.default_rng(0), 200, 2, 2)
    assert ((x > 1).sum(axis=(1, 2)) == 2).mean() > 0.97
    x, y = bag_carries_label(np.random.default_rng(0), 201, 2, 2)
    assert x.shape == (201, 2, 2) and y.sum() == 100


@pytest.mark.parametrize("sizes", [(0, 5, 4), (3, 1, 4), (3, 5, 1)])
@pytest.mark.parametrize("make", [order_carries_label, bag_carries_label])
def test_impossible_sizes_are_refused(make, sizes):
    with pytest.raises(ValueError, match="expected"):
        make(np.random.default_rng(0), *sizes)


def test_shuffling_keeps_steps_whole_and_the_caller_s_arrays_as_they_were():
    x = np.arange(3 * 8 * 2.0).reshape(3, 8, 2)
    before = x.copy()
    shuffled = shuffle_time(np.random.default_rng(0), x)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(np.sort(shuffled, axis=1), x)
    np.testing.assert_array_equal(shuffled[:, :, 1] - shuffled[:, :, 0], 1)
    orders = (shuffled[:, :, 0] - x[:, :1, 0]).tolist()
    assert isinstance(shuffled, np.ndarray) and orders[0] != orders[1] != orders[2]


def test_shuffling_a_list_keeps_every_length():
    sequences = [np.arange(2 * T).reshape(T, 2) for T in (1, 4, 9)]
    shuffled = shuffle_time(np.random.default_rng(0), sequences)
    assert isinstance(shuffled, list) and [s.shape for s in shuffled] == [(1, 2), (4, 2), (9, 2)]
    for old, new in zip(sequences, shuffled, strict=True):
        np.testing.assert_array_equal(np.sort(new, axis=0), old)
