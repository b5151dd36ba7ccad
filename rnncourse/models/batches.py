"""Where an epoch's batches come from: each function returns a map from a generator to the batches of one epoch.

A map is called anew in every epoch with that epoch's own generator, so that epoch 7 has the same batches whether the
six before it were computed a moment ago or yesterday.
"""

import numpy as np
import torch


def shuffled(x, lengths, targets, batch_size=32):
    """Batches (x, lengths, targets) of a fixed set, in a new order every epoch.

    `x` is (N, T, D), padded; `lengths` (N,) counts the real steps of each sequence. Integer targets (N,) are classes,
    float targets (N, …) numbers. Raises ValueError for arrays that do not belong together.
    """
    x, lengths, targets = tensors(x, lengths, targets)
    return lambda rng: (
        (x[rows], lengths[rows], targets[rows]) for rows in torch.from_numpy(rng.permutation(len(x))).split(batch_size)
    )


def shuffled_rows(*arrays, batch_size=32):
    """Batches of the same rows of every array, in a new order every epoch: (source, lengths, target), (ids, targets), …

    Arrays are (N, …) each; raises ValueError for unequal N.

    >>> batches = shuffled_rows(np.arange(5), np.arange(5) * 10, batch_size=2)(np.random.default_rng(0))
    >>> [(one.tolist(), two.tolist()) for one, two in batches]
    [([2, 4], [20, 40]), ([3, 0], [30, 0]), ([1], [10])]
    """
    if len({len(array) for array in arrays}) != 1:
        raise ValueError(f"arrays: expected the same number of rows in each, got {[len(array) for array in arrays]}")
    ready = [_tensor(array) for array in arrays]
    return lambda rng: (
        tuple(each[rows] for each in ready) for rows in torch.from_numpy(rng.permutation(len(ready[0]))).split(batch_size)
    )


def fresh(draw, batches):
    """Batches that are drawn new and never seen again: `draw(rng)` gives a tuple of arrays, `batches` times an epoch."""
    return lambda rng: (tuple(_tensor(array) for array in draw(rng)) for _ in range(batches))


def consecutive(batches):
    """Batches in their order, the same every epoch: a list of tuples of arrays, as `stateful_batches` of step 1 gives."""
    ready = [tuple(_tensor(array) for array in batch) for batch in batches]
    return lambda rng: iter(ready)


def inputs(x, lengths):
    """Sequences and lengths as tensors, or ValueError that says what does not fit."""
    x, lengths = np.asarray(x), np.asarray(lengths)
    if x.ndim != 3:
        raise ValueError(f"x: expected (batch, time, feature), got shape {x.shape}; one sequence alone is x[None]")
    if lengths.shape != x.shape[:1]:
        raise ValueError(f"lengths: expected one a sequence, shape ({len(x)},), got {lengths.shape}")
    if lengths.min() < 1 or lengths.max() > x.shape[1]:
        raise ValueError(f"lengths: expected 1 to {x.shape[1]} real steps, got {lengths.min()} to {lengths.max()}")
    return torch.from_numpy(x.astype(np.float32)), torch.from_numpy(lengths.astype(np.int64))


def tensors(x, lengths, targets):
    """Sequences, lengths and targets as tensors, or ValueError that says what does not fit."""
    x, lengths = inputs(x, lengths)
    targets = np.asarray(targets)
    if len(targets) != len(x):
        raise ValueError(f"targets: expected one a sequence ({len(x)}), got {len(targets)}")
    return x, lengths, _tensor(targets)


def _tensor(array):
    """Real numbers as float32, all others as int64."""
    array = np.asarray(array)
    return torch.from_numpy(array.astype(np.float32 if array.dtype.kind == "f" else np.int64))
