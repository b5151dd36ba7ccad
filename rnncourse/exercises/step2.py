"""Step 2, backpropagation through time: the cell, its gradients, the loss, clipping, sampling, truncated BPTT."""

import numpy as np

from rnncourse.checking.exercise import Case, exercise, part
from rnncourse.checking.probe import Structure, call, one_thread, plain, unpack

READY_MADE = (
    "torch.nn.RNN",
    "torch.nn.RNNCell",
    "torch.rnn_tanh",
    "torch.rnn_tanh_cell",
    "torch._decomp.decompositions.rnn_tanh_input",
    "rnncourse.cells.fast_rnn.FastRNN",
)
AUTOGRAD = (
    "torch.autograd.grad",
    "torch.autograd.backward",
    "torch.Tensor.backward",
    "torch.autograd.forward_ad.make_dual",
    "torch.autograd.Variable._execution_engine.run_backward",
)
# What runs or differentiates a vanilla RNN, once it has the weights.
LAYERS = ("rnncourse.cells.fast_rnn", "rnncourse.cells.streaming", "rnncourse.states.steps", "rnncourse.states.weights")


def _weights(rng, D, H):
    """Weights of order 0.5 to 1, so that every term shows in the result."""
    W_xh, W_hh = rng.normal(size=(D, H)) / np.sqrt(D), 0.8 * rng.normal(size=(H, H)) / np.sqrt(H)
    return {"W_xh": W_xh, "W_hh": W_hh, "b": rng.normal(size=H)}


# ---------------------------------------------------------------- 2.1


def _sigmoid(a):
    return 0.5 * (1 + np.tanh(a / 2))


@exercise(id="2.1", points=2, minutes=10, difficulty=1, importance=5)
class rnn_step:
    """Return the next hidden state of a vanilla RNN: tanh of input, last state and bias, each through its weights."""

    returns = {"h": "batch hidden"}

    def cases(rng):
        for B, D, H in ((3, 4, 5), (1, 2, 7), (6, 3, 1), (2, 1, 3), (4, 3, 3)):
            yield {"x": rng.normal(size=(B, D)), "h": rng.normal(size=(B, H))} | _weights(rng, D, H)
        yield {"x": 1e3 * rng.normal(size=(2, 3)), "h": rng.normal(size=(2, 4))} | _weights(rng, 3, 4)

    def reference(x, h, W_xh, W_hh, b):
        return np.tanh(x @ W_xh + h @ W_hh + b)  # (B, H)

    mistakes = {
        "the tanh is missing": lambda x, h, W_xh, W_hh, b: x @ W_xh + h @ W_hh + b,
        "a sigmoid stands where the tanh should be": lambda x, h, W_xh, W_hh, b: _sigmoid(x @ W_xh + h @ W_hh + b),
        "a ReLU stands where the tanh should be": lambda x, h, W_xh, W_hh, b: np.maximum(x @ W_xh + h @ W_hh + b, 0),
        "the bias b is not added": lambda x, h, W_xh, W_hh, b: np.tanh(x @ W_xh + h @ W_hh),
        "the bias b is added after the tanh": lambda x, h, W_xh, W_hh, b: np.tanh(x @ W_xh + h @ W_hh) + b,
        "W_hh is used transposed": lambda x, h, W_xh, W_hh, b: np.tanh(x @ W_xh + h @ W_hh.T + b),
        "the last state h is ignored": lambda x, h, W_xh, W_hh, b: np.tanh(x @ W_xh + b),
        "the input x is ignored": lambda x, h, W_xh, W_hh, b: np.tanh(h @ W_hh + b),
        "h is added without its weights W_hh": lambda x, h, W_xh, W_hh, b: np.tanh(x @ W_xh + h + b),
        "h is multiplied by W_hh element by element, not as a matrix product": lambda x, h, W_xh, W_hh, b: np.tanh(
            x @ W_xh + h * np.diag(W_hh) + b
        ),
        "the old state is added to the new one": lambda x, h, W_xh, W_hh, b: h + np.tanh(x @ W_xh + h @ W_hh + b),
        "each product has its own tanh": lambda x, h, W_xh, W_hh, b: np.tanh(x @ W_xh) + np.tanh(h @ W_hh + b),
    }
    right = {
        "one product of joined matrices": lambda x, h, W_xh, W_hh, b: np.tanh(np.hstack([x, h]) @ np.vstack([W_xh, W_hh]) + b),
        "einsum": lambda x, h, W_xh, W_hh, b: np.tanh(np.einsum("bd,dh->bh", x, W_xh) + np.einsum("bh,hk->bk", h, W_hh) + b),
        "columns, as papers write it": lambda x, h, W_xh, W_hh, b: np.tanh(W_xh.T @ x.T + W_hh.T @ h.T + b[:, None]).T,
        "tanh from a sigmoid": lambda x, h, W_xh, W_hh, b: 2 * _sigmoid(2 * (x @ W_xh + h @ W_hh + b)) - 1,
        "a list of rows": lambda x, h, W_xh, W_hh, b: [np.tanh(u @ W_xh + v @ W_hh + b) for u, v in zip(x, h, strict=True)],
    }
    forbidden = (*READY_MADE, "rnncourse.cells.rnn.rnn_step")
    ready_made = LAYERS
    hints = (
        "Three terms are added before the tanh. Write down the shape of each: which are (B, H)?",
        "x @ W_xh and h @ W_hh are (B, H); b is (H,) and broadcasts over the batch; np.tanh goes around all of it.",
        "A sibling, a linear layer of two inputs: y = u @ A + v @ C + d.",
    )


# ---------------------------------------------------------------- 2.2


def _states(x, h0, W_xh, W_hh, b, *, step=None, carry=True, order=None):
    step = rnn_step.reference if step is None else step
    T = x.shape[1]
    h, hs = h0, np.zeros((x.shape[0], T, h0.shape[1]))
    for t in range(T) if order is None else order(T):
        new = step(x[:, t], h, W_xh, W_hh, b)
        hs[:, t] = new
        h = new if carry else h0
    return hs


def _states_before(x, h0, W_xh, W_hh, b):
    return np.concatenate([h0[:, None], rnn_forward.reference(x, h0, W_xh, W_hh, b)[:, :-1]], axis=1)


def _states_aliased(x, h0, W_xh, W_hh, b):
    h, hs = np.zeros_like(h0), []
    h[:] = h0
    for t in range(x.shape[1]):
        h[:] = np.tanh(x[:, t] @ W_xh + h @ W_hh + b)
        hs.append(h)
    return np.stack(hs, axis=1)


def _states_generated(x, h, W_xh, W_hh, b):
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ W_xh + h @ W_hh + b)
        yield h


def _sequence_cases(rng):
    for B, T, D, H in ((3, 6, 2, 4), (1, 5, 3, 2), (4, 1, 2, 3), (2, 7, 1, 1), (5, 3, 4, 4)):
        yield {"x": rng.normal(size=(B, T, D)), "h0": rng.normal(size=(B, H))} | _weights(rng, D, H)


