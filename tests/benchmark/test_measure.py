"""One run of each part: its rows, what they hold, and that they repeat."""

import math

import numpy as np
import pytest
import torch

from rnncourse.benchmark import race
from rnncourse.benchmark.arms import ARMS
from rnncourse.benchmark.footprint import peak
from rnncourse.benchmark.learning import FLOOR, checkpoints, schedule
from rnncourse.benchmark.measure import measure
from rnncourse.benchmark.plan import Run
from rnncourse.benchmark.text import corpus

TIMES = ("seconds", "peak_mib", "milliseconds", "microseconds")


def without_times(rows):
    return [{name: value for name, value in row.items() if name not in TIMES} for row in rows]


@pytest.mark.parametrize("arm", ARMS)
def test_learning_gives_a_row_a_score_and_one_a_length(arm):
    run = Run("final", arm, "copy", 1, 3e-3, 10_000, 4)
    rows = measure(run)
    on_the_way, lengths = ([row for row in rows if row["measure"] == kind] for kind in ("learning", "length"))
    assert [row["row"] for row in rows] == list(range(len(rows))) and {row["of"] for row in rows} == {len(rows)}
    assert {(row["key"], row["part"], row["arm"], row["task"], row["seed"], row["rate"], row["budget"]) for row in rows} == {
        (run.key, "final", arm, "copy", 1, 3e-3, 10_000)
    }
    assert [row["tokens"] for row in on_the_way] == sorted({row["tokens"] for row in on_the_way}) and abs(on_the_way[-1]["tokens"] - 10_000) < 960
    assert [row["length"] for row in lengths] == [5, 10, 20, 40]
    assert len(on_the_way[-1]["blocks"]) == 32 and np.mean(on_the_way[-1]["blocks"]) == pytest.approx(on_the_way[-1]["loss"], rel=1e-3)
    assert lengths[1]["loss"] == on_the_way[-1]["loss"]
    assert all(row["environment"]["torch"] == torch.__version__ and row["environment"]["threads"] == 1 for row in rows)
    assert on_the_way[-1]["seconds"] > on_the_way[0]["seconds"] > 0


@pytest.mark.parametrize("task", ["charlm", "adding", "recall", "dates"])
def test_a_run_repeats(task):
    run = Run("search", "GRU", task, 5, 3e-3, 4000)
    one, again = measure(run), measure(run)
    assert without_times(one) == without_times(again) and len(one) == 1 and math.isfinite(one[0]["loss"])


def test_a_run_that_breaks_is_a_result():
    rows = measure(Run("final", "RNN", "adding", 0, 1e30, 50_000, 3))
    assert rows[-1]["measure"] == "learning" and rows[-1]["loss"] is None and "blocks" not in rows[-1]


@pytest.mark.parametrize("arm", ARMS)
def test_streaming_gives_what_the_batch_gives_and_says_what_it_keeps(arm):
    rows = measure(Run("streaming", arm, lengths=(8, 64, 300)))
    assert [row["position"] for row in rows] == [8, 64, 300] and all(row["microseconds"] > 0 for row in rows)
    assert all(row["difference"] <= 1e-5 for row in rows)
    kept = [row["state_bytes"] for row in rows]
    assert kept == ([kept[0]] * 3 if ARMS[arm].recurrent else [kept[0], 8 * kept[0], kept[0] * 300 // 8])


@pytest.mark.parametrize("arm", ARMS)
def test_cost_at_each_length(arm):
    rows = measure(Run("cost", arm, lengths=(8, 256)))
    assert [row["length"] for row in rows] == [8, 256] and rows[1]["milliseconds"] > rows[0]["milliseconds"] > 0
    assert 96_000 <= rows[0]["parameters"] == rows[1]["parameters"] <= 101_000


def test_the_race_gives_both_the_same_seconds():
    rows = measure(Run("race", "LSTM", seed=0, rate=3e-3, iterations=12, weights=350_000, batch=8))
    runs = {network: [row for row in rows if row["network"] == network] for network in ("nanoGPT", "LSTM")}
    first, second = runs["nanoGPT"][-1], runs["LSTM"][-1]
    assert first["tokens"] == 12 * 12 * 64 and first["seconds"] <= second["seconds"] < 1.5 * first["seconds"] + 0.2
    assert second["parameters"] < first["parameters"] and len(first["blocks"]) == len(second["blocks"]) == 32
    assert abs(first["as_published"] - first["loss"]) < 0.3


def test_a_trial_has_about_the_seconds_of_the_race_and_is_judged_on_other_text():
    rows = measure(Run("trial", "LSTM", seed=0, rate=3e-3, iterations=12, weights=100_000, batch=8))
    assert len(rows) == 1 and rows[0]["measure"] == "trial" and len(rows[0]["blocks"]) == 32
    assert 0.3 < rows[0]["seconds"] / race.expected_seconds(12) < 3
    text = corpus()
    assert not np.array_equal(text.held_out("search", 400), text.held_out("final", 400))


def test_the_rate_goes_up_and_down():
    rates = [schedule(share) for share in np.linspace(0.01, 1, 100)]
    top = int(np.argmax(rates))
    assert rates[:top] == sorted(rates[:top]) and rates[top:] == sorted(rates[top:], reverse=True)
    assert max(rates) == pytest.approx(1, abs=0.01) and rates[-1] == pytest.approx(FLOOR)


def test_checkpoints_end_with_the_last_batch():
    assert checkpoints(100, 1) == {100} and max(checkpoints(977, 12)) == 977 and len(checkpoints(977, 12)) == 12
    assert checkpoints(2, 12) == {1, 2}


def test_the_peak_of_memory_is_seen():
    with peak() as found:
        torch.ones(64 * 2**20 // 4).sum()  # 64 MiB
    if found.mib is None:
        pytest.skip("this system does not tell the peak of memory")
    assert 60 < found.mib < 80
