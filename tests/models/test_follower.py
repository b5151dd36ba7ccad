"""The network that follows numbers: its shapes, its weights from the generator, its loss."""

import numpy as np
import pytest
import torch

from rnncourse import models


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_it_answers_at_every_step_and_goes_on_from_its_state(kind):
    model = models.Follower(2, 3, hidden=5, kind=kind, rng=np.random.default_rng(0))
    x = torch.randn(4, 6, 2)
    whole, _ = model(x)
    first, state = model(x[:, :3])
    assert whole.shape == (4, 6, 3)
    assert torch.allclose(torch.cat([first, model(x[:, 3:], state)[0]], dim=1), whole, atol=1e-6)


def test_the_same_generator_gives_the_same_network():
    one, two = (models.Follower(2, 3, rng=np.random.default_rng(1)) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))


def test_its_loss_is_the_mean_squared_error():
    model, x, y = models.Follower(2, 3, rng=np.random.default_rng(0)), torch.randn(4, 6, 2), torch.randn(4, 6, 3)
    loss, state = models.follow_loss(model, (x, y), None)
    assert state is None and torch.isclose(loss, ((model(x)[0] - y) ** 2).mean())
