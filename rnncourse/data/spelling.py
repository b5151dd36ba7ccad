"""Text whose marks matter: quotation marks and brackets decide how every syllable is spelled, and lines have a width.

Plain text is made of the syllables la, me, ki, ro, in any order. Inside quotes people speak a dialect, in which every
vowel has moved on by one: le, mi, ko, ru. Inside brackets a syllable is turned round: al, em, ik, or. A line breaks
before the word that would make it longer than 20 characters. Most letters occur everywhere, so a single character
hardly tells where it stands: who wants to predict the next one has to remember the marks and to count.
"""

CONSONANTS, VOWELS = "lmkr", "aeiou"
ALPHABET = "\n \"()" + "".join(sorted(CONSONANTS + VOWELS))  # in the order of their code points
WIDTH = 20  # characters of a line, at most


def dialects(rng, length):
    """Return a text of `length` characters of ALPHABET: stretches of 6 to 11 words, plain and quoted in turn.

    Half of the stretches have some words in brackets, at least two. A word has one to three syllables, drawn evenly.
    Raises ValueError for a length below 1.

    >>> import numpy as np
    >>> print(dialects(np.random.default_rng(0), 65))
    la (al ikorik orik
    ikik emorik em
    ikalor) rolala
    lakila me "(ok o
    """
    if length < 1:
        raise ValueError(f"length: expected 1 or more characters, got {length}")
    pieces, size, column, quoted = [], 0, 0, False
    while size < length:
        for word in _stretch(rng, quoted):
            space = "" if not size else "\n" if column + 1 + len(word) > WIDTH else " "
            column = len(word) if space == "\n" else column + len(space) + len(word)
            pieces.append(space + word)
            size += len(space) + len(word)
        quoted = not quoted
    return "".join(pieces)[:length]


def _stretch(rng, quoted):
    """The words of one stretch with its marks."""
    count, first, inside = int(rng.integers(6, 12)), 0, 0
    if rng.random() < 0.5:
        inside = int(rng.integers(2, count - 1))
        first = int(rng.integers(0, count - inside + 1))
    bracketed = [first <= n < first + inside for n in range(count)]
    words = [_word(rng, quoted, turned) for turned in bracketed]
    if inside:
        words[first] = "(" + words[first]
        words[first + inside - 1] += ")"
    if quoted:
        words[0], words[-1] = '"' + words[0], words[-1] + '"'
    return words


def _word(rng, quoted, turned):
    word = ""
    for place in rng.integers(len(CONSONANTS), size=rng.integers(1, 4)):
        consonant, vowel = CONSONANTS[place], VOWELS[place + quoted]
        word += vowel + consonant if turned else consonant + vowel
    return word
