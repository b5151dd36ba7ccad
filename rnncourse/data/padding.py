"""Sequences of different lengths in one array, and back."""

from typing import NamedTuple

import numpy as np


class Padded(NamedTuple):
    """A batch (B, T, ...), the true lengths (B,) int64, and a mask (B, T) bool: True is a real step."""

    batch: np.ndarray
    lengths: np.ndarray
    mask: np.ndarray


def pad(sequences, *, value=0.0):
    """Return a list of sequences (T_i, ...) as one Padded batch; the filling `value` stands behind each.

    All sequences have the same axes behind time; T is the longest length.
    Raises ValueError for an empty list or sequences that do not fit together.

    >>> pad([np.array([1, 2, 3]), np.array([4])], value=0).batch
    array([[1, 2, 3],
           [4, 0, 0]])
    """
    sequences = [np.asarray(s) for s in sequences]
    if not sequences:
        raise ValueError("sequences: expected at least one, got an empty list")
    shapes = {s.shape[1:] for s in sequences}
    if len(shapes) > 1:
        raise ValueError(f"sequences: expected the same features behind time (axis 0) in all, got {sorted(shapes)}")
    lengths = np.array([len(s) for s in sequences])
    mask = np.arange(lengths.max()) < lengths[:, None]  # (B, T)
    batch = np.full(mask.shape + shapes.pop(), value, dtype=np.result_type(*sequences))
    batch[mask] = np.concatenate(sequences)  # a mask picks row by row, in order of time
    return Padded(batch, lengths, mask)


def unpad(batch, lengths):
    """Return the list of sequences (T_i, ...) that were padded to `batch` (B, T, ...), as copies."""
    batch, lengths = np.asarray(batch), np.asarray(lengths)
    if lengths.shape != batch.shape[:1] or (len(lengths) and lengths.max() > batch.shape[1]):
        raise ValueError(
            f"lengths: expected one number for each of B={batch.shape[0]} rows, at most T={batch.shape[1]}, "
            f"got shape {lengths.shape} with largest {lengths.max(initial=0)}"
        )
    return [row[:length].copy() for row, length in zip(batch, lengths, strict=True)]
