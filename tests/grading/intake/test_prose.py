"""An answer in words that stands outside its cell reaches the person who grades it; what is no answer stays where it is."""

import json

import pytest

from rnncourse.grading.intake import repair
from rnncourse.grading.intake.prose import reads_as_text
from tests.grading.intake.test_transplant import CELLS, cell, written

ANSWER = "Because the state carries what came before, and the gate decides how much of it stays for later steps."
SMALL = {"small": written()}


def repair_small(*added, at=6, **changed):
    """The repaired small notebook, with cells added at a place and sources changed: (cells by id, remarks)."""
    cells = [{**one, "source": changed.get(one["id"].replace("-", "_"), one["source"])} for one in CELLS]
    cells[at:at] = added
    found = repair({"small.ipynb": json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()}, SMALL)
    again = repair({"small.ipynb": json.dumps(found.notebooks["small"]).encode()}, SMALL)
    assert again.notebooks == found.notebooks
    return {one["id"]: one["source"] for one in found.notebooks["small"]["cells"]}, [f"{one.kind} {one.cell}: {one.text}" for one in found.remarks]


@pytest.mark.parametrize("at", [5, 6], ids=["above", "below"])
@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_a_cell_of_text_next_to_the_answer_becomes_the_answer(at, kind):
    cells, remarks = repair_small(cell(kind, "mine", ANSWER), at=at)
    assert cells["why"] == ANSWER and "mine" not in cells
    assert [one for one in remarks if one.startswith("repaired why: ") and "graded by hand" in one]


def test_several_cells_become_one_answer_in_their_order():
    cells, _ = repair_small(cell("markdown", "a", "One."), cell("code", "c", "plot(1)"), cell("markdown", "b", "Two."))
    assert cells["why"] == "One.\n\nTwo." and cells["c"] == "plot(1)"


def test_text_in_the_question_becomes_the_answer_and_stays():
    cells, _ = repair_small(cell_05=f"Why does that work?\n\n{ANSWER}")
    assert cells["why"] == ANSWER and cells["cell-05"] == "Why does that work?" and ANSWER in cells["extra-01"]


@pytest.mark.parametrize("source", [ANSWER, f"# {ANSWER}", f'"""{ANSWER}"""'], ids=["as it is", "comment", "string"])
def test_text_in_a_cell_of_code_becomes_the_answer_and_stays(source):
    cells, _ = repair_small(cell("code", "mine", source))
    assert cells["why"] == ANSWER and cells["mine"] == source


def test_pictures_go_with_the_text():
    picture = {"attachments": {"a.png": {"image/png": "aGk="}}}
    cells = [dict(one) for one in CELLS]
    cells.insert(6, cell("markdown", "mine", "![](attachment:a.png)") | picture)
    notebook = repair({"small.ipynb": json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()}, SMALL).notebooks["small"]
    assert next(one for one in notebook["cells"] if one["id"] == "why")["attachments"] == picture["attachments"]


def test_next_to_an_answer_everything_stays():
    cells, remarks = repair_small(cell("markdown", "mine", ANSWER), why="An answer.")
    assert cells["why"] == "An answer." and cells["mine"] == ANSWER and remarks == []


def test_text_elsewhere_is_named_where_work_was_done():
    cells, remarks = repair_small(cell("markdown", "mine", f"{ANSWER} {ANSWER}"), at=1, double="def double(x):\n    return 2 * x")
    assert cells["why"] == "*Your answer here.*" and any("no answer was written in why" in one for one in remarks)


@pytest.mark.parametrize(("source", "text"), [
    ("import numpy as np\nfor x in range(3):\n    print(x, x**2)\n    total += x", False),
    ("from torch import nn, optim", False),
    ("# TODO: tidy", False),
    ("result = check(double)", False),
    ("Ich nehme das LSTM, weil es in allen Messungen am besten war.", True),
    ("'''\n" + ANSWER + "\n'''", True),
])  # fmt: skip
def test_what_reads_as_text(source, text):
    assert reads_as_text(source) is text