@exercise(id="2.2", points=3, minutes=15, difficulty=2, importance=5)
class rnn_forward:
    """Run the step over a whole sequence and return the hidden state after every step."""

    returns = {"hs": "batch time hidden"}
    cases = _sequence_cases

    def reference(x, h0, W_xh, W_hh, b):
        h, hs = h0, []
        for t in range(x.shape[1]):
            h = np.tanh(x[:, t] @ W_xh + h @ W_hh + b)  # (B, H)
            hs.append(h)
        return np.stack(hs, axis=1)  # (B, T, H)

    mistakes = {
        "h0 is ignored: the loop starts from zeros": lambda x, h0, *w: _states(x, np.zeros_like(h0), *w),
        "the state is not carried: every step starts from h0": lambda x, h0, *w: _states(x, h0, *w, carry=False),
        "the sequence is read from its end to its start": lambda x, h0, *w: _states(x, h0, *w, order=lambda T: range(T - 1, -1, -1)),
        "the state is stored before it is updated: hs[:, 0] is h0": _states_before,
        "only the last state is returned": lambda x, h0, *w: _states(x, h0, *w)[:, -1],
        "h0 stands in front: there is one state too many": lambda x, h0, *w: np.concatenate([h0[:, None], _states(x, h0, *w)], axis=1),
        "all entries are one array, overwritten at every step": _states_aliased,
        "the tanh is missing": lambda x, h0, *w: _states(x, h0, *w, step=rnn_step.mistakes["the tanh is missing"]),
        "the bias b is not added": lambda x, h0, *w: _states(x, h0, *w, step=rnn_step.mistakes["the bias b is not added"]),
        "W_hh is used transposed": lambda x, h0, *w: _states(x, h0, *w, step=rnn_step.mistakes["W_hh is used transposed"]),
        "every step reads the first input": lambda x, h0, *w: _states(np.repeat(x[:, :1], x.shape[1], axis=1), h0, *w),
        "a step reads all inputs so far, not its own": lambda x, h0, *w: _states(np.cumsum(x, axis=1), h0, *w),
    }
    conventions = {
        "time-first layout (time, batch, hidden), torch's default; this course puts the batch first": lambda x, h0, *w: _states(
            x, h0, *w
        ).transpose(1, 0, 2),
    }
    right = {
        "an array filled step by step": lambda x, h0, *w: _states(x, h0, *w),
        "the input product outside the loop": lambda x, h0, W_xh, W_hh, b: _states(x @ W_xh + b, h0, np.eye(h0.shape[1]), W_hh, 0.0),
        "one sequence after the other": lambda x, h0, *w: np.concatenate([_states(x[i : i + 1], h0[i : i + 1], *w) for i in range(len(x))]),
        "a generator": lambda x, h0, *w: np.array(list(_states_generated(x, h0, *w))).swapaxes(0, 1),
    }
    forbidden = (*READY_MADE, "rnncourse.cells.rnn.rnn_forward")
    ready_made = LAYERS
    hints = (
        "Which two things go into step t, and which one of them comes out of step t − 1?",
        "h = h0; for each t: h = tanh(x[:, t] @ W_xh + h @ W_hh + b), of shape (B, H), stored at hs[:, t]; hs is (B, T, H).",
        "A sibling, a running total: total = start; for t: total = total + x[:, t]; totals.append(total); np.stack(totals, axis=1).",
    )


# ---------------------------------------------------------------- 2.3


def _through(dh, x, h_prev, h, W_xh, W_hh, *, slope=lambda h, h_prev: 1 - h**2):
    """The step's gradients with a slope of one's choice in place of tanh'."""
    da = dh * slope(h, h_prev)  # (B, H)
    return da @ W_xh.T, da @ W_hh.T, x.T @ da, h_prev.T @ da, da.sum(axis=0)


def _with(result, place, change):
    """The right gradients with one of them replaced."""
    return tuple(change(*result) if i == place else one for i, one in enumerate(result))


def _step_backward_but(place, change):
    """A mistake in one gradient: `change` maps da and all arguments to it."""

    def wrong(dh, x, h_prev, h, W_xh, W_hh):
        da = dh * (1 - h**2)
        right = _through(dh, x, h_prev, h, W_xh, W_hh)
        return tuple(change(da, x, h_prev, h, W_xh, W_hh) if i == place else one for i, one in enumerate(right))

    return wrong


GRADIENTS = {"dx": "batch feature", "dh_prev": "batch hidden", "dW_xh": "feature hidden", "dW_hh": "hidden hidden'", "db": "hidden"}


@exercise(id="2.3", points=5, minutes=30, difficulty=3, importance=5)
class rnn_step_backward:
    """Return the gradients of one step: of its input, its last state, both weight matrices and the bias."""

    returns = GRADIENTS
    parts = {name: part(1, name) for name in GRADIENTS}

    def cases(rng):
        for B, D, H in ((3, 4, 5), (1, 2, 6), (5, 3, 1), (4, 1, 2), (2, 3, 3)):
            x, h_prev, w = rng.normal(size=(B, D)), rng.normal(size=(B, H)), _weights(rng, D, H)
            h = rnn_step.reference(x, h_prev, **w)
            yield {"dh": rng.normal(size=(B, H)), "x": x, "h_prev": h_prev, "h": h, "W_xh": w["W_xh"], "W_hh": w["W_hh"]}

    def reference(dh, x, h_prev, h, W_xh, W_hh):
        da = dh * (1 - h**2)  # (B, H), through the tanh
        return da @ W_xh.T, da @ W_hh.T, x.T @ da, h_prev.T @ da, da.sum(axis=0)

    mistakes = {
        "the tanh' is missing: dh goes on as it is": lambda *a: _through(*a, slope=lambda h, h_prev: 1.0),
        "tanh' is taken at h_prev, not at h": lambda *a: _through(*a, slope=lambda h, h_prev: 1 - h_prev**2),
        "tanh' is applied twice": lambda *a: _through(*a, slope=lambda h, h_prev: (1 - h**2) ** 2),
        "tanh' is 1 − h², not 1 − h": lambda *a: _through(*a, slope=lambda h, h_prev: 1 - h),
        "tanh' is that of a sigmoid, h(1 − h)": lambda *a: _through(*a, slope=lambda h, h_prev: h * (1 - h)),
        "tanh is applied to h again before the slope is taken": lambda *a: _through(*a, slope=lambda h, h_prev: 1 - np.tanh(h) ** 2),
        "dW_hh is made from h, not from h_prev": _step_backward_but(3, lambda da, x, h_prev, h, W_xh, W_hh: h.T @ da),
        "dW_hh is transposed": _step_backward_but(3, lambda da, x, h_prev, h, W_xh, W_hh: da.T @ h_prev),
        "dW_xh is transposed": _step_backward_but(2, lambda da, x, h_prev, h, W_xh, W_hh: da.T @ x),
        "dh_prev uses W_hh without transposing it": _step_backward_but(1, lambda da, x, h_prev, h, W_xh, W_hh: da @ W_hh),
        "dx uses W_xh without transposing it": _step_backward_but(0, lambda da, x, h_prev, h, W_xh, W_hh: da @ W_xh),
        "db is the mean over the batch, not the sum": _step_backward_but(4, lambda da, x, h_prev, h, W_xh, W_hh: da.mean(axis=0)),
        "db is not summed over the batch": _step_backward_but(4, lambda da, *_: da * 1.0),
        "dh_prev forgets the tanh'": lambda dh, x, h_prev, h, W_xh, W_hh: _with(
            _through(dh, x, h_prev, h, W_xh, W_hh), 1, lambda *_: dh @ W_hh.T
        ),
        "the weight gradients are means over the batch, not sums": lambda dh, x, *rest: tuple(
            one / (len(x) if i >= 2 else 1) for i, one in enumerate(_through(dh, x, *rest))
        ),
        "dx and dh_prev are swapped": lambda *a: (lambda r: (r[1], r[0], *r[2:]))(_through(*a)),
    }
    right = {
        "einsum": lambda dh, x, h_prev, h, W_xh, W_hh: (
            np.einsum("bh,bh,dh->bd", dh, 1 - h * h, W_xh),
            np.einsum("bh,bh,kh->bk", dh, 1 - h * h, W_hh),
            np.einsum("bd,bh->dh", x, dh * (1 - h * h)),
            np.einsum("bk,bh->kh", h_prev, dh * (1 - h * h)),
            np.ones(len(x)) @ (dh * (1 - h * h)),
        ),
        "a sum over the batch": lambda dh, x, h_prev, h, W_xh, W_hh: _summed(dh, x, h_prev, h, W_xh, W_hh),
        "transposed views": lambda *a: tuple(np.asfortranarray(one) for one in _through(*a)),
    }
    forbidden = (*AUTOGRAD, "rnncourse.cells.rnn.rnn_step_backward")
    ready_made = LAYERS
    hints = (
        "Call a = x W_xh + h_prev W_hh + b, so that h = tanh(a). How does dh become da, and why is a itself not needed?",
        "da = dh * (1 - h**2), (B, H). Then dx = da @ W_xh.T (B, D), dW_xh = x.T @ da (D, H), and db sums da over the batch.",
        "A sibling, y = u @ A + c with gradient dy: du = dy @ A.T, dA = u.T @ dy, dc = dy.sum(axis=0).",
    )


