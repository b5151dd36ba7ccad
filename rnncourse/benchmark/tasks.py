"""What the arms learn: text, two tasks made of memory, recall by association, and dates to translate.

A task gives every arm the same batches for a seed, and the same held-out sequences: those of "search" decide about the
learning rate, those of "final" about nothing, so that they can judge. Held-out sequences come in 32 blocks, so that
two arms can be compared block by block.

A token is one step of a sequence. Losses are means over the steps at which something is asked.
"""

from dataclasses import dataclass, field
from functools import cache
from itertools import count

import numpy as np
import torch
from torch.nn.functional import cross_entropy, mse_loss

from rnncourse.benchmark.arms import Shape, answer, detached, labels
from rnncourse.models.objectives import IGNORED

BLOCKS = 32  # of held-out sequences
A_BLOCK = 8  # held-out sequences of a block
HELD_OUT = {"search": 101, "final": 202}  # the seeds of the held-out sequences
KEYS = 16  # of recall, and as many values
CLOSE = 0.04  # Hochreiter and Schmidhuber's limit for a right sum


@dataclass(frozen=True)
class Score:
    """Held-out losses (BLOCKS,), and the share of right answers."""

    losses: np.ndarray
    right: float

    @property
    def loss(self):
        """The mean over the blocks."""
        return float(np.mean(self.losses))


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
        return float(np.log(KEYS))

    def draw(self, rng, batch, length):
        from rnncourse.data.memory import associative_recall

        read = associative_recall(rng, batch, length, keys=KEYS, values=KEYS)[0][:, :-1]  # the pairs and the question mark
        order = rng.permuted(np.tile(np.arange(length), (batch, 1)), axis=1)
        keys, values = (np.take_along_axis(read[:, first:-1:2], order, axis=1) for first in (0, 1))
        return np.hstack([read, keys]), np.hstack([np.full_like(read, IGNORED), values - KEYS])

    def steps(self, length):
        return 3 * length + 1


