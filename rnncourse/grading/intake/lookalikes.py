"""Text that is not what it seems: marks that turn the order of characters round, marks without width, letters that pass for others.

Boucher and Anderson, Trojan Source: Invisible Vulnerabilities, 2021 (CVE-2021-42574, CVE-2021-42694). Honest work
writes letters of any language, emoji, and Greek in formulas; none of these is reported.
"""

import builtins
import keyword
import re
import unicodedata
from itertools import islice

from rnncourse.grading.intake.code import without_strings
from rnncourse.grading.intake.notes import listed

# Order-changing marks and marks that no editor shows, wherever they stand in a cell of code.
_ANYWHERE = re.compile("[\u202a-\u202e\u2066-\u2069\u200b\u2060-\u2064\u180e\ufeff]")
# These have an honest place in text: in emoji, in Persian, Hebrew and Arabic words. In code they have none.
_IN_CODE = re.compile(
    "[\u00ad\u061c\u115f\u1160\u200c-\u200f\u3164\uffa0\ufe00-\ufe0f\U000e0000-\U000e01ef]"
)
_WIDE = re.compile("[\uff00-\uffef\U0001d400-\U0001d7ff]")  # other forms of ASCII letters, which Python reads as those
_TWINS = str.maketrans(
    # Cyrillic, Greek, Armenian, and Latin letters that most fonts draw like the ASCII letter below them
    "асԁеһіјӏорԛѕѵԝхуАВСЕНІЈКМОРЅТХУҮԚԜ" "οϲϳΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹ" "օսհց" "ɑɡ",
    "acdehijlopqsvwxyABCEHIJKMOPSTXYYQW" "ocjABEZHIKMNOPTYXC" "ouhg" "ag",
)
_KNOWN = frozenset(keyword.kwlist) | frozenset(dir(builtins))


def suspicious(source, known=frozenset(), most=20):
    """What is not what it seems in a cell of code: (line from 1, what stands there) in the order of lines, the first `most`.

    `known` are names of the course's own, which a foreign letter could imitate.
    """
    return [] if source.isascii() else list(islice(_found(source, known), most))


def _found(source, known):
    bare = without_strings(source)
    known = known | _KNOWN | frozenset(re.findall(r"\b[A-Za-z_]\w*", bare, re.ASCII))
    for number, (line, code) in enumerate(zip(source.split("\n"), bare.split("\n"), strict=True), 1):
        if not line.isascii():
            marks = [*_ANYWHERE.findall(line), *_IN_CODE.findall(code)]
            yield from ((number, _code_point(mark)) for mark in dict.fromkeys(marks))
            yield from ((number, text) for text in _imitations(code, known))


def _imitations(code, known):
    for word in dict.fromkeys(re.findall(r"\w+", code)):
        if not word.isascii() and (imitated := _imitated(word, known)):
            odd = listed([_code_point(one) for one in dict.fromkeys(word) if not one.isascii()], most=3)
            yield f"{odd} in a name that looks like {imitated[:40]}"


def _imitated(word, known):
    """The name in ASCII that a word passes for, or an empty string.

    A word that is foreign throughout passes for a name only if there is such a name.
    """
    seen = unicodedata.normalize("NFKC", word).translate(_TWINS)
    if not seen.isascii():
        return ""
    # Here every character is ASCII or has a twin; a sign such as the script l of mathematics alone is honest.
    mixed = re.search(r"[A-Za-z]", word) and (word.translate(_TWINS) != word or _WIDE.search(word))
    return seen if mixed or seen in known else ""


def _code_point(character):
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X}" + (f" ({name.lower()})" if name else "")
