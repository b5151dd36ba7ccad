"""Does order carry the label? Two tasks with a known answer, and the shuffle that tests it."""

import numpy as np

MARK = 2.0  # added to one feature of a marked step
NOISE = 0.3  # standard deviation of everything else


def order_carries_label(rng, pairs, T, D=4):
    """Return twins x (2·pairs, T, D) and y (2·pairs,) int64 that differ in the order of their steps only.

    One step is marked in feature 0, another in feature 1; the label is 1 if feature 0 comes first.
    Rows 2i and 2i+1 are twins: the same steps with the two marked ones exchanged, so the opposite label.
    Whatever ignores order (a mean over time, a bag of steps) says the same of both twins and so is right
    half of the time, exactly. Keep twins on one side of a split: x[:2 * k] and x[2 * k:].
    """
    if pairs < 1 or T < 2 or D < 2:
        raise ValueError(f"expected pairs >= 1, T >= 2, D >= 2; got pairs={pairs}, T={T}, D={D}")
    first = rng.normal(0, NOISE, (pairs, T, D))
    early, late = _two_places(rng, pairs, T)
    row = np.arange(pairs)
    first[row, early, 0] += MARK
    first[row, late, 1] += MARK
    twin = first.copy()
    twin[row, early], twin[row, late] = first[row, late], first[row, early]
    x = np.stack([first, twin], axis=1).reshape(2 * pairs, T, D)
    y = np.tile(np.array([1, 0]), pairs)
    return _half_turned(rng, x, y)


def _half_turned(rng, x, y):
    """Exchange the two of each pair by a fair coin, so that the place in the list tells nothing."""
    pair = np.arange(0, len(x), 2)
    coin = rng.integers(0, 2, len(pair))
    order = np.stack([pair + coin, pair + 1 - coin], axis=1).ravel()
    return x[order], y[order]


def bag_carries_label(rng, B, T, D=4):
    """Return x (B, T, D) and y (B,) int64 where the label lies in what occurs, not in when.

    Two steps are marked, anywhere: both in feature 0 (label 0) or both in feature 1 (label 1).
    Shuffling time changes nothing that matters, and the mean over time is enough. Labels are balanced.
    """
    if B < 1 or T < 2 or D < 2:
        raise ValueError(f"expected B >= 1, T >= 2, D >= 2; got B={B}, T={T}, D={D}")
    x = rng.normal(0, NOISE, (B, T, D))
    y = rng.permutation(np.arange(B) % 2)
    for place in _two_places(rng, B, T):
        x[np.arange(B), place, y] += MARK
    return x, y


def _two_places(rng, B, T):
    """Two different steps of each row, the earlier first: two arrays (B,)."""
    gap = rng.integers(1, T, B)
    one = rng.integers(0, T, B)
    return np.sort([one, (one + gap) % T], axis=0)


def shuffle_time(rng, sequences):
    """Return the sequences with the steps of each put in an order of its own, features kept together.

    Takes a list of (T_i, D), or an array (B, T, D) without padding, and returns the same kind; the
    caller's arrays stay as they were. A model that scores as well on these does not use order.

    >>> rng = np.random.default_rng(0)
    >>> shuffle_time(rng, [np.array([[1, 10], [2, 20], [3, 30]])])
    [array([[ 3, 30],
           [ 1, 10],
           [ 2, 20]])]
    """
    shuffled = [rng.permutation(sequence, axis=0) for sequence in sequences]
    return np.stack(shuffled) if isinstance(sequences, np.ndarray) else shuffled
