"""Whatever a kernel answers becomes observations of the right form, or is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncourse.grading.judge.answers import answered
from rnncourse.grading.judge.wire import NotPlain

GOOD = {"arrays": {"h": np.zeros(3)}, "trouble": None, "printed": "", "printed_lines": 0, "warned": [], "changed": [],
        "unstable": "", "shortcuts": [], "lists": [], "evasions": []}  # fmt: skip
TROUBLE = {"kind": "error", "type": "ValueError", "mro": ["ValueError"], "message": "no", "line": "line 1: x"}


def test_a_good_answer_is_taken():
    told = answered({"seen": [GOOD, {**GOOD, "arrays": None, "trouble": TROUBLE}]}, 2)
    assert told.seen[0].arrays["h"].tolist() == [0, 0, 0] and told.seen[0].trouble is None
    assert told.seen[1].arrays is None and told.seen[1].trouble.message == "no"


def test_missing_and_problem():
    assert answered({"missing": True}, 3).missing
    assert answered({"problem": "p" * 1000}, 3).problem == "p" * 500


BAD = {
    "no dict": [1],
    "nothing": {},
    "no observations": {"seen": []},
    "more than there are cases": {"seen": [GOOD] * 4},
    "an observation that is a number": {"seen": [3]},
    "a result that is text": {"seen": [{**GOOD, "arrays": {"h": "0"}}]},
    "names that are numbers": {"seen": [{**GOOD, "arrays": {1: np.zeros(1)}}]},
    "both result and trouble": {"seen": [{**GOOD, "trouble": TROUBLE}]},
    "neither": {"seen": [{**GOOD, "arrays": None}]},
    "an unknown trouble": {"seen": [{**GOOD, "arrays": None, "trouble": {**TROUBLE, "kind": "<script>"}}]},
    "a count that is text": {"seen": [{**GOOD, "printed_lines": "9"}]},
    "a count below zero": {"seen": [{**GOOD, "printed_lines": -1}]},
    "warnings that are dicts": {"seen": [{**GOOD, "warned": [{}]}]},
    "a million names": {"seen": [{**GOOD, "changed": ["x"] * 10**6}]},
    "a field that is missing": {"seen": [{key: value for key, value in GOOD.items() if key != "unstable"}]},
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_other_forms_are_refused(data):
    with pytest.raises(NotPlain):
        answered(data, 3)


@given(st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda x: st.lists(x, max_size=3) | st.dictionaries(st.sampled_from([*GOOD, "seen", "problem", "missing"]), x, max_size=5)))
def test_anything_is_taken_or_refused(data):
    try:
        told = answered(data, 3)
    except NotPlain:
        return
    assert told.missing or told.problem or told.seen


def test_text_is_cut_and_made_printable():
    told = answered({"seen": [{**GOOD, "printed": "\x00\x1b[31m at 0x7f00deadbeef " + "x" * 9999}]}, 1)
    assert "\x00" not in told.seen[0].printed and "0x7f" not in told.seen[0].printed
    assert len(told.seen[0].printed) <= 2000
