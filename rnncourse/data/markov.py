"""A source of symbols whose best possible score is known exactly."""

from bisect import bisect
from dataclasses import dataclass
from functools import cached_property

import numpy as np

MOST_CONTEXTS = 2048  # one linear system of this size: about a second


@dataclass(frozen=True, eq=False)
class MarkovSource:
    """Symbols 0..V-1, each drawn from one row of `transitions` (V**order, V), chosen by the `order` symbols before.

    The row of a context is its number in base V: for order 2 the symbols (a, b) choose row a·V + b.
    """

    transitions: np.ndarray
    order: int

    def __repr__(self):
        V = self.transitions.shape[1]
        return f"MarkovSource(V={V}, order={self.order}, entropy_rate={self.entropy_rate:.4f} bits)"

    @cached_property
    def stationary(self):
        """How often each context occurs in the long run, (V**order,), summing to 1."""
        contexts, V = self.transitions.shape
        rows = np.repeat(np.arange(contexts), V)
        columns = (rows * V + np.tile(np.arange(V), contexts)) % contexts  # the oldest symbol drops out
        balance = -np.eye(contexts)
        np.add.at(balance, (columns, rows), self.transitions.ravel())
        balance[-1] = 1.0  # one of the equations follows from the others: in its place, the sum is 1
        return np.linalg.solve(balance, np.eye(contexts)[-1])

    @cached_property
    def entropy_rate(self):
        """Bits per symbol of the best predictor there can be: no honest score lies below it in the long run.

        It is the mean, over contexts, of the entropy of the next symbol (Shannon 1948).
        """
        surprise = -np.log2(self.transitions, out=np.zeros_like(self.transitions), where=self.transitions > 0)
        return float(self.stationary @ (self.transitions * surprise).sum(axis=1))

    def sample(self, rng, n):
        """Return `n` symbols (n,) int64; the run starts as if it had gone on for ever."""
        contexts, V = self.transitions.shape
        edges = np.cumsum(self.transitions, axis=1)[:, :-1].tolist()  # V-1 borders between V symbols
        context = int(rng.choice(contexts, p=np.maximum(self.stationary, 0) / np.maximum(self.stationary, 0).sum()))
        ids = np.empty(n, dtype=np.int64)
        for t, draw in enumerate(rng.random(n)):
            ids[t] = symbol = bisect(edges[context], draw)
            context = (context * V + symbol) % contexts
        return ids

    def bits(self, ids):
        """Bits per symbol of these `ids` (n,) under the source itself, the first `order` being context only."""
        ids = np.asarray(ids)
        if len(ids) <= self.order:
            raise ValueError(f"ids: expected more than order={self.order} symbols, got {len(ids)}")
        V, n = self.transitions.shape[1], len(ids) - self.order
        context = sum((ids[k : k + n] * V ** (self.order - 1 - k) for k in range(self.order)), np.zeros(n, dtype=int))
        return float(-np.log2(self.transitions[context, ids[self.order :]]).mean())


def markov_source(rng, V=8, order=1, *, spread=0.3):
    """Draw a MarkovSource of `V` symbols in which the next one depends on the `order` before it.

    `spread` is the Dirichlet parameter of each row: small makes one or two symbols likely after each
    context, large makes all equally likely. Every symbol keeps a small chance in every context, so that
    the source never gets stuck. Order 0 draws symbols independently.
    Raises ValueError for V below 2, a negative order, or more than 2,048 contexts.
    """
    if V < 2 or order < 0 or spread <= 0:
        raise ValueError(f"expected V >= 2, order >= 0, spread > 0; got V={V}, order={order}, spread={spread}")
    if V**order > MOST_CONTEXTS:
        raise ValueError(f"V**order: expected {MOST_CONTEXTS} contexts at most, got {V}**{order} = {V**order}")
    drawn = rng.dirichlet(np.full(V, spread), size=V**order)
    return MarkovSource(transitions=0.99 * drawn + 0.01 / V, order=order)