def _summed(dh, x, h_prev, h, W_xh, W_hh):
    da = dh * (1 - h) * (1 + h)
    dW_xh = sum(np.outer(x[i], da[i]) for i in range(len(x)))
    dW_hh = sum(np.outer(h_prev[i], da[i]) for i in range(len(x)))
    return (W_xh @ da.T).T, (W_hh @ da.T).T, dW_xh, dW_hh, sum(da)


# ---------------------------------------------------------------- 2.4


def _bptt(dhs, x, h0, hs, W_xh, W_hh, *, own=lambda dhs, t: dhs[:, t], carry=lambda dh_next: dh_next, steps=None, gather=np.add, start=None):
    """Backpropagation through time with one piece of the loop replaced."""
    T = x.shape[1]
    dx, grads, dh_next = np.zeros_like(x), [np.zeros_like(W_xh), np.zeros_like(W_hh), np.zeros(W_hh.shape[0])], np.zeros_like(h0)
    first = h0 if start is None else start(h0)
    for t in reversed(range(T)) if steps is None else steps(T):
        dh = own(dhs, t) + dh_next
        h_prev = hs[:, t - 1] if t > 0 else first
        dx[:, t], dh_next, *now = _through(dh, x[:, t], h_prev, hs[:, t], W_xh, W_hh)
        dh_next = carry(dh_next)
        grads = [gather(g, n) for g, n in zip(grads, now, strict=True)]
    return dx, dh_next, *grads


@exercise(id="2.4", points=6, minutes=45, difficulty=4, importance=5)
class rnn_backward:
    """Backpropagate through a whole sequence: gradients of the inputs, the first state, both matrices and the bias."""

    returns = {"dx": "batch time feature", "dh0": "batch hidden", **{k: v for k, v in GRADIENTS.items() if k not in ("dx", "dh_prev")}}
    parts = {"dx": part(1.5, "dx"), "dh0": part(1, "dh0"), "dW_xh": part(1, "dW_xh"), "dW_hh": part(1.5, "dW_hh"), "db": part(1, "db")}

    def cases(rng):
        for B, T, D, H in ((3, 6, 2, 4), (1, 4, 3, 2), (4, 1, 2, 3), (2, 5, 1, 1), (5, 3, 4, 4), (3, 3, 2, 5)):
            x, h0, w = rng.normal(size=(B, T, D)), rng.normal(size=(B, H)), _weights(rng, D, H)
            hs = rnn_forward.reference(x, h0, **w)
            yield {"dhs": 2 * rng.normal(size=(B, T, H)), "x": x, "h0": h0, "hs": hs, "W_xh": w["W_xh"], "W_hh": w["W_hh"]}

    def reference(dhs, x, h0, hs, W_xh, W_hh):
        dx, dW_xh, dW_hh, db = np.zeros_like(x), np.zeros_like(W_xh), np.zeros_like(W_hh), np.zeros(W_hh.shape[0])
        dh_next = np.zeros_like(h0)  # (B, H), what the later steps want of this state
        for t in reversed(range(x.shape[1])):
            h_prev = hs[:, t - 1] if t > 0 else h0
            da = (dhs[:, t] + dh_next) * (1 - hs[:, t] ** 2)  # (B, H)
            dx[:, t], dh_next = da @ W_xh.T, da @ W_hh.T
            dW_xh += x[:, t].T @ da
            dW_hh += h_prev.T @ da
            db += da.sum(axis=0)
        return dx, dh_next, dW_xh, dW_hh, db

    mistakes = {
        "dh_next is not added: each step sees its own loss only, as if the state were detached": lambda *a: _bptt(
            *a, carry=lambda d: np.zeros_like(d)
        ),
        "dh_next is not added, though it is returned as dh0": lambda dhs, x, *r: (lambda z, f: (z[0], f[1], *z[2:]))(
            _bptt(dhs, x, *r, carry=lambda d: np.zeros_like(d)),
            _bptt(dhs * (np.arange(x.shape[1]) == 0)[None, :, None], x, *r, steps=lambda T: [0]),
        ),
        "only dh_next is used: the steps' own gradients dhs count at the last step alone": lambda *a: _bptt(
            *a, own=lambda dhs, t: dhs[:, t] * (t == dhs.shape[1] - 1)
        ),
        "the gradients of the weights are overwritten at every step, not added up": lambda *a: _bptt(*a, gather=lambda total, now: now),
        "the loop runs forwards, from the first step to the last": lambda *a: _bptt(*a, steps=range),
        "the first step, t = 0, is skipped": lambda *a: _bptt(*a, steps=lambda T: range(T - 1, 0, -1)),
        "the last step is skipped": lambda *a: _bptt(*a, steps=lambda T: range(T - 2, -1, -1)),
        "h0 is ignored: zeros stand before the first step": lambda *a: _bptt(*a, start=np.zeros_like),
        "h_prev at t = 0 is hs[:, -1], the last state (index −1 wraps round)": lambda dhs, x, h0, hs, *w: _bptt(
            dhs, x, h0, hs, *w, start=lambda h: hs[:, -1]
        ),
        "the gradients of the weights are divided by T": lambda dhs, x, *r: tuple(
            one / (x.shape[1] if i >= 2 else 1) for i, one in enumerate(_bptt(dhs, x, *r))
        ),
        "the gradients of the weights are divided by the batch size": lambda dhs, x, *r: tuple(
            one / (len(x) if i >= 2 else 1) for i, one in enumerate(_bptt(dhs, x, *r))
        ),
        "the gradient is clipped inside the loop": lambda *a: _bptt(*a, carry=lambda d: np.clip(d, -1, 1)),
        "dhs is taken as the whole gradient: the steps' own gradients are summed up beforehand": lambda dhs, *r: _bptt(
            np.cumsum(dhs[:, ::-1], axis=1)[:, ::-1], *r
        ),
        "the tanh' is missing": lambda dhs, x, h0, hs, *w: _bptt_flat(dhs, x, h0, hs, *w),
        "dh0 is zero: it is not taken from the loop": lambda *a: _with(_bptt(*a), 1, lambda dx, dh0, *_: np.zeros_like(dh0)),
        "dh0 is the gradient of the state after the first step, one product with W_hh too early": lambda dhs, x, h0, hs, W_xh, W_hh: _with(
            _bptt(dhs, x, h0, hs, W_xh, W_hh), 1, lambda *_: _first_state_gradient(dhs, x, h0, hs, W_xh, W_hh)
        ),
        "dW_hh is made from hs[:, t], not from the state before": lambda dhs, x, h0, hs, W_xh, W_hh: _with(
            _bptt(dhs, x, h0, hs, W_xh, W_hh), 3, lambda *_: np.einsum("bth,btk->hk", hs, _preactivations(dhs, x, h0, hs, W_xh, W_hh))
        ),
    }
    conventions = {
        "time-first layout (time, batch, feature) of dx; this course puts the batch first": lambda *a: _with(
            _bptt(*a), 0, lambda dx, *_: dx.transpose(1, 0, 2)
        ),
    }
    right = {
        "the weight gradients in one product after the loop": lambda dhs, x, h0, hs, W_xh, W_hh: _late(dhs, x, h0, hs, W_xh, W_hh),
        "recursion": lambda *a: _recursive(*a),
        "one sequence after the other": lambda dhs, x, h0, hs, W_xh, W_hh: _one_by_one(dhs, x, h0, hs, W_xh, W_hh),
        "a list": lambda *a: list(_bptt(*a)),
    }
    forbidden = (*AUTOGRAD, "rnncourse.cells.rnn.rnn_backward", "rnncourse.cells.rnn.rnn_step_backward")
    ready_made = LAYERS
    hints = (
        "A state helps two: the loss of its own step and the next step. From which two places does its gradient come, then?",
        "Go from t = T − 1 down to 0: dh = dhs[:, t] + dh_next; one step back gives dx[:, t], a new dh_next (B, H), and parts that are added to dW_xh, dW_hh, db.",
        "A sibling, h_t = w h_{t-1} + x_t: for t from the end: d = own[t] + d_next; dw += d * h[t-1]; d_next = w * d; at the end d_next belongs to h0.",
    )


