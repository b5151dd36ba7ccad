"""The comparison of memories: equal weights, settings that solve, a file that says what was measured where."""

import numpy as np
import pytest

from rnncourse import models
from rnncourse.benchmark import memory
from rnncourse.benchmark.memory import ARMS, TASKS, Measured, last
from rnncourse.data.memory import ADDING_BLIND

TASK = TASKS["adding"]


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_arms_have_equal_weights(task):
    counts = [models.parameters(task.model(arm, 0)[0].recurrent) for arm in ARMS.values()]
    assert max(counts) == counts[list(ARMS).index("LSTM")]
    assert min(counts) > 0.94 * max(counts)


def error(name, rate, epochs, seed):
    """Mean squared error on new sequences of T = 100 after so many epochs of 200 sequences."""
    model, objective = TASK.model(ARMS[name], seed)
    models.fit(model, TASK.batches(), objective, models.Settings(epochs=epochs, learning_rate=rate, seed=seed), show=False)
    x, lengths, y = memory.adding_batch(np.random.default_rng(5), 500, 100)
    return np.mean((models.outputs(model, x, lengths) - y) ** 2)


@pytest.mark.parametrize(("name", "rate", "epochs"), [("LSTM, orthogonal and chrono", 1e-2, 70), ("GRU, orthogonal and chrono", 3e-2, 24)])
@pytest.mark.parametrize("seed", [11, 12])
def test_gates_solve_the_adding_problem_of_a_hundred_steps(name, rate, epochs, seed):
    assert error(name, rate, epochs, seed) < 0.2 * ADDING_BLIND


def test_a_vanilla_network_as_torch_starts_it_stays_at_chance():
    assert error("vanilla RNN", 1e-3, 20, 11) > 0.85 * ADDING_BLIND


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_what_was_measured_is_whole_and_says_where(task):
    machine, arms = memory.measured(task.name)
    assert "one thread of an" in machine and "torch" in machine
    assert list(arms) == list(ARMS)
    for name, arm in arms.items():
        assert arm.hidden == task.model(ARMS[name], 0)[0].recurrent.hidden_size
        assert [float(rate) for rate in arm.search] == list(memory.RATES)
        tried = {float(rate): loss for rate, loss in arm.search.items() if loss is not None}
        assert arm.rate == min(tried, key=tried.get)
        assert len(arm.runs) == len(task.seeds) >= 3
        assert all(len(run["losses"]) == len(run["seconds"]) for run in arm.runs)


def test_the_file_holds_what_notebook_3_says_of_it():
    """Its prose draws conclusions from the committed measurement; who measures anew has to read it again."""
    _, adding = memory.measured("adding")
    median = {name: np.median(arm.solved(ADDING_BLIND / 10)) for name, arm in adding.items()}
    slowest = {name: arm.solved(ADDING_BLIND / 10).max() for name, arm in adding.items()}
    assert slowest["LSTM, orthogonal and chrono"] <= 3 and slowest["GRU, orthogonal and chrono"] <= 3
    assert median["LSTM, orthogonal and chrono"] < median["GRU, orthogonal and chrono"] < median["GRU"] < median["LSTM"] < np.inf
    assert slowest["ReLU RNN, identity"] < np.inf == median["vanilla RNN"] == median["vanilla RNN, orthogonal"]
    relu = adding["ReLU RNN, identity"]
    assert relu.rate == 3e-3 and relu.search["0.01"] > 0.9 * ADDING_BLIND and relu.search["0.03"] is None
    assert adding["LSTM"].rate == max(memory.RATES)
    _, copy = memory.measured("copy")
    ends, blind = {name: arm.final.mean() for name, arm in copy.items()}, TASKS["copy"].blind
    assert ends["GRU, orthogonal and chrono"] < ends["LSTM, orthogonal and chrono"] < ends["GRU"] < ends["LSTM"] < ends["ReLU RNN, identity"]
    assert ends["ReLU RNN, identity"] < 0.95 * blind and min(ends["vanilla RNN"], ends["vanilla RNN, orthogonal"]) > 0.98 * blind
    assert min(ends.values()) > blind / 10


def test_a_moment_of_a_run_is_the_mean_of_its_last_epochs():
    run = {"seconds": [1.0, 2.0, 3.0, 4.0, 5.0], "losses": [0.9, 0.6, 0.3, 0.0, 0.0]}
    arm = Measured(hidden=3, search={}, rate=0.1, runs=[run])
    assert arm.at(0.5) == pytest.approx([0.9])
    assert arm.at(3.5) == pytest.approx([0.6])
    assert arm.final == pytest.approx([0.1]) and last(run) == pytest.approx(0.1)
    assert arm.solved(0.35).tolist() == [4.0] and arm.solved(0.05).tolist() == [np.inf]


def test_a_run_that_breaks_is_no_run():
    assert last({"seconds": [], "losses": []}) == float("inf")
