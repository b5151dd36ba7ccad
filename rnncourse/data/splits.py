"""Divide data into parts for training and testing, without a look into the future."""

import numpy as np


def split_by_time(series, fractions, *, gap=0):
    """Return the parts of `series` in order of time, one for each of `fractions`, which sum to 1.

    Takes an array (S, ...), a list or a string. `gap` rows are left out behind each border, so that a target
    of the first part is not an input of the next. Raises ValueError if a part would be empty.

    >>> split_by_time("abcdefghij", (0.6, 0.2, 0.2))
    ('abcdef', 'gh', 'ij')
    """
    borders = _borders(len(series), fractions)
    starts = [0, *(border + gap for border in borders[1:-1])]
    parts = tuple(series[start:stop] for start, stop in zip(starts, borders[1:], strict=True))
    _none_empty(parts, len(series), fractions, gap)
    return parts


def split_at_random(rng, series, fractions):
    """Return parts of `series` whose rows were drawn at random; `fractions` sum to 1.

    Right for rows that know nothing of each other (utterances, days of a year). Wrong for windows of
    one series: a test window then lies between training windows that hold its answer.
    Takes an array (B, ...) or a list. Raises ValueError if a part would be empty.
    """
    rows = rng.permutation(len(series))
    pick = series.__getitem__ if isinstance(series, np.ndarray) else lambda part: [series[row] for row in part]
    borders = _borders(len(series), fractions)
    parts = tuple(pick(rows[a:b]) for a, b in zip(borders[:-1], borders[1:], strict=True))
    _none_empty(parts, len(series), fractions, 0)
    return parts


def _borders(rows, fractions):
    fractions = np.asarray(fractions, dtype=float)
    if fractions.ndim != 1 or not (fractions > 0).all() or not np.isclose(fractions.sum(), 1):
        raise ValueError(f"fractions: expected positive numbers that sum to 1, got {fractions.tolist()}")
    return [0, *np.round(rows * np.cumsum(fractions)).astype(int).tolist()]


def _none_empty(parts, rows, fractions, gap):
    sizes = [len(part) for part in parts]
    if min(sizes) < 1:
        raise ValueError(
            f"{rows} rows split by {tuple(fractions)} with gap={gap} give parts of {sizes} rows: "
            "an empty one is of no use, so give more rows or larger fractions"
        )


def walk_forward(steps, folds, test, *, gap=0, window=None):
    """Return `folds` pairs of slices (train, test) over a series of `steps` rows, each later than the one before.

    Each test part has `test` rows, the last ends with the series, and training stops `gap` rows before it.
    Training starts at row 0, or `window` rows before its end. Raises ValueError if the first fold has no
    row to train on.

    >>> for train, held_out in walk_forward(10, folds=3, test=2):
    ...     print(train, held_out)
    slice(0, 4, None) slice(4, 6, None)
    slice(0, 6, None) slice(6, 8, None)
    slice(0, 8, None) slice(8, 10, None)
    """
    if folds < 1 or test < 1 or gap < 0:
        raise ValueError(f"expected folds >= 1, test >= 1, gap >= 0; got folds={folds}, test={test}, gap={gap}")
    starts = [steps - test * (folds - fold) for fold in range(folds)]
    needed = gap + (window or 1)
    if starts[0] < needed:
        least = needed + test * folds
        raise ValueError(f"steps: these folds need at least {least} time steps, got {steps}: take fewer folds")
    return [(slice(start - gap - window if window else 0, start - gap), slice(start, start + test)) for start in starts]
