"""minGRU and minLSTM: gates that look at the input alone, so that no step waits for the one before.

    minGRU   h_t = (1 - z_t) h_{t-1} + z_t n_t,   z_t = sigmoid(x_t W_z + b_z),  n_t = x_t W_n + b_n
    minLSTM  h_t = f'_t h_{t-1} + i'_t n_t,       f' = f / (f + i),  i' = i / (f + i),  f and i sigmoids like z

Both are h_t = a_t h_{t-1} + b_t with a and b known for all steps beforehand. Two such steps after each other are one
of the same form, so `scan_linear` joins them two by two: about 2 log₂ T array operations instead of T. Nothing is
divided and a lies in [0, 1], so a = 0 (forget all) is as exact as any other value; the article reaches stability by
logarithms instead, and for that keeps n positive, which is not needed here.

Source: Feng and others 2024, Were RNNs all we needed?, sections 3.1 and 3.2; the scan
that joins pairs: Blelloch 1990, Prefix sums and their applications.
"""

import torch


def scan_linear(a, b, h0=None):
    """Return all h (B, T, H) of h_t = a_t h_{t-1} + b_t, for a and b (B, T, H) and h0 (B, H), None for zeros.

    Raises ValueError for shapes that do not fit. Gradients reach a, b and h0.

    >>> scan_linear(torch.full((1, 4, 1), 0.5), torch.ones(1, 4, 1)).flatten()
    tensor([1.0000, 1.5000, 1.7500, 1.8750])
    """
    if a.dim() != 3 or a.shape != b.shape or a.shape[1] < 1:
        raise ValueError(f"expected a and b (batch, time, hidden) of one shape, got a {tuple(a.shape)}, b {tuple(b.shape)}")
    if h0 is None:
        h0 = b.new_zeros(b.shape[0], b.shape[2])
    if h0.shape != (b.shape[0], b.shape[2]):
        raise ValueError(f"h0: expected (batch, hidden) = {(b.shape[0], b.shape[2])}, got {tuple(h0.shape)}")
    return LinearScan.apply(a, torch.cat([b[:, :1] + a[:, :1] * h0[:, None], b[:, 1:]], dim=1))


class LinearScan(torch.autograd.Function):
    """The scan from zeros, with a gradient that is a scan too, from the last step to the first.

    With g_t the whole gradient of h_t, through all later steps: g_t = dh_t + a_{t+1} g_{t+1}, db = g, da_t = g_t h_{t-1}.
    """

    @staticmethod
    def forward(ctx, a, b):
        hs = _scan(a, b)
        ctx.save_for_backward(a, hs)
        return hs

    @staticmethod
    def backward(ctx, dhs):
        a, hs = ctx.saved_tensors
        later = torch.cat([a[:, 1:], torch.zeros_like(a[:, :1])], dim=1)  # a_{t+1}, none after the last step
        g = LinearScan.apply(later.flip(1), dhs.flip(1)).flip(1)
        before = torch.cat([torch.zeros_like(hs[:, :1]), hs[:, :-1]], dim=1)  # h_{t-1}
        return g * before, g


def _scan(a, b):
    """Steps 0 and 1 become one, 2 and 3, …: the scan of half the length gives every second h, one step each the others."""
    T = a.shape[1]
    if T == 1:
        return b
    first, second = slice(0, T - 1, 2), slice(1, T, 2)
    hs = torch.empty_like(b)
    hs[:, 1::2] = _scan(a[:, second] * a[:, first], torch.addcmul(b[:, second], a[:, second], b[:, first]))
    hs[:, 0] = b[:, 0]
    if T > 2:
        hs[:, 2::2] = torch.addcmul(b[:, 2::2], a[:, 2::2], hs[:, 1 : T - 1 : 2])
    return hs


