"""What all steps multiply, side by side in one array, for the fast layers."""

import numpy as np

CHUNK_ROWS = 512  # rows (time x batch) that the backward pass takes at once: a cache holds them, a product is large


def joined_inputs(x, h0):
    """Return s (T + 1, B, D + 1 + H) with [x_t, 1, h_{t-1}] in s[t]; of the states, only h0 is filled in.

    x is (B, T, D), h0 (B, H). One product s[t] @ [W_x; b; W_h] then does what x_t W_x + b + h_{t-1} W_h does,
    and one product of all steps at the end gives all weight gradients. Time comes first: a step is one block.
    """
    B, T, D = x.shape
    s = np.empty((T + 1, B, D + 1 + h0.shape[1]), x.dtype)
    s[:T, :, :D] = x.transpose(1, 0, 2)
    s[:, :, D] = 1
    s[0, :, D + 1 :] = h0
    return s


def joined_with_states(x, h0, hs):
    """Return s as above with all states filled in, from hs (B, T, H)."""
    s = joined_inputs(x, h0)
    s[1:, :, x.shape[2] + 1 :] = hs.transpose(1, 0, 2)
    return s


def states_of(s, D):
    """Return the hidden states hs (B, T, H) that stand in s (T + 1, B, D + 1 + H) after the first, as a copy."""
    return np.ascontiguousarray(s[1:, :, D + 1 :].transpose(1, 0, 2))


def steps_of(dhs, time):
    """Return the steps of dhs (B, T, H) in the slice `time` as a copy with time first, (m, B, H)."""
    return dhs[:, time].transpose(1, 0, 2).copy()


def product_by_block(wide, blocks, made):
    """Return (product, W, out) such that product(s[t], W, out[t]) fills blocks[t], gate by gate, with s[t] @ wide.

    wide is (K, G H), one block of H columns a gate; blocks is (T, G, B, H), so that a gate lies in one piece. That
    takes a product for each gate, W being (G, K, H); but a single sequence has its gates side by side already.
    out is a view of blocks; made is that of the layer, which keeps W if it is held still.

    >>> s, wide, blocks = np.ones((1, 5, 2)), np.array([[1.0, 2.0, 3.0], [0.0, 1.0, 2.0]]), np.empty((1, 3, 5, 1))
    >>> product, W, out = product_by_block(wide, blocks, lambda name, make: make())
    >>> product(s[0], W, out[0])[:, 0].tolist(), blocks[0, :, 4].tolist()
    ([[1.0], [3.0], [5.0]], [[1.0], [3.0], [5.0]])
    """
    (T, G, B, H), K = blocks.shape, len(wide)
    if B == 1:
        return np.ndarray.dot, wide, blocks.reshape(T, 1, G * H)
    W = made("by block", lambda: np.ascontiguousarray(wide.reshape(K, G, H).transpose(1, 0, 2)))
    return np.matmul, W, blocks


def resting_rows(mask, T):
    """Return for each of T steps the rows (sequences) where `mask` (B, T) is False, or None where all are real."""
    if mask is None:
        return [None] * T
    return [None if column.all() else np.flatnonzero(~column) for column in mask.T]


def chunks_backward(T, B):
    """Yield slices that cut T steps of B rows into chunks of about CHUNK_ROWS rows, the last chunk first.

    >>> list(chunks_backward(5, 128))
    [slice(4, 5, None), slice(0, 4, None)]
    """
    steps = max(1, CHUNK_ROWS // B)
    for start in reversed(range(0, T, steps)):
        yield slice(start, min(start + steps, T))
