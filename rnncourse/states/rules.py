"""Signals that a text itself gives, one number a character, as known after reading that character.

A unit that follows one of them is a finding only if the rule was written down before looking, and if the same search
in a network with random weights finds less.
"""

import numpy as np


def inside(text, mark='"'):
    """1 inside a pair of equal marks, 0 outside, (N,). The opening mark is inside, the closing one outside.

    >>> inside('a "b" c').astype(int).tolist()
    [0, 0, 1, 1, 0, 0, 0]
    """
    return np.cumsum([character == mark for character in text]) % 2.0


def depth(text, opening="(", closing=")"):
    """How many brackets are open, (N,); a closing bracket without an opening one is passed over.

    >>> depth("(a(b)) c").astype(int).tolist()
    [1, 1, 2, 2, 1, 0, 0, 0]
    """
    now, depths = 0, []
    for character in text:
        now = max(0, now + (character == opening) - (character == closing))
        depths.append(now)
    return np.array(depths, float)


def line_position(text):
    """Characters since the last line break, (N,); the break itself is 0.

    >>> line_position("ab\\ncd").astype(int).tolist()
    [1, 2, 0, 1, 2]
    """
    now, places = 0, []
    for character in text:
        now = 0 if character == "\n" else now + 1
        places.append(now)
    return np.array(places, float)


def words_so_far(text):
    """How many words have begun since the text began, (N,): a signal that grows without end."""
    begins = [character.isalnum() and (n == 0 or not text[n - 1].isalnum()) for n, character in enumerate(text)]
    return np.cumsum(begins).astype(float)
