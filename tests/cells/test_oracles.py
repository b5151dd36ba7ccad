"""Every layer against three judges that share no code with it: torch's autograd on a loop written by hand,
torch.nn, and finite differences. All in float64, to 1e-10 or better."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnncourse.cells import (
    GRU,
    LSTM,
    RNN,
    Bidirectional,
    Checkpointed,
    FastGRU,
    FastLSTM,
    FastRNN,
    Stacked,
    numerical_gradient,
    to_torch,
)

torch = pytest.importorskip("torch")

FAST = {RNN: FastRNN, LSTM: FastLSTM, GRU: FastGRU}
PAIRED = (LSTM, FastLSTM)
sizes = st.sampled_from([1, 2, 3, 5, 8])
kinds = st.sampled_from([RNN, LSTM, GRU, FastRNN, FastLSTM, FastGRU])
shapes = st.sampled_from(["one", "both ways", "two layers", "two layers both ways", "checkpointed"])


def cell(rng, kind, D, H, bias):
    """A cell whose biases are not zero, unlike those of `random`."""
    layer = kind.random(rng, D, H, bias=bias)
    for name, w in layer.weights.items():
        if name.startswith("b"):
            w += rng.normal(size=w.shape)
    return layer


def built(rng, shape, kind, D, H, bias):
    make = lambda D, H: cell(rng, kind, D, H, bias)  # noqa: E731
    if shape == "both ways":
        return Bidirectional(make(D, H), make(D, H + 1))
    if shape == "two layers":
        return Stacked(make(D, H + 2), make(H + 2, H))
    if shape == "two layers both ways":
        return Stacked(Bidirectional(make(D, H), make(D, H)), Bidirectional(make(2 * H, H), make(2 * H, H)))
    return Checkpointed(make(D, H), steps=2) if shape == "checkpointed" else make(D, H)


def some_state(rng, layer, B):
    """A random state of the form that the layer takes."""
    if isinstance(layer, Checkpointed):
        return some_state(rng, layer.layer, B)
    if isinstance(layer, Bidirectional):
        return some_state(rng, layer.ahead, B), some_state(rng, layer.reverse, B)
    if isinstance(layer, Stacked):
        return tuple(some_state(rng, each, B) for each in layer.layers)
    h, c = rng.normal(size=(2, B, layer.H))
    return (h, c) if isinstance(layer, LSTM) else h


def some_mask(rng, what, B, T):
    if what == "none":
        return None
    if what == "padded":
        return np.arange(T) < rng.integers(1, T + 1, B)[:, None]
    return rng.random((B, T)) < 0.6  # gaps anywhere, perhaps nothing real at all


def tensors(tree):
    """The same tree of tuples with tensors that want gradients."""
    if isinstance(tree, tuple):
        return tuple(tensors(branch) for branch in tree)
    return torch.tensor(tree, requires_grad=True)


def leaves(tree):
    return [leaf for branch in tree for leaf in leaves(branch)] if isinstance(tree, tuple) else [tree]


# The loop by hand, in torch, from the formulas.


def hand_step(layer, w, x, state):
    b = [w.get(name, 0.0) for name in layer.names[2:]]
    if isinstance(layer, RNN):
        return torch.tanh(x @ w["W_xh"] + state @ w["W_hh"] + b[0])
    if isinstance(layer, LSTM):
        h, c = state
        i, f, g, o = (x @ w["W_x"] + h @ w["W_h"] + b[0]).chunk(4, dim=1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c
    x_r, x_z, x_n = (x @ w["W_x"] + b[0]).chunk(3, dim=1) if len(w) > 2 else (x @ w["W_x"]).chunk(3, dim=1)
    h_r, h_z, h_n = (state @ w["W_h"] + b[1]).chunk(3, dim=1)
    z = (x_z + h_z).sigmoid()
    return (1 - z) * (x_n + (x_r + h_r).sigmoid() * h_n).tanh() + z * state


def hand_loop(layer, w, x, state, mask):
    if isinstance(layer, Checkpointed):
        return hand_loop(layer.layer, w, x, state, mask)
    if isinstance(layer, Bidirectional):
        ahead, last = hand_loop(layer.ahead, below(w, "ahead"), x, state[0], mask)
        turned = None if mask is None else mask.flip(1)
        reverse, last_reverse = hand_loop(layer.reverse, below(w, "reverse"), x.flip(1), state[1], turned)
        return torch.cat([ahead, reverse.flip(1)], dim=2), (last, last_reverse)
    if isinstance(layer, Stacked):
        last = []
        for k, each in enumerate(layer.layers):
            x, end = hand_loop(each, below(w, str(k)), x, state[k], mask)
            last.append(end)
        return x, tuple(last)
    hs = []
    for t in range(x.shape[1]):
        new = hand_step(layer, w, x[:, t], state)
        if mask is not None:
            real = mask[:, t, None]
            pairs = zip(leaves(new), leaves(state), strict=True)
            new = tuple(torch.where(real, after, before) for after, before in pairs)
            new = new if isinstance(layer, LSTM) else new[0]
        state = new
        hs.append(leaves(state)[0])
    return torch.stack(hs, dim=1), state


def below(w, prefix):
    return {name.removeprefix(prefix + "."): tensor for name, tensor in w.items() if name.startswith(prefix + ".")}


def zeros_like(tree):
    return tuple(zeros_like(branch) for branch in tree) if isinstance(tree, tuple) else np.zeros_like(tree)


def close(got, expected, what):
    np.testing.assert_allclose(got, expected.detach().numpy(), rtol=1e-10, atol=1e-10, err_msg=what)


@settings(max_examples=250)
@given(
    seed=st.integers(0, 2**32), B=sizes, T=sizes, D=sizes, H=sizes, kind=kinds, shape=shapes, bias=st.booleans(),
    given_state=st.booleans(), mask=st.sampled_from(["none", "padded", "gaps"]),
)  # fmt: skip
def test_a_layer_is_the_loop_that_torch_differentiates(seed, B, T, D, H, kind, shape, bias, given_state, mask):
    rng = np.random.default_rng(seed)
    layer = built(rng, shape, kind, D, H, bias)
    x, mask = rng.normal(size=(B, T, D)), some_mask(rng, mask, B, T)
    some = some_state(rng, layer, B)
    state = some if given_state else zeros_like(some)

    hs, last, trace = layer.forward(x, state if given_state else None, mask)
    dhs, dlast = rng.normal(size=hs.shape), some_state(rng, layer, B)
    dx, dstate, gradients = layer.backward(dhs, trace, dlast)

    w = {name: torch.tensor(a, requires_grad=True) for name, a in layer.weights.items()}
    x_t, state_t = torch.tensor(x, requires_grad=True), tensors(state)
    hs_t, last_t = hand_loop(layer, w, x_t, state_t, None if mask is None else torch.tensor(mask))
    upstream = [torch.tensor(dhs), *(torch.tensor(d) for d in leaves(dlast))]
    torch.autograd.backward([hs_t, *leaves(last_t)], upstream)

    close(hs, hs_t, "hs")
    for got, expected in zip(leaves(last), leaves(last_t), strict=True):
        close(got, expected, "last state")
    close(dx, x_t.grad, "dx")
    for got, leaf in zip(leaves(dstate), leaves(state_t), strict=True):
        close(got, leaf.grad, "gradient of the first state")
    assert gradients.keys() == w.keys()
    for name, got in gradients.items():
        close(got, w[name].grad, name)


# torch.nn


def torch_state(state, kind):
    """A layer's state, however nested, as torch.nn wants it: (layers x directions, B, H), a pair of them for LSTM."""
    flat = [torch.tensor(leaf) for leaf in leaves(state)]
    return (torch.stack(flat[::2]), torch.stack(flat[1::2])) if kind is LSTM else torch.stack(flat)


