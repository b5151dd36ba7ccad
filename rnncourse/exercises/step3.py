"""Step 3, gates: LSTM and GRU forwards and one step back, torch's weights, two directions, sizes, a memory task."""

import numpy as np

from rnncourse.checking.exercise import Case, exercise, part
from rnncourse.checking.probe import Structure, call, one_thread, unpack

LSTM_READY = (
    "torch.nn.LSTM",
    "torch.nn.LSTMCell",
    "torch.lstm",
    "torch.lstm_cell",
    "torch._decomp.decompositions.lstm_impl",
    "torch._decomp.decompositions.lstm_cell",
    "rnncourse.cells.fast_lstm.FastLSTM",
)
GRU_READY = (
    "torch.nn.GRU",
    "torch.nn.GRUCell",
    "torch.gru",
    "torch.gru_cell",
    "torch._decomp.decompositions.gru_impl",
    "torch._decomp.decompositions.gru_cell",
    "rnncourse.cells.fast_gru.FastGRU",
)
AUTOGRAD = (
    "torch.autograd.grad",
    "torch.autograd.backward",
    "torch.Tensor.backward",
    "torch.autograd.forward_ad.make_dual",
    "torch.autograd.Variable._execution_engine.run_backward",
)
# What runs or differentiates a layer with gates, once it has the weights.
LAYERS = (
    "rnncourse.cells.fast_lstm",
    "rnncourse.cells.fast_gru",
    "rnncourse.cells.streaming",
    "rnncourse.states.steps",
    "rnncourse.states.weights",
)


def _sigmoid(a):
    return 0.5 * (1 + np.tanh(a / 2))


def _naive_sigmoid(a):
    with np.errstate(over="ignore", invalid="ignore"):
        return np.exp(a) / (1 + np.exp(a))


def _gate_weights(rng, D, H, gates):
    """Weights and a bias of order 0.5 to 1, so that every gate shows in the result."""
    W_x, W_h = rng.normal(size=(D, gates * H)) / np.sqrt(D), 0.9 * rng.normal(size=(H, gates * H)) / np.sqrt(H)
    return W_x, W_h, rng.normal(size=gates * H)


def _thousands(rng, B, D):
    """Inputs (B, D) of thousands, of both signs: large enough that some gate is asked for e to the 1,000."""
    return rng.choice([-1.0, 1.0], size=(B, D)) * rng.uniform(3e3, 6e3, size=(B, D))


def _blocks(a, gates):
    """The gates' blocks of columns, side by side."""
    return np.split(a, gates, axis=-1)


def _interleaved(a, gates):
    """As if the gates' columns alternated."""
    return [a[..., k::gates] for k in range(gates)]


def _each_transposed(W, gates):
    return np.hstack([block.T for block in np.split(W, gates, axis=1)])


# ---------------------------------------------------------------- 3.1


def _lstm(x, h, c, W_x, W_h, b, *, order="ifgo", split=_blocks, sigma=_sigmoid, candidate=np.tanh, squash=np.tanh, cell=None, hidden=None):
    """An LSTM step with one piece replaced; `order` says which gate each block of columns is."""
    a = dict(zip(order, split(x @ W_x + h @ W_h + b, 4), strict=True))  # each (B, H)
    i, f, g, o = sigma(a["i"]), sigma(a["f"]), candidate(a["g"]), sigma(a["o"])
    new = f * c + i * g if cell is None else cell(i, f, g, c)
    return (o * squash(new) if hidden is None else hidden(o, new, c)), new


def _lstm_but(**change):
    return lambda x, h, c, W_x, W_h, b: _lstm(x, h, c, W_x, W_h, b, **change)


def _bias_changed(b, gate, change):
    """The bias with the block of one gate (0 to 3) changed."""
    blocks = np.split(b, 4)
    return np.concatenate([change(block) if k == gate else block for k, block in enumerate(blocks)])


@exercise(id="3.1", points=4, minutes=25, difficulty=3, importance=5)
class lstm_step:
    """Return the next hidden state and cell state of an LSTM, its gates in the order input, forget, candidate, output."""

    returns = {"h": "batch hidden", "c": "batch hidden"}
    parts = {
        "cell state": part(2, "c", cases="ordinary"),
        "hidden state": part(1.5, "h", cases="ordinary"),
        "inputs of 1,000": part(0.5, cases="large"),
    }

    def cases(rng):
        for B, D, H in ((3, 2, 5), (1, 3, 2), (4, 5, 1), (2, 1, 3), (5, 3, 3)):
            W_x, W_h, b = _gate_weights(rng, D, H, 4)
            state = {"h": rng.uniform(-1, 1, size=(B, H)), "c": 1.5 * rng.normal(size=(B, H))}
            yield Case({"x": rng.normal(size=(B, D))} | state | {"W_x": W_x, "W_h": W_h, "b": b}, "ordinary")
        W_x, W_h, b = _gate_weights(rng, 2, 4, 4)
        state = {"h": rng.uniform(-1, 1, size=(6, 4)), "c": rng.normal(size=(6, 4))}
        yield Case({"x": _thousands(rng, 6, 2)} | state | {"W_x": W_x, "W_h": W_h, "b": b}, "large")

    def reference(x, h, c, W_x, W_h, b):
        i, f, g, o = np.split(x @ W_x + h @ W_h + b, 4, axis=1)  # each (B, H)
        c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
        return _sigmoid(o) * np.tanh(c), c

    mistakes = {
        "the blocks of i and f are swapped": _lstm_but(order="figo"),
        "the tanh on c is missing: h = o · c": _lstm_but(squash=lambda c: c),
        "the candidate g goes through a sigmoid, not a tanh": _lstm_but(candidate=_sigmoid),
        "the candidate g has no tanh": _lstm_but(candidate=lambda a: a),
        "the gates have a tanh where the sigmoid should be": _lstm_but(sigma=np.tanh),
        "the gates have no sigmoid": _lstm_but(sigma=lambda a: a),
        "exp overflows at large inputs: e^a / (1 + e^a) is inf / inf": _lstm_but(sigma=_naive_sigmoid),
        "the bias is added twice": lambda x, h, c, W_x, W_h, b: _lstm(x, h, c, W_x, W_h, 2 * b),
        "the bias of the forget gate is added twice": lambda x, h, c, W_x, W_h, b: _lstm(
            x, h, c, W_x, W_h, _bias_changed(b, 1, lambda f: 2 * f)
        ),
        "1 is added to the bias of the forget gate: here the bias that is given holds it already": lambda x, h, c, W_x, W_h, b: _lstm(
            x, h, c, W_x, W_h, _bias_changed(b, 1, lambda f: f + 1)
        ),
        "the bias is not added": lambda x, h, c, W_x, W_h, b: _lstm(x, h, c, W_x, W_h, 0 * b),
        "the last state h is ignored": lambda x, h, c, W_x, W_h, b: _lstm(x, 0 * h, c, W_x, W_h, b),
        "the input x is ignored": lambda x, h, c, W_x, W_h, b: _lstm(0 * x, h, c, W_x, W_h, b),
        "the last cell state c is ignored": lambda x, h, c, W_x, W_h, b: _lstm(x, h, 0 * c, W_x, W_h, b),
        "h and c are swapped as they go in": lambda x, h, c, W_x, W_h, b: _lstm(x, c, h, W_x, W_h, b),
        "h and c are swapped as they come out": lambda *a: _lstm(*a)[::-1],
        "the forget gate is missing: c = c + i · g": _lstm_but(cell=lambda i, f, g, c: c + i * g),
        "the input gate is missing: c = f · c + g": _lstm_but(cell=lambda i, f, g, c: f * c + g),
        "the output gate is missing: h = tanh(c)": _lstm_but(hidden=lambda o, new, old: np.tanh(new)),
        "h is made from the old c, not from the new one": _lstm_but(hidden=lambda o, new, old: o * np.tanh(old)),
        "f keeps what it should forget: 1 − f stands in its place": _lstm_but(cell=lambda i, f, g, c: (1 - f) * c + i * g),
        "the cell state goes through a tanh before it is carried on": _lstm_but(cell=lambda i, f, g, c: np.tanh(f * c + i * g)),
        "each gate's block of W_h is used transposed": lambda x, h, c, W_x, W_h, b: _lstm(x, h, c, W_x, _each_transposed(W_h, 4), b),
    }
    conventions = {
        "gate order i, f, o, g (as in CS231n); this exercise uses i, f, g, o": _lstm_but(order="ifog"),
        "gate order i, g, f, o (as in Haiku and early TensorFlow); this exercise uses i, f, g, o": _lstm_but(order="igfo"),
        "gate order i, o, f, g (as in ONNX); this exercise uses i, f, g, o": _lstm_but(order="iofg"),
        "gate order f, i, o, g (as in many papers); this exercise uses i, f, g, o": _lstm_but(order="fiog"),
        "gate order g, i, f, o (the candidate first); this exercise uses i, f, g, o": _lstm_but(order="gifo"),
        "layout in which the gates' columns alternate; here each gate has one block of H columns": _lstm_but(split=_interleaved),
        "variant with coupled gates, i = 1 − f; this exercise has an input gate of its own": _lstm_but(
            cell=lambda i, f, g, c: f * c + (1 - f) * g
        ),
    }
    right = {
        "one product of joined matrices": lambda x, h, c, W_x, W_h, b: _lstm(np.hstack([x, h]), 0 * h, c, np.vstack([W_x, W_h]), 0 * W_h, b),
        "slices and 1 / (1 + e^−a)": lambda x, h, c, W_x, W_h, b: _lstm_sliced(x, h, c, W_x, W_h, b),
        "columns, as papers write it": lambda x, h, c, W_x, W_h, b: _lstm_columns(x, h, c, W_x, W_h, b),
        "einsum, one gate at a time": lambda x, h, c, W_x, W_h, b: _lstm_einsum(x, h, c, W_x, W_h, b),
        "a list of two": lambda *a: list(_lstm(*a)),
    }
    forbidden = (*LSTM_READY, "rnncourse.cells.lstm.lstm_step", "rnncourse.cells.lstm.lstm_gates", "rnncourse.cells.lstm.lstm_forward")
    ready_made = LAYERS
    hints = (
        "Which of the four blocks may be negative, and what does that say about tanh and sigmoid?",
        "a = x @ W_x + h @ W_h + b is (B, 4H); np.split(a, 4, axis=1) gives i, f, g, o, each (B, H); c = σ(f)·c + σ(i)·tanh(g); h = σ(o)·tanh(c).",
        "A sibling, a bank account: new = keep · old + accept · offer, where keep and accept are between 0 and 1 and an offer may be a debt.",
    )


def _lstm_sliced(x, h, c, W_x, W_h, b):
    H = h.shape[1]
    a = x @ W_x + h @ W_h + b
    with np.errstate(over="ignore"):
        gates = 1 / (1 + np.exp(-a))
    new = c * gates[:, H : 2 * H] + gates[:, :H] * np.tanh(a[:, 2 * H : -H])
    return gates[:, -H:] * np.tanh(new), new


def _lstm_columns(x, h, c, W_x, W_h, b):
    i, f, g, o = np.split(W_x.T @ x.T + W_h.T @ h.T + b[:, None], 4)
    new = _sigmoid(f) * c.T + _sigmoid(i) * np.tanh(g)
    return (_sigmoid(o) * np.tanh(new)).T, new.T


