"""The arms: as many weights as each other on every task, one face for all, the same network for the same generator."""

import numpy as np
import pytest
import torch

from rnncourse import models
from rnncourse.benchmark.arms import ARMS, Shape, Size, answer, build, labels, size_for
from rnncourse.benchmark.plan import FULL, REDUCED, weights
from rnncourse.benchmark.tasks import TASKS
from rnncourse.models.objectives import detached

SYMBOLS = Shape(3000, 20, symbols=7, longest=10)
NUMBERS = Shape(3000, 20, inputs=2, outputs=1, longest=10)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("plan", [FULL, REDUCED], ids=["full", "reduced"])
def test_arms_have_equal_weights_within_two_percent(plan, task):
    counts = weights(plan, task)
    assert list(counts) == ["RNN", "LSTM", "GRU", "minGRU", "Transformer"]
    assert max(counts.values()) - min(counts.values()) <= 0.02 * max(counts.values())
    assert all(abs(count - TASKS[task].budget) <= 0.01 * TASKS[task].budget for count in counts.values())


@pytest.mark.parametrize("plan", [FULL, REDUCED], ids=["full", "reduced"])
def test_arms_have_the_same_trials_tokens_and_seeds(plan):
    for task, tokens in plan.tokens:
        searches = [plan.searches(task, arm) for arm in plan.arms]
        assert {tuple((run.rate, run.tokens, run.seed) for run in runs) for runs in searches} == {
            tuple((rate, round(plan.search_share * tokens), 1000) for rate in plan.rates)
        }
    assert len(plan.seeds) >= 3 and 1000 not in plan.seeds


@pytest.mark.parametrize("arm", ARMS.values(), ids=list(ARMS))
@pytest.mark.parametrize("shape", [SYMBOLS, NUMBERS], ids=["symbols", "numbers"])
def test_the_nearest_size_is_found(arm, shape):
    def count(size):
        return models.parameters(build(arm, shape, size, np.random.default_rng(0)))

    size = size_for(arm, shape)
    if arm.recurrent:
        others = [Size(size.width - 1), Size(size.width + 1)]
    else:
        others = [Size(size.width, size.feedforward + 1)]
        assert count(size) <= shape.budget < count(others[0])
    assert all(abs(count(size) - shape.budget) <= abs(count(other) - shape.budget) for other in others if arm.recurrent)


@pytest.mark.parametrize("arm", ARMS.values(), ids=list(ARMS))
def test_one_face_for_all(arm):
    model = build(arm, SYMBOLS, size_for(arm, SYMBOLS), np.random.default_rng(0))
    ids = torch.from_numpy(np.random.default_rng(1).integers(7, size=(3, 12)))
    logits, state = labels(model, ids)
    assert logits.shape == (3, 12, 7) and (state is None) == (not arm.recurrent)
    if arm.recurrent:
        first, state = labels(model, ids[:, :5])
        second, _ = labels(model, ids[:, 5:], detached(state))
        torch.testing.assert_close(torch.cat([first, second], dim=1), logits, atol=1e-5, rtol=0)
    numbers = build(arm, NUMBERS, size_for(arm, NUMBERS), np.random.default_rng(0))
    assert answer(numbers, torch.rand(3, 9, 2)).shape == (3, 1)


@pytest.mark.parametrize("arm", ARMS.values(), ids=list(ARMS))
def test_a_generator_decides_every_weight(arm):
    one, same, other = (build(arm, SYMBOLS, size_for(arm, SYMBOLS), np.random.default_rng(seed)) for seed in (3, 3, 4))
    pairs = list(zip(one.parameters(), same.parameters(), other.parameters(), strict=True))
    assert all(torch.equal(a, b) for a, b, _ in pairs)
    assert any(not torch.equal(a, c) for a, _, c in pairs)


def test_a_budget_that_no_network_has():
    with pytest.raises(ValueError, match="too small"):
        size_for(ARMS["LSTM"], Shape(10, 20, symbols=7))
