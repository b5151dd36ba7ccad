"""Attention: every step asks a question, every step it may look at offers a key, and the answer is a mean of values.

    weights = softmax(q kᵀ / √D)  (T, S),  out = weights v  (T, E)

Source: Vaswani and others 2017, Attention is all you need, sections 3.2.1 and 3.2.2.
"""

import torch
from torch.nn.functional import scaled_dot_product_attention


def attention(q, k, v, mask=None):
    """Return out (…, T, E) and weights (…, T, S): of each query the mean of the values, weighted by how its keys fit.

    `q` (…, T, D) are queries, `k` (…, S, D) keys, `v` (…, S, E) values, `mask` booleans that broadcast to (…, T, S):
    True = may look. Raises ValueError for shapes that do not fit, and for a query that may look at nothing.

    >>> out, weights = attention(torch.zeros(1, 1, 2), torch.randn(1, 3, 2), torch.tensor([[[1.0], [2.0], [6.0]]]))
    >>> out, weights.sum()
    (tensor([[[3.]]]), tensor(1.))
    """
    _fitting(q, k, v)
    scores = q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5  # (…, T, S)
    if mask is not None:
        _allowed(mask, scores.shape)
        scores = scores.masked_fill(~mask, float("-inf"))
    weights = scores.softmax(dim=-1)
    return weights @ v, weights


def causal_mask(T, S=None, device=None):
    """Return booleans (T, S): the last T of S steps may look at themselves and at all before them; S is T if not given.

    >>> causal_mask(2, 3).int()
    tensor([[1, 1, 0],
            [1, 1, 1]], dtype=torch.int32)
    """
    S = T if S is None else S
    return torch.ones(T, S, dtype=torch.bool, device=device).tril(S - T)


class CausalSelfAttention(torch.nn.Module):
    """Several heads of attention side by side, each over the step itself and all steps before it.

    `width` numbers a step are shared among `heads`. With `own` the attention is the readable one above, otherwise
    torch's `scaled_dot_product_attention`, which gives the same numbers faster and never holds the weights.
    """

    def __init__(self, width, heads, *, own=False):
        super().__init__()
        if heads < 1 or width < 1 or width % heads:
            raise ValueError(f"heads: expected to divide the width, got width={width}, heads={heads}")
        self.heads, self.own = heads, own
        self.queries_keys_values = torch.nn.Linear(width, 3 * width)
        self.out = torch.nn.Linear(width, width)

    def forward(self, x, cache=None):
        """Return (B, T, width) for steps x (B, T, width), which follow those in the `KeyValueCache`; it takes them in."""
        q, k, v = self.split(x)
        if cache is not None:
            k, v = cache.append(k, v)
        return self.out(_joined(self._attend(q, k, v)))

    def weights(self, x):
        """Return who looks where, (B, heads, T, T), for steps x (B, T, width): rows are queries and sum to 1."""
        q, k, v = self.split(x)
        return attention(q, k, v, causal_mask(x.shape[1], device=x.device))[1]

    def split(self, x):
        """Return queries, keys and values of every head, three times (B, heads, T, width / heads)."""
        return [each.unflatten(2, (self.heads, -1)).transpose(1, 2) for each in self.queries_keys_values(x).chunk(3, dim=2)]

    def _attend(self, q, k, v):
        T, S = q.shape[2], k.shape[2]
        if self.own:
            return attention(q, k, v, causal_mask(T, S, q.device))[0]
        if T == S:
            return scaled_dot_product_attention(q, k, v, is_causal=True)
        return scaled_dot_product_attention(q, k, v, attn_mask=None if T == 1 else causal_mask(T, S, q.device))


class KeyValueCache:
    """Keys and values of the steps so far, (B, heads, steps, D) each, so that a new step computes only its own.

    The memory doubles when it is full, so that a step copies little. It is written in place and for use without
    gradients; `copy` gives a cache of its own, to try two ways to go on.
    """

    def __init__(self):
        self.length, self._keys, self._values = 0, None, None

    def append(self, k, v):
        """Take in keys and values (B, heads, T, D) of the next T steps; return those of all steps, views."""
        start, self.length = self.length, self.length + k.shape[2]
        if self._keys is None or self.length > self._keys.shape[2]:
            self._keys, self._values = (self._grown(old, like) for old, like in ((self._keys, k), (self._values, v)))
        self._keys[:, :, start : self.length] = k
        self._values[:, :, start : self.length] = v
        return self._keys[:, :, : self.length], self._values[:, :, : self.length]

    def _grown(self, old, like):
        B, heads, _, D = like.shape
        new = like.new_empty(B, heads, max(16, 2 * self.length), D)
        if old is not None:
            new[:, :, : old.shape[2]] = old
        return new

    def copy(self):
        """Return a cache with the same steps that shares no memory with this one."""
        other = KeyValueCache()
        other.length = self.length
        if self._keys is not None:
            other._keys, other._values = self._keys.clone(), self._values.clone()
        return other

    @property
    def nbytes(self):
        """Bytes of the keys and values that are held; room reserved for later steps is not counted."""
        if self._keys is None:
            return 0
        B, heads, _, D = self._keys.shape
        return 2 * B * heads * self.length * D * self._keys.element_size()


def _joined(heads):
    """(B, heads, T, D) -> (B, T, heads x D)."""
    return heads.transpose(1, 2).flatten(2)


def _fitting(q, k, v):
    if min(q.dim(), k.dim(), v.dim()) < 2:
        raise ValueError(f"expected q (…, T, D), k (…, S, D), v (…, S, E), got {_shapes(q, k, v)}")
    if q.shape[-1] != k.shape[-1]:
        raise ValueError(f"q and k: expected the same last axis D, got {_shapes(q, k, v)}")
    if k.shape[-2] != v.shape[-2]:
        raise ValueError(f"k and v: expected the same number of steps S, got {_shapes(q, k, v)}")


def _shapes(q, k, v):
    return ", ".join(f"{name} {tuple(each.shape)}" for name, each in (("q", q), ("k", k), ("v", v)))


def _allowed(mask, shape):
    if mask.dtype != torch.bool:
        raise ValueError(f"mask: expected booleans, True = may look, got {mask.dtype}; mask.bool() makes them")
    try:
        whole = torch.broadcast_shapes(mask.shape, shape)
    except RuntimeError:
        whole = None
    if whole != shape:
        raise ValueError(f"mask: expected a shape that broadcasts to (…, T, S) = {tuple(shape)}, got {tuple(mask.shape)}")
    if not mask.any(dim=-1).all():
        raise ValueError("mask: expected every query to look at one key at least, got a row of False")
