"""One step at a time, as data arrive: all memory reserved at the start, the same time and memory at every step.

NOTE: `step` returns the stream's own memory, a view that the next step overwrites: copy what you keep.
"""

import numpy as np

from rnncourse.cells import inputs
from rnncourse.cells.gru import GRU
from rnncourse.cells.lstm import LSTM
from rnncourse.cells.rnn import RNN
from rnncourse.cells.stacked import Stacked


def stream(layer, B=1, state=None):
    """Return a stream of this layer: `step(x)` takes one input (B, D) and returns the next hidden state (B, H).

    `state` is what the layer's forward returns, None for zeros; the stream's `state` is a copy of what it holds now,
    to go on from later, also with forward. The weights are copied: later training is not seen. Inputs are not
    searched for NaN. Raises TypeError for a layer that cannot go step by step, ValueError for wrong shapes.

    >>> layer = GRU.random(np.random.default_rng(0), D=2, H=3)
    >>> x = np.random.default_rng(1).normal(size=(1, 4, 2))
    >>> running = stream(layer)
    >>> hs = [running.step(x[:, t]).copy() for t in range(4)]
    >>> np.allclose(np.stack(hs, axis=1), layer.forward(x)[0], rtol=0, atol=1e-14)
    True
    """
    kinds = {RNN: RNNStream, LSTM: LSTMStream, GRU: GRUStream, Stacked: StackedStream}
    for kind, of_kind in kinds.items():
        if isinstance(layer, kind):
            return of_kind(layer, B, state)
    raise TypeError(f"layer: expected an RNN, LSTM, GRU or Stacked layer, got {type(layer).__name__}")


class Stream:
    """The joined input [x, 1, h] (B, D + 1 + H) that all kinds share; `self.h` is a view into it."""

    def __init__(self, layer, B, W):
        if B < 1:
            raise ValueError(f"B: expected 1 or more sequences, got {B}")
        inputs.finite_weights(layer.weights)
        self.W = np.ascontiguousarray(W)
        self.joined = np.zeros((B, layer.D + 1 + layer.H), layer.dtype)
        self.joined[:, layer.D] = 1
        self.x, self.h = self.joined[:, : layer.D], self.joined[:, layer.D + 1 :]

    def take(self, x):
        """Copy one input (B, D) into the joined input; ValueError for another shape."""
        if x.shape != self.x.shape:
            inputs.one_step(x, *self.x.shape)
        self.x[...] = x

    @property
    def state(self):
        """A copy of the state, as the layer's forward takes and returns it."""
        return self.h.copy()


class RNNStream(Stream):
    """A vanilla RNN step by step; make it with `stream`."""

    def __init__(self, layer, B, state):
        super().__init__(layer, B, _joined(layer.W_xh, layer.bias("b"), layer.W_hh))
        self.h[:] = layer.accept_state(state, B, "state")
        self.a = np.empty((B, layer.H), layer.dtype)

    def step(self, x):
        """Return the next hidden state (B, H), a view, from the input x (B, D)."""
        self.take(x)
        np.dot(self.joined, self.W, self.a)
        return np.tanh(self.a, self.h)


class LSTMStream(Stream):
    """An LSTM step by step; make it with `stream`. sigmoid(a) is 1/2 + 1/2 tanh(a/2), so one tanh does all gates."""

    def __init__(self, layer, B, state):
        H = layer.H
        W = _joined(layer.W_x, layer.bias("b"), layer.W_h).reshape(-1, 4, H)[:, [0, 1, 3, 2]]  # i, f, o, g
        W[:, :3] /= 2
        super().__init__(layer, B, W.reshape(-1, 4 * H))
        self.h[:], self.c = layer.accept_pair(state, B)
        self.gates = np.empty((B, 4 * H), layer.dtype)
        self.sigmoids = self.gates[:, : 3 * H]
        self.i, self.f, self.o, self.g = np.split(self.gates, 4, axis=1)
        self.new, self.half = np.empty((B, H), layer.dtype), layer.dtype.type(0.5)

    def step(self, x):
        """Return the next hidden state (B, H), a view, from the input x (B, D)."""
        self.take(x)
        sigmoids, new, c = self.sigmoids, self.new, self.c
        np.dot(self.joined, self.W, self.gates)
        np.tanh(self.gates, self.gates)
        np.multiply(sigmoids, self.half, sigmoids)
        np.add(sigmoids, self.half, sigmoids)
        np.multiply(self.i, self.g, new)
        np.multiply(self.f, c, c)
        np.add(c, new, c)
        np.tanh(c, new)
        return np.multiply(self.o, new, self.h)

    @property
    def state(self):
        """A copy of the state (h, c), as the layer's forward takes and returns it."""
        return self.h.copy(), self.c.copy()


class GRUStream(Stream):
    """A GRU step by step; make it with `stream`. The product gives r, z and, apart, what n takes from x and from h."""

    def __init__(self, layer, B, state):
        H, b_x, b_h = layer.H, layer.bias("b_x"), layer.bias("b_h")
        W = _joined(layer.W_x, b_x + b_h, layer.W_h)[:, : 2 * H] / 2  # r and z, as in LSTMStream
        from_x = _joined(layer.W_x, b_x, 0 * layer.W_h)[:, 2 * H :]
        from_h = _joined(0 * layer.W_x, b_h, layer.W_h)[:, 2 * H :]
        super().__init__(layer, B, np.hstack([W, from_x, from_h]))
        self.h[:] = layer.accept_state(state, B, "state")
        self.blocks = np.empty((B, 4 * H), layer.dtype)
        self.sigmoids = self.blocks[:, : 2 * H]
        self.r, self.z, self.n, self.h_n = np.split(self.blocks, 4, axis=1)
        self.half = layer.dtype.type(0.5)

    def step(self, x):
        """Return the next hidden state (B, H), a view, from the input x (B, D)."""
        self.take(x)
        sigmoids, n, h_n, h = self.sigmoids, self.n, self.h_n, self.h
        np.dot(self.joined, self.W, self.blocks)
        np.tanh(sigmoids, sigmoids)
        np.multiply(sigmoids, self.half, sigmoids)
        np.add(sigmoids, self.half, sigmoids)
        np.multiply(self.r, h_n, h_n)
        np.add(n, h_n, n)
        np.tanh(n, n)
        np.subtract(h, n, h)
        np.multiply(h, self.z, h)
        return np.add(h, n, h)  # n + z (h - n) = (1 - z) n + z h


class StackedStream:
    """Streams on top of each other; make it with `stream`."""

    def __init__(self, stacked, B, state):
        states = [None] * len(stacked.layers) if state is None else state
        if len(states) != len(stacked.layers):
            raise ValueError(f"state: expected one entry for each of {len(stacked.layers)} layers, got {len(states)}")
        self.streams = [stream(layer, B, s) for layer, s in zip(stacked.layers, states, strict=True)]

    def step(self, x):
        """Return the next hidden state (B, H) of the highest layer, a view, from the input x (B, D)."""
        for each in self.streams:
            x = each.step(x)
        return x

    @property
    def state(self):
        """A tuple of copies of the states, as the layer's forward takes and returns it."""
        return tuple(each.state for each in self.streams)


def _joined(W_x, b, W_h):
    return np.concatenate([W_x, b[None], W_h])  # (D + 1 + H, gates x H)
