"""Each function is asked in the state in which its check cell is reached; and once more at the end, where that may help."""

import json
from dataclasses import replace

import pytest

from rnncourse.grading.judge.cells import pieces
from rnncourse.grading.judge.judge import judge
from tests.grading.judge.test_judge import RELEASE, REPO, SOLVED, job, pytestmark, reports  # noqa: F401 - the mark skips this file too

RIGHT = {cell["id"]: "".join(cell["source"]) for cell in SOLVED["cells"] if cell["metadata"].get("nbgrader", {}).get("solution")}
LAST = "def last_valid(states, lengths):\n    return np.asarray(states)[np.arange(len(lengths)), {}]"


class Notebook:
    """The release, to be filled in and judged."""

    def __init__(self, *solved):
        self.notebook = json.loads(RELEASE)
        for name in solved:
            self.write(name, RIGHT[name])

    def place(self, cell):
        return next(n for n, one in enumerate(self.notebook["cells"]) if one["id"] == cell)

    def write(self, cell, source):
        self.notebook["cells"][self.place(cell)]["source"] = source

    def add(self, source, *, before=None, after=None, tags=()):
        place = self.place(before or after) + (after is not None)
        cell = {"cell_type": "code", "id": f"mine-{len(self.notebook['cells'])}", "metadata": {"tags": list(tags)} if tags else {}, "source": source, "outputs": [], "execution_count": None}
        self.notebook["cells"].insert(place, cell)

    def move(self, cell, *, before):
        one = self.notebook["cells"].pop(self.place(cell))
        self.notebook["cells"].insert(self.place(before), one)

    def judged(self):
        return judge(job(json.dumps(self.notebook).encode()))


@pytest.fixture(scope="module")
def lab():
    """What passes where its check stands and not at the end: one notebook, each exercise with its own reason."""
    work = Notebook("ngram_bits")
    # a helper of the same name, once for each
    work.write("encode_text", "def helper(text, vocabulary):\n    return np.array([list(vocabulary).index(c) if c in vocabulary else {}[c] for c in text], dtype=np.int64)\ndef encode_text(text, vocabulary):\n    return helper(text, vocabulary)")
    work.write("next_step_pairs", "def helper(ids, length):\n    n = (len(ids) - 1) // length\n    return [ids[k : k + n * length].reshape(n, length).copy() for k in (0, 1)]\ndef next_step_pairs(ids, length):\n    return tuple(helper(ids, length))")
    # a name that is changed below, by the learner and by a loop
    work.add("k = 1", before="make_windows")
    work.write("make_windows", RIGHT["make_windows"].replace("horizon):", "horizon):\n    assert k == 1", 1))
    work.add("for k in range(5):\n    pass", after="check_make_windows")
    # a name that is unbound below
    work.add("ONE = 1", before="last_valid")
    work.write("last_valid", LAST.format("np.asarray(lengths) - ONE"))
    work.add("del ONE", after="check_last_valid")
    # a package that is rebound below
    work.write("pad_sequences", RIGHT["pad_sequences"])
    work.write("standardize", "import numpy as xp\n" + RIGHT["standardize"].replace("np.", "xp."))
    work.add("xp = None", after="check_standardize")
    # its own name is taken for something else below
    work.write("stateful_batches", RIGHT["stateful_batches"])
    work.add("stateful_batches = stateful_batches(np.arange(20), 2, 3)", after="check_stateful_batches")
    # helpers in demonstration cells: the course's own, edited, and a copy of one
    work.write("cell-42", "import math as m\nSCALE = np.sqrt(4.0)\ndef cut(series, fractions):\n    borders = np.rint(np.cumsum(fractions) * len(series) * SCALE / 2).astype(int)\n    return tuple(np.split(series, borders[:-1]))\nraise SystemExit('a long training')")
    work.move("cell-42", before="chronological_split")
    work.write("chronological_split", "def chronological_split(series, fractions):\n    return cut(series, fractions)")
    return reports(work.judged())


@pytest.mark.parametrize("name", list(RIGHT))
def test_what_passed_at_its_check_passes(lab, name):
    assert lab[name].passed, lab[name].message


