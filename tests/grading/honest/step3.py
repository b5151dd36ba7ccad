"""Right answers to single exercises of step 3 that look unlike the model answer."""

from tests.grading.honest.variant import answers

ANSWERS = answers(3, r'''
## lstm_step: gates by slices, and a sigmoid of its own
def sigmoid(a):
    return 1 / (1 + np.exp(-a))

def lstm_step(x, h, c, W_x, W_h, b):
    H = h.shape[1]
    a = x @ W_x + h @ W_h + b
    i, f, g, o = sigmoid(a[:, :H]), sigmoid(a[:, H:2 * H]), np.tanh(a[:, 2 * H:3 * H]), sigmoid(a[:, 3 * H:])
    new = f * c + i * g
    return o * np.tanh(new), new
## lstm_step: four products, one a gate
def lstm_step(x, h, c, W_x, W_h, b):
    gate = lambda k: x @ np.split(W_x, 4, axis=1)[k] + h @ np.split(W_h, 4, axis=1)[k] + np.split(b, 4)[k]
    s = lambda a: 0.5 * (1 + np.tanh(a / 2))
    c = s(gate(1)) * c + s(gate(0)) * np.tanh(gate(2))
    return s(gate(3)) * np.tanh(c), c
## lstm_step: reshaped to (B, 4, H), and SciPy's expit
from scipy.special import expit

def lstm_step(x, h, c, W_x, W_h, b):
    a = (np.concatenate([x, h], axis=1) @ np.concatenate([W_x, W_h]) + b).reshape(len(x), 4, -1)
    i, f, o = (expit(a[:, k]) for k in (0, 1, 3))
    c_new = f * c + i * np.tanh(a[:, 2])
    return [o * np.tanh(c_new), c_new]
## lstm_forward: arrays that are filled
def lstm_forward(x, h0, c0, W_x, W_h, b):
    B, T, _ = x.shape
    hs = np.zeros((B, T, h0.shape[1])); cs = np.zeros_like(hs)
    h, c = h0, c0
    for t in range(T):
        hs[:, t], cs[:, t] = h, c = lstm_step(x[:, t], h, c, W_x, W_h, b)
    return hs, cs
## lstm_forward: itertools.accumulate over pairs
from itertools import accumulate

def lstm_forward(x, h0, c0, W_x, W_h, b):
    pairs = list(accumulate(np.moveaxis(x, 1, 0), lambda s, x_t: lstm_step(x_t, *s, W_x, W_h, b), initial=(h0, c0)))[1:]
    return tuple(np.stack(parts, axis=1) for parts in zip(*pairs))
## lstm_forward: a class with a state, in the cell
class Cell:
    def __init__(self, h, c, *weights):
        self.h, self.c, self.weights = h, c, weights

    def __call__(self, x):
        self.h, self.c = lstm_step(x, self.h, self.c, *self.weights)
        return self.h, self.c

def lstm_forward(x, h0, c0, W_x, W_h, b):
    cell = Cell(h0, c0, W_x, W_h, b)
    out = [cell(x[:, t]) for t in range(x.shape[1])]
    return np.stack([h for h, _ in out], 1), np.stack([c for _, c in out], 1)
## lstm_step_backward: the forward pass in a function of its own, and the chain rule written out
def gates(x, h, W_x, W_h, b):
    z = np.hstack((x, h)) @ np.vstack((W_x, W_h)) + b
    H = h.shape[1]
    half = lambda a: 0.5 * np.tanh(0.5 * a) + 0.5
    return half(z[:, :H]), half(z[:, H:2 * H]), np.tanh(z[:, 2 * H:3 * H]), half(z[:, 3 * H:])

def lstm_step_backward(dh, dc, x, h_prev, c_prev, W_x, W_h, b):
    i, f, g, o = gates(x, h_prev, W_x, W_h, b)
    t = np.tanh(f * c_prev + i * g)
    total = dc + dh * o - dh * o * t * t
    da = np.zeros((len(x), 4 * i.shape[1]))
    for k, part in enumerate([total * g * i * (1 - i), total * c_prev * f * (1 - f), total * i * (1 - g * g), dh * t * o * (1 - o)]):
        da[:, k * i.shape[1]:(k + 1) * i.shape[1]] = part
    both = da @ np.vstack((W_x, W_h)).T
    weights = np.hstack((x, h_prev)).T @ da
    return both[:, :x.shape[1]], both[:, x.shape[1]:], total * f, weights[:x.shape[1]], weights[x.shape[1]:], np.ones(len(x)) @ da
## lstm_step_backward: a dictionary of gates, row by row
def lstm_step_backward(dh, dc, x, h_prev, c_prev, W_x, W_h, b):
    H = h_prev.shape[1]
    s = lambda v: 1.0 / (1.0 + np.exp(-v))
    pre = x @ W_x + h_prev @ W_h + b
    gate = {name: (np.tanh if name == "g" else s)(pre[:, k * H:(k + 1) * H]) for k, name in enumerate("ifgo")}
    c = gate["f"] * c_prev + gate["i"] * gate["g"]
    through = dc + dh * gate["o"] / np.cosh(c) ** 2
    d = {"i": through * gate["g"], "f": through * c_prev, "g": through * gate["i"], "o": dh * np.tanh(c)}
    slope = {name: 1 - v ** 2 if name == "g" else v * (1 - v) for name, v in gate.items()}
    da = np.concatenate([d[name] * slope[name] for name in "ifgo"], axis=1)
    dW_x, dW_h = np.einsum("bd,bk->dk", x, da), np.einsum("bh,bk->hk", h_prev, da)
    return da @ W_x.T, da @ W_h.T, through * gate["f"], dW_x, dW_h, np.add.reduce(da)
## gru_step: gates by slices, and the other way to write the mixture
def gru_step(x, h, W_x, W_h, b_x, b_h):
    H = h.shape[-1]
    gx, gh = x @ W_x + b_x, h @ W_h + b_h
    r = 1 / (1 + np.exp(-(gx[:, :H] + gh[:, :H])))
    z = 1 / (1 + np.exp(-(gx[:, H:2 * H] + gh[:, H:2 * H])))
    n = np.tanh(gx[:, 2 * H:] + r * gh[:, 2 * H:])
    return n + z * (h - n)
## gru_step: unit by unit
import math

def gru_step(x, h, W_x, W_h, b_x, b_h):
    H, out = h.shape[1], np.empty_like(h)
    for row in range(len(h)):
        gx, gh = x[row] @ W_x + b_x, h[row] @ W_h + b_h
        for u in range(H):
            r, z = (0.5 + 0.5 * math.tanh((gx[k * H + u] + gh[k * H + u]) / 2) for k in (0, 1))
            out[row, u] = (1 - z) * math.tanh(gx[2 * H + u] + r * gh[2 * H + u]) + z * h[row, u]
    return out
## gru_forward: functools.reduce with a list
from functools import reduce

def gru_forward(x, h0, W_x, W_h, b_x, b_h):
    steps = reduce(lambda hs, t: hs + [gru_step(x[:, t], hs[-1], W_x, W_h, b_x, b_h)], range(x.shape[1]), [h0])
    return np.stack(steps[1:], axis=1)
## gru_forward: everything for the inputs at once
def gru_forward(x, h0, W_x, W_h, b_x, b_h):
    gx, h, hs = np.einsum("btd,dk->btk", x, W_x) + b_x, h0, np.zeros((*x.shape[:2], h0.shape[1]))
    for t in range(x.shape[1]):
        (xr, xz, xn), (hr, hz, hn) = np.split(gx[:, t], 3, 1), np.split(h @ W_h + b_h, 3, 1)
        r, z = 1 / (1 + np.exp(-xr - hr)), 1 / (1 + np.exp(-xz - hz))
        h = hs[:, t] = (1 - z) * np.tanh(xn + r * hn) + z * h
    return hs
## to_torch_lstm: an OrderedDict of new tensors
def to_torch_lstm(W_x, W_h, b):
    from collections import OrderedDict

    import torch
    t = lambda a: torch.from_numpy(np.array(a, copy=True))
    return OrderedDict(weight_ih_l0=t(W_x).T.contiguous(), weight_hh_l0=t(W_h).T.contiguous(), bias_ih_l0=t(b) / 2, bias_hh_l0=t(b) / 2)
## to_torch_lstm: a module that is filled and asked
def to_torch_lstm(W_x, W_h, b):
    import torch
    net = torch.nn.LSTM(W_x.shape[0], W_h.shape[0], batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        net.weight_ih_l0.copy_(torch.tensor(W_x.T)); net.weight_hh_l0.copy_(torch.tensor(W_h.T))
        net.bias_ih_l0.copy_(torch.tensor(b)); net.bias_hh_l0.zero_()
    return net.state_dict()
## bidirectional: row by row
def bidirectional(forward, backward, x, lengths):
    rows = []
    for n, length in enumerate(lengths):
        real = x[n:n + 1, :length]
        both = np.concatenate([forward(real), backward(real[:, ::-1])[:, ::-1]], axis=2)
        rows.append(np.pad(both[0], [(0, x.shape[1] - length), (0, 0)]))
    return np.stack(rows)
## bidirectional: a copy that is turned in a loop
def bidirectional(forward, backward, x, lengths):
    def flip(a):
        b = a.copy()
        for row, n in zip(b, lengths):
            row[:n] = row[:n][::-1].copy()
        return b
    out = np.dstack((forward(x), flip(backward(flip(x)))))
    for row, n in zip(out, lengths):
        row[n:] = 0
    return out
## parameter_count: torch counts
def parameter_count(kind, input_size, hidden_size, layers=1, bidirectional=False):
    import torch
    net = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[kind](input_size, hidden_size, layers, bidirectional=bidirectional)
    return sum(p.numel() for p in net.parameters())
## parameter_count: recursion over layers
def parameter_count(kind, input_size, hidden_size, layers=1, bidirectional=False):
    if layers == 0:
        return 0
    D = 2 if bidirectional else 1
    one = dict(rnn=1, gru=3, lstm=4)[kind] * (hidden_size * input_size + hidden_size ** 2 + 2 * hidden_size)
    return D * one + parameter_count(kind, D * hidden_size, hidden_size, layers - 1, bidirectional)
## adding_problem: a loop over the batch, and uniform
def adding_problem(rng, batch, length):
    x, y = np.zeros([batch, length, 2]), []
    for n in range(batch):
        x[n, :, 0] = rng.uniform(size=length)
        a, b = rng.integers(length // 2), rng.integers(length // 2, length)
        x[n, [a, b], 1] = 1
        y += [x[n, a, 0] + x[n, b, 0]]
    return x, np.array(y)
## adding_problem: permuted places in each half
def adding_problem(rng, batch, length):
    half = length // 2
    marks = np.zeros((batch, length))
    marks[:, :half] = rng.permuted(np.tile(np.eye(half)[0], (batch, 1)), axis=1)
    marks[:, half:] = rng.permuted(np.tile(np.eye(length - half)[0], (batch, 1)), axis=1)
    values = rng.random(marks.shape)
    return np.stack([values, marks], -1), np.einsum("bt,bt->b", values, marks)
## memory_half_life: unit by unit, with math.log
import math

def memory_half_life(forget):
    f = forget.mean(axis=tuple(range(forget.ndim - 1)))
    return np.array([math.inf if v >= 1 else 0.0 if v <= 0 else math.log(2) / -math.log(v) for v in f])
## memory_half_life: log2
def memory_half_life(forget):
    f = np.mean(np.reshape(forget, (-1, forget.shape[-1])), 0)
    with np.errstate(all="ignore"):
        half = -1 / np.log2(f)
    half[f >= 1] = np.inf
    return half + 0.0
''')
