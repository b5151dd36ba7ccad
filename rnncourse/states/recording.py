"""Hidden states, cell states and gates of a recurrent layer, at every step, by computing them once more from its weights.

torch.nn.LSTM shows its states and hides its gates; so its weights are copied into the plain cell of this course, which
shows both. The two agree to the rounding of the module's own float32.
"""

from dataclasses import dataclass

import numpy as np

from rnncourse.cells.bidirectional import Bidirectional
from rnncourse.cells.gru import GRU, gru_forward, gru_gates
from rnncourse.cells.lstm import LSTM, lstm_forward, lstm_gates
from rnncourse.cells.rnn import RNN, rnn_forward
from rnncourse.cells.stacked import Stacked


@dataclass(frozen=True, eq=False)
class LayerStates:
    """One layer in one direction: `hidden` (B, T, H), `cell` (B, T, H) of an LSTM or None, `gates` by letter (B, T, H).

    The gates of an LSTM are i, f, g, o, those of a GRU r, z, n; a vanilla RNN has none. Entry t of each belongs to
    step t of the input, also where the layer reads from the end.
    """

    name: str
    kind: str
    hidden: np.ndarray
    cell: np.ndarray | None
    gates: dict

    @property
    def keeps(self):
        """The gate that says how much of the old state stays, (B, T, H): f of an LSTM, z of a GRU. ValueError for an RNN."""
        letter = {"LSTM": "f", "GRU": "z"}.get(self.kind)
        if letter is None:
            raise ValueError("gates: a vanilla RNN has none, so nothing says how much it keeps")
        return self.gates[letter]


@dataclass(frozen=True, eq=False)
class Recording:
    """All layers of one reading, the lowest first; a layer that reads both ways stands there twice."""

    layers: tuple

    @property
    def hidden(self):
        """What the highest layer gives, (B, T, H), or (B, T, 2H) of a bidirectional one."""
        above = self.layers[-2:] if self.layers[-1].name.endswith("from the end") else self.layers[-1:]
        return np.concatenate([each.hidden for each in above], axis=2)

    def __getitem__(self, place):
        """One layer by its place or by its name, such as "layer 0"; KeyError names those that exist."""
        if isinstance(place, int):
            return self.layers[place]
        found = [each for each in self.layers if each.name == place]
        if not found:
            raise KeyError(f"no layer is called {place!r}; there are {', '.join(each.name for each in self.layers)}")
        return found[0]


def record(layer, x, state=None):
    """Return the Recording of a recurrent layer that reads x (B, T, D).

    Args:
        layer: a cell of `rnncourse.cells` (plain, fast, Stacked or Bidirectional), or torch.nn.RNN, LSTM, GRU with any
            number of layers and directions; what its `batch_first` says is heeded. Its device does not matter.
        x: an array or a tensor, (B, T, D), or (T, B, D) for a torch module without `batch_first`.
        state: the state before the first step, for a single cell (an array, or (h, c) of an LSTM); None is zeros.

    Raises:
        ValueError: x has another shape or no step; a module that the cells cannot copy (nonlinearity="relu", proj_size)
            or whose weights are on the device "meta", where there are none.
        TypeError: another kind of layer.

    >>> from rnncourse.cells import GRU
    >>> cell = GRU.random(np.random.default_rng(0), D=2, H=3)
    >>> seen = record(cell, np.ones((4, 5, 2)))
    >>> seen.hidden.shape, sorted(seen[0].gates)
    ((4, 5, 3), ['n', 'r', 'z'])
    """
    x = as_array(x)
    if hasattr(layer, "parameters"):
        if not getattr(layer, "batch_first", True):
            x = x.swapaxes(0, 1)
        layer = _copied(layer)
    _demand_sequence(x, getattr(layer, "D", None))
    layers = layer.layers if isinstance(layer, Stacked) else (layer,)
    if state is not None and (len(layers) > 1 or isinstance(layers[0], Bidirectional)):
        raise ValueError("state: expected None for several layers or directions, they start from zeros")
    seen = []
    for k, each in enumerate(layers):
        found = _directions(each, x, state, f"layer {k}")
        seen += found
        x = np.concatenate([one.hidden for one in found], axis=2)
    return Recording(tuple(seen))