def _preactivations(dhs, x, h0, hs, W_xh, W_hh):
    das, dh_next = np.zeros_like(dhs), np.zeros_like(h0)
    for t in reversed(range(x.shape[1])):
        das[:, t] = (dhs[:, t] + dh_next) * (1 - hs[:, t] ** 2)
        dh_next = das[:, t] @ W_hh.T
    return das


def _late(dhs, x, h0, hs, W_xh, W_hh):
    das = _preactivations(dhs, x, h0, hs, W_xh, W_hh)
    before = np.concatenate([h0[:, None], hs[:, :-1]], axis=1)
    return das @ W_xh.T, das[:, 0] @ W_hh.T, np.einsum("btd,bth->dh", x, das), np.einsum("btk,bth->kh", before, das), das.sum(axis=(0, 1))


def _first_state_gradient(dhs, x, h0, hs, W_xh, W_hh):
    das = _preactivations(dhs, x, h0, hs, W_xh, W_hh)
    return dhs[:, 0] + (das[:, 1] @ W_hh.T if x.shape[1] > 1 else 0)


def _bptt_flat(dhs, x, h0, hs, W_xh, W_hh):
    before, dh_next, das = np.concatenate([h0[:, None], hs[:, :-1]], axis=1), np.zeros_like(h0), np.zeros_like(dhs)
    for t in reversed(range(x.shape[1])):
        das[:, t] = dhs[:, t] + dh_next
        dh_next = das[:, t] @ W_hh.T
    return das @ W_xh.T, dh_next, np.einsum("btd,bth->dh", x, das), np.einsum("btk,bth->kh", before, das), das.sum(axis=(0, 1))


def _recursive(dhs, x, h0, hs, W_xh, W_hh, t=0):
    if t == x.shape[1]:
        return np.zeros_like(x), np.zeros_like(h0), np.zeros_like(W_xh), np.zeros_like(W_hh), np.zeros(W_hh.shape[0])
    dx, dh_next, *grads = _recursive(dhs, x, h0, hs, W_xh, W_hh, t + 1)
    h_prev = hs[:, t - 1] if t else h0
    dx[:, t], dh_next, *now = _through(dhs[:, t] + dh_next, x[:, t], h_prev, hs[:, t], W_xh, W_hh)
    return dx, dh_next, *(g + n for g, n in zip(grads, now, strict=True))


def _one_by_one(dhs, x, h0, hs, W_xh, W_hh):
    each = [_bptt(dhs[i : i + 1], x[i : i + 1], h0[i : i + 1], hs[i : i + 1], W_xh, W_hh) for i in range(len(x))]
    dx, dh0, *grads = zip(*each, strict=True)
    return np.concatenate(dx), np.concatenate(dh0), *(sum(g) for g in grads)


# ---------------------------------------------------------------- 2.5


def _differences(f, a, eps, *, ahead=1.0, behind=1.0, over=None, dtype=None, restore=True):
    """Difference quotients with the steps and the divisor of one's choice."""
    work = a if not restore else a.copy() if dtype is None else a.astype(dtype)
    gradient = np.zeros(a.shape)
    for at in np.ndindex(a.shape):
        old = work[at]
        work[at] = old + ahead * eps
        up = f(work)
        work[at] = old - behind * eps
        down = f(work)
        if restore:
            work[at] = old
        gradient[at] = (up - down) / ((ahead + behind) * eps if over is None else over * eps)
    return gradient


@exercise(id="2.5", points=3, minutes=20, difficulty=3, importance=4, rtol=1e-5, atol=1e-6)
class numerical_gradient:
    """Return the gradient of a function of an array by central differences, one element at a time."""

    returns = {"gradient": "axis_0 axis_1"}
    parts = {"gradient": part(2, cases="small"), "the step eps that is given": part(1, cases="large")}

    def cases(rng):
        for shape, kind, given in (((3, 4), "small", {}), ((1, 2), "small", {}), ((5, 1), "small", {"eps": 1e-6}), ((2, 3), "large", {"eps": 0.1})):
            yield Case({"scale": rng.uniform(6, 9, size=shape), "a": rng.normal(size=shape), **given}, kind)

    def probe(function, args):
        scale = args["scale"]

        def f(a):
            return float((np.sin(scale * a) + 0.5 * a * np.roll(a, 1)).sum())

        return unpack(call(function, {"f": f, **{k: v for k, v in args.items() if k != "scale"}}), ("gradient",))

    def reference(f, a, eps=1e-5):
        gradient, moved = np.zeros(a.shape), a.copy()
        for at in np.ndindex(a.shape):
            moved[at] = a[at] + eps
            up = f(moved)
            moved[at] = a[at] - eps
            gradient[at] = (up - f(moved)) / (2 * eps)
            moved[at] = a[at]
        return gradient

    mistakes = {
        "the difference is one-sided: f(a + eps) − f(a)": lambda f, a, eps=1e-5: _differences(f, a, eps, behind=0.0),
        "the difference is one-sided: f(a) − f(a − eps)": lambda f, a, eps=1e-5: _differences(f, a, eps, ahead=0.0),
        "the array is not restored after each element": lambda f, a, eps=1e-5: _differences(f, a, eps, restore=False),
        "the factor 2 is missing: the points are 2 eps apart": lambda f, a, eps=1e-5: _differences(f, a, eps, over=1.0),
        "the array is float32: eps drowns in rounding": lambda f, a, eps=1e-5: _differences(f, a, eps, dtype=np.float32),
        "the difference is not divided by the step": lambda f, a, eps=1e-5: _differences(f, a, eps) * 2 * eps,
        "the sign is wrong": lambda f, a, eps=1e-5: -_differences(f, a, eps),
        "all elements are moved at once": lambda f, a, eps=1e-5: np.full(a.shape, (f(a + eps) - f(a - eps)) / (2 * eps)),
        "eps is 1e-5 whatever is given": lambda f, a, eps=1e-5: _differences(f, a, 1e-5),
        "the gradient is flat, not of the shape of a": lambda f, a, eps=1e-5: _differences(f, a, eps).ravel(),
    }
    right = {
        "in place, restored": lambda f, a, eps=1e-5: _in_place(f, a, eps),
        "one-hot steps": lambda f, a, eps=1e-5: np.array(
            [(f(a + eps * e.reshape(a.shape)) - f(a - eps * e.reshape(a.shape))) / (2 * eps) for e in np.eye(a.size)]
        ).reshape(a.shape),
    }
    forbidden = ("scipy.optimize.approx_fprime", "rnncourse.cells.gradient_check.numerical_gradient")
    hints = (
        "Move one element by eps to both sides. How far are the two points apart?",
        "gradient[i] = (f(a with a[i] + eps) − f(a with a[i] − eps)) / (2 * eps), for every index of a; put the old value back each time.",
        "A sibling, the slope of sin at 0.3: (sin(0.3 + 1e-5) − sin(0.3 − 1e-5)) / 2e-5, close to cos(0.3).",
    )


def _in_place(f, a, eps):
    gradient = np.empty_like(a)
    for at in np.ndindex(a.shape):
        old = a[at]
        a[at] = old + eps
        up = f(a)
        a[at] = old - eps
        down = f(a)
        a[at] = old
        gradient[at] = (up - down) / (2 * eps)
    return gradient


# ---------------------------------------------------------------- 2.6


def _softmax(logits, axis=-1):
    e = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def _cross_entropy(logits, targets, mask, *, over=None, axis=-1, masked=True):
    """Loss and gradient with the divisor, the softmax axis and the masking of one's choice."""
    p = _softmax(logits, axis)
    one_hot = np.eye(logits.shape[-1])[targets]  # (B, T, K)
    with np.errstate(divide="ignore"):
        nats = -np.log(np.take_along_axis(p, targets[..., None], axis=-1)[..., 0])  # (B, T)
    over = mask.sum() if over is None else over(mask)
    weight = mask if masked else np.ones_like(mask)
    return float((np.where(weight, nats, 0)).sum() / over), (p - one_hot) * weight[..., None] / over


