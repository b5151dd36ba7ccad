"""Which units follow a rule."""

import numpy as np


def rank_units(states, signal):
    """Units (H,) in the order of their absolute correlation with a signal, and the signed correlations (H,).

    `states` is (N, H) or (…, H), `signal` has the same leading axes. A unit that never changes has correlation 0, and
    so has every unit if the signal never changes. Raises ValueError if the two do not belong together.

    >>> rank_units(np.array([[0.0, 2.0], [1.0, 0.0], [0.0, 2.0]]), np.array([0, 1, 0]))
    (array([0, 1]), array([ 1., -1.]))
    """
    states, signal = np.asarray(states, float), np.asarray(signal, float)
    if states.shape[:-1] != signal.shape:
        raise ValueError(f"signal: expected one number a step, shape {states.shape[:-1]}, got {signal.shape}")
    states, signal = states.reshape(-1, states.shape[-1]), signal.ravel()
    a, b = states - states.mean(axis=0), signal - signal.mean()  # (N, H), (N,)
    size = np.sqrt((a**2).sum(axis=0) * (b**2).sum())
    alive = (np.ptp(states, axis=0) > 0) & (np.ptp(signal) > 0) & (size > 0)
    correlation = np.clip(np.where(alive, b @ a / np.where(alive, size, 1.0), 0.0), -1, 1)
    return np.argsort(-np.abs(correlation), kind="stable"), correlation