def _lstm_einsum(x, h, c, W_x, W_h, b):
    H = h.shape[1]
    Wx, Wh, bs = W_x.reshape(-1, 4, H), W_h.reshape(-1, 4, H), b.reshape(4, H)
    i, f, g, o = (np.einsum("bd,dh->bh", x, Wx[:, k]) + np.einsum("bk,kh->bh", h, Wh[:, k]) + bs[k] for k in range(4))
    new = _sigmoid(f) * c + _sigmoid(i) * (2 * _sigmoid(2 * g) - 1)
    return _sigmoid(o) * np.tanh(new), new


# ---------------------------------------------------------------- 3.2


def _lstm_states(x, h0, c0, W_x, W_h, b, *, step=_lstm, keep_h=True, keep_c=True, order=None):
    """All states of a sequence with one piece of the loop replaced."""
    h, c, hs, cs = h0, c0, np.zeros((*x.shape[:2], h0.shape[1])), np.zeros((*x.shape[:2], h0.shape[1]))
    for t in range(x.shape[1]) if order is None else order(x.shape[1]):
        hs[:, t], cs[:, t] = step(x[:, t], h, c, W_x, W_h, b)
        h, c = (hs[:, t] if keep_h else h0), (cs[:, t] if keep_c else c0)
    return hs, cs


def _lstm_aliased(x, h0, c0, W_x, W_h, b):
    h, c, hs, cs = h0.copy(), c0.copy(), [], []
    for t in range(x.shape[1]):
        h[:], c[:] = _lstm(x[:, t], h, c, W_x, W_h, b)
        hs.append(h)
        cs.append(c)
    return np.stack(hs, axis=1), np.stack(cs, axis=1)


def _before(first, states):
    return np.concatenate([first[:, None], states[:, :-1]], axis=1)


def _crossing(x, h, c, W_x, W_h, b):
    """A step whose results were taken in the wrong order, so that h goes on as c and c as h."""
    return _lstm(x, h, c, W_x, W_h, b)[::-1]


def _lstm_cases(rng):
    for B, T, D, H in ((3, 6, 2, 4), (1, 5, 3, 2), (4, 1, 2, 3), (2, 7, 1, 1), (5, 3, 4, 4)):
        W_x, W_h, b = _gate_weights(rng, D, H, 4)
        state = {"h0": rng.uniform(-1, 1, size=(B, H)), "c0": rng.normal(size=(B, H))}
        yield {"x": rng.normal(size=(B, T, D))} | state | {"W_x": W_x, "W_h": W_h, "b": b}


@exercise(id="3.2", points=3, minutes=15, difficulty=2, importance=4)
class lstm_forward:
    """Run the LSTM step over a whole sequence and return the hidden and the cell state after every step."""

    returns = {"hs": "batch time hidden", "cs": "batch time hidden"}
    parts = {"hidden states": part(1.5, "hs"), "cell states": part(1.5, "cs")}
    cases = _lstm_cases

    def reference(x, h0, c0, W_x, W_h, b):
        h, c, hs, cs = h0, c0, [], []
        for t in range(x.shape[1]):
            h, c = _lstm(x[:, t], h, c, W_x, W_h, b)  # (B, H) each
            hs.append(h)
            cs.append(c)
        return np.stack(hs, axis=1), np.stack(cs, axis=1)  # (B, T, H) each

    mistakes = {
        "c is not carried: every step starts from c0": lambda *a: _lstm_states(*a, keep_c=False),
        "h is not carried: every step starts from h0": lambda *a: _lstm_states(*a, keep_h=False),
        "neither h nor c is carried": lambda *a: _lstm_states(*a, keep_h=False, keep_c=False),
        "h and c are swapped in what is returned": lambda *a: _lstm_states(*a)[::-1],
        "h and c are swapped at every step: h goes on as c and c as h": lambda *a: _lstm_states(*a, step=_crossing),
        "h0 and c0 are swapped": lambda x, h0, c0, *w: _lstm_states(x, c0, h0, *w),
        "h0 is ignored: the loop starts from zeros": lambda x, h0, c0, *w: _lstm_states(x, 0 * h0, c0, *w),
        "c0 is ignored: the loop starts from zeros": lambda x, h0, c0, *w: _lstm_states(x, h0, 0 * c0, *w),
        "h0 and c0 are ignored: the loop starts from zeros": lambda x, h0, c0, *w: _lstm_states(x, 0 * h0, 0 * c0, *w),
        "the hidden states are returned twice, the cell states never": lambda *a: (_lstm_states(*a)[0],) * 2,
        "the cell states are returned twice, the hidden states never": lambda *a: (_lstm_states(*a)[1],) * 2,
        "the sequence is read from its end to its start": lambda *a: _lstm_states(*a, order=lambda T: range(T - 1, -1, -1)),
        "the states are stored before they are updated": lambda x, h0, c0, *w: (lambda hs, cs: (_before(h0, hs), _before(c0, cs)))(
            *_lstm_states(x, h0, c0, *w)
        ),
        "only the last states are returned": lambda *a: tuple(one[:, -1] for one in _lstm_states(*a)),
        "all entries are one array, overwritten at every step": _lstm_aliased,
        "every step reads the first input": lambda x, *a: _lstm_states(np.repeat(x[:, :1], x.shape[1], axis=1), *a),
        "the tanh on c is missing in the step: h = o · c": lambda *a: _lstm_states(*a, step=_lstm_but(squash=lambda c: c)),
        "the bias is not added": lambda x, h0, c0, W_x, W_h, b: _lstm_states(x, h0, c0, W_x, W_h, 0 * b),
        "the blocks of i and f are swapped": lambda *a: _lstm_states(*a, step=_lstm_but(order="figo")),
    }
    conventions = {
        "time-first layout (time, batch, hidden), torch's default; this course puts the batch first": lambda *a: tuple(
            one.transpose(1, 0, 2) for one in _lstm_states(*a)
        ),
        "gate order i, f, o, g (as in CS231n); this exercise uses i, f, g, o": lambda *a: _lstm_states(*a, step=_lstm_but(order="ifog")),
    }
    right = {
        "arrays filled step by step": lambda *a: _lstm_states(*a),
        "the input product outside the loop": lambda x, h0, c0, W_x, W_h, b: _lstm_states(
            x @ W_x + b, h0, c0, np.eye(4 * h0.shape[1]), W_h, 0.0
        ),
        "one sequence after the other": lambda x, h0, c0, *w: tuple(
            np.concatenate(parts)
            for parts in zip(*(_lstm_states(x[k : k + 1], h0[k : k + 1], c0[k : k + 1], *w) for k in range(len(x))), strict=True)
        ),
        "a list of time-first stacks, turned": lambda *a: [one.transpose(1, 0, 2).copy().swapaxes(0, 1) for one in _lstm_states(*a)],
    }
    forbidden = (*LSTM_READY, "rnncourse.cells.lstm.lstm_forward")
    ready_made = LAYERS
    hints = (
        "What has to go from one step to the next: one thing, or two?",
        "h, c = h0, c0; for each t: h, c = lstm_step(x[:, t], h, c, W_x, W_h, b); store both; np.stack(…, axis=1) gives (B, T, H) twice.",
        "A sibling, position and speed: for t: speed = speed + force[:, t]; place = place + speed; both are noted at every step.",
    )


# ---------------------------------------------------------------- 3.3


def _lstm_back(dh, dc, x, h_prev, c_prev, W_x, W_h, b, *, order="ifgo", inner=None, gates=None, slopes=None, dc_prev=None):
    """The gradients of an LSTM step with one piece replaced.

    `inner` makes the cell's whole gradient, `gates` the gradients of i, f, g, o, `slopes` those before sigmoid and tanh.
    """
    a = dict(zip(order, np.split(x @ W_x + h_prev @ W_h + b, 4, axis=1), strict=True))
    i, f, g, o = _sigmoid(a["i"]), _sigmoid(a["f"]), np.tanh(a["g"]), _sigmoid(a["o"])
    c = f * c_prev + i * g
    whole = dc + dh * o * (1 - np.tanh(c) ** 2) if inner is None else inner(dh, dc, o, c, c_prev)
    d = {"i": whole * g, "f": whole * c_prev, "g": whole * i, "o": dh * np.tanh(c)}
    d |= {} if gates is None else gates(whole, d, i, f, g, o, c, c_prev, dh)
    s = {"i": i * (1 - i), "f": f * (1 - f), "g": 1 - g**2, "o": o * (1 - o)}
    s |= {} if slopes is None else slopes(i, f, g, o)
    da = np.hstack([d[gate] * s[gate] for gate in order])  # (B, 4H)
    back = whole * f if dc_prev is None else dc_prev(whole, f, i, dc)
    return da @ W_x.T, da @ W_h.T, back, x.T @ da, h_prev.T @ da, da.sum(axis=0)


def _lstm_back_but(**change):
    return lambda *a: _lstm_back(*a, **change)


def _replaced(place, change):
    """The right gradients, with one of them changed: `change` maps (it, arguments) to what is returned instead."""

    def wrong(*a):
        result = list(_lstm_back(*a))
        result[place] = change(result[place], *a)
        return tuple(result)

    return wrong


def _one_bias_block(source, target):
    """db with the block of one gate copied into that of another."""

    def change(db, *_):
        blocks = np.split(db, 4)
        blocks[target] = blocks[source]
        return np.concatenate(blocks)

    return change


def _dc_in_place(dh, dc, x, h_prev, c_prev, W_x, W_h, b):
    i, f, g, o = np.split(x @ W_x + h_prev @ W_h + b, 4, axis=1)
    dc += dh * _sigmoid(o) * (1 - np.tanh(_sigmoid(f) * c_prev + _sigmoid(i) * np.tanh(g)) ** 2)
    return _lstm_back(dh, dc, x, h_prev, c_prev, W_x, W_h, b, inner=lambda dh, dc, *_: dc * 1.0)


LSTM_GRADIENTS = {
    "dx": "batch feature",
    "dh_prev": "batch hidden",
    "dc_prev": "batch hidden",
    "dW_x": "feature gates·hidden",
    "dW_h": "hidden gates·hidden",
    "db": "gates·hidden",
}


