"""From a submission's files to a verdict, in the real sandbox."""

import json
from pathlib import Path

import pytest

from rnncourse.grading.judge.judge import Job, checks_of, judge
from rnncourse.grading.limits import Limits
from rnncourse.grading.sandbox import isolation

REPO = Path(__file__).parents[3]
STEP, NAME = "1-sequence-data", "sequence_data"
RELEASE = (REPO / "course" / STEP / f"{NAME}.ipynb").read_bytes()
SOLVED = json.loads((REPO / "solutions" / STEP / f"{NAME}.ipynb").read_bytes())
QUICK = Limits(cell_seconds=4.0, wall_seconds=90.0)

pytestmark = pytest.mark.skipif(isolation().kind == "none", reason=f"no isolation here: {isolation().why}")


def job(content, digest="d" * 64, **files):
    everything = {f"{NAME}.ipynb": content} | {name: text.encode() for name, text in files.items()}
    return Job(STEP, everything, digest, {NAME: RELEASE}, b"k" * 32 + digest.encode(), "key", QUICK)


def submission(**sources):
    """The solved notebook with these cells written otherwise."""
    cells = [{**cell, "source": sources.get(cell["id"], cell["source"])} for cell in SOLVED["cells"]]
    return json.dumps({**SOLVED, "cells": cells}).encode()


def reports(verdict):
    return {one.report.name: one.report for one in verdict.notebooks[0].graded}


@pytest.fixture(scope="module")
def right():
    return judge(job(submission()))


def test_right_work_gets_all_points(right):
    assert (right.points, right.max_points, right.isolation) == (25.0, 25.0, "bubblewrap")
    assert [one.cell for one in right.notebooks[0].graded] == [cell for cell, _ in checks_of(json.loads(RELEASE))]
    assert right.remarks == () and not right.notebooks[0].failed


def test_the_same_job_gives_the_same_bytes(right):
    assert judge(job(submission())).to_json() == right.to_json()


def test_the_untouched_release_needs_no_kernel():
    def none(*_):
        raise AssertionError("a kernel was started")

    verdict = judge(job(RELEASE), start=none)
    assert {one.status for one in reports(verdict).values()} == {"not started"} and verdict.points == 0


@pytest.fixture(scope="module")
def mixed():
    """One notebook in which many things go wrong, each in its own exercise."""
    return judge(job(submission(
        encode_text="def encode_text(text, vocabulary):\n    import os\n    os._exit(1)",
        next_step_pairs="def next_step_pairs(ids, length):\n    n = (len(ids) - 1) // length\n    x = ids[: n * length].reshape(n, length)\n    return x, x.copy()",
        make_windows="def make_windows(series, length, horizon):\n    while True:\n        pass",
        chronological_split="def chronological_split(series, fractions:\n    pass",
        standardize="class Standardize:\n    pass\nstandardize = Standardize()",
        pad_sequences="def pad_sequences(sequences):\n    return sequences",
        last_valid="import helper\ndef last_valid(states, lengths):\n    return helper.last(states, lengths)",
    ), **{"helper.py": "import numpy as np\ndef last(states, lengths):\n    print('hi')\n    return states[np.arange(len(states)), lengths - 1]\n"}))  # fmt: skip


@pytest.mark.parametrize(("name", "points", "words"), [
    ("encode_text", 0, "it ended the kernel"),
    ("next_step_pairs", 1, "differ; the first at"),
    ("make_windows", 0, "never ends"),
    ("chronological_split", 0, "defines no function chronological_split"),
    ("standardize", 0, "it is no function"),
    ("pad_sequences", 0, "expected (sequences, value=0.0), yours is (sequences)"),
    ("last_valid", 2, ""),
    ("stateful_batches", 3, ""),
    ("ngram_bits", 4, ""),
])  # fmt: skip
def test_what_goes_wrong_costs_only_its_own_exercise(mixed, name, points, words):
    report = reports(mixed)[name]
    assert report.points == points and words in report.message


def test_a_known_mistake_is_named(mixed):
    assert reports(mixed)["next_step_pairs"].cause.kind == "mistake"


def test_why_a_function_is_missing_is_told(mixed):
    assert "SyntaxError" in reports(mixed)["chronological_split"].message


def test_a_cell_that_kills_the_kernel_is_left_out_the_next_time():
    verdict = judge(job(submission(next_step_pairs="import os\nos.kill(os.getpid(), 9)")))
    assert verdict.points == 22.0
    assert set(verdict.notebooks[0].failed) == {"next_step_pairs"}


def test_cells_that_hang_cost_only_themselves():
    verdict = judge(job(submission(last_valid="import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass")))
    assert verdict.points == 23.0 and "time" in verdict.notebooks[0].failed["last_valid"]


def test_another_content_gets_other_cases():
    one, two = job(RELEASE, "1" * 64), job(RELEASE, "2" * 64)
    (_, exercise), *_ = checks_of(json.loads(RELEASE))
    assert one.seed(exercise) != two.seed(exercise)
    assert one.seed(exercise) == job(RELEASE, "1" * 64).seed(exercise)


def test_outputs_of_the_learners_cells_are_kept():
    verdict = judge(job(submission(last_valid=f"print('seen')\n{''.join(next(c['source'] for c in SOLVED['cells'] if c['id'] == 'last_valid'))}")))
    assert verdict.notebooks[0].outputs["last_valid"] == [{"output_type": "stream", "name": "stdout", "text": "seen\n"}]
