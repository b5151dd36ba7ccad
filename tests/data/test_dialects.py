"""The text in dialects keeps its own rules, and the flip-flop remembers."""

import re

import numpy as np
import pytest

from rnncourse.data import dialects, flip_flop
from rnncourse.data.spelling import ALPHABET, CONSONANTS, VOWELS, WIDTH

TEXT = dialects(np.random.default_rng(0), 20_000)



def test_every_character_is_of_the_alphabet_and_lines_keep_their_width():
    assert set(TEXT) == set(ALPHABET) and list(ALPHABET) == sorted(ALPHABET) and len(TEXT) == 20_000
    assert max(len(line) for line in TEXT.split("\n")) <= WIDTH
    assert len(dialects(np.random.default_rng(0), 1)) == 1


def test_marks_are_balanced():
    whole = TEXT[: TEXT.rindex("\n")]
    depth = np.cumsum([(c == "(") - (c == ")") for c in whole])
    assert set(depth.tolist()) == {0, 1}
    assert all(part.count("(") == part.count(")") for part in whole.split('"')[:-1])


def test_syllables_follow_the_marks():
    quoted = " ".join(TEXT.split('"')[1:-1:2])
    plain = " ".join(TEXT.split('"')[:-1:2])
    for part, move in ((plain, 0), (quoted, 1)):
        rule = {consonant: VOWELS[n + move] for n, consonant in enumerate(CONSONANTS)}
        for inside, words in ((True, re.findall(r"\(([^)]*)\)", part)), (False, re.split(r"\([^)]*\)", part))):
            for word in " ".join(words).split():
                assert len(word) in (2, 4, 6)
                for a, b in zip(word[::2], word[1::2], strict=True):
                    consonant, vowel = (b, a) if inside else (a, b)
                    assert rule[consonant] == vowel, word


def test_the_same_generator_state_gives_the_same_text():
    assert dialects(np.random.default_rng(5), 500) == dialects(np.random.default_rng(5), 500)
    with pytest.raises(ValueError, match="length: expected 1 or more"):
        dialects(np.random.default_rng(0), 0)


def test_the_flip_flop_keeps_the_sign_of_the_last_pulse():
    x, y = flip_flop(np.random.default_rng(0), 50, 30, bits=3, chance=0.2)
    assert x.shape == y.shape == (50, 30, 3) and (x[:, 0] != 0).all()
    now = x[:, 0]
    for t in range(30):
        now = np.where(x[:, t] != 0, x[:, t], now)
        np.testing.assert_array_equal(y[:, t], now)
    assert 0.15 < (x[:, 1:] != 0).mean() < 0.25
    for wrong in ({"B": 0}, {"T": 0}, {"bits": 0}, {"chance": 1.5}):
        with pytest.raises(ValueError, match="expected"):
            flip_flop(np.random.default_rng(0), **({"B": 2, "T": 3} | wrong))
