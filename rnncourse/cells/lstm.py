"""The long short-term memory, written as the papers have it, gates in the order input, forget, candidate, output.

    i, f, o = sigmoid(...)      g = tanh(...)      c_t = f c_{t-1} + i g      h_t = o tanh(c_t)

Sources: Hochreiter and Schmidhuber 1997, Long short-term memory; Gers, Schmidhuber and Cummins 2000, Learning to
forget, for the gate f. `FastLSTM` computes the same, several times faster.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rnncourse.cells.initial import gate_blocks, glorot, orthogonal
from rnncourse.cells.layer import Recurrent
from rnncourse.cells.logistic import sigmoid


def lstm_gates(x, h, W_x, W_h, b):
    """Return the gates i, f, g, o, each (B, H), from the input x (B, D) and the state h (B, H).

    W_x is (D, 4H), W_h (H, 4H), b (4H,): one block of H columns a gate, in this order.
    """
    i, f, g, o = np.split(x @ W_x + h @ W_h + b, 4, axis=1)  # each (B, H)
    return sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)


def lstm_step(x, h, c, W_x, W_h, b):
    """Return the next hidden state h and cell state c, both (B, H), from the input x (B, D) and the two before."""
    i, f, g, o = lstm_gates(x, h, W_x, W_h, b)
    c = f * c + i * g  # (B, H): keep some of the old, write some of the new
    h = o * np.tanh(c)  # (B, H): show some of it
    return h, c


def lstm_step_backward(dh, dc, x, h_prev, c_prev, W_x, W_h, b):
    """Return (dx, dh_prev, dc_prev, dW_x, dW_h, db), given dh and dc (B, H), the gradients of the step's two results.

    The gates are computed once more: that costs time and needs no memory between the passes.
    """
    i, f, g, o = lstm_gates(x, h_prev, W_x, W_h, b)
    tanh_c = np.tanh(f * c_prev + i * g)  # (B, H)
    dc = dc + dh * o * (1 - tanh_c**2)  # c_t reaches the loss by c_{t+1} and by h_t
    di, df, dg, do = dc * g, dc * c_prev, dc * i, dh * tanh_c
    da = np.hstack([di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)])  # (B, 4H)
    return da @ W_x.T, da @ W_h.T, dc * f, x.T @ da, h_prev.T @ da, da.sum(axis=0)


def lstm_forward(x, h0, c0, W_x, W_h, b, mask=None):
    """Return every hidden state hs and every cell state cs, both (B, T, H), for inputs x (B, T, D).

    Where `mask` (B, T) is False both states are carried on unchanged.
    """
    h, c, hs, cs = h0, c0, [], []
    for t in range(x.shape[1]):
        new_h, new_c = lstm_step(x[:, t], h, c, W_x, W_h, b)
        real = True if mask is None else mask[:, t, None]
        h, c = np.where(real, new_h, h), np.where(real, new_c, c)
        hs.append(h)
        cs.append(c)
    return np.stack(hs, axis=1), np.stack(cs, axis=1)  # (B, T, H) each


def lstm_backward(dhs, x, h0, c0, hs, cs, W_x, W_h, b, mask=None, dh_last=0.0, dc_last=0.0):
    """Return (dx, dh0, dc0, dW_x, dW_h, db) by backpropagation through time.

    NOTE: dhs (B, T, H) holds the gradient of each step's own loss; what comes back from later steps is added
    here. `dh_last` and `dc_last` (B, H) are the gradients of the last states, from what came afterwards.
    """
    dx = np.empty_like(x)
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(b)
    dh_next, dc_next = dh_last + np.zeros_like(h0), dc_last + np.zeros_like(c0)
    for t in reversed(range(x.shape[1])):
        h_prev, c_prev = (hs[:, t - 1], cs[:, t - 1]) if t > 0 else (h0, c0)
        dh, dc = dhs[:, t] + dh_next, dc_next  # (B, H)
        real = 1.0 if mask is None else mask[:, t, None].astype(dh.dtype)
        back = lstm_step_backward(dh * real, dc * real, x[:, t], h_prev, c_prev, W_x, W_h, b)
        dx[:, t] = back[0]
        dh_next, dc_next = back[1] + dh * (1 - real), back[2] + dc * (1 - real)
        dW_x, dW_h, db = dW_x + back[3], dW_h + back[4], db + back[5]
    return dx, dh_next, dc_next, dW_x, dW_h, db


class LSTMTrace(NamedTuple):
    """What the forward pass leaves for the backward pass."""

    x: np.ndarray
    h0: np.ndarray
    c0: np.ndarray
    hs: np.ndarray
    cs: np.ndarray
    mask: np.ndarray | None


@dataclass(eq=False)
class LSTM(Recurrent):
    """A layer of the functions above: W_x (D, 4H), W_h (H, 4H), b (4H,) or None. The state is (h, c), both (B, H).

    Wrong shapes, NaN and empty sequences raise ValueError.

    >>> layer = LSTM.random(np.random.default_rng(0), D=2, H=3)
    >>> hs, (h, c), trace = layer.forward(np.ones((4, 5, 2)))
    >>> hs.shape, h.shape, c.shape
    ((4, 5, 3), (4, 3), (4, 3))

    The state carried into the next window of a long sequence gives what one pass would have given:

    >>> x = np.random.default_rng(1).normal(size=(4, 6, 2))
    >>> first, state, _ = layer.forward(x[:, :3])
    >>> second, state, _ = layer.forward(x[:, 3:], state)
    >>> np.allclose(np.hstack([first, second]), layer.forward(x)[0])
    True
    """

    W_x: np.ndarray
    W_h: np.ndarray
    b: np.ndarray | None = None

    names = ("W_x", "W_h", "b")
    gates = 4

    @classmethod
    def random(cls, rng, D, H, *, bias=True, dtype=np.float64):
        """Return a layer with Glorot input weights, each gate's recurrent block orthogonal, bias zero (or none)."""
        W_x = gate_blocks(4, lambda: glorot(rng, D, H)).astype(dtype)
        W_h = gate_blocks(4, lambda: orthogonal(rng, H)).astype(dtype)
        return cls(W_x, W_h, np.zeros(4 * H, dtype) if bias else None)

    def step(self, x, state=None):
        """Return the next state (h, c) from one input (B, D); state None starts from zeros."""
        hs, state, _ = self.forward(np.asarray(x)[:, None], state)
        return state

    def forward(self, x, state=None, mask=None):
        """Return hs (B, T, H), the last state (h, c) and the trace, for x (B, T, D); mask (B, T) as in lstm_forward."""
        x, mask = self.accept(x, mask)
        h0, c0 = self.accept_pair(state, len(x))
        hs, cs = lstm_forward(x, h0, c0, self.W_x, self.W_h, self.bias("b"), mask)
        return hs, (hs[:, -1].copy(), cs[:, -1].copy()), LSTMTrace(x, h0, c0, hs.copy(), cs, mask)

    def backward(self, dhs, trace, dstate=None):
        """Return dx (B, T, D), the gradients of the first state (h, c) and the dict of gradients by weight."""
        x, h0, c0, hs, cs, mask = trace
        dhs = self.accept_upstream(dhs, x)
        last = self.accept_pair(dstate, len(x), "dstate")
        dx, dh0, dc0, *gradients = lstm_backward(
            dhs, x, h0, c0, hs, cs, self.W_x, self.W_h, self.bias("b"), mask, *last
        )
        return dx, (dh0, dc0), self.named(*gradients)

    def accept_pair(self, state, B, name="state"):
        """Return copies of the pair (h, c), each (B, H), zeros if None; ValueError for anything else."""
        if state is not None and (not isinstance(state, (tuple, list)) or len(state) != 2):
            raise ValueError(f"{name}: an LSTM has two, expected the pair (h, c), got {type(state).__name__}")
        h, c = (None, None) if state is None else state
        return self.accept_state(h, B, f"{name} h"), self.accept_state(c, B, f"{name} c")
