"""Weights from torch.nn.RNN, LSTM and GRU and back. The only place among the cells that needs torch.

torch keeps each matrix transposed, (gates x H, D), with the gates in the same order as here. It always has two
biases: an RNN and an LSTM only ever use their sum, which is the one bias here; a GRU needs both.
"""

import numpy as np

from rnncourse.cells.bidirectional import Bidirectional
from rnncourse.cells.fast_gru import FastGRU
from rnncourse.cells.fast_lstm import FastLSTM
from rnncourse.cells.fast_rnn import FastRNN
from rnncourse.cells.gru import GRU
from rnncourse.cells.lstm import LSTM
from rnncourse.cells.rnn import RNN
from rnncourse.cells.stacked import Stacked

FAST = {"RNN": FastRNN, "LSTM": FastLSTM, "GRU": FastGRU}
PLAIN = {"RNN": RNN, "LSTM": LSTM, "GRU": GRU}


def from_torch(module, *, plain=False):
    """Return the layer that computes what `module`, a torch.nn.RNN, LSTM or GRU, does; the weights are copies.

    Several layers give Stacked, two directions Bidirectional, else one fast cell, or a plain one if `plain`.
    Dropout between layers acts in training alone and is left out. Raises TypeError for another module and
    ValueError for what the cells here do not have: nonlinearity="relu", proj_size.

    >>> import torch
    >>> layer = from_torch(torch.nn.GRU(3, 4))
    >>> layer.W_x.shape, layer.W_h.shape, layer.b_h.shape
    ((3, 12), (4, 12), (12,))
    """
    kind = type(module).__name__
    if kind not in FAST or not type(module).__module__.startswith("torch."):
        raise TypeError(f"module: expected torch.nn.RNN, LSTM or GRU, got {kind}")
    if getattr(module, "nonlinearity", "tanh") != "tanh":
        raise ValueError(f"module: the RNN here has tanh, got nonlinearity={module.nonlinearity!r}")
    if module.proj_size:
        raise ValueError(f"module: the LSTM here has no projection, got proj_size={module.proj_size}")
    make = (PLAIN if plain else FAST)[kind]
    layers = [_from_layer(module, make, k) for k in range(module.num_layers)]
    return layers[0] if len(layers) == 1 else Stacked(*layers)


def _from_layer(module, make, k):
    ahead = _from_direction(module, make, f"l{k}")
    return Bidirectional(ahead, _from_direction(module, make, f"l{k}_reverse")) if module.bidirectional else ahead


def direction_arrays(module, suffix):
    """Copies of one direction's W_x (D, gates x H), W_h (H, gates x H) and, if it has them, both biases; suffix as in "l0_reverse"."""
    kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh") if module.bias else ("weight_ih", "weight_hh")
    return [getattr(module, f"{kind}_{suffix}").detach().cpu().numpy().T.copy() for kind in kinds]


def _from_direction(module, make, suffix):
    weights = direction_arrays(module, suffix)
    if module.bias and not issubclass(make, GRU):
        weights[2:] = [weights[2] + weights[3]]
    return make(*weights)


def to_torch(layer):
    """Return a torch.nn.RNN, LSTM or GRU (batch_first) that computes what `layer` does; the weights are copies.

    Takes one cell, Bidirectional or Stacked. Of torch's two biases the RNN and the LSTM fill the first. Raises
    TypeError for another layer, and ValueError where torch has no such module: mixed kinds, sizes or biases.

    >>> to_torch(LSTM.random(np.random.default_rng(0), D=3, H=4))
    LSTM(3, 4, batch_first=True)
    """
    import torch

    layers = [_directions(each) for each in (layer.layers if isinstance(layer, Stacked) else [layer])]
    kind, H, bias, directions = _common(layers)
    first = layers[0][0]
    options = {"num_layers": len(layers), "bias": bias, "bidirectional": directions == 2, "batch_first": True}
    with torch.random.fork_rng(devices=[]):  # torch draws first weights, which are overwritten, from its generator
        module = getattr(torch.nn, kind)(first.D, H, **options, dtype=getattr(torch, str(first.dtype)))
    state = {}
    for k, both in enumerate(layers):
        for cell, end in zip(both, ("", "_reverse"), strict=False):
            state |= {f"{name}_l{k}{end}": torch.from_numpy(w) for name, w in _torch_arrays(cell).items()}
    module.load_state_dict(state)
    return module


def _directions(layer):
    return (layer.ahead, layer.reverse) if isinstance(layer, Bidirectional) else (layer,)


def _common(layers):
    """The kind, H, bias and number of directions that all cells share."""
    found = {(_kind(cell), cell.H, bool(cell.weights.keys() - cell.names[:2]), len(both))
             for both in layers for cell in both}  # fmt: skip
    if len(found) > 1:
        each = "; ".join(f"{kind}, H={H}, bias={bias}, directions={n}" for kind, H, bias, n in sorted(found))
        raise ValueError(f"layer: torch.nn has one kind, size, bias and direction for all layers, got {each}")
    return found.pop()


def _kind(cell):
    for name, kind in PLAIN.items():
        if isinstance(cell, kind):
            return name
    raise TypeError(f"layer: expected RNN, LSTM, GRU, alone, Bidirectional or Stacked, got {type(cell).__name__}")


def _torch_arrays(cell):
    W_x, W_h, *_ = (getattr(cell, name) for name in cell.names)
    arrays = {"weight_ih": W_x.T.copy(), "weight_hh": W_h.T.copy()}
    if cell.weights.keys() - cell.names[:2]:
        first = cell.bias(cell.names[2])
        second = cell.bias("b_h") if isinstance(cell, GRU) else np.zeros_like(first)
        arrays |= {"bias_ih": first.copy(), "bias_hh": second.copy()}
    return arrays
