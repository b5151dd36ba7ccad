"""How wrong a guess over classes was: the mean surprise in nats, over real steps alone."""

import numpy as np


def softmax_cross_entropy(logits, targets, mask=None):
    """Return the mean loss in nats over the real steps, and its gradient dlogits (B, T, K).

    `logits` are (B, T, K), `targets` (B, T) classes 0…K-1, `mask` (B, T) bool, True at a real step; dlogits is 0
    where it is False, and what stands there never matters. Any leading axes will do, also (B, K) with targets (B,).
    Large logits do no harm. Raises ValueError for shapes that do not fit, a class outside 0…K-1 or no real step.

    >>> loss, dlogits = softmax_cross_entropy(np.zeros((1, 2, 4)), np.array([[3, 0]]))
    >>> bool(np.isclose(loss, np.log(4))), dlogits[0, 0].tolist()
    (True, [0.125, 0.125, 0.125, -0.375])
    """
    logits, targets = np.asarray(logits), np.asarray(targets)
    mask = _checked(logits, targets, mask)
    z, classes = logits[mask], targets[mask]  # (N, K) and (N,), the real steps
    z = z - z.max(axis=1, keepdims=True)  # the largest is 0: exp cannot overflow, the softmax stays the same
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    N = len(z)
    loss = float(np.mean(np.log(total[:, 0]) - z[np.arange(N), classes]))
    dz = e / total  # (N, K), the softmax
    dz[np.arange(N), classes] -= 1
    dlogits = np.zeros(logits.shape, dz.dtype)
    dlogits[mask] = dz / N
    return loss, dlogits


def _checked(logits, targets, mask):
    axes = "batch, time" if logits.ndim == 3 else "all but the last axis of logits"
    if logits.ndim < 2 or targets.shape != logits.shape[:-1]:
        raise ValueError(f"targets: expected ({axes}) = {logits.shape[:-1]}, got {targets.shape}")
    mask = np.ones(targets.shape, dtype=bool) if mask is None else np.asarray(mask)
    if mask.shape != targets.shape or mask.dtype != bool:
        raise ValueError(f"mask: expected bool ({axes}) = {targets.shape}, got {mask.dtype} {mask.shape}")
    if not mask.any():
        raise ValueError("mask: not one real step; there is nothing to take the mean of")
    if targets.dtype.kind not in "iu":
        raise ValueError(f"targets: expected integers, the classes, got {targets.dtype}")
    real, K = targets[mask], logits.shape[-1]
    if real.min() < 0 or real.max() >= K:
        raise ValueError(f"targets: expected classes 0 to {K - 1} at real steps, got {real.min()} to {real.max()}")
    return mask
