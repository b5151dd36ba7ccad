"""First weights: how large, and which way, before anything is learned."""

import numpy as np


def glorot(rng, inputs, outputs):
    """Return weights (inputs, outputs) uniform in ±sqrt(6 / (inputs + outputs)).

    Signals then neither grow nor shrink much in either direction through the layer.
    Source: Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward networks, eq. 16.
    """
    _positive(inputs=inputs, outputs=outputs)
    bound = np.sqrt(6 / (inputs + outputs))
    return rng.uniform(-bound, bound, (inputs, outputs))


def orthogonal(rng, rows, columns=None, *, gain=1.0):
    """Return `gain` times a random matrix (rows, columns) with orthonormal rows or columns, the fewer of the two.

    All rotations are equally likely. Such a recurrent matrix keeps the length of a state: every singular value
    is `gain`. Source: Saxe, McClelland and Ganguli 2014, Exact solutions to the nonlinear dynamics of learning.

    >>> W = orthogonal(np.random.default_rng(0), 4)
    >>> np.allclose(W @ W.T, np.eye(4))
    True
    """
    columns = rows if columns is None else columns
    _positive(rows=rows, columns=columns)
    q, r = np.linalg.qr(rng.normal(size=(max(rows, columns), min(rows, columns))))
    q = q * np.where(np.diag(r) < 0, -1.0, 1.0)  # without this, QR prefers some rotations
    return gain * (q if rows >= columns else q.T)


def identity(H, *, scale=1.0):
    """Return `scale` times the identity (H, H): a recurrent matrix that at first repeats the state.

    Source: Le, Jaitly and Hinton 2015, A simple way to initialize recurrent networks of rectified linear units.
    """
    _positive(H=H)
    return scale * np.eye(H)


def chrono_bias(rng, kind, H, longest):
    """Return the bias of an "lstm" (4H,) or of a "gru" (3H,) whose units forget after 1 to `longest` steps.

    A gate that keeps the share f of the memory at each step forgets in about 1 / (1 - f) steps; with
    u ~ U(1, longest - 1) the bias ln u of the keeping gate spreads these times evenly. In a GRU it belongs into
    one of its two biases. `longest` is the longest dependence that you expect, in steps, and more than 2.
    Source: Tallec and Ollivier 2018, Can recurrent neural networks warp time?, eqs. 16 and 17.
    """
    _positive(H=H)
    if kind not in ("lstm", "gru"):
        raise ValueError(f"kind: expected 'lstm' or 'gru', got {kind!r}; a vanilla RNN has no gate to bias")
    if longest <= 2:
        raise ValueError(f"longest: expected more than 2 steps, got {longest}")
    keep = np.log(rng.uniform(1, longest - 1, H))  # (H,)
    zero = np.zeros(H)
    return np.concatenate([-keep, keep, zero, zero] if kind == "lstm" else [zero, keep, zero])


def gate_blocks(gates, block):
    """Return the matrices that `block()` gives, called once a gate, side by side (rows, gates x columns)."""
    return np.hstack([block() for _ in range(gates)])


def _positive(**sizes):
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name}: expected 1 or more, got {size}")
