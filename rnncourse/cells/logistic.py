"""The logistic function, which opens and shuts gates."""

import numpy as np


def sigmoid(a):
    """Return 1 / (1 + exp(-a)), in (0, 1), of any shape; large |a| gives 0 or 1 without overflow.

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    e = np.exp(-np.abs(a))  # never above 1
    return np.where(a >= 0, 1, e) / (1 + e)
