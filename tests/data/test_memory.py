"""The adding problem, the copy task and recall, and the scores that no memory can beat."""

import numpy as np
import pytest

from rnncourse.data import adding_problem, associative_recall, copy_memory
from rnncourse.data.memory import ADDING_BLIND, copy_blind, recall_blind


@pytest.mark.parametrize("length", [2, 3, 10, 101])
def test_one_mark_in_each_half_and_their_sum(length):
    x, y = adding_problem(np.random.default_rng(0), 400, length)
    half = length // 2
    assert x.shape == (400, length, 2) and set(np.unique(x[:, :, 1])) <= {0.0, 1.0}
    assert (x[:, :half, 1].sum(axis=1) == 1).all() and (x[:, half:, 1].sum(axis=1) == 1).all()
    np.testing.assert_allclose(y, (x[:, :, 0] * x[:, :, 1]).sum(axis=1))
    assert x[:, :, 1].any(axis=0).all() or length > 50


def test_saying_one_gets_a_sixth():
    _, y = adding_problem(np.random.default_rng(1), 20_000, 6)
    assert np.mean((y - 1) ** 2) == pytest.approx(ADDING_BLIND, rel=0.05)


@pytest.mark.parametrize("delay", [1, 4, 30])
def test_what_was_read_is_to_be_said_after_the_order(delay):
    inputs, targets = copy_memory(np.random.default_rng(0), 50, delay)
    assert inputs.shape == targets.shape == (50, delay + 20) and inputs.dtype == np.int64
    np.testing.assert_array_equal(targets[:, -10:], inputs[:, :10])
    assert (targets[:, :-10] == 8).all()
    assert (inputs[:, -11] == 9).all() and (np.delete(inputs[:, 10:], delay - 1, axis=1) == 8).all()
    assert set(np.unique(inputs[:, :10])) == set(range(8))


def test_the_blind_loss_is_that_of_knowing_when_and_not_what():
    _, targets = copy_memory(np.random.default_rng(0), 10, 15)
    p = np.where(targets[..., None] == 8, np.eye(9)[8], np.append(np.full(8, 1 / 8), 0))
    nats = -np.log(np.take_along_axis(p, targets[..., None], axis=2))
    assert nats.mean() == pytest.approx(copy_blind(15))


@pytest.mark.parametrize(("make", "sizes"), [(adding_problem, (0, 5)), (adding_problem, (3, 1)), (copy_memory, (0, 5)), (copy_memory, (2, 0))])
def test_sizes_that_leave_nothing_are_refused(make, sizes):
    with pytest.raises(ValueError, match="expected batch >= 1"):
        make(np.random.default_rng(0), *sizes)


@pytest.mark.parametrize(("pairs", "keys", "values"), [(1, 1, 1), (3, 5, 4), (8, 8, 2)])
def test_the_value_of_the_key_is_asked(pairs, keys, values):
    inputs, targets = associative_recall(np.random.default_rng(0), 200, pairs, keys=keys, values=values)
    assert inputs.shape == targets.shape == (200, 2 * pairs + 2) and inputs.dtype == targets.dtype == np.int64
    assert (targets[:, :-1] == -1).all() and (inputs[:, -2] == keys + values).all()
    for row, target in zip(inputs, targets, strict=True):
        told = dict(zip(row[:-2:2].tolist(), (row[1:-2:2] - keys).tolist(), strict=True))
        assert len(told) == pairs and told[row[-1]] == target[-1]
        assert set(told) <= set(range(keys)) and set(told.values()) <= set(range(values))


def test_every_place_is_asked_and_guessing_costs_ln_values():
    inputs, targets = associative_recall(np.random.default_rng(0), 4000, 5, values=7)
    places = (inputs[:, :-2:2] == inputs[:, -1:]).argmax(axis=1)
    assert (np.bincount(places, minlength=5) > 4000 / 5 * 0.8).all()
    assert (np.bincount(targets[:, -1], minlength=7) > 4000 / 7 * 0.8).all()
    assert recall_blind(7) == pytest.approx(np.log(7))


@pytest.mark.parametrize(("batch", "pairs", "options"), [(0, 3, {}), (2, 0, {}), (2, 17, {}), (2, 3, {"keys": 2}), (2, 3, {"values": 0})])
def test_more_pairs_than_keys_are_refused(batch, pairs, options):
    with pytest.raises(ValueError, match="expected batch, pairs, values >= 1 and pairs <= keys, got batch="):
        associative_recall(np.random.default_rng(0), batch, pairs, **options)
