"""Two signals every forecaster meets: one that no one can predict, one that anyone can."""

import numpy as np


def random_walk(rng, steps, D=1, *, scale=1.0):
    """Return a walk (steps, D) whose every step is a fresh normal draw of standard deviation `scale`.

    Nothing beats "the same as now": the best forecast of any later value is the last one, and one step
    ahead its squared error is `scale**2`. Raises ValueError if `steps` or `D` is less than 1.
    """
    if steps < 1 or D < 1:
        raise ValueError(f"steps, D: expected 1 or more of each, got steps={steps}, D={D}")
    return np.cumsum(rng.normal(0.0, scale, (steps, D)), axis=0)  # (steps, D)


def sine_waves(rng, B, T, *, periods=(8.0, 24.0), noise=0.0):
    """Return B sine waves (B, T, 1) of amplitude 1, each with its own period (in steps) and phase.

    Periods are uniform between the two `periods`, phases over the whole circle; `noise` is the standard
    deviation of what is added to each value. Raises ValueError for sizes below 1 or a period that is not positive.
    """
    low, high = periods
    if B < 1 or T < 1:
        raise ValueError(f"B, T: expected 1 or more of each, got B={B}, T={T}")
    if not 0 < low <= high:
        raise ValueError(f"periods: expected 0 < shortest <= longest, got {periods}")
    period, phase = rng.uniform(low, high, (B, 1)), rng.uniform(0, 2 * np.pi, (B, 1))
    wave = np.sin(2 * np.pi * np.arange(T) / period + phase)  # (B, T)
    return (wave + rng.normal(0, noise, (B, T)))[:, :, None]
