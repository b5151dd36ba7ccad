"""Record what every layer of a network holds at every step: hidden states, cell states, gates.

Recurrent layers are computed once more from their weights, in float64, because torch gives neither gates nor lower
layers; what comes out is compared with what the network itself gave. A Transformer is watched with forward hooks.
"""

from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from rnncourse.states.encoding import home_of, not_empty
from rnncourse.states.weights import directions_of

APART = 1e-3  # more than this between the network and the recomputation is no rounding


@dataclass(frozen=True)
class Layer:
    """What one layer held: `hidden` (B, T, H), `cell` (B, T, H) of an LSTM else None, `gates` by name, each (B, T, H).

    A bidirectional layer has 2H units: the ones that read forwards, then the ones that read backwards.
    """

    name: str
    hidden: np.ndarray
    cell: np.ndarray | None = None
    gates: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Recording:
    """Every layer from below, and `output`, what the network as a whole gave (None if only a layer was recorded)."""

    layers: tuple
    output: np.ndarray | None = None

    @property
    def hidden(self):
        """Hidden states (B, T, H) of the highest layer."""
        return self.layers[-1].hidden

    @property
    def cell(self):
        """Cell states (B, T, H) of the highest layer, None if it has none."""
        return self.layers[-1].cell

    @property
    def gates(self):
        """Gates of the highest layer by name: input, forget, candidate, output, or reset, update, candidate."""
        return self.layers[-1].gates


def record(model, inputs, *more, state=None):
    """Return a `Recording` of a network that reads `inputs`.

    Args:
        model: one of `rnncourse.cells`; torch.nn.RNN, LSTM or GRU (any layers, directions, batch_first); a MinGRU or
            MinLSTM; or a torch module that holds such layers, or Transformer blocks in a torch.nn.ModuleList.
        inputs: arrays or tensors (B, T, D), ids (B, T), or without B for one sequence. For a layer of torch with
            batch_first=False (T, B, D), as that layer reads it. Results always have the batch first.
        more: what else the module's forward takes, such as lengths.
        state: the state before the first step, as the model itself takes it; None is zeros.

    Raises:
        ValueError: no steps, weights without values or on several devices, packed sequences.
        TypeError: nothing in the model can be recorded.
    """
    if not hasattr(model, "named_modules"):
        return _of_cell(model, np.asarray(inputs, float), state)
    import torch

    from rnncourse.models.threads import one_thread

    home = home_of(model)
    inputs, state = _tensor(inputs, model, home), _tensor(state, model, home)
    with one_thread(), torch.no_grad(), _resting(model):
        single = inputs.dim() == (2 if inputs.is_floating_point() else 1)
        inputs = not_empty(inputs.unsqueeze(_batch_axis(model)) if single else inputs)
        return _of_module(model, inputs, [_tensor(each, model, home) for each in more], state)


def _of_cell(cell, x, state):
    x = not_empty(x[None] if x.ndim == 2 else x)
    layers = directions_of(cell)
    hs, last, _ = cell.forward(x, state)
    states = state if state is None or hasattr(cell, "layers") else (state,)
    made = _unrolled(layers, x, [_pairs(one, len(layers[k])) for k, one in enumerate(states or [None] * len(layers))])
    return Recording(_agreeing(made, hs))


def _pairs(state, directions):
    """The state of one of our layers as a list of (h, c) for each direction."""
    each = [state] if directions == 1 else state if state is not None else [None, None]
    return [one if isinstance(one, tuple) else (one, None) for one in each]


def _unrolled(layers, x, states, names=None):
    """Layers computed anew from below: list of `Layer`."""
    made = []
    for k, (directions, state) in enumerate(zip(layers, states, strict=True)):
        parts = [_unroll(one, x, *first) for one, first in zip(directions, state, strict=True)]
        x = np.concatenate([part[0] for part in parts], axis=2)
        cell = None if parts[0][1] is None else np.concatenate([part[1] for part in parts], axis=2)
        gates = {name: np.concatenate([part[2][name] for part in parts], axis=2) for name in parts[0][2]}
        made.append(Layer(f"layer {k + 1}" if names is None else names[k], x, cell, gates))
    return made


def _unroll(direction, x, h=None, c=None):
    """Hidden states, cell states and gates (B, T, H) of one direction, in the order of the input's steps."""
    B, T, _ = x.shape
    h = np.zeros((B, direction.H)) if h is None else np.asarray(h, float)
    c = np.zeros((B, direction.H)) if c is None else np.asarray(c, float)
    hidden, cells, gates = np.empty((B, T, direction.H)), np.empty((B, T, direction.H)), {}
    for t in reversed(range(T)) if direction.backwards else range(T):
        h, c, now = direction.step(x[:, t], h, c)
        hidden[:, t], cells[:, t] = h, h if c is None else c
        for name, gate in now.items():
            gates.setdefault(name, np.empty((B, T, direction.H)))[:, t] = gate
    return hidden, None if c is None else cells, gates


