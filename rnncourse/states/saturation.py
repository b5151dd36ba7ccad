"""How decided gates are, and how long what they keep lasts."""

import numpy as np


def gate_saturation(gate, low=0.1, high=0.9):
    """Return two shares a unit, (H,) each: how often its gate (…, H) is below `low`, and how often above `high`.

    A gate in neither is undecided. Source: Karpathy, Johnson and Fei-Fei 2015, Visualizing and understanding recurrent
    networks.
    """
    gate = np.asarray(gate).reshape(-1, np.shape(gate)[-1])
    return (gate < low).mean(axis=0), (gate > high).mean(axis=0)


def half_life(forget):
    """Return after how many steps (H,) half of a unit's memory is left, by its mean forget gate (…, H): ln ½ / ln f̄.

    A gate of 1 gives inf, of 0 gives 0.
    """
    mean = np.asarray(forget).reshape(-1, np.shape(forget)[-1]).mean(axis=0)
    with np.errstate(divide="ignore"):
        return np.where(mean < 1, np.log(0.5) / np.log(mean), np.inf)