def _naive(logits, targets, mask):
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        p = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
        nats = -np.log(np.take_along_axis(p, targets[..., None], axis=-1)[..., 0])
        loss = float((nats * mask).sum() / mask.sum())
        return loss, (p - np.eye(logits.shape[-1])[targets]) * mask[..., None] / mask.sum()


def _clipped_log(logits, targets, mask):
    p = np.take_along_axis(_softmax(logits), targets[..., None], axis=-1)[..., 0]
    return float((-np.log(p + 1e-12) * mask).sum() / mask.sum()), softmax_cross_entropy.reference(logits, targets, mask)[1]


def _loss_but(change):
    def wrong(logits, targets, mask):
        loss, dlogits = softmax_cross_entropy.reference(logits, targets, mask)
        return change(loss, dlogits, logits, targets, mask)

    return wrong


@exercise(id="2.6", points=4, minutes=30, difficulty=3, importance=5)
class softmax_cross_entropy:
    """Return the mean cross-entropy in nats over the valid steps, and its gradient with respect to the logits."""

    returns = {"loss": "", "dlogits": "batch time class"}
    parts = {
        "loss": part(1.5, "loss", cases="ordinary"),
        "gradient": part(1.5, "dlogits", cases="ordinary"),
        "logits of 10,000": part(1, cases="extreme"),
    }

    def cases(rng):
        for B, T, K, kind in ((3, 5, 4, "ordinary"), (1, 4, 3, "ordinary"), (4, 1, 2, "ordinary"), (2, 6, 5, "ordinary"), (2, 3, 4, "extreme")):
            scale = 1e4 if kind == "extreme" else 2.0
            mask = np.arange(T) < rng.integers(1, T + 1, size=B)[:, None]
            if B > 1 and T > 1:
                mask[0] = np.arange(T) < T - 1  # some step is always padding
            logits, targets = scale * rng.normal(size=(B, T, K)), rng.integers(K, size=(B, T))
            targets[0, 0], mask[0, 0] = logits[0, 0].argmin(), True  # one target that the model holds for impossible
            yield Case({"logits": logits, "targets": targets, "mask": mask}, kind)

    def reference(logits, targets, mask):
        shifted = logits - logits.max(axis=-1, keepdims=True)  # (B, T, K)
        log_p = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
        one_hot = np.eye(logits.shape[-1])[targets]
        count = mask.sum()
        loss = -(log_p * one_hot).sum(axis=-1)[mask].sum() / count
        return float(loss), (np.exp(log_p) - one_hot) * mask[..., None] / count

    mistakes = {
        "exp overflows at large logits: the largest one is not subtracted first": _naive,
        "the loss is cut off: log(p + small number) instead of a stable log-softmax": _clipped_log,
        "the mean runs over the padding too": lambda logits, targets, mask: _cross_entropy(logits, targets, mask, over=lambda m: m.size),
        "the padding is counted as if it were valid": lambda logits, targets, mask: _cross_entropy(
            logits, targets, mask, over=lambda m: m.size, masked=False
        ),
        "the mask is inverted: the padding counts and the valid steps do not": lambda logits, targets, mask: _cross_entropy(
            logits, targets, ~mask, over=lambda m: max(m.sum(), 1)
        ),
        "the loss is the sum, not the mean, over valid steps": lambda logits, targets, mask: _cross_entropy(
            logits, targets, mask, over=lambda m: 1
        ),
        "the loss is the mean of each sequence's mean": lambda logits, targets, mask: _of_means(logits, targets, mask),
        "dlogits is not masked: the padding pulls at the weights": _loss_but(
            lambda loss, d, logits, targets, mask: (loss, (_softmax(logits) - np.eye(logits.shape[-1])[targets]) / mask.sum())
        ),
        "dlogits is not divided by the number of valid steps, though the loss is": _loss_but(
            lambda loss, d, logits, targets, mask: (loss, d * mask.sum())
        ),
        "dlogits has the wrong sign": _loss_but(lambda loss, d, *_: (loss, -d)),
        "dlogits is the softmax alone: 1 is not subtracted at the target": _loss_but(
            lambda loss, d, logits, targets, mask: (loss, _softmax(logits) * mask[..., None] / mask.sum())
        ),
        "dlogits runs through the softmax once more, though the loss has done so": _loss_but(
            lambda loss, d, logits, targets, mask: (loss, _twice(d, logits))
        ),
        "the softmax runs over time, not over the classes": lambda logits, targets, mask: _cross_entropy(logits, targets, mask, axis=1),
        "the loss is in bits, not in nats": _loss_but(lambda loss, d, *_: (loss / np.log(2), d)),
        "the loss is the negative probability, without the logarithm": _loss_but(
            lambda loss, d, logits, targets, mask: (
                float(-(np.take_along_axis(_softmax(logits), targets[..., None], -1)[..., 0] * mask).sum() / mask.sum()),
                d,
            )
        ),
    }
    right = {
        "only the valid steps": lambda logits, targets, mask: _valid_only(logits, targets, mask),
        "logaddexp": lambda logits, targets, mask: _logaddexp(logits, targets, mask),
        "tensors": lambda logits, targets, mask: _as_tensors(logits, targets, mask),
    }
    forbidden = ("torch.nn.functional.cross_entropy", "torch.nn.CrossEntropyLoss", "rnncourse.cells.loss.softmax_cross_entropy", *AUTOGRAD)
    hints = (
        "What does np.exp(10_000.0) give, and what does softmax give if the same number is subtracted from all logits of a step?",
        "log_p = shifted − log(sum(exp(shifted))) over the last axis; the loss is −mean of log_p at the targets over mask; dlogits = (p − one_hot) · mask / mask.sum(), (B, T, K).",
        "A sibling, one step with two classes and logits (a, 0): p = 1/(1 + e^−a), loss −log p, gradient (p − 1, 1 − p).",
    )


def _of_means(logits, targets, mask):
    each = [softmax_cross_entropy.reference(logits[i : i + 1], targets[i : i + 1], mask[i : i + 1]) for i in range(len(mask))]
    return float(np.mean([loss for loss, _ in each])), np.concatenate([d for _, d in each]) / len(mask)


def _twice(d, logits):
    p = _softmax(logits)
    return p * (d - (d * p).sum(axis=-1, keepdims=True))


def _valid_only(logits, targets, mask):
    dlogits, chosen = np.zeros_like(logits), logits[mask]  # (n, K)
    log_p = chosen - chosen.max(axis=1, keepdims=True)
    log_p = log_p - np.log(np.exp(log_p).sum(axis=1, keepdims=True))
    rows = np.arange(len(chosen))
    p = np.exp(log_p)
    p[rows, targets[mask]] -= 1
    dlogits[mask] = p / len(chosen)
    return -log_p[rows, targets[mask]].mean(), dlogits


def _logaddexp(logits, targets, mask):
    norm = np.logaddexp.reduce(logits, axis=-1)
    nats = norm - np.take_along_axis(logits, targets[..., None], axis=-1)[..., 0]
    one_hot = targets[..., None] == np.arange(logits.shape[-1])
    return (nats * mask).sum() / mask.sum(), (np.exp(logits - norm[..., None]) - one_hot) * mask[..., None] / mask.sum()


def _as_tensors(logits, targets, mask):
    import torch

    log_p = torch.log_softmax(torch.from_numpy(logits), dim=-1)
    mask, targets = torch.from_numpy(mask), torch.from_numpy(targets)
    nats = -log_p.gather(-1, targets[..., None])[..., 0]
    one_hot = torch.eye(logits.shape[-1], dtype=torch.float64)[targets]
    return nats[mask].mean(), (log_p.exp() - one_hot) * mask[..., None] / mask.sum()


# ---------------------------------------------------------------- 2.7


def _global_norm(grads):
    return np.sqrt(sum((g**2).sum() for g in grads))


