"""The language model that only counts: the baseline, in array operations, that a network has to beat."""

import numpy as np


def counting_bits(train_ids, test_ids, V, order, alpha=0.01):
    """Return the mean bits per symbol that an n-gram model of this order, fitted on train_ids (N,), pays for test_ids (M,).

    p = (count(context, c) + alpha) / (count(context) + alpha V), where the context is the order - 1 symbols before c;
    the first order - 1 symbols of the test are context alone. Raises ValueError for an order below 1 or for ids
    too short for it. Source: Shannon 1951, Prediction and entropy of printed English.

    >>> ids = np.array([0, 1] * 50)
    >>> round(counting_bits(ids, ids, V=2, order=1), 2), round(counting_bits(ids, ids, V=2, order=2), 2)
    (1.0, 0.0)
    """
    if order < 1:
        raise ValueError(f"order: expected 1 or more, got {order}")
    if V**order > 2**62:
        raise ValueError(f"order: {V} symbols and order {order} give more contexts than an integer can number")
    train, test = (_codes(np.asarray(ids), V, order) for ids in (train_ids, test_ids))
    together, alone = _counts(train, test), _counts(train // V, test // V)
    return float(-np.mean(np.log2((together + alpha) / (alone + alpha * V))))


def _codes(ids, V, order):
    """One integer for each run of `order` symbols: its digits in base V, the last symbol the lowest digit."""
    if len(ids) < order:
        raise ValueError(f"ids: expected {order} or more for order {order}, got {len(ids)}")
    runs = np.lib.stride_tricks.sliding_window_view(ids.astype(np.int64), order)  # (N - order + 1, order)
    return runs @ (V ** np.arange(order - 1, -1, -1))


def _counts(train, test):
    """How often each code of the test occurs in training."""
    found = np.sort(train)
    return np.searchsorted(found, test, side="right") - np.searchsorted(found, test, side="left")
