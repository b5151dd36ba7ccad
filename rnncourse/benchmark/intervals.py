"""How sure a difference is: two arms compared pair by pair, resampled twice, first seeds and then held-out blocks.

Two runs with one seed saw the same batches in the same order and are judged on the same blocks, so their difference
block by block leaves out what is hard for both. Blocks of one run have one network in common: resampling blocks alone
would tell how sure two networks differ, and not two arms.
"""

from dataclasses import dataclass

import numpy as np

RESAMPLES = 5000


@dataclass(frozen=True)
class Interval:
    """The mean of the differences, and the ends of the interval that holds it."""

    mean: float
    low: float
    high: float

    @property
    def sure(self):
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


def paired(a, b, rng, level=0.95):
    """The percentile interval of the mean of a − b, for losses a and b (seeds, blocks) of the same seeds and blocks.

    Raises ValueError for arrays that are not pairs, or a level that is not between 0 and 1.
    """
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape or a.ndim != 2:
        raise ValueError(f"a, b: expected losses (seeds, blocks) of the same pairs, got {a.shape} and {b.shape}")
    if not 0 < level < 1:
        raise ValueError(f"level: expected a share between 0 and 1, such as 0.95, got {level}")
    differences = a - b  # (S, N)
    seeds, blocks = differences.shape
    drawn_seeds = rng.integers(seeds, size=(RESAMPLES, seeds, 1))
    drawn_blocks = rng.integers(blocks, size=(RESAMPLES, seeds, blocks))
    means = differences[drawn_seeds, drawn_blocks].mean(axis=(1, 2))  # (RESAMPLES,)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(differences.mean()), float(low), float(high))