def _agreeing(layers, given):
    """The layers, if the highest one agrees with what the network gave."""
    apart = np.abs(layers[-1].hidden - given).max()
    if not apart < APART:
        raise ValueError(f"the states of {layers[-1].name} differ from the network's by {apart:.2g}; does something change them on the way?")
    return tuple(layers)


def _of_module(model, inputs, more, state):
    import torch

    from rnncourse.models.minimal import Minimal

    recurrent = [(name, each) for name, each in model.named_modules() if isinstance(each, torch.nn.RNNBase | Minimal)]
    blocks = [] if recurrent else _blocks(model)
    if not recurrent and not blocks:
        raise TypeError(f"{type(model).__name__} holds no torch.nn.RNN, LSTM or GRU and no list of blocks to record")
    calls = []
    hooks = [each.register_forward_hook(lambda m, given, got, name=name: calls.append((name, m, given, got))) for name, each in recurrent or blocks]
    try:
        output = model(inputs, *more) if state is None else model(inputs, *more, state)
    finally:
        for hook in hooks:
            hook.remove()
    layers = [layer for call in calls for layer in (_recurrent(*call) if recurrent else [_block(*call)])]
    whole = output[0] if isinstance(output, tuple) else output
    return Recording(tuple(layers), None if isinstance(model, torch.nn.RNNBase | Minimal) else _array(whole))


def _recurrent(name, layer, given, got):
    """The layers of a torch.nn.RNN, LSTM or GRU from what it was given."""
    import torch

    x, state = given[0], given[1] if len(given) > 1 else None
    if not isinstance(layer, torch.nn.RNNBase):
        return _minimal(name, layer, x, state, got)
    if isinstance(x, torch.nn.utils.rnn.PackedSequence):
        raise ValueError("packed sequences cannot be recorded; give the padded ones and look at the real steps alone")
    first = 0 if layer.batch_first else 1
    x, hs = _array(x).swapaxes(0, first), _array(got[0]).swapaxes(0, first)
    layers = directions_of(layer)
    states = iter(_array(each) for each in (state if isinstance(state, tuple) else (state,))) if state is not None else None
    h, c = (None, None) if states is None else (next(states), next(states, None))
    D = len(layers[0])
    pairs = [[(None if h is None else h[k * D + d], None if c is None else c[k * D + d]) for d in range(D)] for k in range(len(layers))]
    prefix = f"{name} " if name else ""
    return _agreeing(_unrolled(layers, x, pairs, [f"{prefix}layer {k + 1}" for k in range(len(layers))]), hs)


def _minimal(name, layer, x, state, got):
    """The layers of a minGRU or minLSTM: h = keep h + new, with both made of the layer's input alone."""
    import torch

    x, layers, prefix = x.double(), [], f"{name} " if name else ""
    states = [None] * layer.num_layers if state is None else state.double().reshape(layer.num_layers, len(x), -1)
    for k, (held, h) in enumerate(zip(layer.maps, states, strict=True)):
        keep, new = layer.coefficients(torch.nn.functional.linear(x, held.weight.double(), held.bias.double()))
        h, hs = torch.zeros_like(new[:, 0]) if h is None else h, []
        for t in range(x.shape[1]):
            h = keep[:, t] * h + new[:, t]  # (B, H)
            hs.append(h)
        x = torch.stack(hs, dim=1)  # (B, T, H)
        layers.append(Layer(f"{prefix}layer {k + 1}", _array(x), None, {"keep": _array(keep)}))
    return _agreeing(layers, _array(got[0]))


def _blocks(model):
    """(name, module) of each block: a Transformer layer, or the members of the first list of equal modules."""
    import torch

    if isinstance(model, torch.nn.TransformerEncoderLayer):
        return [("block 1", model)]
    for _, each in model.named_modules():
        if isinstance(each, torch.nn.ModuleList) and len({type(block) for block in each}) == 1:
            return [(f"block {k + 1}", block) for k, block in enumerate(each)]
    return []


def _block(name, block, given, got):
    hidden = _array(got[0] if isinstance(got, tuple) else got)
    attention = getattr(block, "self_attn", None)
    return Layer(name, hidden if getattr(attention, "batch_first", True) else hidden.swapaxes(0, 1))


def _batch_axis(model):
    """Where a batch axis goes for one sequence alone."""
    attention = getattr(model, "self_attn", None)
    return 0 if getattr(model, "batch_first", getattr(attention, "batch_first", True)) else 1


def _tensor(value, model, home):
    """A tensor on the model's device: real numbers in the dtype of its weights, whole numbers as int64."""
    import torch

    if value is None:
        return None
    if isinstance(value, tuple):
        return tuple(_tensor(each, model, home) for each in value)
    value = torch.as_tensor(value)
    return value.to(home, next(model.parameters()).dtype if value.is_floating_point() else torch.int64)


def _array(tensor):
    return tensor.detach().cpu().double().numpy()


@contextmanager
def _resting(model):
    """The model without dropout for a while."""
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)
