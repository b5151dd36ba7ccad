"""The counting model against the formula, written out with dictionaries."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncourse.cells.counting import counting_bits


def by_dictionary(train, test, V, order, alpha):
    n = order - 1
    runs = [tuple(train[i : i + order]) for i in range(len(train) - n)]
    together, alone = Counter(runs), Counter(run[:-1] for run in runs)
    bits = 0.0
    for i in range(len(test) - n):
        run = tuple(test[i : i + order])
        bits -= np.log2((together[run] + alpha) / (alone[run[:-1]] + alpha * V))
    return bits / (len(test) - n)


@given(seed=st.integers(0, 999), V=st.integers(1, 5), order=st.integers(1, 4), alpha=st.sampled_from([0.01, 1.0]))
def test_it_is_the_formula(seed, V, order, alpha):
    rng = np.random.default_rng(seed)
    train, test = rng.integers(V, size=60), rng.integers(V, size=17)
    expected = by_dictionary(train.tolist(), test.tolist(), V, order, alpha)
    assert counting_bits(train, test, V, order, alpha) == pytest.approx(expected, abs=1e-12)


def test_what_it_cannot_count_is_told():
    ids = np.zeros(3, dtype=int)
    with pytest.raises(ValueError, match="order: expected 1 or more, got 0"):
        counting_bits(ids, ids, 2, 0)
    with pytest.raises(ValueError, match="ids: expected 4 or more for order 4, got 3"):
        counting_bits(ids, ids, 2, 4)
    with pytest.raises(ValueError, match="more contexts than an integer can number"):
        counting_bits(ids, ids, 100, 12)
