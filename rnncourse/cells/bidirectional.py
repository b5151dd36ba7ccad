"""Two layers on the same sequence, one reading it from the front and one from the back."""

from dataclasses import dataclass

import numpy as np

from rnncourse.cells.layer import Layer, Recurrent, prefixed


@dataclass(eq=False)
class Bidirectional:
    """Two recurrent layers of the same D; hs (B, T, 2H) holds the states of `ahead`, then those of `reverse`.

    Both halves of hs[:, t] belong to the same step t. The state is a pair, that of `ahead` after the last step and
    that of `reverse` after the first. With a mask, padding does not change what `reverse` has read when it
    reaches the real steps; where a sequence is padded its half still holds the state it started with.
    Source: Schuster and Paliwal 1997, Bidirectional recurrent neural networks.

    >>> from rnncourse.cells import GRU
    >>> rng = np.random.default_rng(0)
    >>> layer = Bidirectional(GRU.random(rng, D=2, H=3), GRU.random(rng, D=2, H=3))
    >>> layer.forward(np.ones((4, 5, 2)))[0].shape
    (4, 5, 6)
    """

    ahead: Recurrent
    reverse: Recurrent

    causal = False

    def __post_init__(self):
        if self.ahead.D != self.reverse.D:
            raise ValueError(f"reverse: expected D={self.ahead.D} as in ahead, got D={self.reverse.D}: both read x")
        if self.ahead.dtype != self.reverse.dtype:
            raise ValueError(f"reverse: expected dtype {self.ahead.dtype} as in ahead, got {self.reverse.dtype}")

    weights = property(lambda self: self._named(self.ahead.weights, self.reverse.weights), doc=Layer.weights.__doc__)
    D = property(lambda self: self.ahead.D, doc=Recurrent.D.__doc__)
    H = property(lambda self: self.ahead.H + self.reverse.H, doc="Number of hidden units of both directions together.")
    dtype = property(lambda self: self.ahead.dtype, doc=Recurrent.dtype.__doc__)

    @staticmethod
    def _named(ahead, reverse):
        return prefixed("ahead", ahead) | prefixed("reverse", reverse)

    def accept(self, x, mask):
        """As the accept of one direction."""
        return self.ahead.accept(x, mask)

    def forward(self, x, state=None, mask=None):
        """Return hs (B, T, 2H), the pair of last states and the trace, for x (B, T, D)."""
        first, second = _pair(state, "state")
        hs, last, trace = self.ahead.forward(x, first, mask)
        turned_mask = None if mask is None else _turned(mask)
        hs_reverse, last_reverse, trace_reverse = self.reverse.forward(_turned(x), second, turned_mask)
        return np.concatenate([hs, _turned(hs_reverse)], axis=2), (last, last_reverse), (trace, trace_reverse)

    def backward(self, dhs, trace, dstate=None):
        """Return dx (B, T, D), the gradients of the pair of first states and the dict of gradients by weight."""
        dhs, dhs_reverse = self._halves(dhs)
        first, second = _pair(dstate, "dstate")
        dx, dfirst, gradients = self.ahead.backward(dhs, trace[0], first)
        dx_reverse, dsecond, gradients_reverse = self.reverse.backward(dhs_reverse, trace[1], second)
        return dx + _turned(dx_reverse), (dfirst, dsecond), self._named(gradients, gradients_reverse)

    def step(self, x, state=None):
        """Raise TypeError: the reverse direction begins at the end, so there is no next step."""
        raise TypeError("a bidirectional layer reads the whole sequence first and cannot go step by step")

    def _halves(self, dhs):
        if dhs is None:
            return None, None
        dhs = np.asarray(dhs)
        if dhs.ndim != 3 or dhs.shape[2] != self.H:
            raise ValueError(f"dhs: expected (batch, time, both hidden) = (B, T, {self.H}), got {dhs.shape}")
        return dhs[:, :, : self.ahead.H], _turned(dhs[:, :, self.ahead.H :])


def _turned(array):
    return np.asarray(array)[:, ::-1]  # (B, T, ...) with time running backwards


def _pair(state, name):
    if state is None:
        return None, None
    if not isinstance(state, (tuple, list)) or len(state) != 2:
        raise ValueError(f"{name}: expected the pair (of ahead, of reverse), got {type(state).__name__}")
    return state