def as_array(x):
    """An array or a tensor of any device as a float64 NumPy array."""
    return np.asarray(x.detach().cpu().numpy() if hasattr(x, "detach") else x, dtype=np.float64)


def _copied(module):
    from rnncourse.cells.torch_weights import from_torch

    if any(weight.is_meta for weight in module.parameters()):
        raise ValueError("layer: its weights are on the device 'meta', which holds none; use to_empty(device=…) and load them")
    return _in_float64(from_torch(module, plain=True))


def _in_float64(layer):
    """The same layer with weights in float64, so that the copy adds no rounding of its own."""
    if isinstance(layer, Stacked):
        return Stacked(*map(_in_float64, layer.layers))
    if isinstance(layer, Bidirectional):
        return Bidirectional(_in_float64(layer.ahead), _in_float64(layer.reverse))
    return type(layer)(*(None if w is None else w.astype(np.float64) for w in (getattr(layer, n) for n in layer.names)))


def _demand_sequence(x, D):
    if x.ndim != 3:
        raise ValueError(f"x: expected (batch, time, feature), got shape {x.shape}; one sequence alone is x[None]")
    if 0 in x.shape:
        raise ValueError(f"x: expected at least one sequence and one step, got shape {x.shape}")
    if D is not None and x.shape[2] != D:
        raise ValueError(f"x: expected {D} features, which the layer reads, got {x.shape[2]}")


def _directions(layer, x, state, name):
    if not isinstance(layer, Bidirectional):
        return [_one(layer, x, state, name)]
    behind = _one(layer.reverse, x[:, ::-1], None, f"{name} from the end")
    return [_one(layer.ahead, x, None, name), _turned(behind)]


def _turned(seen):
    cell = None if seen.cell is None else seen.cell[:, ::-1]
    gates = {letter: gate[:, ::-1] for letter, gate in seen.gates.items()}
    return LayerStates(seen.name, seen.kind, seen.hidden[:, ::-1], cell, gates)


def _one(layer, x, state, name):
    """The states and gates of one cell in one direction."""
    for kind, cell, read in (("LSTM", LSTM, _lstm), ("GRU", GRU, _gru), ("RNN", RNN, _rnn)):
        if isinstance(layer, cell):
            return LayerStates(name, kind, *read(layer, x, state))
    raise TypeError(f"layer: expected an RNN, LSTM or GRU of rnncourse.cells or torch.nn, got {type(layer).__name__}")


def _rnn(layer, x, state):
    h0 = layer.accept_state(state, len(x), "state")
    return rnn_forward(x, h0, layer.W_xh, layer.W_hh, layer.bias("b")), None, {}


def _lstm(layer, x, state):
    h0, c0 = layer.accept_pair(state, len(x))
    weights = layer.W_x, layer.W_h, layer.bias("b")
    hs, cs = lstm_forward(x, h0, c0, *weights)
    gates = lstm_gates(_flat(x), _flat(_before(h0, hs)), *weights)
    return hs, cs, {letter: gate.reshape(hs.shape) for letter, gate in zip("ifgo", gates, strict=True)}


def _gru(layer, x, state):
    h0 = layer.accept_state(state, len(x), "state")
    weights = layer.W_x, layer.W_h, layer.bias("b_x"), layer.bias("b_h")
    hs = gru_forward(x, h0, *weights)
    gates = gru_gates(_flat(x), _flat(_before(h0, hs)), *weights)[:3]
    return hs, None, {letter: gate.reshape(hs.shape) for letter, gate in zip("rzn", gates, strict=True)}


def _before(first, states):
    """The state that each step has read, (B, T, H)."""
    return np.concatenate([first[:, None], states[:, :-1]], axis=1)


def _flat(a):
    return a.reshape(-1, a.shape[-1])