def torch_leaves(state):
    return [leaf for pair in zip(*state, strict=True) for leaf in pair] if isinstance(state, tuple) else list(state)


@settings(max_examples=120)
@given(
    seed=st.integers(0, 2**32), B=sizes, T=sizes, D=sizes, H=sizes, kind=st.sampled_from([RNN, LSTM, GRU]),
    shape=st.sampled_from(["one", "two layers both ways"]), bias=st.booleans(), padded=st.booleans(),
)  # fmt: skip
def test_fast_layers_equal_torch_nn_also_on_packed_sequences(seed, B, T, D, H, kind, shape, bias, padded):
    rng = np.random.default_rng(seed)
    layer = built(rng, shape, FAST[kind], D, H, bias)
    module = to_torch(layer)
    x, state = rng.normal(size=(B, T, D)), some_state(rng, layer, B)
    lengths = rng.integers(1, T + 1, B)
    mask = np.arange(T) < lengths[:, None] if padded else None
    hs, last, trace = layer.forward(x, state, mask)
    dhs = rng.normal(size=hs.shape) * (1 if mask is None else mask[:, :, None])
    dx, dstate, gradients = layer.backward(dhs, trace)

    x_t = torch.tensor(x, requires_grad=True)
    given_in = x_t
    if padded:
        given_in = torch.nn.utils.rnn.pack_padded_sequence(x_t, torch.tensor(lengths), True, enforce_sorted=False)
    hs_t, last_t = module(given_in, torch_state(state, kind))
    if padded:
        hs_t, _ = torch.nn.utils.rnn.pad_packed_sequence(hs_t, batch_first=True, total_length=T)
    hs_t.backward(torch.tensor(dhs))

    real = np.ones((B, T), bool) if mask is None else mask
    np.testing.assert_allclose(hs[real], hs_t.detach().numpy()[real], rtol=1e-10, atol=1e-10)
    for got, expected in zip(leaves(last), torch_leaves(last_t), strict=True):
        close(got, expected, "last state")
    close(dx, x_t.grad, "dx")
    for name, gradient in to_torch_gradients(layer, gradients, kind).items():
        close(gradient, module.get_parameter(name).grad, name)


