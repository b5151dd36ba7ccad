"""minGRU and minLSTM: the scan against the loop, the two ways to run them, gradients, and their place among the kinds."""

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from rnncourse.models import (
    CharacterModel,
    MinGRU,
    MinLSTM,
    SequenceClassifier,
    hidden_for,
    parameters,
    recurrent_layer,
    recurrent_weights,
    scan_linear,
    start_from,
)
from rnncourse.models.recurrent import MINIMAL

LAYERS = (MinGRU, MinLSTM)


def drawn(*shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape))


def loop(a, b, h):
    """One step after the other."""
    hs = []
    for t in range(a.shape[1]):
        h = a[:, t] * h + b[:, t]
        hs.append(h)
    return torch.stack(hs, dim=1)


def layer(make, D=3, H=5, layers=1, seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make(D, H, layers).double()


@pytest.mark.parametrize("T", [1, 2, 3, 4, 5, 8, 13, 64, 127])
@pytest.mark.parametrize("kind", ["gates", "near 0", "zero", "one", "any sign"])
def test_the_scan_is_the_loop(T, kind):
    a = {
        "gates": torch.sigmoid(3 * drawn(3, T, 5)),
        "near 0": torch.sigmoid(3 * drawn(3, T, 5)) ** 40,
        "zero": (drawn(3, T, 5) > 0).double(),
        "one": torch.ones(3, T, 5, dtype=torch.float64),
        "any sign": drawn(3, T, 5).tanh(),
    }[kind]
    b, h0 = drawn(3, T, 5, seed=1), drawn(3, 5, seed=2)
    torch.testing.assert_close(scan_linear(a, b, h0), loop(a, b, h0), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(scan_linear(a, b), loop(a, b, 0 * h0), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shift", [-60.0, -8.0, 0.0, 8.0])
def test_long_sequences_in_float32_stay_finite_and_right(shift):
    a = torch.sigmoid(drawn(2, 4096, 3) + shift).float()
    b = (1 - a) * drawn(2, 4096, 3, seed=1).float()
    hs = scan_linear(a, b)
    assert torch.isfinite(hs).all()
    torch.testing.assert_close(hs.double(), loop(a.double(), b.double(), torch.zeros(2, 3).double()), rtol=1e-4, atol=2e-6)


def test_few_operations_a_doubling():
    """Twice the length costs a fixed number of operations more: the work is done side by side."""

    class Counter(TorchDispatchMode):
        calls = 0

        def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
            self.calls += 1
            return operation(*args, **(kwargs or {}))

    def operations(T):
        a = torch.zeros(1, T, 1)
        with Counter() as counter:
            scan_linear(a, a)
        return counter.calls

    counts = [operations(T) for T in (256, 512, 1024)]
    assert counts[2] - counts[1] == counts[1] - counts[0] < 60


@pytest.mark.parametrize("T", [1, 2, 7])
def test_its_gradients_are_right_twice(T):
    a = torch.sigmoid(drawn(2, T, 3)).clone()
    a[0, 0, 0] = 0.0
    arguments = [each.requires_grad_() for each in (a, drawn(2, T, 3, seed=1), drawn(2, 3, seed=2))]
    assert torch.autograd.gradcheck(scan_linear, arguments)
    assert torch.autograd.gradgradcheck(scan_linear, arguments)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((2, 4, 3), (2, 4, 2), None), r"of one shape, got a \(2, 4, 3\), b \(2, 4, 2\)"),
        (((4, 3), (4, 3), None), r"expected a and b \(batch, time, hidden\)"),
        (((2, 0, 3), (2, 0, 3), None), r"expected a and b \(batch, time, hidden\)"),
        (((2, 4, 3), (2, 4, 3), (1, 3)), r"h0: expected \(batch, hidden\) = \(2, 3\), got \(1, 3\)"),
    ],
)
def test_shapes_that_do_not_fit_are_told(shapes, message):
    with pytest.raises(ValueError, match=message):
        scan_linear(*(None if shape is None else torch.zeros(shape) for shape in shapes))


@pytest.mark.parametrize("make", LAYERS)
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize(("B", "T"), [(1, 1), (4, 9)])
def test_all_steps_at_once_are_one_step_after_the_other(make, layers, B, T):
    model, x, h = layer(make, layers=layers), drawn(B, T, 3), drawn(layers, B, 5, seed=1)
    hs, last = model(x, h)
    assert hs.shape == (B, T, 5) and last.shape == (layers, B, 5)
    for t in range(T):
        top, h = model.step(x[:, t], h)
        torch.testing.assert_close(top, hs[:, t])
    torch.testing.assert_close(h, last)


