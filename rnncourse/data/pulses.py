"""The flip-flop: remember, for each of some channels, the sign of the last pulse.

Source: Sussillo and Barak 2013. A network that does it well has a resting state for each combination of signs.
"""

import numpy as np


def flip_flop(rng, B, T, *, bits=2, chance=0.1):
    """Return (x, y), both (B, T, bits): pulses of +1 or −1 that come with this chance, 0 else; the sign of the last one.

    Every channel begins with a pulse, so that there is always something to remember. Raises ValueError for sizes below
    1 and for a chance that is none.

    >>> x, y = flip_flop(np.random.default_rng(3), 1, 6, bits=1, chance=0.3)
    >>> x[0, :, 0].tolist()
    [-1.0, -1.0, 0.0, 0.0, 1.0, 0.0]
    >>> y[0, :, 0].tolist()
    [-1.0, -1.0, -1.0, -1.0, 1.0, 1.0]
    """
    if B < 1 or T < 1 or bits < 1:
        raise ValueError(f"B, T, bits: expected 1 or more of each, got B={B}, T={T}, bits={bits}")
    if not 0 <= chance <= 1:
        raise ValueError(f"chance: expected 0 to 1, got {chance}")
    x = np.where(rng.random((B, T, bits)) < chance, rng.choice([-1.0, 1.0], size=(B, T, bits)), 0.0)
    x[:, 0] = rng.choice([-1.0, 1.0], size=(B, bits))
    last = np.maximum.accumulate(np.where(x != 0, np.arange(T)[:, None], 0), axis=1)  # (B, T, bits), step of the last pulse
    return x, np.take_along_axis(x, last, axis=1)