@exercise(id="3.3", points=6, minutes=45, difficulty=4, importance=4)
class lstm_step_backward:
    """Return the gradients of one LSTM step: of its input, of both last states, of both weight matrices and of the bias."""

    returns = LSTM_GRADIENTS
    parts = {name: part(1, name) for name in LSTM_GRADIENTS}

    def cases(rng):
        for B, D, H in ((3, 2, 4), (1, 3, 2), (4, 5, 1), (5, 1, 3), (2, 3, 3)):
            W_x, W_h, b = _gate_weights(rng, D, H, 4)
            upstream = {"dh": rng.normal(size=(B, H)), "dc": rng.normal(size=(B, H))}
            state = {"h_prev": rng.uniform(-1, 1, size=(B, H)), "c_prev": rng.normal(size=(B, H))}
            yield upstream | {"x": rng.normal(size=(B, D))} | state | {"W_x": W_x, "W_h": W_h, "b": b}

    def reference(dh, dc, x, h_prev, c_prev, W_x, W_h, b):
        i, f, g, o = np.split(x @ W_x + h_prev @ W_h + b, 4, axis=1)  # each (B, H)
        i, f, g, o = _sigmoid(i), _sigmoid(f), np.tanh(g), _sigmoid(o)
        tanh_c = np.tanh(f * c_prev + i * g)
        dc = dc + dh * o * (1 - tanh_c**2)  # by the next cell state and by h
        di, df, dg, do = dc * g, dc * c_prev, dc * i, dh * tanh_c
        da = np.hstack([di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)])  # (B, 4H)
        return da @ W_x.T, da @ W_h.T, dc * f, x.T @ da, h_prev.T @ da, da.sum(axis=0)

    mistakes = {
        "the slopes of the sigmoids, σ(1 − σ), are missing": _lstm_back_but(slopes=lambda i, f, g, o: {"i": 1.0, "f": 1.0, "o": 1.0}),
        "the slope of the candidate's tanh, 1 − g², is missing": _lstm_back_but(slopes=lambda i, f, g, o: {"g": 1.0}),
        "the slope of a sigmoid stands at the candidate, g(1 − g), where that of tanh belongs": _lstm_back_but(
            slopes=lambda i, f, g, o: {"g": g * (1 - g)}
        ),
        "the slope of tanh stands at the gates, 1 − σ², where that of a sigmoid belongs": _lstm_back_but(
            slopes=lambda i, f, g, o: {"i": 1 - i**2, "f": 1 - f**2, "o": 1 - o**2}
        ),
        "the slope at the output gate, o(1 − o), is missing": _lstm_back_but(slopes=lambda i, f, g, o: {"o": 1.0}),
        "the slope of tanh(c) is missing": _lstm_back_but(inner=lambda dh, dc, o, c, c_prev: dc + dh * o),
        "the slope of tanh(c) is taken at the old c": _lstm_back_but(inner=lambda dh, dc, o, c, c_prev: dc + dh * o * (1 - np.tanh(c_prev) ** 2)),
        "the slope of tanh(c) is 1 − c², without the tanh": _lstm_back_but(inner=lambda dh, dc, o, c, c_prev: dc + dh * o * (1 - c**2)),
        "dc is not added: only what comes by h goes on": _lstm_back_but(inner=lambda dh, dc, o, c, c_prev: dh * o * (1 - np.tanh(c) ** 2)),
        "only dc goes on: what comes by h is not added to it": _lstm_back_but(inner=lambda dh, dc, o, c, c_prev: dc * 1.0),
        "the output gate o is missing on the way from h to c": _lstm_back_but(inner=lambda dh, dc, o, c, c_prev: dc + dh * (1 - np.tanh(c) ** 2)),
        "dc is added before the slope of tanh(c), not after it": _lstm_back_but(
            inner=lambda dh, dc, o, c, c_prev: (dc + dh * o) * (1 - np.tanh(c) ** 2)
        ),
        "dc is changed in place: the caller's array is overwritten": _dc_in_place,
        "dc_prev is not multiplied by f": _lstm_back_but(dc_prev=lambda whole, f, i, dc: whole * 1.0),
        "dc_prev is multiplied by i, not by f": _lstm_back_but(dc_prev=lambda whole, f, i, dc: whole * i),
        "dc_prev is f times the dc that came in, without what comes by h": _lstm_back_but(dc_prev=lambda whole, f, i, dc: dc * f),
        "df is made from the new c, not from c_prev": _lstm_back_but(gates=lambda whole, d, i, f, g, o, c, c_prev, dh: {"f": whole * c}),
        "do is made from c, not from tanh(c)": _lstm_back_but(gates=lambda whole, d, i, f, g, o, c, c_prev, dh: {"o": dh * c}),
        "do is made from dc, not from dh": _lstm_back_but(gates=lambda whole, d, i, f, g, o, c, c_prev, dh: {"o": whole * np.tanh(c)}),
        "di and dg are swapped: each gets its own factor": _lstm_back_but(
            gates=lambda whole, d, i, f, g, o, c, c_prev, dh: {"i": whole * i, "g": whole * g}
        ),
        "di and df are swapped": _lstm_back_but(gates=lambda whole, d, i, f, g, o, c, c_prev, dh: {"i": d["f"], "f": d["i"]}),
        "db of the forget gate is that of the input gate": _replaced(5, _one_bias_block(0, 1)),
        "db of the candidate is that of the output gate": _replaced(5, _one_bias_block(3, 2)),
        "db is the mean over the batch, not the sum": _replaced(5, lambda db, dh, *_: db / len(dh)),
        "the weight gradients are means over the batch, not sums": lambda dh, *a: tuple(
            one / (len(dh) if k >= 3 else 1) for k, one in enumerate(_lstm_back(dh, *a))
        ),
        "dh_prev has dh added to it: h_prev reaches the loss by the gates alone": _replaced(1, lambda d, dh, *_: d + dh),
        "dW_h is made from c_prev, not from h_prev": lambda *a: _replaced(
            4, lambda d, dh, dc, x, h_prev, c_prev, *w: _lstm_back(dh, dc, x, h_prev, c_prev, *w)[4] * 0 + _outer(c_prev, *a)
        )(*a),
        "dh_prev uses each gate's block of W_h without transposing it": lambda *a: _replaced(
            1, lambda d, *_: _preactivation(*a) @ _each_transposed(a[6], 4).T
        )(*a),
        "dh_prev and dc_prev are swapped": lambda *a: (lambda r: (r[0], r[2], r[1], *r[3:]))(_lstm_back(*a)),
    }
    conventions = {
        "gate order i, f, o, g (as in CS231n); this exercise uses i, f, g, o": _lstm_back_but(order="ifog"),
        "gate order i, g, f, o (as in Haiku and early TensorFlow); this exercise uses i, f, g, o": _lstm_back_but(order="igfo"),
    }
    right = {
        "one gate after the other": lambda *a: _gate_by_gate(*a),
        "a sum over the batch": lambda dh, dc, x, h_prev, c_prev, *w: _row_by_row(dh, dc, x, h_prev, c_prev, *w),
        "transposed views in a list": lambda *a: [np.asfortranarray(one) for one in _lstm_back(*a)],
        "the slope of tanh as 1 / cosh²": _lstm_back_but(inner=lambda dh, dc, o, c, c_prev: dc + dh * o / np.cosh(c) ** 2),
    }
    forbidden = (*AUTOGRAD, "rnncourse.cells.lstm.lstm_step_backward", "rnncourse.cells.lstm.lstm_backward")
    ready_made = LAYERS
    hints = (
        "c has two ways to the loss. Which two, and which of the six arguments is the gradient of which way?",
        "dc = dc + dh·o·(1 − tanh(c)²); di = dc·g, df = dc·c_prev, dg = dc·i, do = dh·tanh(c), each times its slope, side by side as da (B, 4H); "
        "then as in 2.3: dx = da @ W_x.T, dh_prev = da @ W_h.T, dc_prev = dc·f, dW_x = x.T @ da, dW_h = h_prev.T @ da, db = da.sum(axis=0).",
        "A sibling, y = s·u with s = σ(a): du = dy·s, ds = dy·u, da = ds·s·(1 − s).",
    )


def _preactivation(dh, dc, x, h_prev, c_prev, W_x, W_h, b):
    """da (B, 4H): the gradient before sigmoid and tanh, found with an identity in place of the inputs' weights."""
    a = x @ W_x + b
    return _lstm_back(dh, dc, a, h_prev, c_prev, np.eye(a.shape[1]), W_h, 0.0)[0]


def _outer(left, *a):
    return left.T @ _preactivation(*a)


def _gate_by_gate(dh, dc, x, h_prev, c_prev, W_x, W_h, b):
    H = dh.shape[1]
    da = _preactivation(dh, dc, x, h_prev, c_prev, W_x, W_h, b)
    blocks = [da[:, k * H : (k + 1) * H] for k in range(4)]
    dx = sum(d @ W_x[:, k * H : (k + 1) * H].T for k, d in enumerate(blocks))
    dh_prev = sum(np.einsum("bh,kh->bk", d, W_h[:, k * H : (k + 1) * H]) for k, d in enumerate(blocks))
    dc_prev = _lstm_back(dh, dc, x, h_prev, c_prev, W_x, W_h, b)[2]
    dW_x, dW_h = (np.hstack([left.T @ d for d in blocks]) for left in (x, h_prev))
    return dx, dh_prev, dc_prev, dW_x, dW_h, np.concatenate([np.ones(len(x)) @ d for d in blocks])


def _row_by_row(dh, dc, x, h_prev, c_prev, *w):
    rows = [_lstm_back(*(one[k : k + 1] for one in (dh, dc, x, h_prev, c_prev)), *w) for k in range(len(x))]
    *states, dW_x, dW_h, db = zip(*rows, strict=True)
    return *(np.concatenate(one) for one in states), sum(dW_x), sum(dW_h), sum(db)


# ---------------------------------------------------------------- 3.4


def _gru(x, h, W_x, W_h, b_x, b_h, *, order="rzn", split=_blocks, sigma=_sigmoid, squash=np.tanh, candidate=None, mix=None):
    """A GRU step with one piece replaced; `order` says which gate each block of columns is."""
    a_x = dict(zip(order, split(x @ W_x + b_x, 3), strict=True))
    a_h = dict(zip(order, split(h @ W_h + b_h, 3), strict=True))
    r, z = sigma(a_x["r"] + a_h["r"]), sigma(a_x["z"] + a_h["z"])
    W_n, b_n = dict(zip(order, split(W_h, 3), strict=True))["n"], dict(zip(order, split(b_h, 3), strict=True))["n"]
    n = squash(a_x["n"] + r * a_h["n"] if candidate is None else candidate(a_x["n"], r, z, h, W_n, b_n))
    return (1 - z) * n + z * h if mix is None else mix(z, n, h)


def _gru_but(**change):
    return lambda x, h, W_x, W_h, b_x, b_h: _gru(x, h, W_x, W_h, b_x, b_h, **change)


def _reset_before(x_n, r, z, h, W_n, b_n):
    return x_n + (r * h) @ W_n + b_n


def _inverted(z, n, h):
    return z * n + (1 - z) * h


def _gru_case(rng, B, D, H):
    W_x, W_h, b_x = _gate_weights(rng, D, H, 3)
    return {"x": rng.normal(size=(B, D)), "h": rng.uniform(-1, 1, size=(B, H)), "W_x": W_x, "W_h": W_h, "b_x": b_x, "b_h": rng.normal(size=3 * H)}


