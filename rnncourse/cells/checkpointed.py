"""Less memory for a little more time: keep only some states, and compute the rest again when going back."""

from math import isqrt
from typing import NamedTuple

import numpy as np


class Segment(NamedTuple):
    """A stretch of time, its inputs, results and mask (views of the whole), and the state at its beginning."""

    time: slice
    x: np.ndarray
    hs: np.ndarray
    mask: np.ndarray | None
    state: object


class Checkpointed:
    """A recurrent layer with the same results and gradients, whose trace holds about √T states instead of T steps.

    The sequence is cut into segments of `steps` time steps, √T if None. Going forward, only the state at each
    segment's beginning is kept; going back, the trace of each segment is made once more, the last first. What costs
    memory is then one segment long. The price is less than a second forward pass: the hidden states are known by
    then, so a fast layer computes the gates of all steps at once. They are read from hs, which is therefore
    read-only, and x must stay as it is until `backward`. Bidirectional cannot be cut in time: TypeError.
    Source: Chen, Xu, Zhang and Guestrin 2016, Training deep nets with sublinear memory cost.

    >>> from rnncourse.cells import GRU
    >>> layer = GRU.random(np.random.default_rng(0), D=2, H=3)
    >>> hs, state, trace = Checkpointed(layer).forward(np.ones((4, 100, 2)))
    >>> len(trace), hs.shape
    (10, (4, 100, 3))
    """

    causal = True

    def __init__(self, layer, steps=None):
        if not layer.causal:
            raise TypeError(f"layer: {type(layer).__name__} cannot be cut in time; it reads the whole sequence first")
        if steps is not None and steps < 1:
            raise ValueError(f"steps: expected 1 or more time steps a segment, got {steps}")
        self.layer, self.steps = layer, steps

    @property
    def weights(self):
        """The weights of the layer inside."""
        return self.layer.weights

    @property
    def D(self):
        """Number of input features."""
        return self.layer.D

    @property
    def H(self):
        """Number of hidden units."""
        return self.layer.H

    @property
    def dtype(self):
        """dtype of the weights, of the states and of the results."""
        return self.layer.dtype

    def held_still(self):
        """As the held_still of the layer inside."""
        return Checkpointed(self.layer.held_still(), self.steps)

    def accept(self, x, mask):
        """As the accept of the layer inside."""
        return self.layer.accept(x, mask)

    def step(self, x, state=None):
        """As the step of the layer inside."""
        return self.layer.step(x, state)

    def forward(self, x, state=None, mask=None):
        """As the forward pass of the layer inside, with a shorter trace."""
        x, mask = self.accept(x, mask)
        layer = self.layer.held_still()
        B, T, _ = x.shape
        hs, trace = np.empty((B, T, self.H), self.dtype), []
        for time in _segments(T, self.steps or isqrt(T)):
            segment = Segment(time, x[:, time], hs[:, time], None if mask is None else mask[:, time], state)
            segment.hs[:], state, _ = layer.forward(segment.x, state, segment.mask)
            trace.append(segment)
        hs.flags.writeable = False  # the backward pass reads it again
        return hs, state, trace

    def backward(self, dhs, trace, dstate=None):
        """As the backward pass of the layer inside."""
        B, T = len(trace[0].x), trace[-1].time.stop
        dhs, layer = self._accept(dhs, (B, T, self.H)), self.layer.held_still()
        dx, total = np.empty((B, T, self.D), self.dtype), None
        for segment in reversed(trace):
            inner = layer.retrace(segment.x, segment.hs, segment.state, segment.mask)
            part = None if dhs is None else dhs[:, segment.time]
            dx[:, segment.time], dstate, gradients = layer.backward(part, inner, dstate)
            total = gradients if total is None else _added(total, gradients)
        return dx, dstate, total

    @staticmethod
    def _accept(dhs, shape):
        if dhs is not None and np.shape(dhs) != shape:
            raise ValueError(f"dhs: expected the shape of hs, (batch, time, hidden) = {shape}, got {np.shape(dhs)}")
        return dhs if dhs is None else np.asarray(dhs)


def _added(total, gradients):
    for name, gradient in gradients.items():
        total[name] += gradient
    return total


def _segments(T, steps):
    return [slice(start, min(start + steps, T)) for start in range(0, T, steps)]