@pytest.fixture(scope="module")
def later():
    """What passes only in an order of cells that Jupyter allows, and what passes in none."""
    work = Notebook()
    work.write("last_valid", LAST.format("lower_down(lengths)"))
    work.add("def lower_down(lengths):\n    return np.asarray(lengths) - 1", after="check_ngram_bits")
    work.write("pad_sequences", "def pad_sequences(sequences, value=0.0):\n    return wrong")
    work.add(RIGHT["pad_sequences"], after="check_ngram_bits")
    work.add(RIGHT["make_windows"], after="check_ngram_bits")
    work.write("encode_text", RIGHT["encode_text"])
    work.move("check_encode_text", before="encode_text")
    # what was found out about the cases of the first time is of no use the second time: they are other ones
    work.write("ngram_bits", "asked = []\ndef ngram_bits(*given):\n    asked.append(given)\n    return 0.0")
    work.add("first = list(asked)\ndef ngram_bits(*given):\n    same = [np.array_equal(a[0], given[0]) for a in first]\n    raise ValueError(f'{len(first)} before, {sum(same)} the same')", after="check_ngram_bits")
    work.write("standardize", "def standardize(*parts):\n    raise ValueError('asked once')")
    return reports(work.judged())


@pytest.mark.parametrize("name", ["last_valid", "pad_sequences", "make_windows", "encode_text"])
def test_what_was_written_further_down_counts_as_well(later, name):
    assert later[name].passed, later[name].message


def test_asked_again_it_meets_other_cases(later):
    assert not later["ngram_bits"].passed and later["ngram_bits"].points == 0
    assert "the same" not in later["ngram_bits"].message or ", 0 the same" in later["ngram_bits"].message


def test_only_what_code_below_may_change_is_asked_again():
    work = Notebook("encode_text", "next_step_pairs", "last_valid")
    work.write("make_windows", "def make_windows(series, length, horizon):\n    return tool(series)")
    work.add("def tool(series):\n    return series", after="check_ngram_bits")
    work.add("table = {}\ntable.update(a=1)\nimport os.path as place", after="check_ngram_bits")
    found = _asks(work)
    assert not found["encode_text"] and not found["next_step_pairs"] and found["make_windows"]
    for code in ("table = tool", "from numpy import *", "def tool(x:", "%run x.py", "tool.update(1)", "del x; tool = 1"):
        work.add(code, after="check_ngram_bits")
        assert _asks(work)["make_windows"]
        work.notebook["cells"].pop(work.place("check_ngram_bits") + 1)


def _asks(work):
    plain = lambda notebook: {"cells": [{**cell, "source": "".join(cell["source"])} for cell in notebook["cells"]]}  # noqa: E731
    return {one.asks: one.again for one in pieces(plain(work.notebook), plain(json.loads(RELEASE))) if one.asks}


def test_check_cells_stand_where_they_stand_in_the_notebook():
    work = Notebook("encode_text")
    work.move("check_last_valid", before="encode_text")
    work.notebook["cells"].pop(work.place("check_ngram_bits"))
    order = list(_asks(work))
    assert order[0] == "last_valid" and order[-1] == "ngram_bits" and len(order) == 9


def test_in_right_work_nothing_is_worth_asking_again():
    assert not any(_asks(Notebook(*RIGHT)).values())


def test_what_hid_from_the_watch_at_its_check_is_not_asked_again():
    """An evasion at the check is not undone by an honest look at the end."""
    work = Notebook()
    release = json.loads((REPO / "course" / "2-bptt" / "bptt.ipynb").read_bytes())
    solved = json.loads((REPO / "solutions" / "2-bptt" / "bptt.ipynb").read_bytes())
    (right,) = ("".join(cell["source"]) for cell in solved["cells"] if cell["id"] == "sample_next")
    work.notebook = json.loads(json.dumps(release))
    work.write("sample_next", right + "\nhonest = sample_next\ndef sample_next(*given):\n    import gc\n    gc.get_objects()\n    return honest(*given)")
    work.add(right, after="check_truncated_bptt_step")
    verdict = judge(replace(job(b""), assignment="2-bptt", files={"bptt.ipynb": json.dumps(work.notebook).encode()}, release={"bptt": json.dumps(release).encode()}))
    assert reports(verdict)["sample_next"].points == 0
    assert any(one.kind == "tampered" for one in verdict.remarks)