def test_a_min_gru_is_its_equations():
    model, x, h = layer(MinGRU), drawn(2, 3), drawn(2, 5, seed=1)
    z, n = (x @ model.maps[0].weight.T + model.maps[0].bias).split(5, dim=1)
    expected = (1 - z.sigmoid()) * h + z.sigmoid() * n
    torch.testing.assert_close(model.step(x, h)[0], expected)


def test_a_min_lstm_is_its_equations():
    model, x, h = layer(MinLSTM), drawn(2, 3), drawn(2, 5, seed=1)
    f, i, n = (x @ model.maps[0].weight.T + model.maps[0].bias).split(5, dim=1)
    f, i = f.sigmoid(), i.sigmoid()
    torch.testing.assert_close(model.step(x, h)[0], f / (f + i) * h + i / (f + i) * n)


@pytest.mark.parametrize("make", LAYERS)
@pytest.mark.parametrize("size", [1e2, 1e4])
def test_gates_that_are_shut_or_open_give_no_nan(make, size):
    model, x = layer(make).float(), (size * drawn(2, 20, 3)).float().requires_grad_()
    hs, _ = model(x)
    hs.sum().backward()
    assert torch.isfinite(hs).all() and torch.isfinite(x.grad).all()
    assert all(torch.isfinite(weight.grad).all() for weight in model.parameters())


@pytest.mark.parametrize("make", LAYERS)
def test_gradients_of_a_layer_are_right(make):
    model, x, h = layer(make, H=2, layers=2), drawn(2, 5, 3).requires_grad_(), drawn(2, 2, 2, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda *args: model(*args[:2]), [x, h, *model.parameters()])


@pytest.mark.parametrize("make", LAYERS)
def test_errors_name_the_axes(make):
    model = layer(make, layers=2)
    with pytest.raises(ValueError, match=r"expected \(batch, time, 3 inputs\), got shape \(4, 9, 2\)"):
        model(drawn(4, 9, 2))
    with pytest.raises(ValueError, match="got PackedSequence; packed sequences: pad them"):
        model(torch.nn.utils.rnn.pack_sequence([drawn(4, 3)]))
    with pytest.raises(ValueError, match=r"expected \(layers, batch, hidden\) = \(2, 4, 5\), got \(4, 5\)"):
        model(drawn(4, 9, 3), drawn(4, 5))
    with pytest.raises(ValueError, match=r"one step \(batch, 3 inputs\), got shape \(4, 9, 3\)"):
        model.step(drawn(4, 9, 3))
    with pytest.raises(ValueError, match="sizes of 1 or more"):
        make(3, 0)


@pytest.mark.parametrize("kind", MINIMAL)
def test_they_are_kinds_like_the_others(kind):
    rng = np.random.default_rng(0)
    assert recurrent_weights(kind, 3, 5) == parameters(recurrent_layer(kind, 3, 5))
    assert recurrent_weights(kind, 3, hidden_for(kind, 3, 5000)) <= 5000
    assert recurrent_weights(kind, 3, hidden_for(kind, 3, 5000) + 1) > 5000
    model, ids = CharacterModel(6, hidden=5, kind=kind, layers=2, rng=rng), torch.randint(6, (3, 8))
    whole, _ = model(ids)
    first, state = model(ids[:, :5])
    torch.testing.assert_close(torch.cat([first, model(ids[:, 5:], state)[0]], dim=1), whole)
    classifier = SequenceClassifier(2, 4, hidden=5, kind=kind, rng=rng)
    assert classifier(torch.zeros(3, 7, 2), torch.tensor([7, 1, 3])).shape == (3, 4)
    with pytest.raises(ValueError, match=f"{kind} reads in one direction only"):
        recurrent_layer(kind, 3, 5, bidirectional=True)


@pytest.mark.parametrize("kind", MINIMAL)
@pytest.mark.parametrize("options", [{"forget_bias": 1.5}, {"longest": 50}])
@torch.no_grad()
def test_the_memory_can_be_set(kind, options):
    model = start_from(recurrent_layer(kind, 3, 400, layers=2), np.random.default_rng(0), **options)
    a, _ = model.coefficients(model.maps[1](torch.zeros(1, 400)))  # the share kept where the input says nothing
    if "forget_bias" in options:
        torch.testing.assert_close(a, torch.full((1, 400), 1.5).sigmoid())
    else:
        steps = 1 / (1 - a)
        assert steps.min() >= 2 - 1e-3 and 45 < steps.max() <= 50.01 and abs(float(steps.median()) - 26) < 4


@pytest.mark.parametrize("kind", MINIMAL)
def test_there_is_no_recurrent_block_to_start_from(kind):
    with pytest.raises(ValueError, match=f"a {kind} has no recurrent weights to start from, got 'orthogonal'"):
        start_from(recurrent_layer(kind, 2, 3), np.random.default_rng(0), "orthogonal")
