"""A recurrent layer taken apart: its kind and its weights as NumPy arrays, whether it is ours or torch's."""

from dataclasses import dataclass

import numpy as np

from rnncourse.cells.gru import gru_gates
from rnncourse.cells.lstm import lstm_gates
from rnncourse.cells.torch_weights import direction_arrays

GATES = {"rnn": (), "relu": (), "lstm": ("input", "forget", "candidate", "output"), "gru": ("reset", "update", "candidate")}


@dataclass(frozen=True)
class Direction:
    """One layer read in one direction: kind "rnn", "relu", "lstm" or "gru"; arrays in the order x, h, then biases."""

    kind: str
    arrays: tuple
    backwards: bool = False

    @property
    def H(self):
        """Number of hidden units."""
        return self.arrays[1].shape[0]

    def step(self, x, h, c=None):
        """The next h (B, H), the next c (None but for an LSTM) and the gates by name, each (B, H)."""
        if self.kind == "lstm":
            i, f, g, o = gates = lstm_gates(x, h, *self.arrays)
            c = f * c + i * g
            return o * np.tanh(c), c, dict(zip(GATES["lstm"], gates, strict=True))
        if self.kind == "gru":
            r, z, n, _ = gru_gates(x, h, *self.arrays)
            return (1 - z) * n + z * h, None, {"reset": r, "update": z, "candidate": n}
        W_x, W_h, b = self.arrays
        a = x @ W_x + h @ W_h + b
        return np.tanh(a) if self.kind == "rnn" else np.maximum(a, 0), None, {}


def directions_of(layer):
    """Every layer from below as a list of its directions (one or two), of one of our cells or of torch's.

    Raises TypeError for anything else and ValueError for a projected LSTM.
    """
    if _is_torch(layer):
        return [
            [_from_torch(layer, f"l{k}{end}", bool(end)) for end in ("", "_reverse")[: 1 + layer.bidirectional]]
            for k in range(layer.num_layers)
        ]
    if hasattr(layer, "layers"):  # our Stacked
        return [directions for each in layer.layers for directions in directions_of(each)]
    if hasattr(layer, "ahead"):  # our Bidirectional
        return [[_from_cell(layer.ahead, False), _from_cell(layer.reverse, True)]]
    return [[_from_cell(layer, False)]]


def _is_torch(layer):
    return type(layer).__module__.startswith("torch.nn.modules.rnn")


def _from_torch(layer, end, backwards):
    kind = type(layer).__name__.lower()
    if kind not in GATES:
        raise TypeError(f"layer: expected torch.nn.RNN, LSTM or GRU, got {type(layer).__name__}")
    if layer.proj_size:
        raise ValueError(f"layer: an LSTM with a projection has no unit of its own to show, got proj_size={layer.proj_size}")
    arrays = [each.astype(float) for each in direction_arrays(layer, end)]
    kind = "relu" if getattr(layer, "nonlinearity", "tanh") == "relu" else kind
    return Direction(kind, _with_biases(kind, arrays), backwards)


def _from_cell(cell, backwards):
    for kind in ("rnn", "lstm", "gru"):
        if kind in type(cell).__name__.lower() and hasattr(cell, "weights"):
            arrays = [np.asarray(getattr(cell, name), float) for name in cell.names if getattr(cell, name) is not None]
            return Direction(kind, _with_biases(kind, arrays), backwards)
    raise TypeError(f"layer: expected one of rnncourse.cells or torch.nn.RNN, LSTM, GRU; got {type(cell).__name__}")


def _with_biases(kind, arrays):
    """W_x, W_h and the biases that the step takes: one, or two for a GRU; zeros where the layer has none."""
    W_x, W_h, *biases = arrays
    zero = np.zeros(W_h.shape[1])
    if kind == "gru":
        return W_x, W_h, *(biases or (zero, zero))
    return W_x, W_h, sum(biases, zero)
