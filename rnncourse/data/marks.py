"""Text in which quotation marks, brackets and line breaks matter, and the rules that say where each character stands.

The words are made up, of syllables such as "ba" and "ke". Inside quotation marks other vowels are frequent, inside
brackets other consonants: as in real text, what is quoted is written a little differently. A single letter tells
little about where it stands, and never for certain; the mark that came some time before tells it.
"""

import numpy as np

CONSONANTS, VOWELS = "bdklmnrst", "aeou"
MARKED_ALPHABET = "".join(sorted(CONSONANTS + VOWELS + ' "()\n'))
LINE = 18  # characters that a line has at most
_CONSONANT_WEIGHTS = np.array([12, 10, 8, 6, 4, 3, 2, 1.4, 1])  # turned round inside brackets
_VOWEL_WEIGHTS = np.array([11, 5.6, 2.4, 1])  # turned round inside quotation marks
_MARKS = {"outside": ("", ""), "quoted": ('"', '"'), "bracketed": ("(", ")")}


def marked_text(rng, length):
    """Return a text of `length` characters of MARKED_ALPHABET in which stretches in quotes or brackets come and go.

    A stretch has 2 to 5 words of 1 to 3 syllables; every second stretch stands in quotes or in brackets, by a fair
    coin. A line ends before the word that would pass 18 characters. Raises ValueError for a length below 1.

    >>> print(marked_text(np.random.default_rng(1), 80))
    bera dadema dakaba
    (tunu re) beso
    kabaka ma "domuko
    kelubu mu lumo" me
    dabelo me
    """
    if length < 1:
        raise ValueError(f"length: expected 1 or more characters, got {length}")
    text, column = [], 0
    for word in _words(rng, length):
        gap = "" if not text else "\n" if column + 1 + len(word) > LINE else " "
        column = len(word) + (column + 1 if gap == " " else 0)
        text += [gap, word]
    return "".join(text)[:length]


def _words(rng, length):
    """Words with their marks, together at least `length` characters long."""
    total, inside = 0, False
    while total < length:
        kind = ("quoted", "bracketed")[rng.integers(2)] if inside else "outside"
        words = _stretch(rng, kind)
        words[0], words[-1] = _MARKS[kind][0] + words[0], words[-1] + _MARKS[kind][1]
        yield from words
        total, inside = total + sum(map(len, words)), not inside


def _stretch(rng, kind):
    syllables = rng.integers(1, 4, size=rng.integers(2, 6))  # of each word
    consonants = _letters(rng, CONSONANTS, _CONSONANT_WEIGHTS[:: -1 if kind == "bracketed" else 1], syllables.sum())
    vowels = _letters(rng, VOWELS, _VOWEL_WEIGHTS[:: -1 if kind == "quoted" else 1], syllables.sum())
    spoken, ends = [c + v for c, v in zip(consonants, vowels, strict=True)], syllables.cumsum()
    return ["".join(spoken[end - size : end]) for size, end in zip(syllables, ends, strict=True)]


def _letters(rng, letters, weights, count):
    return [letters[n] for n in rng.choice(len(letters), size=count, p=weights / weights.sum())]


def mark_rules(text):
    """Return what a reader can know at each character: a dict of arrays (T,), in the order of the text.

    "inside quotes" and "inside brackets" are 1.0 from the opening mark on and 0.0 from the closing mark on;
    "place in line" counts the characters since the last line break, 0 at the break itself.

    >>> mark_rules('a "b" c')["inside quotes"]
    array([0., 0., 1., 1., 0., 0., 0.])
    """
    characters = np.array(list(text))
    quotes = np.cumsum(characters == '"') % 2
    brackets = np.cumsum(characters == "(") - np.cumsum(characters == ")")
    places = np.arange(1, len(text) + 1)
    start = np.maximum.accumulate(np.where(characters == "\n", places, 0))
    rules = {"inside quotes": quotes, "inside brackets": brackets, "place in line": places - start}
    return {name: rule.astype(np.float64) for name, rule in rules.items()}


def told_by_character(text, rule):
    """Return the best guess (T,) of a rule (T,) by each character alone: the mean of the rule over its occurrences.

    What is known without any memory; its correlation with the rule is the baseline of a unit that should remember.
    """
    characters, guess = np.array(list(text)), np.empty(len(text))
    for character in set(text):
        here = characters == character
        guess[here] = np.mean(np.asarray(rule)[here])
    return guess
