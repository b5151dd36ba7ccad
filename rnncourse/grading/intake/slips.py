"""Slips of pasting and merging in what a learner wrote: those without any doubt are set right, the others are named.

Text in strings and comments stays as it is: only there could a strange character be meant.
"""

import re

from rnncourse.grading.intake.code import outside_strings
from rnncourse.grading.intake.notes import listed

_BLANKS = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"  # Python takes none of them for a blank
_INVISIBLE = "\u200b\u2060\ufeff"  # marks without width, such as web pages put between words
_STRANGE = re.compile(f"[{_BLANKS}{_INVISIBLE}]")
_QUOTES = re.compile("[\u2018-\u201f\u00ab\u00bb\u2039\u203a\u2032\u2033]")
_TEXT_CELL = re.compile(r"\s*%%(?!time|timeit|capture|prun)\w")  # a cell magic whose text is not Python's
_CONFLICT = re.compile(r"^<<<<<<<", re.MULTILINE)
_UNWRITTEN = re.compile(r"^[ \t]*+raise NotImplementedError", re.MULTILINE)


def correct_blanks(source, notes, cell=""):
    """Code in which blanks that Python does not read are plain ones, and marks without width are gone.

    >>> from rnncourse.grading.intake.notes import Notes
    >>> correct_blanks("x\u00a0= 'a\u00a0b'\u200b", Notes())
    "x = 'a\\xa0b'"
    """
    if not _STRANGE.search(source) or _TEXT_CELL.match(source):
        return source
    found = []

    def plain(code):
        found.extend(_STRANGE.findall(code))
        return _STRANGE.sub(lambda one: "" if one[0] in _INVISIBLE else " ", code)

    corrected = outside_strings(plain, source)
    if found:
        marks = listed([f"U+{ord(one):04X}" for one in dict.fromkeys(found)], most=3)
        notes.repaired(f"blanks that Python does not read ({marks}) became plain ones, or were taken out where they have no width", cell)
    return corrected


def name_quotes(source, notes, cell=""):
    """A notice on quotes of a typesetter's in code, where Python reads none: nobody can know what was meant by them."""
    if not _QUOTES.search(source) or _TEXT_CELL.match(source):
        return
    found = []
    outside_strings(lambda code: found.extend(_QUOTES.findall(code)) or code, source)
    if found:
        marks = " ".join(dict.fromkeys(found[:4]))
        notes.notice(f"the code holds typographic quotes ({marks}), which Python does not read; expected \" or '", cell)


def sides(text):
    """The two versions of a text in which git, or nbdime, left its marks of a conflict; the text alone if it has none.

    >>> sides("a\\n<<<<<<< HEAD\\nb\\n=======\\nc\\n>>>>>>> origin/main\\nd")
    ('a\\nb\\nd', 'a\\nc\\nd')
    """
    if not _CONFLICT.search(text):
        return (text,)
    found, side = ([], []), None  # None: in both; 0, 1: in one of them; 2: in none
    for line in text.split("\n"):
        mark = line[:7]
        if mark == "<<<<<<<":
            side = 0
        elif mark == "|||||||" and side == 0:  # what stood there before both
            side = 2
        elif mark == "=======" and side in (0, 2):
            side = 1
        elif mark == ">>>>>>>" and side == 1:
            side = None
        else:
            for number in (0, 1):
                if side in (None, number):
                    found[number].append(line)
    return "\n".join(found[0]), "\n".join(found[1])


def resolve(source):
    """(the side that counts, the other) of a cell with a conflict in it: the first with work in it, else the first."""
    first, second = sides(source)
    empty = not first.strip() or (_UNWRITTEN.search(first) and not _UNWRITTEN.search(second))
    return (second, first) if empty and second.strip() else (first, second)


def has_conflict(source):
    """Whether git's mark stands at the beginning of a line."""
    return bool(_CONFLICT.search(source))
