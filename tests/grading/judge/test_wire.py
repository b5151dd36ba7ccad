"""Plain data comes back to the bit, and nothing else comes back at all."""

import base64
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rnncourse.checking.probe import same
from rnncourse.exercises import exercises
from rnncourse.grading.judge.wire import NotPlain, decode, encode

MOST = 10**7
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | st.text(max_size=20)
    | hnp.arrays(st.sampled_from(["f8", "f4", "i8", "u1", "?", "c16"]), hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)),
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(plain)
def test_plain_data_comes_back_to_the_bit(value):
    assert same(decode(encode(value), MOST), value)


@pytest.mark.parametrize("exercise", exercises(), ids=lambda one: one.name)
def test_every_case_of_the_course_passes(exercise):
    for case in exercise.cases(7):
        assert same(decode(encode(dict(case.args)), MOST), dict(case.args))


@pytest.mark.parametrize("value", [np.array([{}], dtype=object), object(), {1, 2}, b"bytes", np.array(["text"]), lambda: 0])
def test_what_is_not_plain_does_not_go_out(value):
    with pytest.raises(NotPlain):
        encode(value)


def array(kind="f8", shape=(2,), content=b"\0" * 16):
    return json.dumps({"array": [kind, list(shape), base64.b64encode(content).decode()]})


HOSTILE = {
    "no JSON": "{",
    "no text": None,
    "a bare list": "[1, 2]",
    "an unknown kind": '{"pickle": "gASVAA=="}',
    "two kinds": '{"list": [], "dict": []}',
    "an object array": array("O", (1,)),
    "a text array": array("U4", (1,)),
    "a structured type": '{"array": [[["a", "f8"]], [1], ""]}',
    "more axes than bytes": array(shape=(2, 2, 2)),
    "a huge shape": array(shape=(2**62, 2**62)),
    "a negative shape": array(shape=(-1, -2)),
    "a shape of True": array(shape=(True, 2)),
    "a real shape": '{"array": ["f8", [2.0], "AAAAAAAAAAAAAAAAAAAAAA=="]}',
    "a hundred axes": array(shape=(1,) * 100, content=b"\0" * 8),
    "no base64": '{"array": ["f8", [1], "§§§§§§§§§§§"]}',
    "base64 with holes": '{"array": ["f8", [1], "AAAA AAAA AAA="]}',
    "a list as key": '{"dict": [[{"list": []}, 1]]}',
    "an array as key": '{"dict": [[' + array() + ", 1]]}",
    "entries that are no pairs": '{"dict": [[1, 2, 3]]}',
    "nested too deep": '{"list": [' * 100_000 + "]}" * 100_000,
    "too long": '"' + "x" * MOST + '"',
    "a huge number": "1" * 5000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_refused(text):
    with pytest.raises(NotPlain):
        decode(text, MOST)


@given(st.text(max_size=200) | st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.sampled_from(["array", "list", "dict", "tuple", "x"]), x)).map(json.dumps))
def test_any_text_is_decoded_or_refused(text):
    try:
        encode(decode(text, MOST))
    except NotPlain:
        return


def test_arrays_are_new_and_writable():
    first = decode(encode(np.zeros(3)), MOST)
    first[0] = 1
    assert first.flags.owndata or first.base.flags.owndata
    assert decode(encode(np.arange(3, dtype=">i4")), MOST).tolist() == [0, 1, 2]
