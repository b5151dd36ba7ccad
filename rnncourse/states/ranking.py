"""Which units follow a rule, by their correlation with it."""

import numpy as np


def rank_units(states, signal):
    """Return (order (H,), correlation (H,)): units by absolute correlation with the signal (N,), largest first.

    `states` is (N, H). The correlation is signed and in the order of the units; that of a constant unit is 0. A
    signal that is constant has no correlation with anything and raises ValueError, as do lengths that differ.
    """
    states, signal = np.asarray(states, dtype=float), np.asarray(signal, dtype=float)
    if states.ndim != 2 or signal.shape != states.shape[:1]:
        raise ValueError(f"expected states (N, H) and a signal (N,), got {states.shape} and {signal.shape}")
    if np.ptp(signal) == 0:
        raise ValueError("signal: it is the same at every step, so no unit can follow it; take a longer text")
    a, b = states - states.mean(axis=0), signal - signal.mean()
    varies = np.ptp(states, axis=0) > 0
    size = np.sqrt((a**2).sum(axis=0) * (b**2).sum())
    correlation = np.where(varies, b @ a / np.where(varies, size, 1.0), 0.0)
    return np.argsort(-np.abs(correlation), kind="stable"), correlation