def _clip_with(scale, norm=None):
    """Scale by `scale(norm, max_norm)`, return `norm(norm, max_norm)`."""

    def clip(grads, max_norm):
        total = _global_norm(grads)
        with np.errstate(invalid="ignore", divide="ignore"):
            factor = scale(total, max_norm)
            return [g * factor for g in grads], (total if norm is None else norm(total, max_norm))

    return clip


def _clip_in_place(grads, max_norm):
    norm = _global_norm(grads)
    if np.isfinite(norm) and norm > max_norm:
        for g in grads:
            g *= max_norm / norm
    return grads, norm


def _clip_each(grads, max_norm):
    norms = [np.sqrt((g**2).sum()) for g in grads]
    return [g * min(1.0, max_norm / n) if n > 0 else g * 1.0 for g, n in zip(grads, norms, strict=True)], _global_norm(grads)


def _needed(norm, max_norm):
    return max_norm / norm if norm > max_norm else 1.0


@exercise(id="2.7", points=3, minutes=15, difficulty=2, importance=5)
class clip_by_global_norm:
    """Scale all gradients by one factor so that their joint norm is at most max_norm; return them and the norm before."""

    returns = {"gradient *": "", "norm": ""}
    parts = {"clipped": part(1, cases="large"), "left alone": part(1, cases="small"), "norm that is not finite": part(1, cases="not finite")}

    def cases(rng):
        for shapes, max_norm, size, kind in (
            (((3, 4), (4,), (2, 2)), 1.0, 2.0, "large"),
            (((1, 1),), 0.5, 3.0, "large"),
            (((5,), (2, 3)), 7.5, 10.0, "large"),
            (((3, 2), (2,)), 5.0, 0.3, "small"),
            (((2, 2), (3,)), 1.0, 0.0, "small"),
        ):
            grads = [size * (1 + i) * (rng.uniform(0.5, 1, shape) * rng.choice([-1, 1], shape)) for i, shape in enumerate(shapes)]
            yield Case({"grads": grads, "max_norm": max_norm}, kind)
        for bad in (np.nan, np.inf):
            grads = [rng.normal(size=(2, 3)), rng.normal(size=4)]
            grads[1][2] = bad
            yield Case({"grads": grads, "max_norm": 1.0}, "not finite")

    def probe(function, args):
        named = unpack(call(function, args), ("clipped", "norm"))
        clipped, norm = named["clipped"], plain(named["norm"], "the norm")
        if not isinstance(clipped, (list, tuple)) or len(clipped) != len(args["grads"]):
            raise Structure(f"its first result should be a list of {len(args['grads'])} arrays")
        if not np.isfinite(norm).all():  # the caller skips the step, whatever the gradients are
            return {"norm": norm}
        return {f"gradient {i}": g for i, g in enumerate(clipped, 1)} | {"norm": norm}

    def reference(grads, max_norm):
        norm = np.sqrt(sum((g**2).sum() for g in grads))
        scale = max_norm / norm if norm > max_norm else 1.0
        return [g * scale for g in grads], float(norm)

    mistakes = {
        "each element is clipped by itself, which turns the gradient's direction": lambda grads, max_norm: (
            [np.clip(g, -max_norm, max_norm) for g in grads],
            _global_norm(grads),
        ),
        "each array is clipped by its own norm": _clip_each,
        "small gradients are scaled up to max_norm": _clip_with(lambda norm, top: top / norm if norm > 0 else 1.0),
        "gradients of zero are divided by zero": _clip_with(lambda norm, top: min(1.0, top / norm) if norm > 0 else top / norm),
        "the gradients are changed in place": _clip_in_place,
        "the norm is that after clipping": _clip_with(_needed, lambda norm, top: min(norm, top) if np.isfinite(norm) else norm),
        "a small number is added to the norm, so the result stays below max_norm": _clip_with(
            lambda norm, top: min(1.0, top / (norm + 1e-6))
        ),
        "the norm is squared: the root is missing": lambda grads, max_norm: (
            [g * _needed(_global_norm(grads) ** 2, max_norm) for g in grads],
            _global_norm(grads) ** 2,
        ),
        "the sum of the arrays' norms is taken, not the norm over all elements": lambda grads, max_norm: (
            [g * _needed(sum(np.sqrt((a**2).sum()) for a in grads), max_norm) for g in grads],
            sum(np.sqrt((a**2).sum()) for a in grads),
        ),
        "the gradients are divided by the norm, not scaled to max_norm": _clip_with(lambda norm, top: 1 / norm if norm > top else 1.0),
        "a norm that is not finite is hidden as 0": _clip_with(_needed, lambda norm, top: np.nan_to_num(norm, posinf=0.0)),
        "the largest element is taken for the norm": lambda grads, max_norm: (
            [g * _needed(max(np.abs(a).max() for a in grads), max_norm) for g in grads],
            max(np.abs(a).max() for a in grads),
        ),
    }
    right = {
        "one long vector": lambda grads, max_norm: (lambda n: ([g * min(1.0, max_norm / max(n, max_norm)) for g in grads], n))(
            np.linalg.norm(np.concatenate([g.ravel() for g in grads]))
        ),
        "an early return": lambda grads, max_norm: _clip_early(grads, max_norm),
        "a tuple, gradients untouched where the norm is not finite": lambda grads, max_norm: tuple(clip_by_global_norm.reference(grads, max_norm)),
    }
    forbidden = ("torch.nn.utils.clip_grad_norm_", "rnncourse.cells.clipping.clip_by_global_norm")
    hints = (
        "Two arrays with norms 3 and 4: what is the norm of both together? By which factor does each shrink to reach 1?",
        "norm = sqrt of the sum of all squares over all arrays; scale = max_norm / norm where norm > max_norm, else 1; return [g * scale for g in grads], norm.",
        "A sibling, photographs brightened as a set: one factor for all of them keeps their differences; one factor each does not.",
    )


def _clip_early(grads, max_norm):
    norm = sum(float((g * g).sum()) for g in grads) ** 0.5
    if not norm > max_norm or norm == float("inf"):
        return [g.copy() for g in grads], norm
    return [g / (norm / max_norm) for g in grads], norm


# ---------------------------------------------------------------- 2.8


def _lags(dh_last, hs, W_hh, *, matrix=np.transpose, slope=lambda hs, t: 1 - hs[:, t] ** 2, norm=np.linalg.norm):
    T, dh, norms = hs.shape[1], dh_last, []
    for k in range(T):
        norms.append(norm(dh))
        dh = (dh * slope(hs, T - 1 - k)) @ matrix(W_hh)
    return np.array(norms)


@exercise(id="2.8", points=3, minutes=20, difficulty=3, importance=4)
class gradient_norm_by_lag:
    """Return how large the last loss's gradient still is at each lag: the Frobenius norm of dL/dh, 0 to T − 1 steps back."""

    returns = {"norms": "lag"}

    def cases(rng):
        for B, T, H in ((3, 6, 4), (1, 5, 3), (4, 1, 2), (2, 7, 1), (5, 4, 5)):
            W_hh = rng.normal(size=(H, H)) * 1.2 / np.sqrt(H)
            yield {"dh_last": rng.normal(size=(B, H)), "hs": np.tanh(rng.normal(size=(B, T, H))), "W_hh": W_hh}

    def reference(dh_last, hs, W_hh):
        norms, dh = [], dh_last
        for t in range(hs.shape[1] - 1, -1, -1):
            norms.append(np.linalg.norm(dh))  # batch and units together
            dh = (dh * (1 - hs[:, t] ** 2)) @ W_hh.T  # (B, H), the gradient one step earlier
        return np.array(norms)  # (T,)

    mistakes = {
        "W_hh is not transposed": lambda *a: _lags(*a, matrix=lambda W: W),
        "the tanh' is missing": lambda *a: _lags(*a, slope=lambda hs, t: 1.0),
        "tanh' is taken at the state before, not at the state that is left": lambda *a: _lags(
            *a, slope=lambda hs, t: 1 - hs[:, max(t - 1, 0)] ** 2
        ),
        "the lag is reversed: the first entry belongs to the first time step": lambda *a: _lags(*a)[::-1],
        "the lag is off by one: it begins one step back": lambda dh_last, hs, W_hh: _lags_late(dh_last, hs, W_hh),
        "the norms are squared": lambda *a: _lags(*a) ** 2,
        "the mean of each sequence's norm is taken, not one norm over the whole batch": lambda *a: _lags(
            *a, norm=lambda d: np.linalg.norm(d, axis=1).mean()
        ),
        "the largest singular value is taken, not the Frobenius norm": lambda *a: _lags(*a, norm=lambda d: np.linalg.norm(d, 2)),
        "the norms are divided by the first one": lambda *a: _lags(*a) / _lags(*a)[0],
        "tanh is applied to hs again before the slope is taken": lambda *a: _lags(*a, slope=lambda hs, t: 1 - np.tanh(hs[:, t]) ** 2),
    }
    right = {
        "squares under a root": lambda *a: _lags(*a, norm=lambda d: float((d * d).sum()) ** 0.5),
        "columns": lambda dh_last, hs, W_hh: _lags_in_columns(dh_last, hs, W_hh),
    }
    forbidden = AUTOGRAD
    hints = (
        "At lag 0 nothing has happened yet. What does one step back do to the gradient, and in which order?",
        "dh at T − 1 is dh_last; one step back: dh = (dh * (1 − hs[:, t]**2)) @ W_hh.T, (B, H); note np.linalg.norm(dh) before each.",
        "A sibling, money with a fee of 10 % a year: worth[k] is noted first, then multiplied by 0.9; worth[0] is the whole sum.",
    )


