"""The training loop of the course: mini-batches, Adam, gradients clipped by their global norm.

NumPy arrays go in and come out; torch stays inside.
"""

from contextlib import contextmanager

import numpy as np
import torch


def train(model, x, lengths, targets, *, rng, epochs=20, batch_size=32, learning_rate=3e-3, max_norm=1.0):
    """Train the model in place and return its mean loss in each epoch, a list of `epochs` floats.

    `x` is (B, T, D), padded; `lengths` (B,) counts the real steps of each sequence. Integer targets
    (B,) are classes: the loss is cross-entropy in nats. Float targets (B, K) are numbers to forecast:
    the loss is the mean squared error. `rng` shuffles the sequences, new in every epoch; `max_norm`
    bounds the norm of all gradients together. Arrays of unequal B raise ValueError, and so does a loss
    that is no longer a finite number.
    """
    x, lengths, targets = _tensors(x, lengths, targets)
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    history = []
    with one_thread():
        for _ in range(epochs):
            losses = [
                _step(model, optimizer, x[rows], lengths[rows], targets[rows], max_norm) * len(rows)
                for rows in _batches(len(x), batch_size, rng)
            ]
            history.append(sum(losses) / len(x))
    return history


def outputs(model, x, lengths):
    """What the model answers: scores or forecasts (B, K) as a NumPy array, for x (B, T, D) with lengths (B,)."""
    x, lengths = _inputs(x, lengths)
    with one_thread(), torch.no_grad():
        return model(x, lengths).numpy().astype(np.float64)  # (B, K)


def states(model, x):
    """Every hidden state (B, T, H) of the model's recurrent layer, as a NumPy array, for x (B, T, D)."""
    x, _ = _inputs(x, np.full(len(x), np.shape(x)[1]))
    with one_thread(), torch.no_grad():
        return model.states(x).numpy().astype(np.float64)  # (B, T, H)


def accuracy(model, x, lengths, labels):
    """The share of sequences whose largest score is that of their label (B,)."""
    return float(np.mean(outputs(model, x, lengths).argmax(axis=1) == np.asarray(labels)))


@contextmanager
def one_thread():
    """Let torch use one thread inside the block: for networks this small, more threads only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _step(model, optimizer, x, lengths, targets, max_norm):
    classes = not targets.is_floating_point()
    loss_of = torch.nn.functional.cross_entropy if classes else torch.nn.functional.mse_loss
    loss = loss_of(model(x, lengths), targets)
    if not torch.isfinite(loss):
        raise ValueError(f"loss: expected a finite number, got {loss.item()}; look for NaN in the data, or lower learning_rate")
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return loss.item()


def _batches(count, batch_size, rng):
    order = torch.from_numpy(rng.permutation(count))
    return order.split(batch_size)


def _inputs(x, lengths):
    x, lengths = np.asarray(x), np.asarray(lengths)
    if x.ndim != 3:
        raise ValueError(f"x: expected (batch, time, feature), got shape {x.shape}; one sequence alone is x[None]")
    if lengths.shape != x.shape[:1]:
        raise ValueError(f"lengths: expected one a sequence, shape ({len(x)},), got {lengths.shape}")
    if lengths.min() < 1 or lengths.max() > x.shape[1]:
        raise ValueError(f"lengths: expected 1 to {x.shape[1]} real steps, got {lengths.min()} to {lengths.max()}")
    return torch.from_numpy(x.astype(np.float32)), torch.from_numpy(lengths.astype(np.int64))


def _tensors(x, lengths, targets):
    x, lengths = _inputs(x, lengths)
    targets = np.asarray(targets)
    if len(targets) != len(x):
        raise ValueError(f"targets: expected one a sequence ({len(x)}), got {len(targets)}")
    kind = np.float32 if targets.dtype.kind == "f" else np.int64
    return x, lengths, torch.from_numpy(targets.astype(kind))
