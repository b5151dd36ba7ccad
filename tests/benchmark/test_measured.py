"""The table that comes with the package is whole, fair, and of the plan that the package has now."""

import numpy as np
import pytest

from rnncourse.benchmark.arms import ARMS
from rnncourse.benchmark.plan import FULL
from rnncourse.benchmark.reading import FILE, measured
from rnncourse.benchmark.table import Table


@pytest.fixture(scope="module")
def full():
    return measured()


def test_it_has_every_run_of_the_plan_and_no_other():
    table = Table(FILE)
    runs = {run.key: str(run) for run in FULL.ready(table)}
    assert len(runs) == FULL.count() == len(table)
    assert {row["key"] for row in table.rows} == set(runs)


def test_arms_have_equal_weights_and_equal_trials(full):
    for task, _ in FULL.tokens:
        weights = [size[0] for size in full.sizes(task).values()]
        assert len(weights) == len(ARMS) and max(weights) <= 1.02 * min(weights)
        assert {arm: tuple(rates) for arm, rates in full.trials(task).items()} == dict.fromkeys(ARMS, FULL.rates)
        assert {arm: len(runs) for arm, runs in full.runs(task).items()} == dict.fromkeys(ARMS, len(FULL.seeds))


def test_the_rate_of_the_end_is_the_best_of_the_search(full):
    for task, _ in FULL.tokens:
        for arm, rate in full.rates(task).items():
            tried = {rate: np.inf if loss is None else loss for rate, loss in full.trials(task)[arm].items()}
            assert rate == min(tried, key=tried.get)


def test_it_was_measured_in_one_environment_which_names_no_machine(full):
    (environment,) = full.environments
    assert environment["threads"] == 1
    assert set(environment) == {"rnncourse", "python", "numpy", "torch", "system", "processor", "vectors", "cores", "threads", "text"}


def test_streams_give_what_the_batch_gives(full):
    assert {row["arm"] for row in full.some(part="streaming")} == set(ARMS)
    assert max(row["difference"] for row in full.some(part="streaming")) <= 1e-5


def test_both_sides_of_the_race_had_the_same_seconds(full):
    nano, ours = full.race().values()
    assert len(nano) == len(ours) == len(FULL.race_seeds)
    for one, other in zip(nano, ours, strict=True):
        assert one[-1]["seconds"] <= other[-1]["seconds"] < 1.02 * one[-1]["seconds"]
        assert one[-1]["tokens"] == 2000 * 12 * 64
