"""Put features on one scale, learnt from the training data alone."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Scaling:
    """The mean (D,) and standard deviation (D,) of each feature, as found in the training data."""

    mean: np.ndarray
    std: np.ndarray

    def apply(self, data):
        """Return `data` with each feature standardised; an array (..., D), or a list of them."""
        if isinstance(data, list):
            return [self.apply(each) for each in data]
        return (self._fitting(data) - self.mean) / self.std

    def undo(self, data):
        """Return standardised `data` in its own units again; an array (..., D), or a list of them."""
        if isinstance(data, list):
            return [self.undo(each) for each in data]
        return self._fitting(data) * self.std + self.mean

    def _fitting(self, data):
        data = np.asarray(data, dtype=float)
        if data.shape[-1:] != self.mean.shape:
            raise ValueError(f"data: expected D={len(self.mean)} features in the last axis, got shape {data.shape}")
        return data


def fit_scaling(train):
    """Return the Scaling of training data: an array (..., D) or a list of sequences (T_i, D).

    The statistics run over every axis but the last. A feature that never changes is only centred.
    Raises ValueError for data without a feature axis, without a row, or with NaN.

    >>> scaling = fit_scaling(np.array([[1.0, 5.0], [3.0, 5.0]]))
    >>> scaling.apply(np.array([[4.0, 5.0]]))
    array([[2., 0.]])
    """
    rows = np.concatenate(train) if isinstance(train, list) else np.asarray(train)
    if rows.ndim < 2:
        raise ValueError(f"train: expected axes (time, feature), got shape {rows.shape}: add one, series[:, None]")
    rows = rows.reshape(-1, rows.shape[-1]).astype(float)  # (N, D)
    if not len(rows) or np.isnan(rows).any():
        raise ValueError(f"train: expected rows without NaN, got {len(rows)} rows, {np.isnan(rows).sum()} NaN")
    constant = rows.max(axis=0) == rows.min(axis=0)  # its computed standard deviation may be tiny, not 0
    return Scaling(rows.mean(axis=0), np.where(constant, 1.0, rows.std(axis=0)))
