"""The linear read-out: from hidden states to scores."""

from dataclasses import dataclass

import numpy as np

from rnncourse.cells import inputs
from rnncourse.cells.initial import glorot
from rnncourse.cells.layer import Layer


@dataclass(eq=False)
class Affine(Layer):
    """y = x W + b on the last axis, with W (D, K) and b (K,) or None.

    >>> layer = Affine(np.array([[1.0], [2.0]]), np.array([0.5]))
    >>> y, trace = layer.forward(np.array([[[3.0, 4.0]]]))
    >>> y.tolist()
    [[[11.5]]]
    >>> dx, gradients = layer.backward(np.ones_like(y), trace)
    >>> dx.tolist(), gradients["W"].tolist()
    ([[[1.0, 2.0]]], [[3.0], [4.0]])
    """

    W: np.ndarray
    b: np.ndarray | None = None

    names = ("W", "b")

    def __post_init__(self):
        self.W = inputs.weight("W", self.W, (None, None), "feature, output")
        if self.b is not None:
            self.b = inputs.weight("b", self.b, (self.W.shape[1],), "output")
        inputs.same_dtype(self.weights)

    @classmethod
    def random(cls, rng, D, K, *, bias=True, dtype=np.float64):
        """Return a layer with Glorot weights and a bias of zero (or none)."""
        return cls(glorot(rng, D, K).astype(dtype), np.zeros(K, dtype) if bias else None)

    def forward(self, x):
        """Return y (..., K) and the trace, for x (..., D); ValueError for another last axis."""
        x = np.asarray(x)
        if x.ndim < 1 or x.shape[-1] != len(self.W):
            raise ValueError(f"x: expected the last axis, feature, to be {len(self.W)}, got shape {x.shape}")
        y = x.reshape(-1, len(self.W)).astype(self.W.dtype, copy=False) @ self.W  # one product, whatever the axes
        if self.b is not None:
            y += self.b
        return y.reshape(*x.shape[:-1], -1), x

    def backward(self, dy, trace):
        """Return dx (..., D) and the dict of gradients by weight, given dy (..., K)."""
        D, K = self.W.shape
        dy = np.asarray(dy)
        if dy.shape != (*trace.shape[:-1], K):
            raise ValueError(f"dy: expected the shape of y, {(*trace.shape[:-1], K)}, got {dy.shape}")
        rows = dy.reshape(-1, K)
        gradients = self.named(trace.reshape(-1, D).T @ rows, rows.sum(axis=0))
        return (rows @ self.W.T).reshape(trace.shape), gradients
