"""Paired intervals: they see what is common to both, they know that networks differ, they say no to what is no pair."""

import numpy as np
import pytest

from rnncourse.benchmark.intervals import paired


def test_what_is_hard_for_both_is_left_out():
    rng = np.random.default_rng(0)
    hard = rng.normal(0, 5, (3, 32))
    a, b = hard + rng.normal(0.1, 0.05, (3, 32)), hard + rng.normal(0, 0.05, (3, 32))
    found = paired(a, b, np.random.default_rng(1))
    assert found.sure and 0.05 < found.low < found.mean < found.high < 0.15


def test_networks_count_as_well_as_blocks():
    """One run in three is far off: blocks alone would be sure, seeds are not."""
    a = np.zeros((3, 32)) + np.array([[0.5], [-0.02], [-0.02]])
    found = paired(a, np.zeros((3, 32)), np.random.default_rng(0))
    assert found.low < 0 < found.high and not found.sure


def test_the_level_is_a_share_and_the_interval_turns_with_the_pair():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(3, 10)), rng.normal(size=(3, 10))
    wide, narrow, turned = paired(a, b, np.random.default_rng(1), 0.99), paired(a, b, np.random.default_rng(1), 0.5), paired(b, a, np.random.default_rng(1), 0.99)
    assert wide.low < narrow.low < narrow.mean < narrow.high < wide.high
    assert (turned.low, turned.high) == pytest.approx((-wide.high, -wide.low))
    for level in (0, 1, 95):
        with pytest.raises(ValueError, match="share between 0 and 1"):
            paired(a, b, rng, level)


def test_it_covers_the_truth_about_as_often_as_it_says():
    rng, hits = np.random.default_rng(0), 0
    for _ in range(200):
        a = rng.normal(0, 0.2, (8, 1)) + rng.normal(0, 1, (8, 16))
        found = paired(a, np.zeros((8, 16)), rng)
        hits += found.low <= 0 <= found.high
    assert 170 <= hits <= 200


def test_no_pairs():
    with pytest.raises(ValueError, match=r"\(3, 4\) and \(3, 5\)"):
        paired(np.zeros((3, 4)), np.zeros((3, 5)), np.random.default_rng(0))
