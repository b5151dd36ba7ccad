"""The LSTM of `lstm`, made fast: the same numbers, in calls of NumPy that each do as much as they can.

What brings the speed, each thing known from the plain version:
- one product a step, [x_t, 1, h_{t-1}] @ [W_x; b; W_h], and gates that stand in blocks (B, H) of their own;
- the blocks are ordered o, i, f, g, c: the three sigmoids are neighbours, and [i, f] times [g, c_{t-1}] is one
  call; sigmoid(a) = 1/2 + 1/2 tanh(a/2), so with the columns of the sigmoids halved one tanh does all gates;
- every result goes into memory that was reserved before the loop (the last argument of each call);
- the slopes of the gates are computed for many steps at once, and so are dW and dx, since no step waits for them.
"""

from typing import NamedTuple

import numpy as np
from numpy import add, multiply, subtract, tanh

from rnncourse.cells.joined import (
    chunks_backward,
    joined_inputs,
    joined_with_states,
    product_by_block,
    resting_rows,
    states_of,
    steps_of,
)
from rnncourse.cells.lstm import LSTM

CARRY_ON = [[[0]], [[0]], [[1]]]  # o, i, f of a sequence that rests: the cell state stays


class FastLSTMTrace(NamedTuple):
    """What the forward pass leaves: s as in `joined_inputs`, gates, tanh of the cell states, rows that rest."""

    s: np.ndarray  # (T + 1, B, D + 1 + H)
    gates: np.ndarray  # (T + 1, 5, B, H): o, i, f, g and the cell state before the step
    tanh_c: np.ndarray  # (T, B, H)
    resting: list


class FastLSTM(LSTM):
    """The layer `LSTM` with the same weights, arguments, results and errors, several times faster.

    >>> plain = LSTM.random(np.random.default_rng(0), D=2, H=3)
    >>> fast = FastLSTM(**plain.weights)
    >>> x = np.random.default_rng(1).normal(size=(4, 5, 2))
    >>> np.allclose(fast.forward(x)[0], plain.forward(x)[0], rtol=0, atol=1e-14)
    True
    """

    def forward(self, x, state=None, mask=None):
        """As `LSTM.forward`."""
        x, mask = self.accept(x, mask)
        h0, c0 = self.accept_pair(state, len(x))
        trace = self._reserved(joined_inputs(x, h0), c0, mask)
        self._forward_loop(*trace)
        s, gates = trace[:2]
        return states_of(s, self.D), (s[-1, :, self.D + 1 :].copy(), gates[-1, 4].copy()), trace

    def _reserved(self, s, c0, mask):
        T, B, H = len(s) - 1, *c0.shape
        gates, tanh_c = np.empty((T + 1, 5, B, H), s.dtype), np.empty((T, B, H), s.dtype)
        gates[0, 4] = c0
        return FastLSTMTrace(s, gates, tanh_c, resting_rows(mask, T))

    def _forward_loop(self, s, gates, tanh_c, resting):
        B, H = tanh_c.shape[1:]
        product, W, a = product_by_block(self._halved_columns(), gates[:, :4], self.made)  # a becomes o, i, f, g
        h = s[:, :, self.D + 1 :]  # (T + 1, B, H), a view: a step writes where the next one reads
        half = np.full((3, B, H), 0.5, s.dtype)  # NumPy takes an array faster than a number
        written, kept = both = np.empty((2, B, H), s.dtype)
        steps = zip(s, a, gates[:, :3], gates[:, 1:3], gates[:, 3:], gates[1:, 4], tanh_c, gates[:, 0], h[1:], resting,
                    strict=False)  # fmt: skip
        for t, (s_t, a_t, oif, i_f, g_c, c, tanh_c_t, o, h_t, rest) in enumerate(steps):
            product(s_t, W, a_t)
            tanh(a_t, a_t)  # g is done
            multiply(oif, half, oif)
            add(oif, half, oif)  # o, i, f are sigmoids
            if rest is not None:
                oif[:, rest] = CARRY_ON
            multiply(i_f, g_c, both)
            add(written, kept, c)
            tanh(c, tanh_c_t)
            multiply(o, tanh_c_t, h_t)
            if rest is not None:
                h_t[rest] = h[t, rest]

    def retrace(self, x, hs, state=None, mask=None):
        """Return the trace of forward from its arguments and its hs: only c has to go step by step."""
        x, mask = self.accept(x, mask)
        h0, c0 = self.accept_pair(state, len(x))
        s, gates, tanh_c, resting = trace = self._reserved(joined_with_states(x, h0, hs), c0, mask)
        T, B, H = tanh_c.shape
        a = s[:T].reshape(T * B, -1) @ self._halved_columns()  # (T B, 4H): all states are known, so all gates are
        tanh(a.reshape(T, B, 4, H).transpose(0, 2, 1, 3), gates[:T, :4])
        gates[:T, :3] *= 0.5
        gates[:T, :3] += 0.5
        for t, rest in enumerate(resting):
            if rest is not None:
                gates[t, :3][:, rest] = CARRY_ON
        both = np.empty((2, B, H), s.dtype)
        for i_f, g_c, c in zip(gates[:, 1:3], gates[:, 3:], gates[1:, 4], strict=False):
            multiply(i_f, g_c, both)
            add(*both, c)
        tanh(gates[1:, 4], tanh_c)
        return trace

    def backward(self, dhs, trace, dstate=None):
        """As `LSTM.backward`."""
        s, gates, tanh_c, resting = trace
        (T, B, H), D = tanh_c.shape, self.D
        dhs = self.accept_upstream(dhs, np.empty((B, T, 0)))
        dh, dc = self.accept_pair(dstate, B, "dstate")
        W_x_back, W_h_back = self.made("backward", self._columns_back)  # (4H, D) and (4H, H)
        dW, dx = np.zeros((D + 1 + H, 4 * H), s.dtype), np.empty((B, T, D), s.dtype)
        for chunk in chunks_backward(T, B):
            m = chunk.stop - chunk.start
            slopes = _slopes(gates[chunk], tanh_c[chunk])
            up = steps_of(dhs, chunk)  # (m, B, H)
            da = _backward_loop(dh, dc, up, slopes, gates[chunk, 2], W_h_back, resting[chunk]).reshape(m * B, 4 * H)
            dW += s[chunk].reshape(m * B, -1).T @ da  # (D + 1 + H, 4H)
            dx[:, chunk] = (da @ W_x_back).reshape(m, B, D).transpose(1, 0, 2)
        dW = np.roll(dW, -H, axis=1)  # back to i, f, g, o
        return dx, (dh, dc), self.named(dW[:D], dW[D + 1 :], dW[D])

    def _halved_columns(self):
        def make():
            W = np.concatenate([self.W_x, self.bias("b")[None], self.W_h])
            W = np.roll(W, self.H, axis=1)  # (D + 1 + H, 4H), columns o, i, f, g
            W[:, : 3 * self.H] /= 2
            return W

        return self.made("forward", make)

    def _columns_back(self):
        return [np.ascontiguousarray(np.roll(W, self.H, axis=1).T) for W in (self.W_x, self.W_h)]


