"""A network that answers with numbers at every step."""

import numpy as np
import torch

from rnncourse import data, models


def test_it_learns_to_remember_a_sign():
    rng = np.random.default_rng(0)
    x, y = data.flip_flop(rng, 64, 12, bits=1, chance=0.2)
    model = models.Tracker(1, 1, hidden=8, rng=rng)
    losses = models.train(model, x, np.full(64, 12), y, rng=rng, epochs=25, learning_rate=0.02)
    assert losses[-1] < 0.2 * losses[0]
    with torch.no_grad():
        assert model(torch.from_numpy(x).float()).shape == (64, 12, 1)


def test_same_generator_state_same_network():
    one, two = (models.Tracker(2, 3, kind="gru", rng=np.random.default_rng(4)).state_dict() for _ in range(2))
    assert all(torch.equal(one[name], two[name]) for name in one)
