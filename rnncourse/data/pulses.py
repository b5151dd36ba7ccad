"""The flip-flop task: each channel gets rare pulses, and the answer is the last pulse of each channel."""

import numpy as np


def flip_flop(rng, batch, length, bits=2, chance=0.15):
    """Return inputs x and targets y, both (B, T, bits) float64.

    x is 0 but for pulses of 1 or -1, which come at each step with probability `chance`; y is the sign of the last
    pulse so far. Each channel starts with a pulse, so that y is known at every step.
    Source: Sussillo and Barak 2013. Raises ValueError unless there is a step, a sequence and a bit.

    >>> x, y = flip_flop(np.random.default_rng(0), batch=1, length=5, bits=1, chance=0.5)
    >>> x[0, :, 0].tolist(), y[0, :, 0].tolist()
    ([1.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0])
    """
    if min(batch, length, bits) < 1:
        raise ValueError(f"batch, length, bits: expected 1 or more, got {batch}, {length}, {bits}")
    x = rng.choice([-1.0, 1.0], size=(batch, length, bits))
    quiet = rng.random(x.shape) >= chance
    quiet[:, 0] = False
    x[quiet] = 0.0
    last = np.maximum.accumulate(np.where(quiet, 0, np.arange(length)[:, None]), axis=1)  # when the last pulse came
    return x, np.take_along_axis(x, last, axis=1)
