"""nanoGPT's published setting: its sizes, its schedule, its batches, and that a run learns."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from rnncourse.models import NANOGPT_CPU, parameters, train_nanogpt


def test_the_sizes_are_the_published_ones():
    s = NANOGPT_CPU
    assert (s.layers, s.heads, s.width, s.context, s.batch, s.iterations, s.dropout) == (4, 4, 128, 64, 12, 2000, 0.0)
    model = s.model(65, np.random.default_rng(0))
    biases = sum(weight.numel() for name, weight in model.named_parameters() if name.endswith("bias"))
    # nanoGPT prints "number of parameters: 0.80M", positions not counted, and it has no biases
    assert parameters(model) - biases - s.context * s.width == 795_904
    assert model.context == 64 and len(model.layers) == 4 and model.layers[0].attention.heads == 4


def test_the_rate_rises_and_falls_to_a_tenth():
    rates = [NANOGPT_CPU.rate(i) for i in (0, 50, 100, 1050, 2000, 3000)]
    assert rates == pytest.approx([0, 5e-4, 1e-3, 5.5e-4, 1e-4, 1e-4])


def test_matrices_decay_and_biases_do_not():
    model = NANOGPT_CPU.model(65, np.random.default_rng(0))
    optimizer = NANOGPT_CPU.optimizer(model)
    decayed, kept = ({id(w) for w in group["params"]} for group in optimizer.param_groups)
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0.1, 0.0]
    assert all((id(w) in decayed) == (w.dim() == 2) and (id(w) in kept) == (w.dim() == 1) for w in model.parameters())


def test_targets_are_one_further_and_every_place_is_drawn():
    setting, rng = replace(NANOGPT_CPU, context=4), np.random.default_rng(0)
    seen = set()
    for _ in range(20):
        inputs, targets = setting.draw(np.arange(9), rng)
        assert inputs.shape == targets.shape == (12, 4)
        assert torch.equal(targets, inputs + 1)
        seen |= set(inputs[:, 0].tolist())
    assert seen == {0, 1, 2, 3, 4}


@pytest.mark.parametrize("ids", [np.arange(64), np.zeros((2, 100), int)])
def test_a_text_that_is_too_short_is_refused(ids):
    with pytest.raises(ValueError, match=r"expected one text \(N,\) of more than 64 ids"):
        NANOGPT_CPU.draw(ids, np.random.default_rng(0))


def test_a_small_run_learns_and_can_be_stopped():
    setting = replace(NANOGPT_CPU, layers=1, heads=2, width=16, context=8, iterations=150, warmup=10, learning_rate=1e-2)
    rng, text = np.random.default_rng(0), np.tile(np.arange(5), 40)
    model = setting.model(5, rng)
    losses = train_nanogpt(model, text, setting, rng=rng)
    assert len(losses) == 150 and losses[0] == pytest.approx(np.log(5), abs=0.2) and losses[-1] < 0.1
    assert not model.training
    assert len(train_nanogpt(model, text, setting, rng=rng, report=lambda iteration, loss: iteration == 2)) == 3
