"""The vanilla RNN of `rnn`, made fast: the same numbers, about two calls of NumPy a step forward and three back.

What brings the speed, each thing known from the plain version:
- [x_t, 1, h_{t-1}] @ [W_xh; b; W_hh] is one product where x_t W_xh + h_{t-1} W_hh + b takes two and two sums;
- every result goes into memory that was reserved before the loop (the last argument of each call);
- 1 - h² is computed for many steps at once, and so are dW and dx, after the loop, since no step waits for them;
- what a call of the loop reads and writes lies in one piece, for which NumPy has its fastest loops; and
  `a.dot(b, out)` is `np.dot(a, b, out)` without 0.2 µs of looking up who defines it.
"""

from typing import NamedTuple

import numpy as np
from numpy import add, multiply, subtract, tanh

from rnncourse.cells.joined import chunks_backward, joined_inputs, joined_with_states, resting_rows, states_of, steps_of
from rnncourse.cells.rnn import RNN


class FastRNNTrace(NamedTuple):
    """What the forward pass leaves: s (T + 1, B, D + 1 + H) as in `joined_inputs`, and the rows that rest."""

    s: np.ndarray
    resting: list


class FastRNN(RNN):
    """The layer `RNN` with the same weights, arguments, results and errors, several times faster.

    >>> plain = RNN.random(np.random.default_rng(0), D=2, H=3)
    >>> fast = FastRNN(**plain.weights)
    >>> x = np.random.default_rng(1).normal(size=(4, 5, 2))
    >>> np.allclose(fast.forward(x)[0], plain.forward(x)[0], rtol=0, atol=1e-14)
    True
    """

    def forward(self, x, state=None, mask=None):
        """As `RNN.forward`."""
        x, mask = self.accept(x, mask)
        s = joined_inputs(x, self.accept_state(state, len(x), "state"))
        resting = resting_rows(mask, x.shape[1])
        self._forward_loop(s, resting)
        return states_of(s, self.D), s[-1, :, self.D + 1 :].copy(), FastRNNTrace(s, resting)

    def _forward_loop(self, s, resting):
        W = self.made("forward", lambda: np.concatenate([self.W_xh, self.bias("b")[None], self.W_hh]))  # (D + 1 + H, H)
        h = s[:, :, self.D + 1 :]  # (T + 1, B, H), a view: a step writes where the next one reads
        a = np.empty(h.shape[1:], s.dtype)  # (B, H)
        for t, (s_t, h_t, rest) in enumerate(zip(s, h[1:], resting, strict=False)):
            s_t.dot(W, a)
            tanh(a, a)
            h_t[...] = a
            if rest is not None:
                h_t[rest] = h[t, rest]

    def retrace(self, x, hs, state=None, mask=None):
        """Return the trace of forward from its arguments and its hs: no step has to be computed again."""
        x, mask = self.accept(x, mask)
        s = joined_with_states(x, self.accept_state(state, len(x), "state"), hs)
        return FastRNNTrace(s, resting_rows(mask, x.shape[1]))

    def backward(self, dhs, trace, dstate=None):
        """As `RNN.backward`."""
        s, resting = trace
        T, B = len(s) - 1, s.shape[1]
        D, H = self.D, self.H
        dhs = self.accept_upstream(dhs, np.empty((B, T, 0)))
        dh = self.accept_state(dstate, B, "dstate")
        W_x_back, W_h_back = self.made("backward", lambda: [np.ascontiguousarray(W.T) for W in (self.W_xh, self.W_hh)])
        dW, dx = np.zeros((D + 1 + H, H), s.dtype), np.empty((B, T, D), s.dtype)
        for chunk in chunks_backward(T, B):
            m = chunk.stop - chunk.start
            slope = _slope(s[chunk.start + 1 : chunk.stop + 1, :, D + 1 :], resting[chunk])  # (m, B, H)
            da = steps_of(dhs, chunk)  # (m, B, H), becomes da as the loop goes back
            _backward_loop(dh, da, slope, W_h_back, resting[chunk])
            da = da.reshape(m * B, H)
            dW += s[chunk].reshape(m * B, -1).T @ da  # (D + 1 + H, H)
            dx[:, chunk] = (da @ W_x_back).reshape(m, B, D).transpose(1, 0, 2)
        return dx, dh, self.named(dW[:D], dW[D + 1 :], dW[D])


def _slope(h, resting):
    slope = h * h
    subtract(1, slope, slope)  # tanh' = 1 - tanh²
    for slope_t, rest in zip(slope, resting, strict=True):
        if rest is not None:
            slope_t[rest] = 0
    return slope


def _backward_loop(dh, da, slope, W_back, resting):
    """Turn da (m, B, H), which holds dhs, into da for a chunk of m steps; dh (B, H) is brought to its beginning."""
    back = slice(None, None, -1)
    for da_t, slope_t, rest in zip(da[back], slope[back], resting[back], strict=True):
        add(da_t, dh, da_t)  # all that reaches h_t
        carried = None if rest is None else da_t[rest]
        multiply(da_t, slope_t, da_t)
        da_t.dot(W_back, dh)
        if rest is not None:
            dh[rest] = carried  # a carried state hands its gradient on; its da is 0
