"""What the checks of step 2 use in place of a library's own."""

import numpy as np
import torch

from rnncourse.exercises.step2 import _descent, _small_model


def test_the_optimiser_of_the_check_is_torchs():
    rng = np.random.default_rng(0)
    weights = {"embedding": rng.normal(size=(4, 3)), "W_hh": rng.normal(size=(3, 3)), "W_hy": rng.normal(size=(3, 4))}
    ours, theirs = (_small_model(torch, weights, "tensor") for _ in range(2))
    optimizers = _descent(torch, ours, 0.3, 0.5), torch.optim.SGD(theirs.parameters(), lr=0.3, momentum=0.5)
    for inputs in torch.from_numpy(rng.integers(4, size=(3, 2, 5))):
        for model, optimizer in zip((ours, theirs), optimizers, strict=True):
            optimizer.zero_grad()
            model(inputs)[0].square().mean().backward()
            optimizer.step()
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=0)
    optimizers[0].zero_grad()
    assert all(parameter.grad is None for parameter in ours.parameters())