def _lags_late(dh_last, hs, W_hh):
    norms, dh = [], dh_last
    for t in range(hs.shape[1] - 1, -1, -1):
        dh = (dh * (1 - hs[:, t] ** 2)) @ W_hh.T
        norms.append(np.linalg.norm(dh))
    return np.array(norms)


def _lags_in_columns(dh_last, hs, W_hh):
    d, norms = dh_last.T, []
    for k in range(hs.shape[1]):
        norms.append(np.sqrt(np.einsum("hb,hb->", d, d)))
        d = W_hh @ (d * (1 - hs[:, -1 - k].T ** 2))
    return norms


# ---------------------------------------------------------------- 2.9

DRAWS = 2000  # rows of one distribution in a case: frequencies settle, one check still takes a blink


def _chances(logits, temperature):
    """What the shares of the classes should be under each idea of temperature, by name; the first is right."""
    p = _softmax(logits)
    log_p = np.log(np.maximum(p, 1e-300))
    return {
        "": _softmax(logits / temperature),
        "the logits are multiplied by the temperature, not divided": _softmax(logits * temperature),
        "the temperature has no effect: it is applied after the softmax, or not at all": p,
        "the largest logit is always taken (argmax), nothing is drawn": np.eye(len(logits))[logits.argmax()],
        "all characters are drawn alike, whatever the logits": np.full(len(logits), 1 / len(logits)),
        "the logits are divided by the square root of the temperature": _softmax(log_p / np.sqrt(temperature)),
    }


def _fits(shares, chances, n):
    """Whether shares of n draws can come from these chances; six standard errors, so that luck never fails a learner."""
    return bool((np.abs(shares - chances) <= 6 * np.sqrt(chances * (1 - chances) / n) + 6 / n).all())


def _draws_fault(args, ids):
    logits = args["logits"]
    B, V = logits.shape
    if ids.shape != (B,) or ids.dtype.kind not in "iu":
        return f"expected whole numbers of shape (batch={B},), yours {ids.dtype} of shape {ids.shape}", ""
    if ids.min() < 0 or ids.max() >= V:
        return f"ids run from 0 to {V - 1}; yours run from {ids.min()} to {ids.max()}", ""
    if B < DRAWS:
        best = logits.argmax(axis=1)  # so far above the others that nothing else can be drawn
        wrong = np.flatnonzero(ids != best)
        return (f"batch={wrong[0]}: drew {ids[wrong[0]]}, whose chance is 0", "") if len(wrong) else ("", "")
    return _shares_fault(args, np.bincount(ids, minlength=V) / B)


def _shares_fault(args, shares):
    chances = _chances(args["logits"][0], args["temperature"])
    if _fits(shares, chances[""], DRAWS):
        return "", ""
    at = int(np.abs(shares - chances[""]).argmax())
    text = f"temperature {args['temperature']:g}: id {at} is drawn in {shares[at]:.1%} of {DRAWS} draws, expected {chances[''][at]:.1%}"
    if shares.max() == 1.0 and chances["the largest logit is always taken (argmax), nothing is drawn"][shares.argmax()] == 0:
        return text, "one draw is used for the whole batch"
    names = [name for name, c in chances.items() if name and _fits(shares, c, DRAWS)]
    return text, names[0] if len(names) == 1 else ""


@exercise(id="2.9", points=2, minutes=15, difficulty=2, importance=4)
class sample_next:
    """Draw one id a row from softmax(logits / temperature)."""

    returns = {"ids": "batch"}
    parts = {"shares of the draws": part(1.5, cases="shares"), "each row by its own logits": part(0.5, cases="rows")}

    def cases(rng):
        for V, temperature in ((4, 0.5), (5, 2.0), (3, 1.0)):
            logits = rng.permutation(np.linspace(-1.2, 1.2, V)) + rng.normal(size=V) * 0.1
            yield Case({"logits": np.tile(logits, (DRAWS, 1)), "temperature": temperature, "seed": int(rng.integers(2**31))}, "shares")
        for B, V in ((7, 5), (1, 3)):
            logits = rng.normal(size=(B, V))
            logits[np.arange(B), rng.integers(V, size=B)] += 1e4
            yield Case({"logits": logits, "temperature": 0.7, "seed": int(rng.integers(2**31))}, "rows")

    def probe(function, args):
        rng = np.random.default_rng(args["seed"])
        return unpack(call(function, {"logits": args["logits"], "temperature": args["temperature"], "rng": rng}), ("ids",))

    def reference(logits, temperature, rng):
        gumbel = rng.gumbel(size=logits.shape)  # the largest of logits / temperature + Gumbel noise is such a draw
        return (logits / temperature + gumbel).argmax(axis=1)  # (B,)

    def verify(args, arrays):
        text, _ = _draws_fault(args, arrays["ids"])
        return [("ids", text)] if text else []

    def recognise(args, arrays):
        return _draws_fault(args, arrays["ids"])[1] if arrays["ids"].shape == (len(args["logits"]),) else ""

    mistakes = {
        "the logits are multiplied by the temperature, not divided": lambda logits, temperature, rng: _drawn_from(
            _softmax(logits * temperature), rng
        ),
        "the temperature has no effect: it is applied after the softmax, or not at all": lambda logits, temperature, rng: _drawn_from(
            _softmax(logits), rng
        ),
        "the largest logit is always taken (argmax), nothing is drawn": lambda logits, temperature, rng: logits.argmax(axis=1),
        "all characters are drawn alike, whatever the logits": lambda logits, temperature, rng: rng.integers(
            logits.shape[1], size=len(logits)
        ),
        "one draw is used for the whole batch": lambda logits, temperature, rng: np.full(
            len(logits), rng.choice(logits.shape[1], p=_softmax(logits[0] / temperature))
        ),
        "exp overflows at large logits: the largest one is not subtracted first": lambda logits, temperature, rng: _drawn_naively(
            logits, temperature, rng
        ),
        "the logits are divided by the square root of the temperature": lambda logits, temperature, rng: _drawn_from(
            _softmax(logits / np.sqrt(temperature)), rng
        ),
    }
    right = {
        "rng.choice row by row": lambda logits, temperature, rng: [
            rng.choice(logits.shape[1], p=row) for row in _softmax(logits / temperature)
        ],
        "cumulated chances": lambda logits, temperature, rng: _drawn_from(_softmax(logits / temperature), rng),
        "multinomial": lambda logits, temperature, rng: rng.multinomial(1, _softmax(logits / temperature)).argmax(axis=1),
    }
    forbidden = ("torch.multinomial",)
    hints = (
        "A temperature near 0 should nearly always give the largest logit. Does dividing or multiplying do that?",
        "p = softmax(logits / temperature) over the last axis, (B, V), the row's maximum subtracted first; then one draw a row, with rng.",
        "A sibling, a biased coin in each row: (rng.random(B) < p_heads).astype(int) draws once a row.",
    )


