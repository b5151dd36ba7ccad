"""Cut a long series into windows."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def sliding_windows(series, length, *, stride=1):
    """Return every window (N, length, ...) of `series` (S, ...), starting at rows 0, stride, 2·stride, …

    `series` may be a list of segments (S_i, ...): no window reaches from one into the next, and one too
    short for a window gives none. Raises ValueError if nothing is long enough.

    >>> sliding_windows(np.arange(5), 3)
    array([[0, 1, 2],
           [1, 2, 3],
           [2, 3, 4]])
    """
    if length < 1 or stride < 1:
        raise ValueError(f"length, stride: expected 1 or more, got length={length}, stride={stride}")
    segments = series if isinstance(series, list) else [np.asarray(series)]
    found = [_windows(s, length, stride) for s in segments if len(s) >= length]
    if not found:
        longest = max((len(s) for s in segments), default=0)
        raise ValueError(f"a window needs {length} time steps (axis 0), the longest series here has {longest}")
    return np.concatenate(found)  # (N, length, ...)


def _windows(segment, length, stride):
    view = sliding_window_view(segment, length, axis=0)[::stride]  # (N, ..., length)
    return np.moveaxis(view, -1, 1)


def windows_and_targets(series, length, horizon=1, *, stride=1):
    """Return inputs x (N, length, ...) and the `horizon` steps that follow each, y (N, horizon, ...).

    Takes one series (S, ...) or a list of segments, as `sliding_windows` does.

    >>> x, y = windows_and_targets(np.arange(6), 3, 2)
    >>> x.tolist(), y.tolist()
    ([[0, 1, 2], [1, 2, 3]], [[3, 4], [4, 5]])
    """
    if length < 1 or horizon < 1:
        raise ValueError(f"length, horizon: expected 1 or more, got length={length}, horizon={horizon}")
    both = sliding_windows(series, length + horizon, stride=stride)  # (N, length + horizon, ...)
    return both[:, :length], both[:, length:]
