"""What every layer offers: its weights by name, and how names are kept apart when layers are put together.

A recurrent layer has

    forward(x, state=None, mask=None)     -> hs, state, trace
    backward(dhs, trace, dstate=None)     -> dx, dstate, gradients
    step(x, state)                        -> state

`forward` changes nothing in the layer: what `backward` needs is in the trace, which is good for one call of it
or many, as long as x and the weights stay as they are. NOTE: `dhs` holds the gradient of each step's own loss alone, not what comes back from later steps;
that is what `backward` adds. `dstate` is the gradient of the last state, from whatever read it; None means zero.
"""

from copy import copy

import numpy as np

from rnncourse.cells import inputs


class Layer:
    """Weights by name. A layer without bias has no bias among them, and no gradient of it."""

    names: tuple = ()

    @property
    def weights(self):
        """The dict of this layer's arrays by name: the arrays themselves, so that an update in place is seen."""
        return {name: getattr(self, name) for name in self.names if getattr(self, name) is not None}

    def named(self, *gradients):
        """Return the dict of `gradients` by name, in the order of the weights, leaving out what the layer lacks."""
        both = zip(self.names, gradients, strict=True)
        return {name: gradient for name, gradient in both if getattr(self, name) is not None}


class Recurrent(Layer):
    """Sizes and checks that the RNN, the LSTM and the GRU share; the first two names are the weights of x and of h."""

    gates = 1
    causal = True  # a state knows nothing of later steps
    kept = None  # what was made of the weights, by name, in a layer whose weights are held still

    def __post_init__(self):
        x, h = self.names[:2]
        W_h = inputs.weight(h, getattr(self, h), (None, None), f"hidden, {self.gates} x hidden")
        H = W_h.shape[0]
        inputs.weight(h, W_h, (H, self.gates * H), f"hidden, {self.gates} x hidden")
        setattr(self, h, W_h)
        setattr(self, x, inputs.weight(x, getattr(self, x), (None, self.gates * H), f"feature, {self.gates} x hidden"))
        for b in self.names[2:]:
            if getattr(self, b) is not None:
                setattr(self, b, inputs.weight(b, getattr(self, b), (self.gates * H,), f"{self.gates} x hidden"))
        inputs.same_dtype(self.weights)

    @property
    def D(self):
        """Number of input features."""
        return getattr(self, self.names[0]).shape[0]

    @property
    def H(self):
        """Number of hidden units."""
        return getattr(self, self.names[1]).shape[0]

    @property
    def dtype(self):
        """dtype of the weights, of the states and of the results."""
        return getattr(self, self.names[0]).dtype

    def bias(self, name):
        """Return this bias, zeros (gates x H,) if the layer has none."""
        b = getattr(self, name)
        return np.zeros(self.gates * self.H, self.dtype) if b is None else b

    def held_still(self):
        """Return this layer for calls between which no weight changes: what they make of the weights is made once."""
        held = copy(self)
        held.kept = {}
        return held

    def made(self, name, make):
        """Return make(), an array made of the weights; a layer that is held still makes it once and keeps it."""
        if self.kept is None:
            return make()
        if name not in self.kept:
            self.kept[name] = make()
        return self.kept[name]

    def accept(self, x, mask):
        """Return x (B, T, D) and mask (B, T) checked and in this layer's dtype, errors as in `inputs`."""
        self.made("checked", lambda: inputs.finite_weights(self.weights))
        mask = inputs.real_steps(mask, np.shape(x))
        return inputs.sequence(x, self.D, self.dtype, mask), mask

    def retrace(self, x, hs, state=None, mask=None):
        """Return the trace that forward left, from its arguments and its hs, which saves work where the layer can."""
        return self.forward(x, state, mask)[2]

    def accept_state(self, array, B, name):
        """Return a copy of the state (B, H), zeros if None, errors as in `inputs`."""
        return inputs.state(array, B, self.H, self.dtype, name)

    def accept_upstream(self, dhs, x):
        """Return dhs (B, T, H), zeros if None, errors as in `inputs`."""
        return inputs.upstream(dhs, (*x.shape[:2], self.H), self.dtype)


def prefixed(prefix, arrays):
    """Return the dict with `prefix` and a dot before each name.

    >>> list(prefixed("forward", {"W_x": 0, "W_h": 0}))
    ['forward.W_x', 'forward.W_h']
    """
    return {f"{prefix}.{name}": array for name, array in arrays.items()}
