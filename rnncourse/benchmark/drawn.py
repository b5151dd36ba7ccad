"""Tasks whose sequences are drawn new for every batch: a sum, a copy, a recall by association."""

from dataclasses import dataclass
from functools import cache
from itertools import count

import numpy as np
from torch.nn.functional import cross_entropy, mse_loss

from rnncourse.benchmark.arms import Shape, answer, labels
from rnncourse.benchmark.scores import A_BLOCK, BLOCKS, Score, in_blocks, tensors
from rnncourse.models.objectives import IGNORED

HELD_OUT = {"search": 101, "final": 202}  # the seeds of the held-out sequences
KEYS = 16  # of recall, and as many values
CLOSE = 0.04  # Hochreiter and Schmidhuber's limit for a right sum


@dataclass(frozen=True)
class Drawn:
    """A task whose sequences are drawn new for every batch.

    `length` is what the generator calls so (steps, delay, pairs), `lengths` those at which the trained network is tried.
    """

    name: str
    title: str
    length: int
    lengths: tuple
    budget: int
    batch: int = 32
    unit: str = "nats"
    of_length: str = "length"  # what the generator's size means

    def batches(self, seed):
        """Endless batches, the same for the same seed."""
        for number in count():
            yield tensors(self.draw(np.random.default_rng([seed, number, 7]), self.batch, self.length))

    def loss(self, model, batch, state):
        """The mean loss of a batch, and no state: every sequence is a whole."""
        ids, targets = batch
        return cross_entropy(labels(model, ids)[0].flatten(0, 1), targets.flatten(), ignore_index=IGNORED), None

    def score(self, arm, model, part, length=None, blocks=BLOCKS):
        """The `Score` on held-out sequences of this length."""
        return self._scored(model, *held_out(self, part, length or self.length, blocks))

    def _scored(self, model, ids, targets):
        logits = labels(model, ids)[0]
        asked = targets != IGNORED  # (N, T), of every sequence the same number
        losses = cross_entropy(logits[asked], targets[asked], reduction="none")
        right = (logits[asked].argmax(dim=-1) == targets[asked]).float().mean()
        return Score(in_blocks(losses, len(ids)), float(right))

    @property
    def tokens(self):
        """Tokens of a batch."""
        return self.batch * self.steps(self.length)

    def steps(self, length):
        """Steps of a sequence of this length."""
        return length


@dataclass(frozen=True)
class Adding(Drawn):
    """The sum of two marked numbers of a long sequence."""

    unit: str = "squared error"
    of_length: str = "steps"

    @property
    def shape(self):
        return Shape(self.budget, max(self.lengths), inputs=2, outputs=1, longest=self.length)

    @property
    def blind(self):
        from rnncourse.data.memory import ADDING_BLIND

        return ADDING_BLIND

    def draw(self, rng, batch, length):
        from rnncourse.data.memory import adding_problem

        x, y = adding_problem(rng, batch, length)
        return x.astype(np.float32), y.astype(np.float32)[:, None]

    def loss(self, model, batch, state):
        x, y = batch
        return mse_loss(answer(model, x), y), None

    def _scored(self, model, x, y):
        errors = (answer(model, x) - y).squeeze(1)  # (N,)
        return Score(in_blocks(errors**2, len(x)), float((errors.abs() < CLOSE).float().mean()))


@dataclass(frozen=True)
class Copy(Drawn):
    """Ten letters, to be said again after a delay; only the ten answers count."""

    of_length: str = "delay"

    @property
    def shape(self):
        return Shape(self.budget, self.steps(max(self.lengths)), symbols=10, longest=self.steps(self.length))

    @property
    def blind(self):
        from rnncourse.data.memory import LETTERS

        return float(np.log(LETTERS))

    def draw(self, rng, batch, length):
        from rnncourse.data.memory import COPIED, copy_memory

        ids, targets = copy_memory(rng, batch, length)
        targets[:, :-COPIED] = IGNORED
        return ids, targets

    def steps(self, length):
        from rnncourse.data.memory import COPIED

        return length + 2 * COPIED


@dataclass(frozen=True)
class Recall(Drawn):
    """Pairs of a key and its value, then all keys in another order: which value came with each?

    The recall by association of `rnncourse.data.associative_recall`, with a question about every pair instead of one:
    a single question in a sequence teaches so slowly that no arm got beyond guessing one of the values it had read.
    Source of this form: Arora and others 2023, Zoology (multi-query associative recall).
    """

    of_length: str = "pairs"

    @property
    def shape(self):
        return Shape(self.budget, self.steps(max(self.lengths)), symbols=2 * KEYS + 1, longest=self.steps(self.length))

    @property
    def blind(self):
        from rnncourse.data.memory import recall_blind

        return recall_blind(KEYS)

    def draw(self, rng, batch, length):
        from rnncourse.data.memory import associative_recall

        read = associative_recall(rng, batch, length, keys=KEYS, values=KEYS)[0][:, :-1]  # the pairs and the question mark
        order = rng.permuted(np.tile(np.arange(length), (batch, 1)), axis=1)
        keys, values = (np.take_along_axis(read[:, first:-1:2], order, axis=1) for first in (0, 1))
        return np.hstack([read, keys]), np.hstack([np.full_like(read, IGNORED), values - KEYS])

    def steps(self, length):
        return 3 * length + 1


@cache
def held_out(task, part, length, blocks):
    """Held-out sequences of a drawn task; the fewer blocks, the first of them."""
    rng = np.random.default_rng([HELD_OUT[part], length])
    whole = tensors(task.draw(rng, BLOCKS * A_BLOCK, length))
    return tuple(each[: blocks * A_BLOCK] for each in whole)