class Minimal(torch.nn.Module):
    """What minGRU and minLSTM share: layers on top of each other, each one linear map of its input and a scan.

    `input_size` is D, `hidden_size` H, `num_layers` are stacked; batch first always, as torch's layers with
    `batch_first`. Weights are torch's own draw; the models of this course draw them anew from their generator.
    """

    bidirectional = False
    blocks = None  # linear maps of H columns each

    def __init__(self, input_size, hidden_size, num_layers=1):
        super().__init__()
        if min(input_size, hidden_size, num_layers) < 1:
            raise ValueError(f"expected sizes of 1 or more, got {input_size=}, {hidden_size=}, {num_layers=}")
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        sizes = [input_size] + [hidden_size] * (num_layers - 1)
        self.maps = torch.nn.ModuleList(torch.nn.Linear(size, self.blocks * hidden_size) for size in sizes)

    def forward(self, x, h0=None):
        """Return hs (B, T, H) of the highest layer and the last states (layers, B, H), for x (B, T, D).

        `h0` (layers, B, H) are the states to begin with, None for zeros; with one layer (B, H) will do.
        """
        if not isinstance(x, torch.Tensor) or x.dim() != 3 or x.shape[2] != self.input_size:
            raise ValueError(f"x: expected (batch, time, {self.input_size} inputs), got {_shape(x)}; packed sequences: pad them")
        h0, last = self._states(h0, x), []
        for linear, h in zip(self.maps, h0, strict=True):
            x = scan_linear(*self.coefficients(linear(x)), h)
            last.append(x[:, -1])
        return x, torch.stack(last)

    def step(self, x, h=None):
        """Return the highest layer's h (B, H) and all states (layers, B, H) after one step x (B, D); h as in forward."""
        if not isinstance(x, torch.Tensor) or x.dim() != 2 or x.shape[1] != self.input_size:
            raise ValueError(f"x: expected one step (batch, {self.input_size} inputs), got {_shape(x)}")
        new = []
        for linear, h_l in zip(self.maps, self._states(h, x), strict=True):
            a, b = self.coefficients(linear(x))
            x = torch.addcmul(b, a, h_l)
            new.append(x)
        return x, torch.stack(new)

    def coefficients(self, blocks):
        """Return a and b (…, H) of h_t = a_t h_{t-1} + b_t from the linear maps side by side (…, blocks x H)."""
        raise NotImplementedError

    def bias_memory(self, keep):
        """Set the gates' biases of every layer, in place: each unit keeps the share sigmoid(keep) a step; keep (H,)."""
        raise NotImplementedError

    def _states(self, h, x):
        expected = (self.num_layers, x.shape[0], self.hidden_size)
        if h is None:
            return x.new_zeros(expected)
        h = h[None] if h.dim() == 2 and self.num_layers == 1 else h
        if h.shape != expected:
            raise ValueError(f"h: expected (layers, batch, hidden) = {expected}, got {tuple(h.shape)}")
        return h


class MinGRU(Minimal):
    """h_t = (1 - z_t) h_{t-1} + z_t n_t, where z (how much is new) and n (what is new) are made of x_t alone.

    >>> layer = MinGRU(2, 3)
    >>> hs, h_last = layer(torch.zeros(5, 7, 2))
    >>> hs.shape, h_last.shape, layer.step(torch.zeros(5, 2), h_last)[0].shape
    (torch.Size([5, 7, 3]), torch.Size([1, 5, 3]), torch.Size([5, 3]))
    """

    blocks = 2  # z, n

    def coefficients(self, blocks):
        z, n = blocks.chunk(2, dim=-1)
        return torch.sigmoid(-z), torch.sigmoid(z) * n  # 1 - sigmoid(z), without what rounding takes away

    @torch.no_grad()
    def bias_memory(self, keep):
        for linear in self.maps:
            linear.bias[: self.hidden_size] = -torch.as_tensor(keep)


class MinLSTM(Minimal):
    """h_t = f'_t h_{t-1} + i'_t n_t, where f' and i' sum to 1 and, like n, are made of x_t alone.

    >>> MinLSTM(2, 3)(torch.zeros(5, 7, 2))[0].shape
    torch.Size([5, 7, 3])
    """

    blocks = 3  # f, i, n

    def coefficients(self, blocks):
        f, i, n = blocks.chunk(3, dim=-1)
        # f / (f + i) = sigmoid(ln f - ln i): no division, right also where both gates are shut
        odds = torch.nn.functional.logsigmoid(f) - torch.nn.functional.logsigmoid(i)
        return torch.sigmoid(odds), torch.sigmoid(-odds) * n

    @torch.no_grad()
    def bias_memory(self, keep):
        H, keep = self.hidden_size, torch.as_tensor(keep)
        for linear in self.maps:
            linear.bias[:H], linear.bias[H : 2 * H] = keep, -keep  # sigmoid(k) + sigmoid(-k) = 1: f' = sigmoid(k)


def _shape(x):
    return f"shape {tuple(x.shape)}" if isinstance(x, torch.Tensor) else type(x).__name__
