"""Three tasks that are made of memory and nothing else, each with the score that no memory can beat."""

import numpy as np

LETTERS = 8  # what is to be copied: ids 0 to 7
BLANK, GO = 8, 9  # nothing to read; the order to begin
COPIED = 10  # letters of one sequence

ADDING_BLIND = 1 / 6  # mean squared error of always saying 1: twice the variance of a uniform number


def adding_problem(rng, batch, length):
    """Return x (batch, length, 2) and y (batch,): feature 0 is uniform in [0, 1), feature 1 marks two steps with 1.

    One mark stands in each half, the halves meet at length // 2; y is the sum of the two marked values. Who
    remembers nothing says 1 and has a mean squared error of `ADDING_BLIND`, 1/6. Raises ValueError for sizes
    that leave a half empty. Source: Hochreiter and Schmidhuber 1997, experiment 4, in the form of Bai, Kolter
    and Koltun 2018.
    """
    if batch < 1 or length < 2:
        raise ValueError(f"expected batch >= 1 and length >= 2, got batch={batch}, length={length}")
    x, row = np.zeros((batch, length, 2)), np.arange(batch)
    x[:, :, 0] = rng.random((batch, length))
    x[row, rng.integers(0, length // 2, batch), 1] = 1.0
    x[row, rng.integers(length // 2, length, batch), 1] = 1.0
    return x, (x[:, :, 0] * x[:, :, 1]).sum(axis=1)


def copy_memory(rng, batch, delay):
    """Return inputs and targets, both (batch, delay + 20) int64: ten letters, and after `delay` steps the same ten.

    Inputs hold 10 letters (ids 0 to 7), then blanks (8), one of them, ten steps before the end, an order to begin
    (9). Targets are blanks up to there and then the letters. Source: Hochreiter and Schmidhuber 1997, in the form
    of Arjovsky, Shah and Bengio 2016.

    >>> inputs, targets = copy_memory(np.random.default_rng(0), 1, 3)
    >>> print(inputs[0], targets[0], sep="\\n")
    [6 5 4 2 2 0 0 0 1 6 8 8 9 8 8 8 8 8 8 8 8 8 8]
    [8 8 8 8 8 8 8 8 8 8 8 8 8 6 5 4 2 2 0 0 0 1 6]
    """
    if batch < 1 or delay < 1:
        raise ValueError(f"expected batch >= 1 and delay >= 1, got batch={batch}, delay={delay}")
    letters = rng.integers(0, LETTERS, (batch, COPIED))
    inputs = np.full((batch, delay + 2 * COPIED), BLANK, dtype=np.int64)
    targets = inputs.copy()
    inputs[:, :COPIED] = letters
    inputs[:, -COPIED - 1] = GO
    targets[:, -COPIED:] = letters
    return inputs, targets


def copy_blind(delay):
    """Return the loss in nats a step of who knows when to answer and remembers nothing: 10 ln 8 / (delay + 20)."""
    return COPIED * np.log(LETTERS) / (delay + 2 * COPIED)


def associative_recall(rng, batch, pairs, *, keys=16, values=16):
    """Return inputs (batch, 2 pairs + 2) int64 and targets of the same shape: which value came with this key?

    Inputs hold `pairs` times a key (ids 0 to keys - 1, none twice) and its value (keys to keys + values - 1), then a
    question mark (keys + values) and one of the keys. The target at that last step is the key's value, counted from 0;
    at all others -1, nothing is asked. So there are keys + values + 1 ids to read and `values` to answer. Any number
    of steps may lie between, and what to keep is known only at the end. Raises ValueError for sizes below 1 and more
    pairs than keys. Source: Ba and others 2016, Using fast weights to attend to the recent past, section 4.1.

    >>> inputs, targets = associative_recall(np.random.default_rng(0), 1, 3, keys=4, values=5)
    >>> print(inputs[0], targets[0], sep="\\n")
    [2 5 0 4 1 4 9 2]
    [-1 -1 -1 -1 -1 -1 -1  1]
    """
    if min(batch, pairs, values) < 1 or pairs > keys:
        raise ValueError(f"expected batch, pairs, values >= 1 and pairs <= keys, got {batch=}, {pairs=}, {keys=}, {values=}")
    key = rng.permuted(np.tile(np.arange(keys), (batch, 1)), axis=1)[:, :pairs]
    value = rng.integers(0, values, (batch, pairs))
    asked, row = rng.integers(0, pairs, batch), np.arange(batch)
    inputs = np.empty((batch, 2 * pairs + 2), dtype=np.int64)
    inputs[:, :-2:2], inputs[:, 1:-2:2] = key, keys + value
    inputs[:, -2], inputs[:, -1] = keys + values, key[row, asked]
    targets = np.full_like(inputs, -1)
    targets[:, -1] = value[row, asked]
    return inputs, targets


def recall_blind(values=16):
    """Return the loss in nats of who remembers nothing and knows how many values there are: ln values."""
    return float(np.log(values))
