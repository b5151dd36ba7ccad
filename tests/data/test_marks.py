"""The text with marks is what its rules say, and no single character gives them away; flip-flops hold the last pulse."""

import numpy as np
import pytest

from rnncourse.data import MARKED_ALPHABET, flip_flop, mark_rules, marked_text, told_by_character
from rnncourse.data.marks import LINE


@pytest.fixture(scope="module")
def text():
    return marked_text(np.random.default_rng(0), 20_000)


def test_the_text_has_its_length_its_alphabet_and_short_lines(text):
    assert len(text) == 20_000 and set(text) == set(MARKED_ALPHABET)
    assert max(map(len, text.split("\n"))) <= LINE
    assert marked_text(np.random.default_rng(0), 300) == text[:300] and len(marked_text(np.random.default_rng(0), 1)) == 1
    with pytest.raises(ValueError, match="expected 1 or more characters, got 0"):
        marked_text(np.random.default_rng(0), 0)


def test_marks_open_and_close_in_turn(text):
    rules = mark_rules(text)
    assert set(rules["inside quotes"]) == set(rules["inside brackets"]) == {0.0, 1.0}
    assert not (rules["inside quotes"] * rules["inside brackets"]).any()


def test_rules_by_hand():
    rules = mark_rules('a "b"\n(c) d')
    assert rules["inside quotes"].tolist() == [0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0]
    assert rules["inside brackets"].tolist() == [0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0]
    assert rules["place in line"].tolist() == [1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5]


def test_a_character_alone_tells_little(text):
    for signal in mark_rules(text).values():
        assert 0.2 < np.corrcoef(told_by_character(text, signal), signal)[0, 1] < 0.6
    assert told_by_character("aab", [0, 1, 5]).tolist() == [0.5, 0.5, 5]


def test_a_flip_flop_holds_the_last_pulse():
    x, y = flip_flop(np.random.default_rng(0), batch=50, length=40, bits=3, chance=0.2)
    assert x.shape == y.shape == (50, 40, 3) and set(np.unique(x)) == {-1, 0, 1} and set(np.unique(y)) == {-1, 1}
    assert (x[:, 0] != 0).all() and np.array_equal(y[x != 0], x[x != 0])
    assert np.array_equal(y[:, 1:][x[:, 1:] == 0], y[:, :-1][x[:, 1:] == 0])
    assert abs((x[:, 1:] != 0).mean() - 0.2) < 0.02
    with pytest.raises(ValueError, match="expected 1 or more, got 0, 5, 2"):
        flip_flop(np.random.default_rng(0), 0, 5)
