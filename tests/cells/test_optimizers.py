import numpy as np
import pytest

from rnncourse.cells import SGD, Adam, RMSprop

torch = pytest.importorskip("torch")

PAIRS = [
    (lambda: SGD(0.1), lambda p: torch.optim.SGD(p, 0.1)),
    (lambda: SGD(0.1, momentum=0.9), lambda p: torch.optim.SGD(p, 0.1, momentum=0.9)),
    (lambda: RMSprop(0.02, decay=0.8, epsilon=1e-3), lambda p: torch.optim.RMSprop(p, 0.02, alpha=0.8, eps=1e-3)),
    (lambda: RMSprop(), lambda p: torch.optim.RMSprop(p)),
    (lambda: Adam(0.05, 0.7, 0.9, 1e-4), lambda p: torch.optim.Adam(p, 0.05, (0.7, 0.9), 1e-4)),
    (lambda: Adam(), lambda p: torch.optim.Adam(p)),
]


@pytest.mark.parametrize("ours, theirs", PAIRS)
def test_thirty_steps_are_those_of_torch(ours, theirs):
    rng = np.random.default_rng(0)
    weights = {"a": rng.normal(size=(2, 3)), "b": rng.normal(size=4)}
    parameters = [torch.nn.Parameter(torch.tensor(w)) for w in weights.values()]
    optimizer, reference = ours(), theirs(parameters)
    for _ in range(30):
        gradients = {name: rng.normal(size=w.shape) for name, w in weights.items()}
        before = {name: g.copy() for name, g in gradients.items()}
        optimizer.step(weights, gradients)
        for parameter, g in zip(parameters, before.values(), strict=True):
            parameter.grad = torch.tensor(g)
        reference.step()
        assert all(np.array_equal(gradients[name], before[name]) for name in before)
    for w, parameter in zip(weights.values(), parameters, strict=True):
        np.testing.assert_allclose(w, parameter.detach().numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("make", [lambda: SGD(0.1, 0.9), RMSprop, Adam])
def test_weights_change_in_place_and_keep_their_dtype(make):
    w = np.ones(3, np.float32)
    optimizer = make()
    optimizer.step({"w": w}, {"w": np.ones(3, np.float32)})
    assert w.dtype == np.float32 and (w < 1).all()
    assert all(memory.dtype == np.float32 for memory in optimizer.memory.values())


def test_what_does_not_fit_is_refused_and_changes_nothing():
    for gradients, message in [
        ({"w": np.ones(3)}, "b stand on one side only"),
        ({"w": np.ones(3), "b": np.ones((1, 2))}, r"gradient of b: expected \(2,\) as the weight, got \(1, 2\)"),
        ({"w": np.ones(3), "b": np.array([1, np.nan])}, "gradient of b: holds NaN or infinity; skip this step"),
    ]:
        weights = {"w": np.ones(3), "b": np.ones(2)}
        with pytest.raises(ValueError, match=message):
            SGD(0.1).step(weights, gradients)
        assert weights["w"].tolist() == [1, 1, 1]


def test_rates_and_shares_are_checked():
    for make, message in [
        (lambda: SGD(0), "learning_rate: expected a number above 0, got 0"),
        (lambda: SGD(0.1, 1.0), "momentum: expected 0 or more and below 1, got 1.0"),
        (lambda: RMSprop(decay=-0.1), "decay: expected"),
        (lambda: Adam(mean_decay=1), "mean_decay: expected"),
        (lambda: Adam(square_decay=1), "square_decay: expected"),
    ]:
        with pytest.raises(ValueError, match=message):
            make()
