"""A table with one learned vector for each symbol."""

from dataclasses import dataclass

import numpy as np

from rnncourse.cells import inputs
from rnncourse.cells.layer import Layer


@dataclass(eq=False)
class Embedding(Layer):
    """Rows W (V, D), one for each id 0…V-1. It is what a one-hot vector times W gives, without the zeros.

    >>> layer = Embedding(np.array([[0.0, 0.1], [1.0, 1.1], [2.0, 2.1]]))
    >>> x, trace = layer.forward([[2, 0, 2]])
    >>> x.tolist()
    [[[2.0, 2.1], [0.0, 0.1], [2.0, 2.1]]]
    >>> layer.backward(np.ones_like(x), trace)["W"].tolist()
    [[1.0, 1.0], [0.0, 0.0], [2.0, 2.0]]
    """

    W: np.ndarray

    names = ("W",)

    def __post_init__(self):
        self.W = inputs.weight("W", self.W, (None, None), "vocabulary, feature")

    @classmethod
    def random(cls, rng, V, D, *, dtype=np.float64):
        """Return a table of normal draws with standard deviation 1, as torch.nn.Embedding has."""
        return cls(rng.normal(size=(V, D)).astype(dtype))

    def forward(self, ids):
        """Return the vectors (..., D) of the ids (...) and the trace; ValueError for ids outside 0…V-1."""
        ids = np.asarray(ids)
        if ids.dtype.kind not in "iu":
            raise ValueError(f"ids: expected integers, got {ids.dtype}; encode the text first")
        if ids.size and not 0 <= ids.min() <= ids.max() < len(self.W):
            raise ValueError(f"ids: expected 0 to {len(self.W) - 1} (V={len(self.W)}), got {ids.min()} to {ids.max()}")
        return self.W[ids], ids.copy()  # (..., D)

    def backward(self, dx, trace):
        """Return the dict of gradients by weight: each row gets the sum over its appearances. Ids have no gradient."""
        ids, dx = trace.ravel(), np.asarray(dx)
        if dx.shape != (*trace.shape, self.W.shape[1]):
            raise ValueError(f"dx: expected (*ids, feature) = {(*trace.shape, self.W.shape[1])}, got {dx.shape}")
        dW = np.zeros_like(self.W)
        if ids.size:
            order = np.argsort(ids, kind="stable")  # equal ids stand together
            ids = ids[order]
            starts = np.flatnonzero(np.r_[True, ids[1:] != ids[:-1]])
            dW[ids[starts]] = np.add.reduceat(dx.reshape(-1, dx.shape[-1])[order], starts)
        return {"W": dW}
