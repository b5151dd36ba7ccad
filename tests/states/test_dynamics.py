"""Fixed points whose number and stability are known are all found, and counted right."""

import numpy as np
import pytest
import torch

from rnncourse import data, models
from rnncourse.states import find_fixed_points, jacobian, record, torch_step, unstable_directions


def grid(*axes):
    return torch.cartesian_prod(*axes)


def test_two_bistable_units_have_nine_fixed_points():
    turn = torch.linalg.qr(torch.tensor([[1.0, 2.0], [-0.5, 1.0]], dtype=torch.float64))[0]

    def step(h):
        return torch.tanh(2 * (h @ turn)) @ turn.T

    starts = grid(*[torch.linspace(-1.2, 1.2, 9, dtype=torch.float64)] * 2)
    points = find_fixed_points(step, starts, 500, 0.02)
    rest = 0.957504  # tanh(2 r) = r
    expected = grid(*[torch.tensor([-rest, 0.0, rest], dtype=torch.float64)] * 2) @ turn.T
    assert len(points) == 9
    assert torch.cdist(expected, points).min(dim=1).values.max() < 1e-2
    assert sorted(unstable_directions(jacobian(step, point)) for point in points) == [0] * 4 + [1] * 4 + [2]


def test_what_does_not_rest_is_not_kept():
    starts = torch.zeros(4, 3)
    assert find_fixed_points(lambda h: h + 1, starts, 5, 0.01).shape == (0, 3)
    with pytest.raises(ValueError, match=r"starts: expected \(starts, units\), at least one, got \(0, 3\)"):
        find_fixed_points(lambda h: h, torch.zeros(0, 3), 5, 0.01)


def test_weights_and_starts_stay_as_they_were():
    weight, starts = torch.nn.Parameter(torch.eye(2) * 0.5), torch.ones(3, 2)
    points = find_fixed_points(lambda h: h @ weight, starts, 300, 0.02)
    assert weight.grad is None and not starts.requires_grad and (starts == 1).all()
    np.testing.assert_allclose(points, np.zeros((1, 2)), atol=5e-3)


def test_the_jacobian_of_a_network_is_its_slope():
    layer = models.Tracker(2, 2, hidden=5, kind="gru", rng=np.random.default_rng(0)).recurrent
    step, h = torch_step(layer, [0.3, -0.2]), torch.linspace(-1, 1, 5, dtype=torch.float64)
    eps = 1e-6 * torch.eye(5, dtype=torch.float64)
    np.testing.assert_allclose(jacobian(step, h), torch.stack([(step(h + e) - step(h - e)) / 2e-6 for e in eps], dim=1), atol=1e-8)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_trained_flip_flop_rests_at_nine_points(seed):
    rng = np.random.default_rng(seed)
    x, y = data.flip_flop(rng, 400, 40, bits=2, chance=0.15)
    network = models.Tracker(2, 2, hidden=32, rng=rng)
    models.train(network, x, np.full(400, 40), y, rng=rng, epochs=30, learning_rate=0.01)
    one, other = record(network, x[:40]).hidden.reshape(-1, 32)[rng.integers(1600, size=(2, 200))]
    share, step = rng.uniform(0, 1, (200, 1)), torch_step(network.recurrent)
    with models.one_thread():
        points = find_fixed_points(step, torch.from_numpy(share * one + (1 - share) * other), 600, 0.02, 1e-7)
        unstable = np.array([unstable_directions(jacobian(step, point)) for point in points])
    assert sorted(unstable) == [0] * 4 + [1] * 4 + [2]
    signs = np.sign(network.readout(points.float()).detach().numpy()[unstable == 0])
    assert len(np.unique(signs, axis=0)) == 4
