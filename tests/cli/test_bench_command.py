"""`rnncourse bench` before anything is measured: what it will do, and what it does not know."""

import re

import pytest
from click.testing import CliRunner

from rnncourse.cli import main


def bench(*words):
    return CliRunner().invoke(main, ["bench", *words])


@pytest.mark.parametrize(("words", "trials", "seeds"), [((), 6, 3), (("--reduced",), 2, 3)])
def test_the_plan_prints_weights_and_trials_and_measures_nothing(words, trials, seeds, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = bench("--plan", *words)
    assert told.exit_code == 0 and not list(tmp_path.iterdir())
    lines = told.output.splitlines()
    assert [line.partition(":")[0] for line in lines[:5]] == ["charlm", "adding", "copy", "recall", "dates"]
    for line in lines[:5]:
        assert all(arm in line for arm in ("RNN", "LSTM", "GRU", "minGRU", "Transformer"))
        assert float(re.search(r"\(([\d.]+) % apart\)", line)[1]) <= 2
    assert f"{trials} trials" in lines[5] and f"{seeds} seeds" in lines[5]


def test_what_is_not_there_is_told():
    for words, known in ((("--task", "poetry"), "charlm"), (("--arm", "xLSTM"), "minGRU")):
        told = bench("--plan", *words)
        assert told.exit_code == 1 and known in told.output and words[1] in told.output


def test_no_scheduler_is_told(tmp_path):
    pytest.importorskip("distributed", reason="needs the instructors' extra")
    told = bench("--reduced", "--scheduler", "tcp://127.0.0.1:9", "--to", str(tmp_path / "rows.jsonl"))
    assert told.exit_code == 1 and "no scheduler answers at tcp://127.0.0.1:9" in told.output and "Traceback" not in told.output