def _drawn_from(p, rng):
    return np.minimum((rng.random((len(p), 1)) > p.cumsum(axis=1)).sum(axis=1), p.shape[1] - 1)


def _drawn_naively(logits, temperature, rng):
    with np.errstate(over="ignore", invalid="ignore"):
        e = np.exp(logits / temperature)
        return np.array([rng.choice(logits.shape[1], p=row / row.sum()) for row in e])


# ---------------------------------------------------------------- 2.10


def _small_model(torch, weights, kind):
    """A character RNN in torch: the state is a tensor, or a tuple of two as an LSTM's would be."""

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            for name, array in weights.items():
                setattr(self, name, torch.nn.Parameter(torch.tensor(array)))

        def forward(self, inputs, state=None):
            B, H = len(inputs), self.W_hh.shape[0]
            h = torch.zeros(B, H, dtype=torch.float64) if state is None else state[0] if kind == "tuple" else state
            hs = []
            for t in range(inputs.shape[1]):
                h = torch.tanh(self.embedding[inputs[:, t]] + h @ self.W_hh)
                hs.append(h)
            return torch.stack(hs, dim=1) @ self.W_hy, ((h, 2 * h) if kind == "tuple" else h)

    return Model()


def _descent(torch, model, learning_rate, momentum):
    """What torch.optim.SGD does; making one of those loads torch's compiler, which takes longer than all checks together."""

    class Descent:
        param_groups = [{"params": list(model.parameters()), "lr": learning_rate, "momentum": momentum}]
        velocities = {}

        def zero_grad(self, set_to_none=True):
            for parameter in model.parameters():
                parameter.grad = None if set_to_none or parameter.grad is None else torch.zeros_like(parameter)

        def step(self):
            with torch.no_grad():
                for name, parameter in model.named_parameters():
                    if parameter.grad is not None:
                        self.velocities[name] = momentum * self.velocities.get(name, 0.0) + parameter.grad
                        parameter -= learning_rate * self.velocities[name]

    return Descent()


def _three_calls(torch, function, weights, ids, kind, max_norm, learning_rate):
    """Losses, states, weights and how many states carry a graph, after three calls that hand the state on."""
    model = _small_model(torch, weights, kind)
    optimizer = _descent(torch, model, learning_rate, momentum=0.5)
    state, losses, states, graph = None, [], [], 0
    for inputs, targets in ids:
        result = function(model, optimizer, torch.from_numpy(inputs), torch.from_numpy(targets), state, max_norm)
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise Structure("two results are expected: the loss and the new state")
        loss, state = result
        pair = state if isinstance(state, (tuple, list)) else (state,)
        if not all(torch.is_tensor(one) for one in pair):
            raise Structure("the new state should be what the model gave as state, detached")
        graph += sum(one.requires_grad for one in pair)
        losses.append(float(loss))
        states.append(np.concatenate([one.detach().numpy() for one in pair], axis=-1))
    flat = np.concatenate([p.detach().numpy().ravel() for p in model.parameters()])
    return {"losses": np.array(losses), "states": np.stack(states), "weights": flat, "graph": graph}


def _tbptt(model, optimizer, inputs, targets, state, max_norm, *, detach=True, keep=True, zero=True, order="before", clip="norm", loss="mean"):
    """Two lines of a truncated step can be wrong at a time: which, the keywords choose."""
    import torch
    from torch.nn.functional import cross_entropy

    def loosen(s):
        return s.detach() if torch.is_tensor(s) else s if s is None else tuple(x.detach() for x in s)

    logits, new_state = model(inputs, loosen(state) if keep else None)
    value = cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction=loss)
    if zero:
        optimizer.zero_grad()
    value.backward()
    if order == "after":
        optimizer.step()
    if clip == "norm":
        torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    elif clip == "value":
        torch.nn.utils.clip_grad_value_(model.parameters(), max_norm)
    if order == "before":
        optimizer.step()
    return value.item(), loosen(new_state) if detach else new_state


def _tbptt_but(**change):
    return lambda model, optimizer, inputs, targets, state, max_norm: _tbptt(model, optimizer, inputs, targets, state, max_norm, **change)


@exercise(id="2.10", points=3, minutes=25, difficulty=3, importance=5, rtol=1e-4, atol=1e-5, seconds=10.0)
class truncated_bptt_step:
    """Do one step of truncated BPTT in torch: forward from a carried state, backward, clip, update; return loss and state."""

    returns = {"losses": "call", "states": "call batch hidden", "weights": "weight", "graph": ""}
    beside = (_small_model, _descent, _three_calls)
    parts = {"losses and weights": part(2, ("losses", "weights")), "carried state": part(1, ("states", "graph"))}

    def cases(rng):
        for B, T, V, H, kind, max_norm in ((3, 5, 4, 6, "tensor", 0.5), (2, 4, 5, 3, "tuple", 0.3), (1, 1, 3, 2, "tensor", 50.0), (4, 6, 3, 5, "tensor", 0.2)):
            weights = {"embedding": rng.normal(size=(V, H)), "W_hh": rng.normal(size=(H, H)) / np.sqrt(H), "W_hy": 2 * rng.normal(size=(H, V))}
            ids = rng.integers(V, size=(3, 2, B, T))
            yield {"weights": weights, "ids": ids, "kind": kind, "max_norm": max_norm, "learning_rate": 0.7}

    def probe(function, args):
        import torch

        with one_thread(torch):
            return _three_calls(torch, function, **args)

    def reference(model, optimizer, inputs, targets, state, max_norm):
        return _tbptt(model, optimizer, inputs, targets, state, max_norm)

    mistakes = {
        "the returned state still carries its graph: it is not detached": _tbptt_but(detach=False),
        "the state is reset: the step starts from None every time": _tbptt_but(keep=False),
        "the gradients are not clipped before the step: after it, or not at all": _tbptt_but(order="after"),
        "the gradients are not set to zero first, so the last step's are added": _tbptt_but(zero=False),
        "each gradient is clipped by value, not all by their global norm": _tbptt_but(clip="value"),
        "the loss is the sum over all characters, not the mean": _tbptt_but(loss="sum"),
    }
    right = {
        "the optimiser's gradients zeroed first": lambda *a: _tbptt_transposed(*a),
        "set_to_none and a loss tensor": lambda *a: _tbptt_tensor(*a),
    }
    forbidden = ()
    hints = (
        "Which of the six things must happen before backward(), and which between backward() and the optimiser's step?",
        "Detach the state that comes in (None stays None), logits, state = model(inputs, state), cross-entropy of (B·T, V) against (B·T,), zero_grad, backward, clip_grad_norm_, step; return loss.item() and the state, detached.",
        "A sibling without time: out = net(x); loss = criterion(out, y); opt.zero_grad(); loss.backward(); clip_grad_norm_(net.parameters(), 1.0); opt.step(); return loss.item(), out.detach().",
    )


def _tbptt_transposed(model, optimizer, inputs, targets, state, max_norm):
    import torch

    if state is not None:
        state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
    optimizer.zero_grad()
    logits, state = model(inputs, state)
    loss = torch.nn.functional.cross_entropy(logits.transpose(1, 2), targets)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return float(loss), tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach().clone()


def _tbptt_tensor(model, optimizer, inputs, targets, state, max_norm):
    import torch

    logits, state = model(inputs, state)
    nats = -torch.log_softmax(logits, dim=-1).gather(-1, targets[..., None])
    optimizer.zero_grad(set_to_none=True)
    nats.mean().backward()
    total = torch.sqrt(sum((p.grad**2).sum() for p in model.parameters()))
    if total > max_norm:
        for p in model.parameters():
            p.grad *= max_norm / total
    optimizer.step()
    return nats.mean().detach(), [s.detach() for s in state] if isinstance(state, tuple) else state.detach()
