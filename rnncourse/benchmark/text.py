"""The text that the arms learn to continue, and how they are judged on it."""

from dataclasses import dataclass, field
from functools import cache
from itertools import count

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from rnncourse.benchmark.arms import Shape, labels
from rnncourse.benchmark.scores import BLOCKS, Score, tensors
from rnncourse.models.objectives import detached, of_each
from rnncourse.states.encoding import encode

BEGINS = 0.1  # of the streams, at every batch: on average after 640 characters, about as many as a held-out stream has


@dataclass(frozen=True)
class Text:
    """The next character of the presidents' messages.

    The text is read in several streams side by side, some characters at a time (the context); a recurrent network goes
    on from its state, but for now and then, when it begins anew, as it does where it is judged: one that never began
    anew can get stuck for good after a beginning. Nine tenths are read; the search and the end are judged by one half
    each of the last tenth. There, only characters count that have at least half a context before them: a Transformer
    reads overlapping windows.
    """

    name: str = "charlm"
    title: str = "the next character of a text"
    length: int = 64
    budget: int = 100_000
    batch: int = 16
    unit: str = "nats a character"
    lengths: tuple = ()
    windows: int = 18  # half contexts of a held-out stream that count

    @property
    def shape(self):
        return Shape(self.budget, self.length, symbols=len(corpus().alphabet), embedding=32)

    @property
    def blind(self):
        """The loss of who knows how frequent each character is."""
        share = np.bincount(corpus().train) / len(corpus().train)
        return float(-(share[share > 0] * np.log(share[share > 0])).sum())

    @property
    def tokens(self):
        return self.batch * self.length

    def batches(self, seed):
        """Endless batches, the same for the same seed, which decides where the streams begin."""
        train, T = corpus().train, self.length
        train = np.roll(train, -int(np.random.default_rng([seed, 7]).integers(len(train))))
        steps = (len(train) // self.batch - 1) // T
        streams = train[: self.batch * (steps * T + 1)].reshape(self.batch, -1)  # (B, steps T + 1)
        for number in count():
            at = number % steps * T
            begins = np.random.default_rng([seed, number, 8]).random(self.batch) < BEGINS
            yield tensors((streams[:, at : at + T], streams[:, at + 1 : at + T + 1], begins))

    def loss(self, model, batch, state):
        """The mean loss of a batch, and the state to go on from."""
        ids, targets, begins = batch
        logits, state = labels(model, ids, of_each(state, lambda h: h * (1 - begins)[:, None]))  # (layers, B, H)
        return cross_entropy(logits.flatten(0, 1), targets.flatten()), detached(state)

    def score(self, arm, model, part, length=None, blocks=BLOCKS):
        """The `Score` on held-out streams, one a block."""
        half = self.length // 2
        streams = torch.from_numpy(corpus().held_out(part, half * (self.windows + 1) + 1)[:blocks].astype(np.int64))
        ids, targets = streams[:, :-1], streams[:, 1 + half :]  # the first half context is not asked
        logits = labels(model, ids)[0][:, half:] if arm.recurrent else windowed(model, ids, self.length)
        losses = cross_entropy(logits.transpose(1, 2), targets, reduction="none")  # (N, T)
        return Score(losses.double().mean(dim=1).numpy(), float((logits.argmax(dim=-1) == targets).float().mean()))


def windowed(model, ids, context):
    """Logits of a network without a state, from half a context on, each made with at least half a context before it."""
    windows = ids.unfold(1, context, context // 2)  # (N, windows, context)
    logits = model(windows.flatten(0, 1))[:, context // 2 :]  # (N windows, half, V)
    return logits.unflatten(0, windows.shape[:2]).flatten(1, 2)


@dataclass(frozen=True, eq=False)
class Corpus:
    """A text as ids: the part that is learnt from, and the two that judge."""

    alphabet: str
    train: np.ndarray
    parts: dict = field(repr=False)

    def held_out(self, part, length):
        """Streams (BLOCKS, length) that are spread evenly over the part."""
        ids = self.parts[part]
        starts = np.linspace(0, len(ids) - length, BLOCKS).astype(int)
        return ids[starts[:, None] + np.arange(length)]


@cache
def corpus():
    """The text of the comparison, read once a process."""
    from rnncourse.data.text import addresses

    text = addresses()
    ids = encode(text.text, text.alphabet).astype(np.int16)
    train, search, final = np.split(ids, [len(ids) * 9 // 10, len(ids) * 19 // 20])
    return Corpus(text.alphabet, train, {"search": search, "final": final})
