"""The directions in which states vary most."""

import numpy as np


def pca(states, k=2):
    """Projections (N, k), components (k, H) and shares of the variance (k,) of states (N, H), largest first.

    Components are orthonormal rows; each has the sign that makes its largest entry positive, so that two runs agree.
    Raises ValueError for a k below 1 or above the smaller of N and H.

    >>> pca(np.array([[0.0, 0.0], [3.0, 4.0]]), 1)[1]
    array([[0.6, 0.8]])
    """
    states = np.asarray(states, float)
    if not 1 <= k <= min(states.shape):
        raise ValueError(f"k: expected 1 to {min(states.shape)} components of states {states.shape}, got {k}")
    centred = states - states.mean(axis=0)
    _, sizes, rows = np.linalg.svd(centred, full_matrices=False)
    components = rows[:k] * np.where(rows[np.arange(k), np.abs(rows[:k]).argmax(axis=1)] < 0, -1.0, 1.0)[:, None]
    total = (sizes**2).sum()
    return centred @ components.T, components, sizes[:k] ** 2 / total if total else np.zeros(k)
