"""Principal components: the few directions in which states move most."""

import numpy as np


def pca(states, k):
    """Return (projected (N, k), components (k, H), explained (k,)) for states (N, H).

    Components are orthonormal rows, the largest first, their largest entry positive so that a picture does not turn
    over between machines. `explained` is the share of the whole variance.
    Raises ValueError for a k that the states do not have.
    """
    states = np.asarray(states, dtype=float)
    if not 1 <= k <= min(states.shape):
        raise ValueError(f"k: expected 1 to {min(states.shape)} for states of shape {states.shape}, got {k}")
    centred = states - states.mean(axis=0)
    _, sizes, rows = np.linalg.svd(centred, full_matrices=False)
    rows = rows[:k] * np.sign(rows[np.arange(k), np.abs(rows[:k]).argmax(axis=1)])[:, None]
    total = (sizes**2).sum()
    return centred @ rows.T, rows, sizes[:k] ** 2 / total if total > 0 else np.zeros(k)
