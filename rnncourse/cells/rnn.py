"""The vanilla recurrent network, written as the paper has it: h_t = tanh(x_t W_xh + h_{t-1} W_hh + b).

Source: Elman 1990, Finding structure in time; Jordan's variant feeds back the output instead. A batch stands in
rows, so where a paper writes W h for one column this reads h @ W. `FastRNN` computes the same, several times faster.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rnncourse.cells.initial import glorot, orthogonal
from rnncourse.cells.layer import Recurrent


def rnn_step(x, h, W_xh, W_hh, b):
    """Return the next hidden state (B, H) from the input x (B, D) and the state h (B, H).

    W_xh is (D, H), W_hh (H, H), b (H,).

    >>> rnn_step(np.ones((1, 2)), np.zeros((1, 3)), np.full((2, 3), 0.5), np.eye(3), np.zeros(3)).round(4)
    array([[0.7616, 0.7616, 0.7616]])
    """
    return np.tanh(x @ W_xh + h @ W_hh + b)  # (B, H)


def rnn_step_backward(dh, x, h_prev, h, W_xh, W_hh):
    """Return (dx, dh_prev, dW_xh, dW_hh, db), the gradients behind one step, given dh (B, H), that of its result h."""
    da = dh * (1 - h**2)  # (B, H), since tanh' = 1 - tanh²
    dx = da @ W_xh.T  # (B, D)
    dh_prev = da @ W_hh.T  # (B, H)
    dW_xh = x.T @ da  # (D, H)
    dW_hh = h_prev.T @ da  # (H, H)
    db = da.sum(axis=0)  # (H,)
    return dx, dh_prev, dW_xh, dW_hh, db


def rnn_forward(x, h0, W_xh, W_hh, b, mask=None):
    """Return every hidden state hs (B, T, H) for inputs x (B, T, D), starting from h0 (B, H).

    Where `mask` (B, T) is False the state is carried on unchanged, so hs[:, -1] is each last valid state.
    """
    h, hs = h0, []
    for t in range(x.shape[1]):
        new = rnn_step(x[:, t], h, W_xh, W_hh, b)
        h = new if mask is None else np.where(mask[:, t, None], new, h)
        hs.append(h)
    return np.stack(hs, axis=1)  # (B, T, H)


def rnn_backward(dhs, x, h0, hs, W_xh, W_hh, mask=None, dh_last=0.0):
    """Return (dx, dh0, dW_xh, dW_hh, db) by backpropagation through time.

    NOTE: dhs (B, T, H) holds the gradient of each step's own loss; what comes back from later steps is added
    here. `dh_last` (B, H) is the gradient of the last state, from what was computed with it afterwards.
    Source: Werbos 1990, Backpropagation through time: what it does and how to do it.
    """
    dx = np.empty_like(x)
    dW_xh, dW_hh, db = np.zeros_like(W_xh), np.zeros_like(W_hh), np.zeros_like(W_hh[0])
    dh_next = dh_last + np.zeros_like(h0)
    for t in reversed(range(x.shape[1])):
        h_prev = hs[:, t - 1] if t > 0 else h0
        dh = dhs[:, t] + dh_next  # (B, H), both ways on which h_t reaches the loss
        real = 1.0 if mask is None else mask[:, t, None].astype(dh.dtype)
        dx[:, t], dh_next, *dW = rnn_step_backward(dh * real, x[:, t], h_prev, hs[:, t], W_xh, W_hh)
        dh_next = dh_next + dh * (1 - real)  # a carried state hands its gradient on
        dW_xh, dW_hh, db = dW_xh + dW[0], dW_hh + dW[1], db + dW[2]  # one set of weights, used T times
    return dx, dh_next, dW_xh, dW_hh, db


class RNNTrace(NamedTuple):
    """What the forward pass leaves for the backward pass."""

    x: np.ndarray
    h0: np.ndarray
    hs: np.ndarray
    mask: np.ndarray | None


@dataclass(eq=False)
class RNN(Recurrent):
    """A layer of the functions above: W_xh (D, H), W_hh (H, H), b (H,) or None. The state is h (B, H).

    Wrong shapes, NaN and empty sequences raise ValueError.

    >>> layer = RNN.random(np.random.default_rng(0), D=2, H=3)
    >>> hs, state, trace = layer.forward(np.ones((4, 5, 2)))
    >>> hs.shape, state.shape
    ((4, 5, 3), (4, 3))
    >>> dx, dstate, gradients = layer.backward(np.ones_like(hs), trace)
    >>> dx.shape, {name: g.shape for name, g in gradients.items()}
    ((4, 5, 2), {'W_xh': (2, 3), 'W_hh': (3, 3), 'b': (3,)})
    """

    W_xh: np.ndarray
    W_hh: np.ndarray
    b: np.ndarray | None = None

    names = ("W_xh", "W_hh", "b")

    @classmethod
    def random(cls, rng, D, H, *, bias=True, dtype=np.float64):
        """Return a layer with Glorot input weights, orthogonal recurrent weights and a bias of zero (or none)."""
        b = np.zeros(H, dtype) if bias else None
        return cls(glorot(rng, D, H).astype(dtype), orthogonal(rng, H).astype(dtype), b)

    def step(self, x, state=None):
        """Return the next state (B, H) from one input (B, D); state None starts from zeros."""
        hs, state, _ = self.forward(np.asarray(x)[:, None], state)
        return state

    def forward(self, x, state=None, mask=None):
        """Return hs (B, T, H), the last state (B, H) and the trace, for x (B, T, D); mask (B, T) as in rnn_forward."""
        x, mask = self.accept(x, mask)
        h0 = self.accept_state(state, len(x), "state")
        hs = rnn_forward(x, h0, self.W_xh, self.W_hh, self.bias("b"), mask)
        return hs, hs[:, -1].copy(), RNNTrace(x, h0, hs.copy(), mask)

    def backward(self, dhs, trace, dstate=None):
        """Return dx (B, T, D), the gradient of the first state (B, H) and the dict of gradients by weight."""
        x, h0, hs, mask = trace
        dhs = self.accept_upstream(dhs, x)
        dh_last = self.accept_state(dstate, len(x), "dstate")
        dx, dh0, *gradients = rnn_backward(dhs, x, h0, hs, self.W_xh, self.W_hh, mask, dh_last)
        return dx, dh0, self.named(*gradients)
