"""A network that reads ids and scores the next one at each step, and the loop that trains it, in NumPy alone.

    ids (B, T) --embedding--> x (B, T, D) --recurrent layer--> hs (B, T, H) --affine--> logits (B, T, V)

The recurrent layer and the loss can be computed by functions that you wrote yourself.
Source: Mikolov and others 2010, Recurrent neural network based language model.
"""

from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from rnncourse.cells.affine import Affine
from rnncourse.cells.clipping import clip_by_global_norm
from rnncourse.cells.embedding import Embedding
from rnncourse.cells.fast_rnn import FastRNN
from rnncourse.cells.loss import softmax_cross_entropy
from rnncourse.cells.rnn import RNN, RNNTrace, rnn_backward, rnn_forward

PIECE = 500  # steps read at once where a long text is scored


@dataclass(eq=False)
class GivenRNN(RNN):
    """The layer `RNN`, computed by two functions that it is given, with the arguments of rnn_forward and rnn_backward."""

    forward_by: callable = rnn_forward
    backward_by: callable = rnn_backward

    def forward(self, x, state=None):
        """As `RNN.forward`, without a mask."""
        x, _ = self.accept(x, None)
        h0 = self.accept_state(state, len(x), "state")
        hs = np.asarray(self.forward_by(x, h0, self.W_xh, self.W_hh, self.b))
        return hs, hs[:, -1].copy(), RNNTrace(x, h0, hs, None)

    def backward(self, dhs, trace):
        """As `RNN.backward`, for states that nothing but the loss has used."""
        x, h0, hs, _ = trace
        dx, dh0, *gradients = self.backward_by(dhs, x, h0, hs, self.W_xh, self.W_hh)
        return np.asarray(dx), np.asarray(dh0), self.named(*map(np.asarray, gradients))


@dataclass(eq=False)
class CharacterModel:
    """Three layers in a row, the loss behind them, and all their weights under one roof.

    `recurrent` is any layer of this package, `loss` a function as `softmax_cross_entropy`.

    >>> model = CharacterModel.random(np.random.default_rng(0), V=5, H=8, D=4)
    >>> logits, state, _ = model.forward(np.array([[0, 1, 2]]))
    >>> logits.shape, state.shape
    ((1, 3, 5), (1, 8))
    >>> sorted(model.weights)
    ['embedding.W', 'readout.W', 'readout.b', 'recurrent.W_hh', 'recurrent.W_xh', 'recurrent.b']
    """

    embedding: Embedding
    recurrent: RNN
    readout: Affine
    loss: callable = softmax_cross_entropy
    weights: dict = field(init=False)

    def __post_init__(self):
        self.weights = _joined(**{name: getattr(self, name).weights for name in ("embedding", "recurrent", "readout")})

    @classmethod
    def random(
        cls, rng, V, H=128, D=64, *, forward=None, backward=None, loss=softmax_cross_entropy, gain=1.0, dtype=np.float64
    ):
        """Return a tanh RNN with V symbols, H hidden units and D numbers a symbol, its weights drawn from `rng`.

        `forward` and `backward` compute the recurrent layer, with the arguments of rnn_forward and rnn_backward;
        both or neither: without them the fast layer does. `gain` multiplies the orthogonal recurrent weights.
        """
        if (forward is None) != (backward is None):
            raise ValueError("forward and backward: expected both or neither, got one; they must belong to each other")
        embedding = Embedding.random(rng, V, D, dtype=dtype)
        recurrent = FastRNN.random(rng, D, H, dtype=dtype)
        recurrent.W_hh *= dtype(gain)
        if forward is not None:
            recurrent = GivenRNN(**recurrent.weights, forward_by=forward, backward_by=backward)
        return cls(embedding, recurrent, Affine.random(rng, H, V, dtype=dtype), loss)

    def forward(self, ids, state=None):
        """Return logits (B, T, V), the last state and the traces of the layers, for ids (B, T) int."""
        x, trace_x = self.embedding.forward(ids)
        hs, state, trace_h = self.recurrent.forward(x, state)
        logits, trace_y = self.readout.forward(hs)
        return logits, state, (trace_x, trace_h, trace_y)

    def gradients(self, ids, targets, state=None):
        """Return the mean loss in nats, the dict of gradients by weight and the last state, for ids and targets (B, T).

        No gradient goes back beyond the first step: this is truncated BPTT if `state` comes from steps before.
        """
        logits, state, (trace_x, trace_h, trace_y) = self.forward(ids, state)
        loss, dlogits = self.loss(logits, targets, np.ones(targets.shape, dtype=bool))
        dhs, readout = self.readout.backward(np.asarray(dlogits), trace_y)
        dx, _, recurrent = self.recurrent.backward(dhs, trace_h)
        embedding = self.embedding.backward(dx, trace_x)
        return float(loss), _joined(embedding=embedding, recurrent=recurrent, readout=readout), state

    def bits(self, ids):
        """Return the mean bits per symbol that the model pays for ids (N,), read once from left to right."""
        ids = np.asarray(ids)[None]  # (1, N)
        if ids.shape[1] < 2:
            raise ValueError(f"ids: expected 2 or more, got {ids.shape[1]}; the first one is read, not scored")
        nats, state = 0.0, None
        for start in range(0, ids.shape[1] - 1, PIECE):
            targets = ids[:, start + 1 : start + 1 + PIECE]
            logits, state, _ = self.forward(ids[:, start : start + targets.shape[1]], state)
            nats += softmax_cross_entropy(logits, targets)[0] * targets.shape[1]
        return nats / (ids.shape[1] - 1) / np.log(2)

    def write(self, ids, count, sample):
        """Return `count` new ids (count,) that go on from ids (N,), N ≥ 1; `sample` maps logits (1, V) to an id (1,)."""
        logits, state, _ = self.forward(np.asarray(ids)[None])
        written = []
        for _ in range(count):
            written.append(int(np.asarray(sample(logits[:, -1]))[0]))
            logits, state, _ = self.forward(np.array([written[-1:]]), state)
        return np.array(written, dtype=np.int64)


