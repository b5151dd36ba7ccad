"""Dates to translate, read and written by one network as one sequence."""

from dataclasses import dataclass
from functools import cache
from itertools import count

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from rnncourse.benchmark.arms import Shape, labels
from rnncourse.benchmark.scores import A_BLOCK, BLOCKS, Score, in_blocks, tensors

TRANSLATED = 10  # characters of an ISO date
PAIRS = 10_000  # to learn from


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
