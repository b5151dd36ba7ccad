"""Reading code before it runs costs no more than its length, whatever stands in it, and a fault of it costs no points."""

import ast
import itertools

import pytest

from rnncourse.exercises import find
from rnncourse.grading.bounded import Unreadable
from rnncourse.grading.judge import reading
from rnncourse.grading.judge.cells import Piece, names_read
from rnncourse.grading.judge.judge import judge
from rnncourse.grading.judge.shortcuts import may_mention, mentioned
from rnncourse.grading.sandbox import isolation
from tests.grading.fuzz.seeds import CODE
from tests.grading.judge.test_judge import SOLVED, job, submission

NAMES = ["".join(letters) for letters in itertools.product("bcghjklmnpqrstuvwxz", repeat=3)][:3300]
EXERCISE = find("last_valid")


@pytest.mark.parametrize("join", [", ", " = "])
def test_a_statement_is_read_once_however_many_names_it_makes(join, monkeypatch):
    written, real = [], ast.unparse
    monkeypatch.setattr(ast, "unparse", lambda tree: written.append(tree) or real(tree))
    code = f"{join.join(NAMES)} = x\ndef last_valid(x):\n    return {NAMES[0]}"
    assert mentioned([Piece("last_valid", code, True)], EXERCISE) == []
    assert len(written) <= 3


@pytest.mark.parametrize("code", CODE.values(), ids=CODE)
def test_no_code_makes_the_search_raise(code):
    whole = [Piece("a", "import numpy as np", False), Piece("last_valid", code, True)]
    assert set(mentioned(whole, EXERCISE)) <= set(EXERCISE.forbidden)


@pytest.mark.parametrize("error", [ValueError, OverflowError, RecursionError, KeyError, AssertionError])
def test_whatever_a_parser_raises_every_word_counts(error, monkeypatch):
    def fail(*_):
        raise error

    with monkeypatch.context() as broken:
        broken.setattr("symtable.symtable", fail)
        assert names_read("a = b.c") == {"a", "b", "c"}


@pytest.mark.skipif(isolation().kind == "none", reason=f"no isolation here: {isolation().why}")
def test_a_search_that_fails_takes_no_points_and_is_said(monkeypatch):
    def fail(*_, **__):
        raise Unreadable("it takes more than 5 seconds of computing time")

    real = reading.call
    monkeypatch.setattr(reading, "call", lambda name, *given, **more: fail() if name.endswith(":search") else real(name, *given, **more))
    source = next("".join(cell["source"]) for cell in SOLVED["cells"] if cell["id"] == "pad_sequences")
    verdict = judge(job(submission(pad_sequences=f"{source}\n# as pad_sequence of torch does")))
    assert verdict.points == verdict.max_points
    assert [one.text for one in verdict.remarks] == ["sequence_data: its code could not be searched for ready-made functions"]


@pytest.mark.parametrize("code", ["np.pad_sequence(x)", "ｐａｄ_sequence(x)", "getattr(torch.nn.utils.rnn, 'pad_sequence')(x)", "# pad_sequence"])
def test_code_is_searched_if_a_forbidden_name_stands_anywhere_in_it(code):
    asked = [find("pad_sequences"), find("last_valid"), find("standardize")]
    assert may_mention([Piece("pad_sequences", code, True), Piece("b", "scales = 1", True)], asked) == asked[:1]
    assert may_mention([Piece("pad_sequences", "pad_sequences(x)", True)], asked) == []
