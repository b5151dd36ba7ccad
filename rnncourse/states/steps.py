"""A recurrent layer as a function of its state alone: `step(x, h) -> h`, in NumPy, and `step(h) -> h`, in torch.

An LSTM has two states. As one function it has one of 2H numbers: the hidden state, then the cell state, side by side.
"""

import numpy as np

from rnncourse.states.weights import directions_of


def as_step(layer):
    """`step(x, h) -> h` in NumPy, for x (B, D) and h (B, H), of one of our cells or of torch.nn.RNN, LSTM or GRU.

    For an LSTM h is (B, 2H): hidden state and cell state side by side. Raises ValueError for several layers or directions.
    """
    (direction,) = _only(layer)

    def step(x, h):
        pair = np.split(h, 2, axis=1) if direction.kind == "lstm" else (h,)
        new, cell, _ = direction.step(x, *pair)
        return new if cell is None else np.concatenate([new, cell], axis=1)

    return step


def torch_step(layer, x=None):
    """`step(h) -> h` in torch, float64, for h (N, H) or (H,), at a constant input x (D,), zeros if None.

    The gradient flows through it. Takes a vanilla RNN or a GRU; an LSTM's state is (N, 2H), as in `as_step`.
    """
    import torch

    (direction,) = _only(layer)
    arrays = [torch.tensor(np.ascontiguousarray(each)) for each in direction.arrays]
    x = torch.zeros(arrays[0].shape[0], dtype=torch.float64) if x is None else torch.as_tensor(x, dtype=torch.float64)
    from_x = x @ arrays[0] + arrays[2]  # the same at every step

    def step(h):
        a, b = from_x, h @ arrays[1] if direction.kind != "lstm" else h[..., : direction.H] @ arrays[1]
        return _FORMULAS[direction.kind](torch, a, b, h, arrays)

    return step


def _only(layer):
    layers = directions_of(layer)
    if len(layers) > 1 or len(layers[0]) > 1:
        raise ValueError(f"layer: expected one layer in one direction, got {len(layers)} layers in {len(layers[0])} directions")
    return layers[0]


def _lstm(torch, a, b, h, arrays):
    i, f, g, o = (a + b).chunk(4, dim=-1)
    c = f.sigmoid() * h[..., h.shape[-1] // 2 :] + i.sigmoid() * g.tanh()
    return torch.cat([o.sigmoid() * c.tanh(), c], dim=-1)


def _gru(torch, a, b, h, arrays):
    x_r, x_z, x_n = a.chunk(3, dim=-1)
    h_r, h_z, h_n = (b + arrays[3]).chunk(3, dim=-1)
    z, n = (x_z + h_z).sigmoid(), (x_n + (x_r + h_r).sigmoid() * h_n).tanh()
    return (1 - z) * n + z * h


_FORMULAS = {
    "rnn": lambda torch, a, b, h, arrays: torch.tanh(a + b),
    "relu": lambda torch, a, b, h, arrays: torch.relu(a + b),
    "lstm": _lstm,
    "gru": _gru,
}
