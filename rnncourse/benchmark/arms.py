"""The arms: five networks behind one face, and how large each must be to have as many weights as the others.

All have the default weights of their class, but for two starts that step 3 has shown to pay: orthogonal recurrent
weights, and on tasks made of memory gates whose memories reach over the length of the task. The gates of a minGRU do not see
its state, so that it needs two layers, as a Transformer does, to compare what it reads with what it has read.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch

from rnncourse import models

HEADS = 4


@dataclass(frozen=True)
class Arm:
    """A network: its kind and its layers; `start` is the start of its recurrent weights."""

    name: str
    kind: str
    layers: int = 1
    start: str = "default"

    @property
    def recurrent(self):
        """Whether it goes on from a state of constant size."""
        return self.kind != "transformer"


ARMS = {
    arm.name: arm
    for arm in (
        Arm("RNN", "rnn", start="orthogonal"),
        Arm("LSTM", "lstm", start="orthogonal"),
        Arm("GRU", "gru", start="orthogonal"),
        Arm("minGRU", "mingru", layers=2),
        Arm("Transformer", "transformer", layers=2),
    )
}


@dataclass(frozen=True)
class Shape:
    """What a network has to fit: symbols in and out, or with `symbols` None numbers (`inputs` a step, `outputs` a sequence).

    `budget` is the number of weights, `context` the longest sequence that it will ever see, `embedding` the size of a
    symbol's vector in a recurrent network (a Transformer's is its width), `longest` the memory that the task asks for.
    """

    budget: int
    context: int
    symbols: int | None = None
    inputs: int = 0
    outputs: int = 0
    embedding: int = 16
    longest: int | None = None


@dataclass(frozen=True)
class Size:
    """How large a network is: `width` is H of a recurrent layer; `feedforward` belongs to a Transformer alone."""

    width: int
    feedforward: int | None = None


def build(arm, shape, size, rng):
    """A network of this arm; the same generator state gives the same weights."""
    if not arm.recurrent:
        return _transformer(arm, shape, size, rng)
    kind = {"kind": arm.kind, "layers": arm.layers, "rng": rng}
    if shape.symbols is None:
        model = models.SequenceClassifier(shape.inputs, shape.outputs, size.width, **kind)
    else:
        model = models.SymbolLabeller(shape.symbols, None, size.width, embedding=shape.embedding, **kind)
    gates = shape.longest if arm.kind != "rnn" else None
    if arm.start != "default" or gates:
        models.start_from(model.recurrent, rng, arm.start, longest=gates)
    return model


def _transformer(arm, shape, size, rng):
    numbers = {"inputs": shape.inputs, "outputs": shape.outputs} if shape.symbols is None else {}
    return models.Transformer(
        shape.symbols, layers=arm.layers, width=size.width, heads=HEADS, feedforward=size.feedforward, context=shape.context, rng=rng, **numbers
    )


@cache
def size_for(arm, shape):
    """The size whose number of weights is nearest to the shape's budget."""

    def weights(size):
        return models.parameters(build(arm, shape, size, np.random.default_rng(0)))

    if arm.recurrent:
        width = _last(lambda width: weights(Size(width)) <= shape.budget)
        return min((Size(width), Size(width + 1)), key=lambda size: abs(weights(size) - shape.budget))
    width = HEADS * _last(lambda part: weights(Size(HEADS * part, 4 * HEADS * part)) <= shape.budget)
    feedforward = _last(lambda units: weights(Size(width, units)) <= shape.budget, first=4 * width)
    return Size(width, feedforward)


def _last(fits, first=1):
    """The largest number from `first` on that fits, for a `fits` that is true up to some number."""
    if not fits(first):
        raise ValueError("budget: too small for the smallest network of this arm")
    step = 1
    while fits(first + step):
        step *= 2
    low, high = first + step // 2, first + step  # low fits, high does not
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def labels(model, ids, state=None):
    """Logits (B, T, K) for ids (B, T), and the state to go on from; a Transformer keeps none."""
    if isinstance(model, models.Transformer):
        return model(ids), None
    return model(ids, state)


def answer(model, x):
    """One vector (B, K) a sequence for numbers x (B, T, D): what the network says at the last step."""
    if isinstance(model, models.Transformer):
        return model(x)[:, -1]
    return model(x, torch.full((len(x),), x.shape[1]))
