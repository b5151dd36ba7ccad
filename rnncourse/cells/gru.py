"""The gated recurrent unit, gates in the order reset, update, candidate, the reset gate after the product.

    r, z = sigmoid(...)      n = tanh(x W_xn + b_xn + r (h W_hn + b_hn))      h_t = (1 - z) n + z h_{t-1}

Source: Cho and others 2014, Learning phrase representations using RNN encoder-decoder. The paper resets h before
the product, (r h) W_hn; this is the form that PyTorch and cuDNN compute. It needs two biases, since b_hn stands
inside the reset. `FastGRU` computes the same, several times faster.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rnncourse.cells.initial import gate_blocks, glorot, orthogonal
from rnncourse.cells.layer import Recurrent
from rnncourse.cells.logistic import sigmoid


def gru_gates(x, h, W_x, W_h, b_x, b_h):
    """Return r, z, n and the candidate's share of h before the reset, each (B, H).

    W_x is (D, 3H), W_h (H, 3H), b_x and b_h (3H,): one block of H columns a gate, in the order r, z, n.
    """
    x_r, x_z, x_n = np.split(x @ W_x + b_x, 3, axis=1)  # each (B, H)
    h_r, h_z, h_n = np.split(h @ W_h + b_h, 3, axis=1)
    r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z)
    return r, z, np.tanh(x_n + r * h_n), h_n


def gru_step(x, h, W_x, W_h, b_x, b_h):
    """Return the next hidden state (B, H) from the input x (B, D) and the state h (B, H)."""
    r, z, n, _ = gru_gates(x, h, W_x, W_h, b_x, b_h)
    return (1 - z) * n + z * h  # (B, H): z says how much of the old stays


def gru_step_backward(dh, x, h_prev, W_x, W_h, b_x, b_h):
    """Return (dx, dh_prev, dW_x, dW_h, db_x, db_h), given dh (B, H), the gradient of the step's result.

    The gates are computed once more: that costs time and needs no memory between the passes.
    """
    r, z, n, h_n = gru_gates(x, h_prev, W_x, W_h, b_x, b_h)
    da_n = dh * (1 - z) * (1 - n**2)  # (B, H)
    da_z = dh * (h_prev - n) * z * (1 - z)
    da_r = da_n * h_n * r * (1 - r)
    da_x = np.hstack([da_r, da_z, da_n])  # (B, 3H), what reaches x W_x + b_x
    da_h = np.hstack([da_r, da_z, da_n * r])  # (B, 3H), what reaches h W_h + b_h: the reset stands between
    dh_prev = da_h @ W_h.T + dh * z
    return da_x @ W_x.T, dh_prev, x.T @ da_x, h_prev.T @ da_h, da_x.sum(axis=0), da_h.sum(axis=0)


def gru_forward(x, h0, W_x, W_h, b_x, b_h, mask=None):
    """Return every hidden state hs (B, T, H) for inputs x (B, T, D), starting from h0 (B, H).

    Where `mask` (B, T) is False the state is carried on unchanged.
    """
    h, hs = h0, []
    for t in range(x.shape[1]):
        new = gru_step(x[:, t], h, W_x, W_h, b_x, b_h)
        h = new if mask is None else np.where(mask[:, t, None], new, h)
        hs.append(h)
    return np.stack(hs, axis=1)  # (B, T, H)


def gru_backward(dhs, x, h0, hs, W_x, W_h, b_x, b_h, mask=None, dh_last=0.0):
    """Return (dx, dh0, dW_x, dW_h, db_x, db_h) by backpropagation through time.

    NOTE: dhs (B, T, H) holds the gradient of each step's own loss; what comes back from later steps is added
    here. `dh_last` (B, H) is the gradient of the last state, from what was computed with it afterwards.
    """
    dx = np.empty_like(x)
    total = [np.zeros_like(w) for w in (W_x, W_h, b_x, b_h)]
    dh_next = dh_last + np.zeros_like(h0)
    for t in reversed(range(x.shape[1])):
        h_prev = hs[:, t - 1] if t > 0 else h0
        dh = dhs[:, t] + dh_next  # (B, H)
        real = 1.0 if mask is None else mask[:, t, None].astype(dh.dtype)
        dx[:, t], dh_next, *dW = gru_step_backward(dh * real, x[:, t], h_prev, W_x, W_h, b_x, b_h)
        dh_next = dh_next + dh * (1 - real)  # a carried state hands its gradient on
        total = [sum_so_far + of_this_step for sum_so_far, of_this_step in zip(total, dW, strict=True)]
    return dx, dh_next, *total


class GRUTrace(NamedTuple):
    """What the forward pass leaves for the backward pass."""

    x: np.ndarray
    h0: np.ndarray
    hs: np.ndarray
    mask: np.ndarray | None


@dataclass(eq=False)
class GRU(Recurrent):
    """A layer of the functions above: W_x (D, 3H), W_h (H, 3H), b_x and b_h (3H,) or None. The state is h (B, H).

    Wrong shapes, NaN and empty sequences raise ValueError.

    >>> layer = GRU.random(np.random.default_rng(0), D=2, H=3)
    >>> mask = np.array([[True, True, True], [True, False, False]])
    >>> hs, state, trace = layer.forward(np.ones((2, 3, 2)), mask=mask)
    >>> np.array_equal(hs[1, 2], hs[1, 0]), np.array_equal(state, hs[:, -1])
    (True, True)
    """

    W_x: np.ndarray
    W_h: np.ndarray
    b_x: np.ndarray | None = None
    b_h: np.ndarray | None = None

    names = ("W_x", "W_h", "b_x", "b_h")
    gates = 3

    @classmethod
    def random(cls, rng, D, H, *, bias=True, dtype=np.float64):
        """Return a layer with Glorot input weights, each gate's recurrent block orthogonal, biases zero (or none)."""
        W_x = gate_blocks(3, lambda: glorot(rng, D, H)).astype(dtype)
        W_h = gate_blocks(3, lambda: orthogonal(rng, H)).astype(dtype)
        b_x, b_h = (np.zeros(3 * H, dtype), np.zeros(3 * H, dtype)) if bias else (None, None)
        return cls(W_x, W_h, b_x, b_h)

    def step(self, x, state=None):
        """Return the next state (B, H) from one input (B, D); state None starts from zeros."""
        hs, state, _ = self.forward(np.asarray(x)[:, None], state)
        return state

    def forward(self, x, state=None, mask=None):
        """Return hs (B, T, H), the last state (B, H) and the trace, for x (B, T, D); mask (B, T) as in gru_forward."""
        x, mask = self.accept(x, mask)
        h0 = self.accept_state(state, len(x), "state")
        hs = gru_forward(x, h0, self.W_x, self.W_h, self.bias("b_x"), self.bias("b_h"), mask)
        return hs, hs[:, -1].copy(), GRUTrace(x, h0, hs.copy(), mask)

    def backward(self, dhs, trace, dstate=None):
        """Return dx (B, T, D), the gradient of the first state (B, H) and the dict of gradients by weight."""
        x, h0, hs, mask = trace
        dhs = self.accept_upstream(dhs, x)
        dh_last = self.accept_state(dstate, len(x), "dstate")
        weights = self.W_x, self.W_h, self.bias("b_x"), self.bias("b_h")
        dx, dh0, *gradients = gru_backward(dhs, x, h0, hs, *weights, mask, dh_last)
        return dx, dh0, self.named(*gradients)