@exercise(id="3.4", points=4, minutes=25, difficulty=3, importance=5)
class gru_step:
    """Return the next hidden state of a GRU, its gates in the order reset, update, candidate, the reset after the product."""

    returns = {"h": "batch hidden"}
    parts = {"from a state of zeros": part(1.5, cases="zeros"), "from any state": part(2, cases="ordinary"), "inputs of 1,000": part(0.5, cases="large")}

    def cases(rng):
        for B, D, H in ((3, 2, 5), (1, 3, 2), (4, 5, 1), (2, 1, 3), (5, 3, 3)):
            yield Case(_gru_case(rng, B, D, H), "ordinary")
        for B, D, H in ((4, 3, 2), (1, 2, 3)):  # where h is 0 and b_h has no part in n, the reset changes nothing
            args = _gru_case(rng, B, D, H)
            yield Case(args | {"h": 0 * args["h"], "b_h": args["b_h"] * (np.arange(3 * H) < 2 * H)}, "zeros")
        yield Case(_gru_case(rng, 6, 2, 4) | {"x": _thousands(rng, 6, 2)}, "large")

    def reference(x, h, W_x, W_h, b_x, b_h):
        x_r, x_z, x_n = np.split(x @ W_x + b_x, 3, axis=1)  # each (B, H)
        h_r, h_z, h_n = np.split(h @ W_h + b_h, 3, axis=1)
        r, z = _sigmoid(x_r + h_r), _sigmoid(x_z + h_z)
        return (1 - z) * np.tanh(x_n + r * h_n) + z * h

    mistakes = {
        "b_h of the candidate is added outside the reset: r reaches h W_h alone": _gru_but(
            candidate=lambda x_n, r, z, h, W_n, b_n: x_n + r * (h @ W_n) + b_n
        ),
        "the reset gate is not used": _gru_but(candidate=lambda x_n, r, z, h, W_n, b_n: x_n + h @ W_n + b_n),
        "the reset acts on the input's part too": _gru_but(candidate=lambda x_n, r, z, h, W_n, b_n: r * (x_n + h @ W_n + b_n)),
        "the reset acts on the input's part, not on that of h": _gru_but(candidate=lambda x_n, r, z, h, W_n, b_n: r * x_n + h @ W_n + b_n),
        "the update gate z stands where the reset should be": _gru_but(candidate=lambda x_n, r, z, h, W_n, b_n: x_n + z * (h @ W_n + b_n)),
        "the candidate n goes through a sigmoid, not a tanh": _gru_but(squash=_sigmoid),
        "the candidate n has no tanh": _gru_but(squash=lambda a: a),
        "the gates have a tanh where the sigmoid should be": _gru_but(sigma=np.tanh),
        "the gates have no sigmoid": _gru_but(sigma=lambda a: a),
        "exp overflows at large inputs: e^a / (1 + e^a) is inf / inf": _gru_but(sigma=_naive_sigmoid),
        "the old state is added whole: h + (1 − z) n": _gru_but(mix=lambda z, n, h: (1 - z) * n + h),
        "the candidate is added whole: n + z h": _gru_but(mix=lambda z, n, h: n + z * h),
        "the old state is left out: (1 − z) n": _gru_but(mix=lambda z, n, h: (1 - z) * n),
        "the candidate is returned: z is not used": _gru_but(mix=lambda z, n, h: n),
        "b_x is not added": lambda x, h, W_x, W_h, b_x, b_h: _gru(x, h, W_x, W_h, 0 * b_x, b_h),
        "b_h is not added": lambda x, h, W_x, W_h, b_x, b_h: _gru(x, h, W_x, W_h, b_x, 0 * b_h),
        "b_x and b_h are swapped": lambda x, h, W_x, W_h, b_x, b_h: _gru(x, h, W_x, W_h, b_h, b_x),
        "neither bias is added": lambda x, h, W_x, W_h, b_x, b_h: _gru(x, h, W_x, W_h, 0 * b_x, 0 * b_h),
        "the input x is ignored": lambda x, *a: _gru(0 * x, *a),
        "h is not read by the gates": lambda x, h, W_x, W_h, b_x, b_h: _gru(x, h, W_x, 0 * W_h, b_x, b_h),
        "each gate's block of W_h is used transposed": lambda x, h, W_x, W_h, b_x, b_h: _gru(x, h, W_x, _each_transposed(W_h, 3), b_x, b_h),
    }
    conventions = {
        "paper's convention (reset before the product); this exercise uses PyTorch's (after it)": _gru_but(candidate=_reset_before),
        "convention where z is the share of the new, z n + (1 − z) h; this exercise uses (1 − z) n + z h": _gru_but(mix=_inverted),
        "paper's convention with the reset before the product, and z as the share of the new; this exercise uses PyTorch's of both": _gru_but(
            candidate=_reset_before, mix=_inverted
        ),
        "gate order z, r, n (as in Keras); this exercise uses r, z, n": _gru_but(order="zrn"),
        "gate order z, r, n with the reset before the product (as in Keras without reset_after); this exercise uses r, z, n and resets after it": _gru_but(
            order="zrn", candidate=_reset_before
        ),
        "gate order n, r, z (the candidate first); this exercise uses r, z, n": _gru_but(order="nrz"),
        "layout in which the gates' columns alternate; here each gate has one block of H columns": _gru_but(split=_interleaved),
    }
    right = {
        "slices and 1 / (1 + e^−a)": lambda x, h, W_x, W_h, b_x, b_h: _gru_sliced(x, h, W_x, W_h, b_x, b_h),
        "n + z (h − n)": _gru_but(mix=lambda z, n, h: n + z * (h - n)),
        "columns, as papers write it": lambda x, h, W_x, W_h, b_x, b_h: _gru_columns(x, h, W_x, W_h, b_x, b_h),
        "one product for both gates": lambda x, h, W_x, W_h, b_x, b_h: _gru_joined(x, h, W_x, W_h, b_x, b_h),
    }
    forbidden = (*GRU_READY, "rnncourse.cells.gru.gru_step", "rnncourse.cells.gru.gru_gates", "rnncourse.cells.gru.gru_forward")
    ready_made = LAYERS
    hints = (
        "The reset gate decides how much of the past the candidate may see. Which of the two products holds the past?",
        "Split x @ W_x + b_x and h @ W_h + b_h into three blocks (B, H) each; r = σ(x_r + h_r), z = σ(x_z + h_z), n = tanh(x_n + r·h_n); h = (1 − z)·n + z·h.",
        "A sibling, mixing paint: new = (1 − keep) · fresh + keep · old; with keep = 1 nothing changes, with keep = 0 nothing is left.",
    )


def _gru_sliced(x, h, W_x, W_h, b_x, b_h):
    H = h.shape[1]
    a, u = x @ W_x + b_x, h @ W_h + b_h
    with np.errstate(over="ignore"):
        gates = 1 / (1 + np.exp(-(a + u)[:, : 2 * H]))
    n = np.tanh(a[:, 2 * H :] + gates[:, :H] * u[:, 2 * H :])
    return n - gates[:, H:] * n + gates[:, H:] * h


def _gru_columns(x, h, W_x, W_h, b_x, b_h):
    x_r, x_z, x_n = np.split(W_x.T @ x.T + b_x[:, None], 3)
    h_r, h_z, h_n = np.split(W_h.T @ h.T + b_h[:, None], 3)
    z = _sigmoid(x_z + h_z)
    return ((1 - z) * np.tanh(x_n + _sigmoid(x_r + h_r) * h_n) + z * h.T).T


def _gru_joined(x, h, W_x, W_h, b_x, b_h):
    H = h.shape[1]
    both = np.vstack([W_x, W_h])[:, : 2 * H]
    r, z = np.split(_sigmoid(np.hstack([x, h]) @ both + (b_x + b_h)[: 2 * H]), 2, axis=1)
    n = np.tanh(np.einsum("bd,dh->bh", x, W_x[:, 2 * H :]) + b_x[2 * H :] + r * (h @ W_h[:, 2 * H :] + b_h[2 * H :]))
    return np.where(z > 0.5, h + (1 - z) * (n - h), n + z * (h - n))


# ---------------------------------------------------------------- 3.5


def _gru_states(x, h0, W_x, W_h, b_x, b_h, *, step=_gru, carry=True, order=None):
    h, hs = h0, np.zeros((*x.shape[:2], h0.shape[1]))
    for t in range(x.shape[1]) if order is None else order(x.shape[1]):
        hs[:, t] = step(x[:, t], h, W_x, W_h, b_x, b_h)
        h = hs[:, t] if carry else h0
    return hs


def _gru_aliased(x, h0, *w):
    h, hs = h0.copy(), []
    for t in range(x.shape[1]):
        h[:] = _gru(x[:, t], h, *w)
        hs.append(h)
    return np.stack(hs, axis=1)


def _gru_generated(x, h, *w):
    for t in range(x.shape[1]):
        h = _gru(x[:, t], h, *w)
        yield h


@exercise(id="3.5", points=2, minutes=10, difficulty=2, importance=3)
class gru_forward:
    """Run the GRU step over a whole sequence and return the hidden state after every step."""

    returns = {"hs": "batch time hidden"}

    def cases(rng):
        for B, T, D, H in ((3, 6, 2, 4), (1, 5, 3, 2), (4, 1, 2, 3), (2, 7, 1, 1), (5, 3, 4, 4)):
            args = _gru_case(rng, B, D, H)
            yield {"x": rng.normal(size=(B, T, D)), "h0": args["h"]} | {name: args[name] for name in ("W_x", "W_h", "b_x", "b_h")}

    def reference(x, h0, W_x, W_h, b_x, b_h):
        h, hs = h0, []
        for t in range(x.shape[1]):
            h = _gru(x[:, t], h, W_x, W_h, b_x, b_h)  # (B, H)
            hs.append(h)
        return np.stack(hs, axis=1)  # (B, T, H)

    mistakes = {
        "h0 is ignored: the loop starts from zeros": lambda x, h0, *w: _gru_states(x, 0 * h0, *w),
        "the state is not carried: every step starts from h0": lambda *a: _gru_states(*a, carry=False),
        "the sequence is read from its end to its start": lambda *a: _gru_states(*a, order=lambda T: range(T - 1, -1, -1)),
        "the state is stored before it is updated: hs[:, 0] is h0": lambda x, h0, *w: _before(h0, _gru_states(x, h0, *w)),
        "h0 stands in front: there is one state too many": lambda x, h0, *w: np.concatenate([h0[:, None], _gru_states(x, h0, *w)], axis=1),
        "only the last state is returned": lambda *a: _gru_states(*a)[:, -1],
        "all entries are one array, overwritten at every step": _gru_aliased,
        "every step reads the first input": lambda x, *a: _gru_states(np.repeat(x[:, :1], x.shape[1], axis=1), *a),
        "b_h is not added": lambda x, h0, W_x, W_h, b_x, b_h: _gru_states(x, h0, W_x, W_h, b_x, 0 * b_h),
        "b_x is not added": lambda x, h0, W_x, W_h, b_x, b_h: _gru_states(x, h0, W_x, W_h, 0 * b_x, b_h),
        "b_h of the candidate is added outside the reset": lambda *a: _gru_states(
            *a, step=_gru_but(candidate=lambda x_n, r, z, h, W_n, b_n: x_n + r * (h @ W_n) + b_n)
        ),
        "the reset gate is not used": lambda *a: _gru_states(*a, step=_gru_but(candidate=lambda x_n, r, z, h, W_n, b_n: x_n + h @ W_n + b_n)),
    }
    conventions = {
        "time-first layout (time, batch, hidden), torch's default; this course puts the batch first": lambda *a: _gru_states(*a).transpose(1, 0, 2),
        "paper's convention (reset before the product); this exercise uses PyTorch's (after it)": lambda *a: _gru_states(
            *a, step=_gru_but(candidate=_reset_before)
        ),
        "convention where z is the share of the new, z n + (1 − z) h; this exercise uses (1 − z) n + z h": lambda *a: _gru_states(
            *a, step=_gru_but(mix=_inverted)
        ),
        "gate order z, r, n (as in Keras); this exercise uses r, z, n": lambda *a: _gru_states(*a, step=_gru_but(order="zrn")),
    }
    right = {
        "an array filled step by step": lambda *a: _gru_states(*a),
        "the input product outside the loop": lambda x, h0, W_x, W_h, b_x, b_h: _gru_states(x @ W_x + b_x, h0, np.eye(len(b_x)), W_h, 0 * b_x, b_h),
        "one sequence after the other": lambda x, h0, *w: [_gru_states(x[k : k + 1], h0[k : k + 1], *w)[0] for k in range(len(x))],
        "a generator": lambda *a: np.array(list(_gru_generated(*a))).swapaxes(0, 1),
    }
    forbidden = (*GRU_READY, "rnncourse.cells.gru.gru_forward")
    ready_made = LAYERS
    hints = (
        "This is the loop of 2.2. What has to change in it?",
        "h = h0; for each t: h = gru_step(x[:, t], h, W_x, W_h, b_x, b_h), (B, H), kept in a list; np.stack(list, axis=1) is (B, T, H).",
        "A sibling, compound interest: worth = start; for t: worth = worth · rate[t]; years.append(worth).",
    )


