"""The recurrent layer of every network here, with the kind as a parameter and weights from a generator.

Kinds are torch's own layers ("rnn", "relu", "gru", "lstm") and the two whose gates do not see the state ("mingru",
"minlstm").
"""

from functools import partial

import numpy as np
import torch

from rnncourse.cells.initial import chrono_bias, gate_blocks, identity, orthogonal
from rnncourse.models.minimal import MinGRU, Minimal, MinLSTM

KINDS = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM, "relu": partial(torch.nn.RNN, nonlinearity="relu")}
GATES = {"rnn": 1, "gru": 3, "lstm": 4, "relu": 1}  # blocks of H columns
MINIMAL = {"mingru": MinGRU, "minlstm": MinLSTM}
STARTS = ("default", "orthogonal", "identity")


def recurrent_layer(kind, inputs, hidden, layers=1, bidirectional=False):
    """Return torch.nn.RNN, GRU or LSTM with `batch_first`, or MinGRU or MinLSTM; its weights are still to be drawn.

    `kind` is "rnn", "gru", "lstm", "mingru", "minlstm", or "relu" for a vanilla RNN with a ReLU for its tanh.
    ValueError for another one, and for a minimal one in two directions. See draw_weights.
    """
    if kind not in KINDS and kind not in MINIMAL:
        raise ValueError(f"kind: expected one of {', '.join([*KINDS, *MINIMAL])}, got {kind!r}")
    if kind in MINIMAL:
        if bidirectional:
            raise ValueError(f"bidirectional: {kind} reads in one direction only; take a GRU or an LSTM")
        return MINIMAL[kind](inputs, hidden, layers)
    return KINDS[kind](inputs, hidden, num_layers=layers, bidirectional=bidirectional, batch_first=True)


def draw_weights(model, bound, rng):
    """Draw every weight of the model evenly from [-bound, bound), in place; torch's own default for these layers."""
    generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
    for weight in model.parameters():
        torch.nn.init.uniform_(weight, -bound, bound, generator=generator)


@torch.no_grad()
def start_from(layer, rng, recurrent="default", *, forget_bias=None, longest=None):
    """Give a recurrent layer other first weights, in place, and return it.

    Args:
        layer: a torch.nn.RNN, GRU or LSTM, or a MinGRU or MinLSTM, which have no recurrent block to start from.
        rng: a NumPy generator.
        recurrent: "orthogonal" or "identity" for each gate's recurrent block, with biases at zero; "default" leaves
            the weights as they are.
        forget_bias: the whole bias of an LSTM's forget gate; of a GRU's update gate, which keeps likewise. A minimal
            layer keeps the share sigmoid(forget_bias) of its state, whatever it is made of.
        longest: spread the gates' memories up to this many steps instead: `rnncourse.cells.chrono_bias`.

    Raises:
        ValueError: an unknown start; a gate's bias for a vanilla RNN; a recurrent start for a minimal layer; both kinds
            of bias at once.
    """
    kind = type(layer).__name__.lower()
    if recurrent not in STARTS:
        raise ValueError(f"recurrent: expected one of {', '.join(STARTS)}, got {recurrent!r}")
    if kind == "rnn" and (forget_bias is not None or longest is not None):
        raise ValueError("forget_bias, longest: a vanilla RNN has no gate to bias")
    if forget_bias is not None and longest is not None:
        raise ValueError("forget_bias, longest: give one of them, both set the same bias")
    if isinstance(layer, Minimal):
        return _start_minimal(layer, kind, rng, recurrent, forget_bias, longest)
    for name, weight in layer.named_parameters():
        if name.startswith("weight_hh") and recurrent != "default":
            H = weight.shape[1]
            block = (lambda H=H: orthogonal(rng, H)) if recurrent == "orthogonal" else (lambda H=H: identity(H))
            weight.copy_(torch.from_numpy(gate_blocks(GATES[kind], block).T))
        if name.startswith("bias") and recurrent != "default":
            weight.zero_()
    for name in [name for name, _ in layer.named_parameters() if name.startswith("bias_ih")]:
        _bias_gates(layer, name, kind, rng, forget_bias, longest)
    return layer


def _bias_gates(layer, name, kind, rng, forget_bias, longest):
    """Set the bias of the keeping gate (and for chrono of the input gate) of one layer and direction."""
    H = layer.hidden_size
    first, second = getattr(layer, name), getattr(layer, name.replace("ih", "hh"))
    if forget_bias is not None:
        first[H : 2 * H], second[H : 2 * H] = forget_bias, 0.0  # the second block: f of an LSTM, z of a GRU
    if longest is not None:
        chosen = torch.from_numpy(chrono_bias(rng, kind, H, longest).astype(np.float32))
        gates = slice(0, 2 * H) if kind == "lstm" else slice(H, 2 * H)
        first[gates], second[gates] = chosen[gates].to(first), 0.0


def _start_minimal(layer, kind, rng, recurrent, forget_bias, longest):
    """Bias what a minimal layer keeps: by one number, or spread as `chrono_bias` spreads a GRU's update gate."""
    if recurrent != "default":
        raise ValueError(f"recurrent: a {kind} has no recurrent weights to start from, got {recurrent!r}")
    H = layer.hidden_size
    if forget_bias is not None:
        layer.bias_memory(np.full(H, forget_bias, np.float32))
    if longest is not None:
        layer.bias_memory(chrono_bias(rng, "gru", H, longest)[H : 2 * H].astype(np.float32))
    return layer


def recurrent_weights(kind, inputs, hidden):
    """Return the number of weights of one recurrent layer, as torch has them, with two biases a gate.

    A minimal layer has one bias a block and no weights for the state.
    """
    if kind in MINIMAL:
        return MINIMAL[kind].blocks * hidden * (inputs + 1)
    return GATES[kind] * hidden * (inputs + hidden + 2)


def hidden_for(kind, inputs, budget):
    """Return the largest hidden size whose recurrent layer has at most `budget` weights: equal weights, fair arms.

    >>> [hidden_for(kind, 2, 4608) for kind in ("rnn", "gru", "lstm")]
    [65, 37, 32]
    """
    H = 0
    while recurrent_weights(kind, inputs, H + 1) <= budget:
        H += 1
    return H


def parameters(model):
    """Return the number of trainable weights of a model."""
    return sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