def consecutive_batches(ids, B, T):
    """Cut ids (N,) into B long rows and these into batches: a list of (inputs, targets), each (B, T).

    Each row goes on in the next batch where it stopped, so that a state can be carried; targets are the ids one step
    later. What does not fill a batch is dropped.

    >>> [inputs.tolist() for inputs, targets in consecutive_batches(np.arange(10), B=2, T=2)]
    [[[0, 1], [4, 5]], [[2, 3], [6, 7]]]
    """
    ids = np.asarray(ids)
    S = (len(ids) - 1) // B  # steps in a row
    inputs, targets = ids[: B * S].reshape(B, S), ids[1 : B * S + 1].reshape(B, S)
    return [(inputs[:, t : t + T].copy(), targets[:, t : t + T].copy()) for t in range(0, S - T + 1, T)]


class Run(NamedTuple):
    """What a training run leaves behind: the loss in nats and the norm of the gradient before clipping, each (steps,)."""

    losses: np.ndarray
    norms: np.ndarray


def train(
    model, batches, optimizer, *, steps, clip=clip_by_global_norm, max_norm=1.0, carry=True, decay=False, watch=None
):
    """Train the model in place by truncated BPTT for a number of steps and return the `Run`.

    `batches` is a list of (inputs, targets), each (B, T), taken in order and again from the first; the state goes on
    from one to the next unless `carry` is False. `clip` is a function as `clip_by_global_norm`, called with a list;
    max_norm=np.inf clips nothing. A step whose norm is not finite is skipped. With `decay` the learning rate falls
    evenly to zero and is set back at the end. `watch(step, loss)` is called after every step.
    """
    if not batches:
        raise ValueError("batches: expected one or more, got none; is the text shorter than one batch?")
    losses, norms, state, rate = [], [], None, optimizer.learning_rate
    with one_thread():
        for step in range(steps):
            inputs, targets = batches[step % len(batches)]
            if step % len(batches) == 0 or not carry:
                state = None  # the text begins anew, or the past is to be forgotten
            loss, gradients, state = model.gradients(inputs, targets, state)
            clipped, norm = clip(list(gradients.values()), max_norm)
            optimizer.learning_rate = rate * (1 - step / steps) if decay else rate
            if np.isfinite(norm):
                optimizer.step(model.weights, dict(zip(gradients, clipped, strict=True)))
            losses.append(loss)
            norms.append(float(norm))
            if watch:
                watch(step + 1, loss)
    optimizer.learning_rate = rate
    return Run(np.array(losses), np.array(norms))


def one_thread():
    """A context in which a matrix product takes one thread, if threadpoolctl is installed; else one that does nothing.

    Products as small as these are about three times faster so: more threads only wait for each other.
    """
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return nullcontext()
    return threadpool_limits(1)


def _joined(**layers):
    """One dict for the arrays of several layers: {"readout": {"W": …}} becomes {"readout.W": …}."""
    return {f"{layer}.{name}": array for layer, arrays in layers.items() for name, array in arrays.items()}