# ---------------------------------------------------------------- 3.6


def _filled_lstm(torch, state, D, H):
    """torch.nn.LSTM in float64 with the learner's dict loaded; what does not fit is told by name and shape."""
    if not isinstance(state, dict):
        raise Structure(f"the result should be a dict of four tensors, it is of type {type(state).__name__}")
    with torch.random.fork_rng(devices=[]):  # its first weights are overwritten: the learner's generator stays as it was
        module = torch.nn.LSTM(D, H, batch_first=True, dtype=torch.float64)
    wanted = {name: tuple(weight.shape) for name, weight in module.state_dict().items()}
    if state.keys() != wanted.keys():
        odd = sorted(map(str, set(state) ^ set(wanted)))
        raise Structure(f"its keys should be {', '.join(wanted)}; missing or too many: {', '.join(odd)}")
    for name, shape in wanted.items():
        if not torch.is_tensor(state[name]):
            raise Structure(f"{name} is of type {type(state[name]).__name__}; load_state_dict takes tensors")
        if tuple(state[name].shape) != shape:
            raise Structure(f"{name} should have the shape {shape}, yours has {tuple(state[name].shape)}")
    module.load_state_dict(state)
    return module


def _loaded_states(function, x, h0, c0, W_x, W_h, b):
    import torch

    module = _filled_lstm(torch, call(function, {"W_x": W_x, "W_h": W_h, "b": b}), x.shape[2], h0.shape[1])
    with one_thread(torch), torch.no_grad():
        hs, (_, c) = module(torch.from_numpy(x), (torch.from_numpy(h0)[None], torch.from_numpy(c0)[None]))
    return {"hs": hs.numpy(), "c": c[0].numpy()}


def _torch_state(W_x, W_h, b, *, weight=np.transpose, names=("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"), biases=None, dtype=None):
    """The dict for load_state_dict with one piece replaced."""
    import torch

    arrays = (weight(W_x), weight(W_h), *((b, 0 * b) if biases is None else biases(b)))
    return {name: torch.tensor(np.ascontiguousarray(a), dtype=dtype) for name, a in zip(names, arrays, strict=False)}


def _torch_state_but(**change):
    return lambda W_x, W_h, b: _torch_state(W_x, W_h, b, **change)


def _regrouped(order):
    """Blocks of columns put into another order."""

    def change(W_x, W_h, b):
        return _torch_state(*(np.concatenate([np.split(a, 4, axis=-1)["ifgo".index(gate)] for gate in order], axis=-1) for a in (W_x, W_h, b)))

    return change


@exercise(id="3.6", points=3, minutes=15, difficulty=2, importance=4, rtol=1e-4, atol=1e-5)
class to_torch_lstm:
    """Return the dict that torch.nn.LSTM(D, H, batch_first=True).load_state_dict takes, so that torch gives your output."""

    returns = {"hs": "batch time hidden", "c": "batch hidden"}
    beside = (_filled_lstm, _loaded_states)

    def cases(rng):
        for B, T, D, H in ((2, 5, 3, 4), (1, 3, 2, 5), (3, 4, 4, 1), (2, 1, 8, 2), (4, 6, 1, 3)):
            W_x, W_h, b = _gate_weights(rng, D, H, 4)
            state = {"h0": rng.uniform(-1, 1, size=(B, H)), "c0": rng.normal(size=(B, H))}
            yield {"x": rng.normal(size=(B, T, D))} | state | {"W_x": W_x, "W_h": W_h, "b": b}

    def probe(function, args):
        return _loaded_states(function, **args)

    def reference(W_x, W_h, b):
        return _torch_state(W_x, W_h, b)

    mistakes = {
        "the matrices are not transposed: torch keeps (4H, D) and (4H, H)": _torch_state_but(weight=lambda W: W),
        "the matrices are reshaped, not transposed": _torch_state_but(weight=lambda W: W.reshape(W.shape[1], W.shape[0])),
        "the bias counts twice: torch adds bias_ih and bias_hh": _torch_state_but(biases=lambda b: (b, b)),
        "the bias is left out": _torch_state_but(biases=lambda b: (0 * b, 0 * b)),
        "bias_hh_l0 is missing": _torch_state_but(names=("weight_ih_l0", "weight_hh_l0", "bias_ih_l0")),
        "the names lack the layer's number, _l0": _torch_state_but(names=("weight_ih", "weight_hh", "bias_ih", "bias_hh")),
        "the blocks are put into the order i, f, o, g: torch has i, f, g, o": _regrouped("ifog"),
        "the blocks of i and f are swapped": _regrouped("figo"),
        "the columns of the gates are made to alternate, where torch has blocks": lambda W_x, W_h, b: _torch_state(
            *(np.concatenate([a[..., k::4] for k in range(4)], axis=-1) for a in (W_x, W_h, b))
        ),
        "only the weights of the input are transposed": lambda W_x, W_h, b: _torch_state(W_x, W_h, b) | {
            "weight_hh_l0": _torch_state(W_x, W_h, b, weight=lambda W: W)["weight_hh_l0"]
        },
        "each gate's block of W_h is transposed once too often": lambda W_x, W_h, b: _torch_state(W_x, _each_transposed(W_h, 4), b),
        "1 is added to the bias of the forget gate": lambda W_x, W_h, b: _torch_state(W_x, W_h, _bias_changed(b, 1, lambda f: f + 1)),
        "the values are NumPy arrays, not tensors": lambda W_x, W_h, b: {
            "weight_ih_l0": W_x.T, "weight_hh_l0": W_h.T, "bias_ih_l0": b, "bias_hh_l0": 0 * b
        },
    }
    right = {
        "half of the bias in each": _torch_state_but(biases=lambda b: (b / 2, b / 2)),
        "the bias in the second": _torch_state_but(biases=lambda b: (0 * b, b)),
        "float32": lambda W_x, W_h, b: {name: one.float() for name, one in _torch_state(W_x, W_h, b).items()},
        "parameters that share memory": lambda W_x, W_h, b: _as_parameters(W_x, W_h, b),
        "from a module": lambda W_x, W_h, b: _from_module(W_x, W_h, b),
    }
    forbidden = ("rnncourse.cells.torch_weights.to_torch",)
    hints = (
        "Print torch.nn.LSTM(2, 3).state_dict(). Which four names are there, and what shapes do they have?",
        "weight_ih_l0 is W_x.T, (4H, D); weight_hh_l0 is W_h.T, (4H, H); torch adds bias_ih_l0 and bias_hh_l0, so one is b and the other zeros, (4H,).",
        "A sibling, a linear layer y = u A + c: torch.nn.Linear takes {\"weight\": A.T, \"bias\": c} as tensors.",
    )


def _as_parameters(W_x, W_h, b):
    import torch

    arrays = {"weight_hh_l0": W_h.T, "weight_ih_l0": W_x.T, "bias_hh_l0": np.zeros_like(b), "bias_ih_l0": b}
    return {name: torch.nn.Parameter(torch.from_numpy(a)) for name, a in arrays.items()}


