"""Gradients by trying: slow, and right without any calculus. The judge of every backward pass."""

import numpy as np


def numerical_gradient(f, a, eps=1e-5):
    """Return the gradient of the number f(a) by central differences, float64 of the shape of `a`.

    f takes an array like `a` (any shape) and is called twice for each of its numbers; `a` stays as it was. The
    error of a central difference falls with eps², that of rounding grows with 1/eps: 1e-5 lies between the two.

    >>> numerical_gradient(lambda a: (a**2).sum(), np.array([1.0, -3.0])).round(6).tolist()
    [2.0, -6.0]
    """
    probe = np.array(a, dtype=np.float64)  # a copy: float32 would lose the difference
    gradient = np.empty_like(probe)
    for place in np.ndindex(probe.shape):
        middle = probe[place]
        probe[place] = middle + eps
        above = f(probe)
        probe[place] = middle - eps
        below = f(probe)
        probe[place] = middle
        gradient[place] = (above - below) / (2 * eps)
    return gradient


def relative_error(ours, theirs):
    """Return the largest difference of two arrays over the largest number in them, a float; 0 if both are zero.

    >>> relative_error(np.array([1.0, 100.0]), np.array([1.5, 100.0]))
    0.005
    """
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    if ours.shape != theirs.shape:
        raise ValueError(f"expected two arrays of one shape, got {ours.shape} and {theirs.shape}")
    scale = max(np.abs(ours).max(initial=0), np.abs(theirs).max(initial=0))
    return float(np.abs(ours - theirs).max(initial=0) / scale) if scale else 0.0
