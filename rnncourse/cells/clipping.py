"""A bound on the length of a step: gradients keep their direction and lose what is too long."""

import numpy as np


def clip_by_global_norm(gradients, max_norm):
    """Return (clipped, norm): the gradients scaled to a norm of `max_norm` at most, and the norm they had before.

    `gradients` is a list or a dict of arrays, `clipped` a new one of the same kind. The norm is that of all arrays
    together, as one vector, so its direction stays. If it is not finite the gradients are returned as they are:
    the caller should skip this step. Raises ValueError unless max_norm > 0.
    Source: Pascanu, Mikolov and Bengio 2013, On the difficulty of training recurrent neural networks, algorithm 1.

    >>> clipped, norm = clip_by_global_norm([np.array([3.0]), np.array([4.0])], max_norm=1.0)
    >>> norm, [g.round(3).tolist() for g in clipped]
    (5.0, [[0.6], [0.8]])
    """
    if not max_norm > 0:
        raise ValueError(f"max_norm: expected a number above 0, got {max_norm}")
    named = isinstance(gradients, dict)
    arrays = [np.asarray(g) for g in (gradients.values() if named else gradients)]
    norm = global_norm(arrays)
    scale = max_norm / norm if max_norm < norm < np.inf else 1.0
    clipped = [(g * scale).astype(g.dtype, copy=False) for g in arrays]
    return (dict(zip(gradients, clipped, strict=True)) if named else clipped), norm


def global_norm(arrays):
    """Return the Euclidean norm of all arrays together, a float; inf or nan if they hold such a number.

    >>> global_norm([np.array([1e200, 1e200]), np.array([[1e200], [1e200]])])
    2e+200
    """
    largest = max((float(np.abs(a).max()) for a in arrays if a.size), default=0.0)
    if not 0 < largest < np.inf:
        return largest if not any(np.isnan(a).any() for a in arrays) else np.nan
    scaled = sum(float(np.sum(np.square(a / np.float64(largest)))) for a in arrays)  # no square can overflow
    return largest * scaled**0.5