def _from_module(W_x, W_h, b):
    import torch

    with torch.random.fork_rng(devices=[]):
        module = torch.nn.LSTM(len(W_x), len(W_h), batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        module.weight_ih_l0.copy_(torch.from_numpy(W_x).T)
        module.weight_hh_l0.copy_(torch.from_numpy(W_h).T)
        module.bias_ih_l0.copy_(torch.from_numpy(b))
        module.bias_hh_l0.zero_()
    return module.state_dict()


# ---------------------------------------------------------------- 3.7


def _causal_map(W_x, W_h):
    """A map (B, T, D) -> (B, T, H) whose result at a step depends on that step and all before it, on nothing else."""

    def states(x):
        x = np.asarray(x, dtype=float)
        h, hs = np.zeros((x.shape[0], W_h.shape[0])), np.zeros((x.shape[0], x.shape[1], W_h.shape[0]))
        for t in range(x.shape[1]):
            h = np.tanh(x[:, t] @ W_x + h @ W_h + 0.3)
            hs[:, t] = h
        return hs

    return states


def _reversed_within(a, lengths):
    """Each row's first lengths[row] steps reversed in place; what stands behind them stays."""
    steps, n = np.arange(a.shape[1]), np.asarray(lengths)[:, None]
    turned = np.where(steps < n, n - 1 - steps, steps)  # (B, T)
    return np.take_along_axis(a, turned[..., None], axis=1)


def _both(forward, backward, x, lengths, *, turn=_reversed_within, turn_back=None, join=None, blank=True, shift=0):
    """Both directions with one piece replaced."""
    lengths = lengths + shift
    ahead, behind = forward(x), backward(turn(x, lengths))
    behind = (turn if turn_back is None else turn_back)(behind, lengths)
    both = np.concatenate([ahead, behind], axis=2) if join is None else join(ahead, behind)
    return both * (np.arange(x.shape[1]) < lengths[:, None])[..., None] if blank else both


def _both_but(**change):
    return lambda forward, backward, x, lengths: _both(forward, backward, x, lengths, **change)


def _whole(a, lengths):
    return a[:, ::-1]


@exercise(id="3.7", points=4, minutes=25, difficulty=4, importance=4)
class bidirectional:
    """Read each sequence from both ends: the forward map's states, then the backward map's, zeros at padding."""

    returns = {"states": "batch time both·hidden"}
    parts = {"without padding": part(1.5, cases="full"), "with padding": part(2.5, cases="padded")}
    beside = (_causal_map,)

    def cases(rng):
        for B, T, D, H, kind in ((2, 5, 3, 4, "full"), (3, 1, 2, 2, "full"), (1, 4, 1, 3, "full"), (4, 6, 2, 3, "padded"), (3, 5, 3, 1, "padded"), (2, 7, 2, 2, "padded")):
            lengths = np.full(B, T) if kind == "full" else rng.integers(1, T, size=B)
            if kind == "padded":
                lengths[0] = 3  # a valid part that a reversal changes, and padding behind it
                lengths[-1] = T if B > 2 else 4
            weights = {name: rng.normal(size=(rows, H)) / np.sqrt(rows) for name, rows in (("A_x", D), ("A_h", H), ("B_x", D), ("B_h", H))}
            yield Case({"x": rng.normal(size=(B, T, D)), "lengths": lengths, "weights": weights}, kind)

    def probe(function, args):
        w = args["weights"]
        maps = {"forward": _causal_map(w["A_x"], w["A_h"]), "backward": _causal_map(w["B_x"], w["B_h"])}
        return unpack(call(function, maps | {"x": args["x"], "lengths": args["lengths"]}), ("states",))

    def reference(forward, backward, x, lengths):
        ahead, behind = forward(x), _reversed_within(backward(_reversed_within(x, lengths)), lengths)  # (B, T, H) each
        valid = np.arange(x.shape[1]) < lengths[:, None]  # (B, T)
        return np.concatenate([ahead, behind], axis=2) * valid[..., None]

    mistakes = {
        "the padding is reversed too: the backward map reads it first": _both_but(turn=_whole),
        "the padding is reversed with the input, and the output turned back within the lengths": _both_but(turn=_whole, turn_back=_reversed_within),
        "the input is turned within the lengths, but the output over the whole length": _both_but(turn_back=_whole),
        "the backward states are not turned back": _both_but(turn_back=lambda a, lengths: a),
        "the input of the backward map is not reversed, only its output": _both_but(turn=lambda a, lengths: a, turn_back=_reversed_within),
        "nothing is reversed: both maps read from the start": _both_but(turn=lambda a, lengths: a),
        "the halves are added, not set side by side": _both_but(join=lambda a, b: a + b),
        "the halves are averaged, not set side by side": _both_but(join=lambda a, b: (a + b) / 2),
        "the halves are set one behind the other in time, not side by side": _both_but(join=lambda a, b: np.concatenate([a, b], axis=1), blank=False),
        "the backward half comes first": _both_but(join=lambda a, b: np.concatenate([b, a], axis=2)),
        "the two directions alternate in the last axis, the forward half does not come first": _both_but(
            join=lambda a, b: np.stack([a, b], axis=3).reshape(*a.shape[:2], -1)
        ),
        "the outputs at padding are not zero": _both_but(blank=False),
        "lengths are one too short": _both_but(shift=-1),
        "the order of the sequences is reversed, not that of the steps": _both_but(
            turn=lambda a, lengths: a[::-1], turn_back=lambda a, lengths: a
        ),
        "the features are reversed, not the steps": _both_but(turn=lambda a, lengths: a[:, :, ::-1]),
        "the forward map is used for both directions": lambda forward, backward, x, lengths: _both(forward, forward, x, lengths),
        "forward and backward are swapped": lambda forward, backward, x, lengths: _both(backward, forward, x, lengths),
    }
    right = {
        "one sequence after the other": lambda forward, backward, x, lengths: _both_one_by_one(forward, backward, x, lengths),
        "padding set to zero first": lambda forward, backward, x, lengths: _both(
            forward, backward, x * (np.arange(x.shape[1]) < lengths[:, None])[..., None], lengths
        ),
        "a loop over the steps": lambda forward, backward, x, lengths: _both(forward, backward, x, lengths, turn=_turned_by_loop),
        "tensors": lambda forward, backward, x, lengths: _both_in_torch(forward, backward, x, lengths),
    }
    forbidden = ("torch.nn.utils.rnn.pack_padded_sequence", "rnncourse.cells.bidirectional.Bidirectional", *LSTM_READY[:2], *GRU_READY[:2])
    hints = (
        "A sequence of 3 steps stands in a batch of 5: a b c · ·. What should the backward map read first?",
        "Reverse each row's first lengths[i] steps, call backward, reverse its output (B, T, H) the same way; np.concatenate([ahead, behind], axis=2) is (B, T, 2H); times the mask (B, T, 1).",
        "A sibling, a word in a fixed field, 'abc..': written backwards inside its own length it is 'cba..', and never '..cba'.",
    )


def _both_one_by_one(forward, backward, x, lengths):
    rows = []
    for one, n in zip(x, lengths, strict=True):
        valid = one[None, :n]
        both = np.concatenate([forward(valid), backward(valid[:, ::-1])[:, ::-1]], axis=2)[0]
        rows.append(np.pad(both, ((0, len(one) - n), (0, 0))))
    return rows


def _turned_by_loop(a, lengths):
    turned = np.array(a)
    for row, n in enumerate(lengths):
        turned[row, :n] = a[row, :n][::-1]
    return turned


def _both_in_torch(forward, backward, x, lengths):
    import torch

    ahead, behind = torch.from_numpy(forward(x)), torch.from_numpy(np.array(x))
    for row, n in enumerate(lengths):
        behind[row, :n] = behind[row, :n].flip(0)
    behind = torch.from_numpy(backward(behind))
    for row, n in enumerate(lengths):
        behind[row, :n] = behind[row, :n].flip(0)
        ahead[row, n:] = behind[row, n:] = 0
    return torch.cat([ahead, behind], dim=-1)


# ---------------------------------------------------------------- 3.8

GATES = {"rnn": 1, "lstm": 4, "gru": 3}


def _count(kind, input_size, hidden_size, layers=1, bidirectional=False, *, gates=GATES, biases=2, deeper=None, ways=None, square=True, doubled=True):
    """The number of parameters with one piece of the count replaced."""
    two, H = 1 + bidirectional, hidden_size
    ways = two if ways is None else ways
    total, inputs = 0, input_size
    for layer in range(layers):
        total += ways * gates[kind] * H * (inputs + H * square + biases)
        inputs = (H * (two if doubled else 1)) if deeper is None else deeper(input_size, H, layer)
    return total


def _count_but(**change):
    return lambda kind, input_size, hidden_size, layers=1, bidirectional=False: _count(kind, input_size, hidden_size, layers, bidirectional, **change)


@exercise(id="3.8", points=2, minutes=15, difficulty=2, importance=3)
class parameter_count:
    """Return how many parameters torch's recurrent layers have: kind, sizes, number of layers, one direction or two."""

    returns = {"count": ""}
    parts = {"one layer": part(1, cases="one"), "layers and directions": part(1, cases="more")}

    def cases(rng):
        for kind in GATES:
            D, H = int(rng.integers(2, 20)), int(rng.integers(21, 40))
            yield Case({"kind": kind, "input_size": D, "hidden_size": H}, "one")
            yield Case({"kind": kind, "input_size": H, "hidden_size": D, "layers": int(rng.integers(3, 6))}, "more")
            yield Case({"kind": kind, "input_size": D, "hidden_size": H, "layers": 1, "bidirectional": True}, "more")
            yield Case({"kind": kind, "input_size": D, "hidden_size": H, "layers": int(rng.integers(2, 5)), "bidirectional": True}, "more")
        yield Case({"kind": "gru", "input_size": 1, "hidden_size": 1, "layers": 1, "bidirectional": False}, "one")

    def reference(kind, input_size, hidden_size, layers=1, bidirectional=False):
        return _count(kind, input_size, hidden_size, layers, bidirectional)

    mistakes = {
        "there is one bias, where torch has two (b_ih and b_hh)": _count_but(biases=1),
        "the biases are left out": _count_but(biases=0),
        "the layers above the first get the input's size, not the hidden size of the layer below": _count_but(deeper=lambda D, H, layer: D),
        "the two directions are counted once: the factor 2 is missing": _count_but(ways=1),
        "in a bidirectional network the layers above get 2H features, here they get H": _count_but(doubled=False),
        "LSTM and GRU are swapped: the LSTM has 4 blocks, the GRU 3": _count_but(gates={"rnn": 1, "lstm": 3, "gru": 4}),
        "the gates are not counted: every kind is taken for one block": _count_but(gates={"rnn": 1, "lstm": 1, "gru": 1}),
        "the GRU is counted with 2 blocks, without its candidate": _count_but(gates={"rnn": 1, "lstm": 4, "gru": 2}),
        "the LSTM is counted with 3 blocks, without its candidate": _count_but(gates={"rnn": 1, "lstm": 3, "gru": 3}),
        "the recurrent weights, H × H a gate, are left out": _count_but(square=False),
        "the layers are not counted: one layer whatever is asked": lambda kind, D, H, layers=1, bidirectional=False: _count(kind, D, H, 1, bidirectional),
    }
    right = {
        "first layer and the others": lambda kind, input_size, hidden_size, layers=1, bidirectional=False: (
            {"rnn": 1, "lstm": 4, "gru": 3}[kind]
            * hidden_size
            * (1 + bidirectional)
            * (input_size + hidden_size + 2 + (layers - 1) * (hidden_size * (2 + bidirectional) + 2))
        ),
        "from torch": lambda kind, input_size, hidden_size, layers=1, bidirectional=False: _counted_by_torch(
            kind, input_size, hidden_size, layers, bidirectional
        ),
        "a NumPy integer": lambda *a, **k: np.int64(_count(*a, **k)),
    }
    hints = (
        "Which arrays does one gate of one layer own, and what are their shapes?",
        "A gate of a layer with I inputs has H·(I + H + 2) numbers; there are 1, 4 or 3 of them; I is D below and H (or 2H) above; twice that for two directions.",
        "A sibling, three linear layers 5 → 7 → 7 → 7 with bias: 7·(5 + 1) + 2 · 7·(7 + 1).",
    )


def _counted_by_torch(kind, D, H, layers, bidirectional):
    import torch

    made = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[kind]
    return sum(p.numel() for p in made(D, H, num_layers=layers, bidirectional=bidirectional, device="meta").parameters())


# ---------------------------------------------------------------- 3.9

MANY = 600  # sequences in a case that judges chances: enough to tell the likely mistakes apart, drawn in a blink


def _problem(rng, batch, length, *, low=0.0, high=1.0, places=None, target=None):
    """The adding problem with one piece replaced: `places` draws the two marked steps, `target` makes y."""
    x, row = np.zeros((batch, length, 2)), np.arange(batch)
    x[:, :, 0] = rng.uniform(low, high, size=(batch, length))
    first, second = _one_in_each_half(rng, batch, length) if places is None else places(rng, batch, length)
    x[row, first, 1] = x[row, second, 1] = 1.0
    one, two = x[row, first, 0], x[row, second, 0]
    return x, one + two if target is None else target(one, two, x)


def _one_in_each_half(rng, batch, length):
    return rng.integers(0, length // 2, batch), rng.integers(length // 2, length, batch)


def _anywhere(rng, batch, length):
    first = rng.integers(0, length, batch)
    return first, (first + rng.integers(1, length, batch)) % length


def _within(low, high):
    """Two different steps between two shares of the length."""

    def draw(rng, batch, length):
        a, b = int(low * length), max(int(high * length), int(low * length) + 2)
        first = rng.integers(0, b - a, batch)
        return a + first, a + (first + rng.integers(1, b - a, batch)) % (b - a)

    return draw


def _same_for_all(rng, batch, length):
    return tuple(np.full(batch, one[0]) for one in _one_in_each_half(rng, 1, length))


def _changed_marks(change):
    def wrong(rng, batch, length):
        x, y = _problem(rng, batch, length)
        x[:, :, 1] = change(x[:, :, 1], x[:, :, 0], rng)
        return x, y

    return wrong


NOT_RANDOM = "the marked steps are the same in every sequence: one draw is used for the whole batch"
TARGETS = {
    "the target is the mean of the two marked values, not their sum": lambda v, m: (v * m).sum(axis=1) / 2,
    "the target is the product of the two marked values, not their sum": lambda v, m: np.where(m > 0, v, 1).prod(axis=1),
    "the target is the sum of all values, marked or not": lambda v, m: v.sum(axis=1),
    "the target is the first marked value alone": lambda v, m: v[np.arange(len(v)), (m > 0).argmax(axis=1)],
    "the target is the second marked value alone": lambda v, m: v[np.arange(len(v)), v.shape[1] - 1 - (m[:, ::-1] > 0).argmax(axis=1)],
    "the target is the sum of the two places, not of the values there": lambda v, m: ((m > 0) * np.arange(v.shape[1])).sum(axis=1),
    "the target is the difference of the two marked values": lambda v, m: v[np.arange(len(v)), (m > 0).argmax(axis=1)]
    - v[np.arange(len(v)), v.shape[1] - 1 - (m[:, ::-1] > 0).argmax(axis=1)],
}


def _aimed_at(other):
    """The problem with another target, made from values and marks."""
    return lambda rng, batch, length: _problem(rng, batch, length, target=lambda one, two, x: other(x[:, :, 0], x[:, :, 1]))


def _problem_faults(args, x, y):
    """(which result, what is wrong, the mistake's sentence or "") of each result that is wrong, of each the first fault."""
    forms = _problem_forms(args, x, y)
    named = {result for result, _, _ in forms}
    if "x" in named and x.shape == (args["batch"], 2, args["length"]) and x.dtype.kind == "f":
        x = x.transpose(0, 2, 1)
    elif "x" in named:  # what the targets are the sums of is not known then
        return forms if "y" in named else [*forms, ("y", "no target can be compared while x has another form", "")]
    v, m = x[:, :, 0], x[:, :, 1]
    marks = _marks_fault(v, m)
    if "y" not in named and (target := _target_fault(v, m, y) if marks is None else _unmarked_target_fault(x, y)):
        forms.append(target)
    if "x" not in named and (values := marks or _values_fault(v, m)):
        forms.insert(0, values) if marks else forms.append(values)
    return forms


def _problem_forms(args, x, y):
    """The same, of shapes, types and numbers that are none."""
    B, T = args["batch"], args["length"]
    found = []
    if x.shape != (B, T, 2):
        cause = "the features stand before the time: (batch, feature, time)" if x.shape == (B, 2, T) else ""
        found.append(("x", f"expected (batch={B}, time={T}, feature=2), yours {x.shape}", cause))
    if y.shape != (B,):
        found.append(("y", f"expected one target a sequence, (batch={B},), yours {y.shape}", ""))
    for name, array in (("x", x), ("y", y)):
        if name in (result for result, _, _ in found):
            continue
        if array.dtype.kind != "f":
            found.append((name, f"expected real numbers, yours hold {array.dtype}", ""))
        elif not np.isfinite(array).all():
            found.append((name, "some values are not finite", ""))
    return found


def _marks_fault(v, m):
    B, T = m.shape
    if not np.isin(m, (0.0, 1.0)).all():
        if np.isin(v, (0.0, 1.0)).all():
            return "x", "feature 0 holds zeros and ones: it should hold the values", "the two features are swapped: the marks stand in feature 0"
        b, t = np.argwhere(~np.isin(m, (0.0, 1.0)))[0]
        text = f"batch={b}, time={t}: the mark is {m[b, t]:.4g}; marks are 0 or 1"
        at = m != 0
        if (at.sum(axis=1) == 2).all():
            same = np.allclose(m[at], v[at])
            return "x", text, "the marks hold the values themselves, not 1" if same else "the marks are other numbers than 1"
        return "x", text, ""
    first, second = m[:, : T // 2].sum(axis=1), m[:, T // 2 :].sum(axis=1)
    wrong = np.flatnonzero((first != 1) | (second != 1))
    if not len(wrong):
        return None
    b = wrong[0]
    text = f"batch={b}: {first[b]:.0f} marks before time {T // 2} and {second[b]:.0f} from there on; one in each half is expected"
    return "x", text, _halves_cause(m, first, second)


def _halves_cause(m, first, second):
    B, T = m.shape
    if B < 50:
        return ""
    if not (first + second == 2).all():
        return "there is one mark in a sequence, not two" if (first + second == 1).mean() > 0.9 else ""
    if (first == 2).all() or (second == 2).all():
        return f"both marks stand in the {'first' if first[0] == 2 else 'second'} half"
    if T % 2 and (m[:, : T // 2 + 1].sum(axis=1) == 1).all():
        return "the halves meet one step too late: at length // 2 + 1, not at length // 2"
    return "the two marks stand anywhere, not one in each half"


def _target_fault(v, m, y):
    want = (v * m).sum(axis=1)
    if np.allclose(y, want, rtol=1e-5, atol=1e-6):
        return None
    b = int(np.abs(y - want).argmax())
    text = f"batch={b}: the marked values sum to {want[b]:.4f}, your target is {y[b]:.4f}"
    names = [name for name, other in TARGETS.items() if np.allclose(y, other(v, m), rtol=1e-5, atol=1e-6)]
    return "y", text, names[0] if len(names) == 1 else ""


def _unmarked_target_fault(x, y):
    """The same where the marks are wrong: the target has to fit those that there are, and there has to be something to sum."""
    forms = (x, x.transpose(0, 2, 1)) if x.shape[1] == 2 else (x,)  # of two steps and two features no shape tells which is which
    if any(_fits_marks(one[:, :, 0], one[:, :, 1], y) for one in forms):
        return None
    return "y", "your target is not the sum of the values that your x marks", ""


def _fits_marks(v, m, y):
    some = (v * m != 0).any(axis=1).all() and (len(y) < 50 or np.ptp(y) > 0)
    return some and any(np.allclose(y, (v * marks).sum(axis=1), rtol=1e-5, atol=1e-6) for marks in (m, m != 0))


def _values_fault(v, m):
    B, T = v.shape
    unmarked = v[m == 0]
    if B >= 50 and len(unmarked) and not unmarked.any():
        return "x", "feature 0 is 0 wherever there is no mark", "the values that are not marked are set to 0: the marks then tell nothing new"
    if v.min() < 0 or v.max() >= 1:
        far = v.min() < -1.05 or v.max() > 1.6
        text = f"feature 0 runs from {v.min():.3f} to {v.max():.3f}; uniform in [0, 1) is expected"
        return "x", text, "the values are drawn from a normal distribution" if far else "the values are uniform in [−1, 1)" if v.min() < -0.5 else ""
    if B < 50:
        return None
    shares = np.histogram(v, bins=5, range=(0, 1))[0] / v.size
    if np.abs(shares - 0.2).max() > 6 * np.sqrt(0.16 / v.size):
        binary = np.isin(v, (0.0, 1.0)).all()
        return "x", f"shares of feature 0 in fifths of [0, 1): {np.round(shares, 3).tolist()}; 0.2 each is expected", "the values are 0 or 1 only" if binary else ""
    if (v == v[:1]).all():
        return "x", "all sequences hold the same values", "the values are the same in every sequence: one draw is used for the whole batch"
    return _places_fault(m)


def _places_fault(m):
    B, T = m.shape
    for half, offset in ((m[:, : T // 2], 0), (m[:, T // 2 :], T // 2)):
        n = half.shape[1]
        shares = half.mean(axis=0)
        if n > 1 and np.abs(shares - 1 / n).max() > 6 * np.sqrt((1 / n) * (1 - 1 / n) / B) + 6 / B:
            at = int(np.abs(shares - 1 / n).argmax())
            text = f"time={offset + at} is marked in {shares[at]:.1%} of {B} sequences, expected {1 / n:.1%}"
            if (m == m[:1]).all():
                return "x", text, NOT_RANDOM
            return "x", text, "the first mark always stands at the same step" if offset == 0 and shares.max() == 1 else ""
    return _apart_fault(m)


def _apart_fault(m):
    """The two places are drawn independently of each other."""
    B, T = m.shape
    places = np.argsort(-m, axis=1, kind="stable")[:, :2]
    first, second = places.min(axis=1), places.max(axis=1)
    if T > 3 and first.std() > 0 and second.std() > 0 and abs(np.corrcoef(first, second)[0, 1]) > 6 / np.sqrt(B):
        return "x", "where the second mark stands follows from where the first one does", "the second mark stands half a length behind the first"
    return None


@exercise(id="3.9", points=3, minutes=20, difficulty=2, importance=3)
class adding_problem:
    """Draw the adding problem: random values, two of them marked, one in each half; the target is the sum of these two."""

    returns = {"x": "batch time feature", "y": "batch"}
    parts = {"values and marks": part(2, "x"), "target": part(1, "y")}

    def cases(rng):
        for batch, length in ((MANY, 11), (MANY, 6), (MANY, 9), (1, 7), (5, 2), (3, 30)):
            yield {"batch": batch, "length": length, "seed": int(rng.integers(2**31))}

    def probe(function, args):
        rng = np.random.default_rng(args["seed"])
        return unpack(call(function, {"rng": rng, "batch": args["batch"], "length": args["length"]}), ("x", "y"))

    def reference(rng, batch, length):
        x, row = np.zeros((batch, length, 2)), np.arange(batch)
        x[:, :, 0] = rng.random((batch, length))
        x[row, rng.integers(0, length // 2, batch), 1] = 1.0
        x[row, rng.integers(length // 2, length, batch), 1] = 1.0
        return x, (x[:, :, 0] * x[:, :, 1]).sum(axis=1)

    def verify(args, arrays):
        return [(result, text) for result, text, _ in _problem_faults(args, arrays["x"], arrays["y"])]

    def recognise(args, arrays):
        return next((cause for _, _, cause in _problem_faults(args, arrays["x"], arrays["y"])), "")

    mistakes = {
        "both marks stand in the first half": lambda rng, batch, length: _problem(rng, batch, length, places=_within(0, 0.5)),
        "both marks stand in the second half": lambda rng, batch, length: _problem(rng, batch, length, places=_within(0.5, 1)),
        "the two marks stand anywhere, not one in each half": lambda rng, batch, length: _problem(rng, batch, length, places=_anywhere),
        "the halves meet one step too late: at length // 2 + 1, not at length // 2": lambda rng, batch, length: _problem(
            rng, batch, length, places=lambda rng, B, T: (rng.integers(0, T - T // 2, B), rng.integers(T - T // 2, T, B))
        ),
        "there is one mark in a sequence, not two": lambda rng, batch, length: _problem(
            rng, batch, length, places=lambda rng, B, T: (rng.integers(0, T, B),) * 2, target=lambda one, two, x: one
        ),
        NOT_RANDOM: lambda rng, batch, length: _problem(rng, batch, length, places=_same_for_all),
        "the first mark always stands at the same step": lambda rng, batch, length: _problem(
            rng, batch, length, places=lambda rng, B, T: (np.zeros(B, dtype=int), rng.integers(T // 2, T, B))
        ),
        "the second mark stands half a length behind the first": lambda rng, batch, length: _problem(
            rng, batch, length, places=lambda rng, B, T: (lambda first: (first, (first + T // 2) % T))(rng.integers(0, T // 2, B))
        ),
        "the marks hold the values themselves, not 1": _changed_marks(lambda m, v, rng: m * v),
        "the marks are other numbers than 1": _changed_marks(lambda m, v, rng: m * rng.uniform(0.1, 0.9, size=m.shape)),
        "the two features are swapped: the marks stand in feature 0": lambda rng, batch, length: (lambda x, y: (x[:, :, ::-1], y))(
            *_problem(rng, batch, length)
        ),
        "the features stand before the time: (batch, feature, time)": lambda rng, batch, length: (lambda x, y: (x.transpose(0, 2, 1), y))(
            *_problem(rng, batch, length)
        ),
        "the values are drawn from a normal distribution": lambda rng, batch, length: _normal_problem(rng, batch, length),
        "the values are uniform in [−1, 1)": lambda rng, batch, length: _problem(rng, batch, length, low=-1.0),
        "the values are 0 or 1 only": lambda rng, batch, length: _coin_problem(rng, batch, length),
        "the values that are not marked are set to 0: the marks then tell nothing new": lambda rng, batch, length: (
            lambda x, y: (x * x[:, :, 1:], y)
        )(*_problem(rng, batch, length)),
        "the values are the same in every sequence: one draw is used for the whole batch": lambda rng, batch, length: _repeated(rng, batch, length),
    } | {name: _aimed_at(other) for name, other in TARGETS.items()}
    right = {
        "row by row": lambda rng, batch, length: _problem_by_rows(rng, batch, length),
        "places first, values in float32": lambda rng, batch, length: _problem_in_float32(rng, batch, length),
        "the largest of random numbers marks the place": lambda rng, batch, length: _problem_by_argmax(rng, batch, length),
        "tensors in a list": lambda rng, batch, length: list(map(_tensor, _problem(rng, batch, length))),
    }
    forbidden = ("rnncourse.data.memory.adding_problem",)
    hints = (
        "How many marks are in each sequence, and in which part of it may each stand?",
        "x[:, :, 0] = rng.random((batch, length)); one mark at rng.integers(0, length // 2, batch), one at rng.integers(length // 2, length, batch); y = (x[:, :, 0] * x[:, :, 1]).sum(axis=1), (B,).",
        "A sibling, one marked value a sequence: row = np.arange(batch); at = rng.integers(0, length, batch); mark[row, at] = 1; y = value[row, at].",
    )


def _tensor(array):
    import torch

    return torch.from_numpy(array)


def _normal_problem(rng, batch, length):
    x, _ = _problem(rng, batch, length)
    x[:, :, 0] = rng.normal(size=(batch, length))
    x[0, 0, 0] = 2.5  # so that a case of few values shows it too
    return x, (x[:, :, 0] * x[:, :, 1]).sum(axis=1)


def _coin_problem(rng, batch, length):
    x, _ = _problem(rng, batch, length)
    x[:, :, 0] = rng.integers(0, 2, size=(batch, length))
    return x, (x[:, :, 0] * x[:, :, 1]).sum(axis=1)


def _repeated(rng, batch, length):
    x, _ = _problem(rng, batch, length)
    x[:, :, 0] = x[:1, :, 0]
    return x, (x[:, :, 0] * x[:, :, 1]).sum(axis=1)


def _problem_by_rows(rng, batch, length):
    xs, ys = [], []
    for _ in range(batch):
        value, a, b = rng.random(length), rng.integers(length // 2), length // 2 + rng.integers(length - length // 2)
        mark = [float(t in (a, b)) for t in range(length)]
        xs.append(np.stack([value, mark], axis=1))
        ys.append(value[a] + value[b])
    return np.array(xs), ys


def _problem_in_float32(rng, batch, length):
    places = np.stack(_one_in_each_half(rng, batch, length), axis=1)
    marks = (np.arange(length) == places[..., None]).sum(axis=1).astype(np.float32)
    values = rng.random((batch, length), dtype=np.float32)
    return np.stack([values, marks], axis=-1), (values * marks).sum(axis=1)


def _problem_by_argmax(rng, batch, length):
    chance, half = rng.normal(size=(batch, length)), length // 2
    marks = np.zeros((batch, length))
    np.put_along_axis(marks, chance[:, :half].argmax(axis=1)[:, None], 1.0, axis=1)
    np.put_along_axis(marks, half + chance[:, half:].argmax(axis=1)[:, None], 1.0, axis=1)
    values = 1 - rng.uniform(np.nextafter(0, 1), 1, size=(batch, length))
    return np.stack([values, marks], axis=2), values[marks == 1].reshape(batch, 2).sum(axis=1)


# ---------------------------------------------------------------- 3.10


def _half_life(forget, *, mean=None, life=None):
    """The half-life with one piece replaced: `mean` over the leading axes, `life` from the mean gate."""
    with np.errstate(divide="ignore", invalid="ignore"):
        f = forget.reshape(-1, forget.shape[-1]).mean(axis=0) if mean is None else mean(forget)
        return np.where(f >= 1, np.inf, np.log(0.5) / np.log(f)) if life is None else life(f)


def _half_life_but(**change):
    return lambda forget: _half_life(forget, **change)


def _flat(forget):
    return forget.reshape(-1, forget.shape[-1])


@exercise(id="3.10", points=3, minutes=15, difficulty=2, importance=3)
class memory_half_life:
    """Return after how many steps half of a unit's memory is left, from its forget gate: ln ½ / ln of the mean gate."""

    returns = {"steps": "hidden"}
    parts = {"half-life": part(2, cases="ordinary"), "gates that stand at 0 or 1": part(1, cases="ends")}

    def cases(rng):
        for shape in ((4, 5, 3), (7, 2), (1, 1, 4), (6,), (2, 3, 4, 5), (5, 1)):
            yield Case({"forget": rng.uniform(0.02, 0.98, size=shape)}, "ordinary")
        yield Case({"forget": 1 - 10.0 ** rng.uniform(-5, -2, size=(3, 4, 2))}, "ordinary")
        for shape in ((3, 2, 5), (4, 6)):
            forget = rng.uniform(0.2, 0.9, size=shape)
            forget[..., 1], forget[..., 3] = 1.0, 0.0
            yield Case({"forget": forget}, "ends")

    def reference(forget):
        mean = forget.reshape(-1, forget.shape[-1]).mean(axis=0)  # (H,)
        with np.errstate(divide="ignore"):
            return np.where(mean < 1, np.log(0.5) / np.log(mean), np.inf)

    mistakes = {
        "the logarithms have different bases: ln ½ / log2 f": _half_life_but(life=lambda f: np.where(f >= 1, np.inf, np.log(0.5) / np.log2(f))),
        "the logarithms have different bases: log2 ½ / ln f": _half_life_but(life=lambda f: np.where(f >= 1, np.inf, -1 / np.log(f))),
        "the logarithms have different bases: log10 ½ / ln f": _half_life_but(life=lambda f: np.where(f >= 1, np.inf, np.log10(0.5) / np.log(f))),
        "the mean is taken of log f, not of f": lambda forget: _half_life(forget, mean=lambda f: np.exp(np.log(_flat(f)).mean(axis=0))),
        "the mean is taken of the half-lives, not of the gates": lambda forget: _mean_of_lives(forget),
        "the median of the gate is taken, not the mean": _half_life_but(mean=lambda f: np.median(_flat(f), axis=0)),
        "f = 1 gives −inf: ln 1 is 0, and ln ½ / 0 is negative": _half_life_but(life=lambda f: np.log(0.5) / np.log(f)),
        "f = 1 gives a large number, not inf: the gate is clipped first": _half_life_but(
            life=lambda f: np.log(0.5) / np.log(np.clip(f, 1e-12, 1 - 1e-12))
        ),
        "f = 1 gives 0, not inf": _half_life_but(life=lambda f: np.where(f >= 1, 0.0, np.log(0.5) / np.log(f))),
        "f = 1 gives NaN, not inf": _half_life_but(life=lambda f: np.where(f >= 1, np.nan, np.log(0.5) / np.log(f))),
        "f = 0 gives NaN, not 0": _half_life_but(life=lambda f: np.where(f >= 1, np.inf, np.where(f <= 0, np.nan, np.log(0.5) / np.log(f)))),
        "the sign is wrong: steps are negative": _half_life_but(life=lambda f: np.where(f >= 1, np.inf, -np.log(0.5) / np.log(f))),
        "the fraction is upside down: ln f / ln ½": _half_life_but(life=lambda f: np.log(f) / np.log(0.5)),
        "1 / (1 − f) is taken: after so many steps a share of 1/e is left, not a half": _half_life_but(life=lambda f: 1 / (1 - f)),
        "the mean is taken over the units, not over batch and time": _half_life_but(mean=lambda f: f.mean(axis=-1)),
        "the mean is taken over the first axis alone": _half_life_but(mean=lambda f: f.mean(axis=0)),
        "one number for all units: the mean runs over the units too": _half_life_but(mean=lambda f: f.mean()),
        "the gate of the last step is taken, not the mean": _half_life_but(mean=lambda f: _flat(f)[-1]),
        "1 − f stands for f: the share that is lost": _half_life_but(mean=lambda f: 1 - _flat(f).mean(axis=0)),
    }
    right = {
        "ln 2 and log1p": lambda forget: _by_log1p(forget),
        "one unit at a time": lambda forget: _unit_by_unit(forget),
        "binary logarithms": lambda forget: _half_life(forget, life=lambda f: np.where(f == 1, np.inf, -1 / np.log2(f))),
        "mean over a tuple of axes": lambda forget: _half_life(forget, mean=lambda f: np.mean(f, axis=tuple(range(f.ndim - 1)))),
    }
    ready_made = ("rnncourse.states.saturation",)
    hints = (
        "A gate of 0.5 leaves half after one step. After how many does 0.25 leave half, and 0.9?",
        "f = forget.reshape(-1, H).mean(axis=0), (H,); the steps n solve f**n = ½, so n = ln ½ / ln f; look at f = 1 by itself.",
        "A sibling, money that grows by 3 % a year doubles after ln 2 / ln 1.03 years; with 0 % it never does.",
    )


def _mean_of_lives(forget):
    with np.errstate(divide="ignore"):
        lives = np.where(_flat(forget) >= 1, np.inf, np.log(0.5) / np.log(_flat(forget)))
    return lives.mean(axis=0)


def _by_log1p(forget):
    with np.errstate(divide="ignore"):
        return np.log(2) / np.abs(np.log1p(_flat(forget).mean(axis=0) - 1))


def _unit_by_unit(forget):
    lives = []
    for unit in range(forget.shape[-1]):
        f = float(np.mean(forget[..., unit]))
        lives.append(0.0 if f == 0 else float("inf") if f == 1 else float(np.log(0.5) / np.log(f)))
    return lives