def to_torch_gradients(layer, gradients, kind):
    """Our gradients under torch's names. The two biases of an RNN or an LSTM have one gradient."""
    found = {}
    for name, g in gradients.items():
        *place, own = name.split(".")
        suffix = f"l{place[0]}{'_reverse' if place[1] == 'reverse' else ''}" if place else "l0"
        if own in ("b", "b_x", "b_h"):
            for theirs in {"b": ("bias_ih", "bias_hh"), "b_x": ("bias_ih",), "b_h": ("bias_hh",)}[own]:
                found[f"{theirs}_{suffix}"] = g
        else:
            found[f"weight_{'ih' if own.startswith('W_x') else 'hh'}_{suffix}"] = g.T
    return found


# Finite differences


@pytest.mark.parametrize("shape", ["one", "both ways", "two layers", "checkpointed"])
@pytest.mark.parametrize("kind", [RNN, LSTM, GRU, FastRNN, FastLSTM, FastGRU])
def test_gradients_are_those_of_finite_differences(kind, shape):
    rng = np.random.default_rng(7)
    layer = built(rng, shape, kind, 2, 3, True)
    x, state = rng.normal(size=(2, 4, 2)), some_state(rng, layer, 2)
    mask = np.array([[True, True, False, True], [False, True, True, False]])
    hs, last, trace = layer.forward(x, state, mask)
    dhs, dlast = rng.normal(size=hs.shape), some_state(rng, layer, 2)
    dx, dstate, gradients = layer.backward(dhs, trace, dlast)

    def loss(x=x, state=state):
        hs, last, _ = layer.forward(x, state, mask)
        return sum(float((a * d).sum()) for a, d in zip(leaves((hs, last)), leaves((dhs, dlast)), strict=True))

    near = {"rtol": 1e-7, "atol": 1e-8}
    np.testing.assert_allclose(dx, numerical_gradient(lambda x: loss(x=x), x), **near)
    for place, d in enumerate(leaves(dstate)):
        by_trying = numerical_gradient(
            lambda a, place=place: loss(state=with_leaf(state, place, a)), leaves(state)[place]
        )
        np.testing.assert_allclose(d, by_trying, **near)
    for name, w in layer.weights.items():
        by_trying = numerical_gradient(lambda a, w=w: loss_with(w, a, loss), w)
        np.testing.assert_allclose(gradients[name], by_trying, **near, err_msg=name)


def with_leaf(state, place, array):
    """The same tree with another leaf at this place."""
    flat = iter(array if k == place else leaf for k, leaf in enumerate(leaves(state)))
    fill = lambda tree: tuple(fill(b) for b in tree) if isinstance(tree, tuple) else next(flat)  # noqa: E731
    return fill(state)


def loss_with(w, array, loss):
    """The loss while this weight has other numbers."""
    before = w.copy()
    w[...] = array
    found = loss()
    w[...] = before
    return found
