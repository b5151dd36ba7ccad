"""The GRU of `gru`, made fast: the same numbers, in calls of NumPy that each do as much as they can.

What brings the speed, each thing known from the plain version:
- x_t, 1 and h_{t-1} stand side by side, so one product a step gives both sigmoid gates, bias included; the
  candidate's share of x waits for no state and is one product for all steps, before the loop;
- sigmoid(a) = 1/2 + 1/2 tanh(a/2), so with the columns of the sigmoids halved, a tanh does both and nothing overflows;
- gates and state lie in one piece each, (B, H), for which NumPy has its fastest loops;
- every result goes into memory that was reserved before the loop (the last argument of each call);
- all of da is the gradient of h_t times slopes known beforehand: they are computed for many steps at once, and so
  are dW and dx, since no step waits for them.
"""

from typing import NamedTuple

import numpy as np
from numpy import add, multiply, subtract, tanh

from rnncourse.cells.gru import GRU
from rnncourse.cells.joined import (
    chunks_backward,
    joined_inputs,
    joined_with_states,
    product_by_block,
    resting_rows,
    states_of,
    steps_of,
)


class FastGRUTrace(NamedTuple):
    """What the forward pass leaves: s as in `joined_inputs`, the gates, and the candidate before the reset."""

    s: np.ndarray  # (T + 1, B, D + 1 + H)
    r_z: np.ndarray  # (T, 2, B, H)
    n: np.ndarray  # (T, B, H)
    h_n: np.ndarray  # (T, B, H)


class FastGRU(GRU):
    """The layer `GRU` with the same weights, arguments, results and errors, several times faster.

    >>> plain = GRU.random(np.random.default_rng(0), D=2, H=3)
    >>> fast = FastGRU(**plain.weights)
    >>> x = np.random.default_rng(1).normal(size=(4, 5, 2))
    >>> np.allclose(fast.forward(x)[0], plain.forward(x)[0], rtol=0, atol=1e-14)
    True
    """

    def forward(self, x, state=None, mask=None):
        """As `GRU.forward`."""
        x, mask = self.accept(x, mask)
        trace = self._reserved(joined_inputs(x, self.accept_state(state, len(x), "state")))
        state = self._forward_loop(*trace, resting_rows(mask, x.shape[1]))
        return states_of(trace.s, self.D), state, trace

    def _reserved(self, s):
        """The trace with s and, for the time being in n, the candidate's share of x."""
        (T, B), H, W_n = (len(s) - 1, s.shape[1]), self.H, self._columns()[2]
        n = s[:T].reshape(T * B, -1)[:, : self.D + 1] @ W_n  # (T B, H)
        return FastGRUTrace(s, np.empty((T, 2, B, H), s.dtype), n.reshape(T, B, H), np.empty((T, B, H), s.dtype))

    def _forward_loop(self, s, r_z, n, h_n, resting):
        D, (B, H) = self.D, n.shape[1:]
        W_rz, W_hn, _ = self._columns()
        product, W_rz, both = product_by_block(W_rz, r_z, self.made)  # both: r_z, as the product fills it
        half = np.full(both.shape[1:], 0.5, s.dtype)  # NumPy takes an array faster than a number
        h, term = s[0, :, D + 1 :].copy(), np.empty((B, H), s.dtype)
        steps = zip(s, s[:, :, D:], both, r_z[:, 0], r_z[:, 1], n, h_n, s[1:, :, D + 1 :], resting, strict=False)
        for s_t, one_h, r_z_t, r, z, n_t, h_n_t, h_t, rest in steps:
            product(s_t, W_rz, r_z_t)
            tanh(r_z_t, r_z_t)
            multiply(r_z_t, half, r_z_t)
            add(r_z_t, half, r_z_t)  # sigmoid
            one_h.dot(W_hn, h_n_t)
            multiply(r, h_n_t, term)
            add(n_t, term, n_t)
            tanh(n_t, n_t)
            if rest is not None:
                z[rest], n_t[rest] = 1, 0  # then h_t is h_{t-1}
            subtract(h, n_t, h)
            multiply(z, h, h)
            add(n_t, h, h)  # n + z (h - n) = (1 - z) n + z h
            h_t[...] = h  # for the next product
        return h

    def retrace(self, x, hs, state=None, mask=None):
        """Return the trace of forward from its arguments and its hs: all gates of all steps at once."""
        x, mask = self.accept(x, mask)
        h0 = self.accept_state(state, len(x), "state")
        s, r_z, n, h_n = trace = self._reserved(joined_with_states(x, h0, hs))
        T, B, H = n.shape
        W_rz, W_hn, _ = self._columns()
        rows = s[:T].reshape(T * B, -1)
        tanh((rows @ W_rz).reshape(T, B, 2, H).transpose(0, 2, 1, 3), r_z)
        multiply(r_z, 0.5, r_z)
        add(r_z, 0.5, r_z)
        np.matmul(rows[:, self.D :], W_hn, h_n.reshape(T * B, H))
        add(n, r_z[:, 0] * h_n, n)
        tanh(n, n)
        if mask is not None:
            r_z[:, 1][~mask.T], n[~mask.T] = 1, 0
        return trace

    def backward(self, dhs, trace, dstate=None):
        """As `GRU.backward`."""
        s, r_z, n, h_n = trace
        (T, B, H), D = n.shape, self.D
        dhs = self.accept_upstream(dhs, np.empty((B, T, 0)))
        dh = self.accept_state(dstate, B, "dstate")
        W_x_back, W_h_back = self.made("backward", self._columns_back)
        dW_x, dW_h = np.zeros((D + 1, 3 * H), s.dtype), np.zeros((1 + H, 3 * H), s.dtype)
        dx = np.empty((B, T, D), s.dtype)
        for chunk in chunks_backward(T, B):
            m = chunk.stop - chunk.start
            slopes = _slopes(r_z[chunk], n[chunk], h_n[chunk], s[chunk, :, D + 1 :])
            up = steps_of(dhs, chunk)  # (m, B, H)
            da = _backward_loop(dh, up, slopes, r_z[chunk, 1], W_h_back).reshape(m * B, 4 * H)
            s_chunk, da_x, da_h = s[chunk].reshape(m * B, -1), da[:, : 3 * H], da[:, H:]
            dW_x += s_chunk[:, : D + 1].T @ da_x  # [x, 1] meets n, r, z
            dW_h += s_chunk[:, D:].T @ da_h  # [1, h] meets r, z and n before the reset
            dx[:, chunk] = (da_x @ W_x_back).reshape(m, B, D).transpose(1, 0, 2)
        dW_x = np.roll(dW_x, -H, axis=1)  # back to r, z, n
        return dx, dh, self.named(dW_x[:D], dW_h[1:], dW_x[D], dW_h[0])

    def _columns(self):
        def make():
            D, H, b_x, b_h = self.D, self.H, self.bias("b_x"), self.bias("b_h")
            W = np.concatenate([self.W_x, (b_x + b_h)[None], self.W_h])
            W[D, 2 * H :] = b_x[2 * H :]
            W_rz, W_xn = W[:, : 2 * H] / 2, W[: D + 1, 2 * H :].copy()  # (D + 1 + H, 2H), halved, and (D + 1, H)
            W[D, 2 * H :] = b_h[2 * H :]
            return W_rz, W[D:, 2 * H :].copy(), W_xn  # in the middle (1 + H, H)

        return self.made("forward", make)

    def _columns_back(self):
        n_first = np.roll(self.W_x, self.H, axis=1)
        return [np.ascontiguousarray(W.T) for W in (n_first, self.W_h)]  # (3H, D), rows n, r, z; (3H, H), rows r, z, n


