"""The plan: runs are data with a key of their own, and a run is named once what it depends on is known."""

from dataclasses import replace

import pytest

from rnncourse.benchmark.plan import FULL, REDUCED, Plan, Run, best_in_time
from rnncourse.benchmark.tasks import TASKS


class Rows(dict):
    """Rows by key, as a table has them."""


def learnt(loss, seconds=2.0):
    return [{"measure": "learning", "loss": 3.0, "seconds": seconds / 2}, {"measure": "learning", "loss": loss, "seconds": seconds}]


def test_a_key_tells_runs_apart_and_stays():
    run = Run("final", "LSTM", "copy", 1, 3e-3, 1000, 5)
    others = [replace(run, **one) for one in ({"part": "search"}, {"arm": "GRU"}, {"task": "adding"}, {"seed": 2}, {"rate": 1e-3}, {"tokens": 999}, {"checkpoints": 4})]
    assert len({run.key, *(other.key for other in others)}) == 8
    assert run.key == replace(run).key == "83bad0762cf8e084"
    assert len({run.key for plan in (FULL, REDUCED) for run in plan.ready(Rows())}) == len(FULL.ready(Rows())) + len(REDUCED.ready(Rows()))


def test_finals_follow_their_search_and_take_its_best_rate():
    plan = Plan((("copy", 1000),), rates=(1e-3, 1e-2), arms=("LSTM", "GRU"), cost_lengths=(), positions=(), race_iterations=0)
    table = Rows()
    assert [run.part for run in plan.ready(table)] == ["search"] * 4
    slow, quick = plan.searches("copy", "GRU")
    table[slow.key] = learnt(0.5)
    assert [run.part for run in plan.ready(table)] == ["search"] * 4
    table[quick.key] = learnt(None)  # it broke
    finals = [run for run in plan.ready(table) if run.part == "final"]
    assert {(run.arm, run.rate, run.tokens) for run in finals} == {("GRU", 1e-3, 1000)} and [run.seed for run in finals] == [0, 1, 2]


def test_the_race_follows_the_text_and_takes_the_best_recurrent_arm():
    plan = Plan((("charlm", 1000),), rates=(1e-3,), seeds=(0, 1), arms=("LSTM", "GRU", "Transformer"), cost_lengths=(), positions=())
    table = Rows()
    for arm in plan.arms:
        table[plan.searches("charlm", arm)[0].key] = learnt(1.0)
    assert not plan.race(table)
    for arm, loss in (("LSTM", 1.2), ("GRU", 1.1)):
        for run in plan.finals("charlm", arm, table):
            table[run.key] = learnt(loss)
    trials = plan.race(table)
    assert [(run.part, run.arm, run.rate, run.weights, run.batch) for run in trials] == [("trial", "GRU", 1e-3, *size) for size in plan.race_sizes]
    for trial, loss in zip(trials, (1.3, 1.2, None, 1.4), strict=True):
        table[trial.key] = [{"measure": "trial", "loss": loss}]
    race = plan.race(table)[len(trials) :]
    assert [(run.part, run.seed, run.weights, run.batch, run.iterations) for run in race] == [("race", seed, *plan.race_sizes[1], 2000) for seed in (0, 1, 2)]
    assert plan.ready(table)[: len(trials) + 3] == trials + race


def test_the_best_in_time_is_the_lowest_when_the_quickest_is_done():
    slow, quick = [learnt(0.5, seconds=20.0)], [learnt(0.9, seconds=4.0)]
    assert best_in_time({"slow": slow, "quick": quick}) == "quick"
    assert best_in_time({"slow": [learnt(0.5, seconds=4.2)], "quick": quick}) == "slow"


@pytest.mark.parametrize("plan", [FULL, REDUCED], ids=["full", "reduced"])
def test_a_plan_has_every_task_arm_and_measurement(plan):
    assert {task for task, _ in plan.tokens} == set(TASKS) and len(plan.arms) == 5
    first = plan.ready(Rows())
    assert [run.part for run in first[:10]] == ["cost", "streaming"] * 5 and first[0].alone
    a_pair = len(plan.rates) + len(plan.seeds)
    assert plan.count() == 10 + 25 * a_pair + len(plan.race_sizes) + len(plan.race_seeds)
    assert min(FULL.cost_lengths) == 32 and max(FULL.cost_lengths) == 2048
