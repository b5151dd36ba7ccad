"""Recurrent layers on top of each other: each reads the hidden states of the one below."""

import numpy as np

from rnncourse.cells.layer import prefixed


class Stacked:
    """Layers, the lowest first; hs (B, T, H) is that of the highest, the state a tuple with one entry a layer.

    Each layer's D must be the H of the one below (2H if that is bidirectional), or ValueError is raised.
    Source: Graves 2013, Generating sequences with recurrent neural networks, without its skip connections.

    >>> from rnncourse.cells import LSTM
    >>> rng = np.random.default_rng(0)
    >>> layer = Stacked(LSTM.random(rng, D=2, H=3), LSTM.random(rng, D=3, H=4))
    >>> hs, state, trace = layer.forward(np.ones((5, 6, 2)))
    >>> hs.shape, len(state), sorted(layer.weights)
    ((5, 6, 4), 2, ['0.W_h', '0.W_x', '0.b', '1.W_h', '1.W_x', '1.b'])
    """

    def __init__(self, *layers):
        if not layers:
            raise ValueError("layers: expected at least one, got none")
        for k, (below, above) in enumerate(zip(layers, layers[1:], strict=False)):
            if above.D != below.H:
                raise ValueError(f"layer {k + 1}: expected D={below.H}, the hidden units below, got D={above.D}")
            if above.dtype != below.dtype:
                raise ValueError(f"layer {k + 1}: expected dtype {below.dtype} as below, got {above.dtype}")
        self.layers = layers

    @property
    def weights(self):
        """The dict of all layers' arrays, named `0.W_x`, …: the arrays themselves, so an update in place is seen."""
        return self._named([layer.weights for layer in self.layers])

    @property
    def D(self):
        """Number of input features."""
        return self.layers[0].D

    @property
    def H(self):
        """Number of hidden units of the highest layer."""
        return self.layers[-1].H

    @property
    def dtype(self):
        """dtype of the weights, of the states and of the results."""
        return self.layers[0].dtype

    @property
    def causal(self):
        """Whether no layer looks ahead."""
        return all(layer.causal for layer in self.layers)

    def held_still(self):
        """Return these layers for calls between which no weight changes, so that their preparation is done once."""
        return Stacked(*(layer.held_still() for layer in self.layers))

    def accept(self, x, mask):
        """As the accept of the lowest layer."""
        return self.layers[0].accept(x, mask)

    def forward(self, x, state=None, mask=None):
        """Return hs (B, T, H) of the highest layer, every layer's last state and the trace, for x (B, T, D)."""
        hs, last, traces = x, [], []
        for layer, of_layer in zip(self.layers, self._each(state, "state"), strict=True):
            hs, end, trace = layer.forward(hs, of_layer, mask)
            last.append(end)
            traces.append(trace)
        return hs, tuple(last), tuple(traces)

    def retrace(self, x, hs, state=None, mask=None):
        """Return the trace that forward left; the states of lower layers are not known, so it is computed anew."""
        return self.forward(x, state, mask)[2]

    def backward(self, dhs, trace, dstate=None):
        """Return dx (B, T, D), the gradients of every layer's first state and the dict of gradients by weight."""
        dfirst, gradients = [], []
        downwards = list(zip(self.layers, trace, self._each(dstate, "dstate"), strict=True))[::-1]
        for layer, of_layer, dlast in downwards:
            dhs, d, named = layer.backward(dhs, of_layer, dlast)
            dfirst.insert(0, d)
            gradients.insert(0, named)
        return dhs, tuple(dfirst), self._named(gradients)

    def step(self, x, state=None):
        """Return every layer's next state from one input (B, D); state None starts from zeros.

        Raises TypeError if a layer is bidirectional.
        """
        if not self.causal:
            raise TypeError("a bidirectional layer reads the whole sequence first and cannot go step by step")
        return self.forward(np.asarray(x)[:, None], state)[1]

    def _each(self, state, name):
        if state is None:
            return [None] * len(self.layers)
        if not isinstance(state, (tuple, list)) or len(state) != len(self.layers):
            raise ValueError(f"{name}: expected a tuple with one entry for each of {len(self.layers)} layers")
        return state

    def _named(self, each):
        return {name: a for k, arrays in enumerate(each) for name, a in prefixed(str(k), arrays).items()}
