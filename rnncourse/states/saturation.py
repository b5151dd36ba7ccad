"""How open gates stand, and how long units remember by them."""

import numpy as np


def gate_saturation(gate, low=0.1, high=0.9):
    """Share of the steps at which each unit's gate is nearly shut (< low) and nearly open (> high): two arrays (H,).

    `gate` is (…, H), between 0 and 1. Source: Karpathy, Johnson and Fei-Fei 2015, section 4.2.

    >>> gate_saturation(np.array([[0.0, 0.5], [0.95, 1.0]]))
    (array([0.5, 0. ]), array([0.5, 0.5]))
    """
    gate = np.asarray(gate, float)
    axes = tuple(range(gate.ndim - 1))
    return (gate < low).mean(axis=axes), (gate > high).mean(axis=axes)


def half_life(forget):
    """Steps (H,) after which half of what a cell holds is gone, at its mean forget gate: ln ½ / ln f̄.

    `forget` is (…, H), between 0 and 1. A gate that is always open gives inf, one that is always shut 0.

    >>> half_life(np.array([[0.5, 1.0, 0.0]])).tolist()
    [1.0, inf, 0.0]
    """
    forget = np.asarray(forget, float)
    mean = forget.mean(axis=tuple(range(forget.ndim - 1)))
    with np.errstate(divide="ignore"):
        return np.where(mean == 1, np.inf, np.log(0.5) / np.where(mean == 1, -1.0, np.log(mean)))