@dataclass(frozen=True)
class Text:
    """The next character of the presidents' messages.

    The text is read in several streams side by side, some characters at a time (the context); a recurrent network goes
    on from its state. Nine tenths are read; the search and the end are judged by one half each of the last tenth. There, only
    characters count that have at least half a context before them: a Transformer reads overlapping windows.
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
        return Shape(self.budget, self.length, symbols=len(reading().alphabet), embedding=32)

    @property
    def blind(self):
        """The loss of who knows how frequent each character is."""
        share = np.bincount(reading().train) / len(reading().train)
        return float(-(share[share > 0] * np.log(share[share > 0])).sum())

    @property
    def tokens(self):
        return self.batch * self.length

    def batches(self, seed):
        """Endless batches, the same for the same seed, which decides where the streams begin."""
        train, T = reading().train, self.length
        train = np.roll(train, -int(np.random.default_rng([seed, 7]).integers(len(train))))
        steps = (len(train) // self.batch - 1) // T
        streams = train[: self.batch * (steps * T + 1)].reshape(self.batch, -1)  # (B, steps T + 1)
        for number in count():
            at = number % steps * T
            yield tensors((streams[:, at : at + T], streams[:, at + 1 : at + T + 1]))

    def loss(self, model, batch, state):
        """The mean loss of a batch, and the state to go on from."""
        ids, targets = batch
        logits, state = labels(model, ids, state)
        return cross_entropy(logits.flatten(0, 1), targets.flatten()), detached(state)

    def score(self, arm, model, part, length=None, blocks=BLOCKS):
        """The `Score` on held-out streams, one a block."""
        half = self.length // 2
        streams = torch.from_numpy(reading().held_out(part, half * (self.windows + 1) + 1)[:blocks].astype(np.int64))
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
class Reading:
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
def reading():
    """The text of the comparison, read once a process."""
    from rnncourse.data.text import addresses

    text = addresses()
    place = {character: n for n, character in enumerate(text.alphabet)}
    ids = np.array([place[character] for character in text.text], dtype=np.int16)
    train, search, final = np.split(ids, [len(ids) * 9 // 10, len(ids) * 19 // 20])
    return Reading(text.alphabet, train, {"search": search, "final": final})


@cache
def held_out(task, part, length, blocks):
    """Held-out sequences of a drawn task; the fewer blocks, the first of them."""
    rng = np.random.default_rng([HELD_OUT[part], length])
    whole = tensors(task.draw(rng, BLOCKS * A_BLOCK, length))
    return tuple(each[: blocks * A_BLOCK] for each in whole)


def in_blocks(losses, sequences):
    """Means (blocks,) of losses in the order of so many sequences, each with as many losses."""
    return losses.double().reshape(sequences // A_BLOCK, -1).mean(dim=1).numpy()


def tensors(arrays):
    """Real numbers as float32, all others as int64."""
    return tuple(torch.from_numpy(np.array(a, dtype=np.float32 if np.asarray(a).dtype.kind == "f" else np.int64)) for a in arrays)

@dataclass(frozen=True)
class Dates:
    """Dates to translate into ISO 8601, as one sequence: the date as written, an order to begin, the translation.

    Its ten characters are what is asked. Scores count a translation as right if no character of it is wrong when the
    network reads its own characters; held-out dates are days that were never learnt.
    """

    name: str = "dates"
    title: str = "dates as written, into ISO 8601"
    budget: int = 40_000
    batch: int = 32
    unit: str = "nats a character"
    lengths: tuple = ()

    @property
    def shape(self):
        return Shape(self.budget, written_dates().ids.shape[1] - 1, symbols=written_dates().symbols)

    @property
    def blind(self):
        """The loss of who knows how frequent each character is at each of the ten places."""
        places = written_dates().ids[2 * BLOCKS * A_BLOCK :, -TRANSLATED:].T
        shares = [np.unique(place, return_counts=True)[1] / len(place) for place in places]
        return float(np.mean([-(share * np.log(share)).sum() for share in shares]))

    @property
    def tokens(self):
        return self.batch * self.shape.context

    def batches(self, seed):
        """Endless batches, the same for the same seed: every pair once, then all again in another order."""
        ids = written_dates().ids[2 * BLOCKS * A_BLOCK :]
        for epoch in count():
            order = np.random.default_rng([seed, epoch, 7]).permutation(len(ids))
            for rows in order[: len(ids) // self.batch * self.batch].reshape(-1, self.batch):
                yield self._asked(ids[rows])

    def loss(self, model, batch, state):
        """The mean loss of a batch, and no state: every pair is a whole."""
        ids, targets = batch
        return cross_entropy(labels(model, ids)[0][:, -TRANSLATED:].flatten(0, 1), targets.flatten()), None

    def score(self, arm, model, part, length=None, blocks=BLOCKS):
        """The `Score` on held-out days."""
        first = BLOCKS * A_BLOCK * (part == "final")
        ids, targets = self._asked(written_dates().ids[first : first + blocks * A_BLOCK])
        losses = cross_entropy(labels(model, ids)[0][:, -TRANSLATED:].transpose(1, 2), targets, reduction="none")
        right = (self._translated(arm, model, ids[:, : 1 - TRANSLATED]) == targets).all(dim=1)
        return Score(in_blocks(losses, len(ids)), float(right.double().mean()))

    @staticmethod
    def _asked(ids):
        """What is read (B, T), the last translated character left out, and the characters asked (B, 10)."""
        return tensors((ids[:, :-1], ids[:, -TRANSLATED:]))

    @staticmethod
    def _translated(arm, model, ids):
        """The ten likeliest characters (B, 10), each read in turn, after ids (B, T) that end with the order to begin."""
        read, state = ids, None
        for _ in range(TRANSLATED):
            logits, state = labels(model, read, state)
            chosen = logits[:, -1:].argmax(dim=-1)  # (B, 1)
            ids = torch.cat([ids, chosen], dim=1)
            read = chosen if arm.recurrent else ids
        return ids[:, -TRANSLATED:]


@dataclass(frozen=True, eq=False)
class Written:
    """Pairs of dates as ids (N, T): fillings, the date as written, an order to begin, the ten characters of the ISO date."""

    ids: np.ndarray
    symbols: int


TRANSLATED = 10  # characters of an ISO date
PAIRS = 10_000  # to learn from


@cache
def written_dates():
    """The pairs of the comparison, read once a process; the first 2 x BLOCKS x A_BLOCK of them judge."""
    from rnncourse.data.dates import date_pairs
    from rnncourse.data.symbols import PAD, START, Symbols

    pairs = date_pairs(np.random.default_rng(0), PAIRS + 2 * BLOCKS * A_BLOCK)
    symbols = Symbols([*pairs.sources, *pairs.targets])
    (sources, lengths), (targets, _) = symbols.encode(pairs.sources), symbols.encode(pairs.targets)
    longest = lengths.max() - 2
    ids = np.full((len(sources), longest + 1 + TRANSLATED), PAD)
    for row, source, length in zip(ids, sources, lengths - 2, strict=True):
        row[longest - length : longest] = source[1 : 1 + length]
    ids[:, longest], ids[:, longest + 1 :] = START, targets[:, 1 : 1 + TRANSLATED]
    return Written(ids, len(symbols))



TASKS = {
    task.name: task
    for task in (
        Text(),
        Adding("adding", "the sum of two marked numbers", 50, (25, 50, 100, 200), 40_000),
        Copy("copy", "ten letters after a delay", 10, (5, 10, 20, 40), 40_000),
        Recall("recall", "the value that came with a key", 6, (2, 4, 6, 8, 12, 16), 40_000),
        Dates(),
    )
}