def _slopes(gates, tanh_c):
    """Slopes (m, 5, B, H): c_t by h_t, then a_o by h_t, and a_i, a_f, a_g by c_t."""
    o, i, g = gates[:, 0], gates[:, 1], gates[:, 3]  # (m, B, H) each
    slopes = np.empty_like(gates)
    by_h, d_o, d_if, d_g = slopes[:, 0], slopes[:, 1], slopes[:, 2:4], slopes[:, 4]
    multiply(tanh_c, tanh_c, by_h)
    subtract(1, by_h, by_h)
    by_h *= o  # o (1 - tanh² c)
    subtract(1, gates[:, :3], slopes[:, 1:4])
    slopes[:, 1:4] *= gates[:, :3]  # sigmoid' = sigmoid (1 - sigmoid)
    d_o *= tanh_c
    d_if *= gates[:, 3:5]  # i meets g, f meets c_{t-1}
    multiply(g, g, d_g)
    subtract(1, d_g, d_g)
    d_g *= i
    return slopes


def _backward_loop(dh, dc, dhs, slopes, f, W_back, resting):
    """da (m, B, 4H) for a chunk of m steps, columns o, i, f, g; dh and dc (B, H) are brought to its beginning."""
    m, B, H = dhs.shape
    da = np.empty((m, B, 4 * H), slopes.dtype)
    blocks = da.reshape(m, B, 4, H).transpose(0, 2, 1, 3)  # (m, 4, B, H), a view
    by_h = np.empty_like(dh)
    back = slice(None, None, -1)
    steps = zip(dhs[back], slopes[back, 0], slopes[back, 1], slopes[back, 2:], f[back], da[back], blocks[back, 0],
                blocks[back, 1:], resting[back], strict=True)  # fmt: skip
    for dh_t, c_by_h, o_by_h, ifg_by_c, f_t, da_t, da_o, da_ifg, rest in steps:
        add(dh, dh_t, dh)
        multiply(dh, o_by_h, da_o)
        multiply(dh, c_by_h, by_h)
        add(dc, by_h, dc)
        multiply(dc, ifg_by_c, da_ifg)
        multiply(dc, f_t, dc)
        carried = None if rest is None else dh[rest]
        da_t.dot(W_back, dh)
        if rest is not None:
            dh[rest] = carried  # a carried state hands its gradient on; its da is 0
    return da