def _slopes(r_z, n, h_n, h_prev):
    """Slopes (m, 4, B, H), how a_n, a_r, a_z and the candidate before the reset follow from the gradient of h_t."""
    r = r_z[:, 0]  # (m, B, H)
    slopes = np.empty((len(n), 4, *n.shape[1:]), n.dtype)
    d_n, d_r, d_z, d_hn = (slopes[:, k] for k in range(4))
    multiply(n, n, d_n)
    subtract(1, d_n, d_n)
    subtract(1, r_z, slopes[:, 1:3])
    d_n *= d_z  # (1 - n²) (1 - z)
    slopes[:, 1:3] *= r_z  # sigmoid' = sigmoid (1 - sigmoid)
    d_r *= multiply(d_n, h_n, d_hn)  # d_hn has nothing to hold yet
    d_z *= subtract(h_prev, n, d_hn)
    multiply(d_n, r, d_hn)
    return slopes


def _backward_loop(dh, dhs, slopes, z, W_back):
    """da (m, B, 4H) for a chunk of m steps, columns as in the slopes; dh (B, H) is brought to its beginning."""
    m, B, H = dhs.shape
    da = np.empty((m, B, 4 * H), slopes.dtype)
    blocks = da.reshape(m, B, 4, H).transpose(0, 2, 1, 3)  # (m, 4, B, H), a view
    through_W = np.empty_like(dh)
    back = slice(None, None, -1)
    steps = zip(dhs[back], slopes[back], z[back], blocks[back], da[back, :, H:], strict=True)
    for dh_t, slopes_t, z_t, blocks_t, da_h in steps:
        add(dh, dh_t, dh)
        multiply(dh, slopes_t, blocks_t)
        da_h.dot(W_back, through_W)
        multiply(dh, z_t, dh)
        add(dh, through_W, dh)
    return da
