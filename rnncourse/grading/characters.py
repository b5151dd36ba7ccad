"""Text that a student had a hand in, made fit for every place where a person or a program reads it.

Whatever leaves the sandbox passes `visible` or `one_line` where it arrives, and once more where it is shown: a terminal
obeys escape sequences, a browser reorders letters, a spreadsheet takes a line break for a new row. Colours are dropped;
everything else that hides, moves or breaks is spelt out, so that a reader sees that it is there.
"""

import re

# Control characters (all but line feed and tab), soft hyphen, fillers and joiners, direction marks and overrides, line
# and paragraph separators, byte order mark, half surrogate pairs, tag characters, and code points that are none.
_ALWAYS = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff"
)
# Joiners belong to the spelling of Persian or Hindi, and to emoji; after a Latin letter they only hide.
_HIDDEN = re.compile(f"[{_ALWAYS}]|(?:^|(?<=[\x00-\x7f]))[\u200c\u200d]")
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_PILE = re.compile(f"([{_MARKS}]{{4}})[{_MARKS}]+")  # accents piled up to cover the lines above
_COLOUR = re.compile("(?:\x1b\\[|\x9b)[0-9;:?]{0,40}[A-Za-z]")  # and the cursor movements of progress bars
_BREAKS = "\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029"
_BREAK = re.compile(f"[{_BREAKS}][{_BREAKS} \t]*")


def spelt(text, most=None):
    r"""The text with hidden characters spelt as ⟨U+202E⟩; at most `most` characters of it, then an ellipsis.

    The result has no half surrogate pair, so it can be encoded, but it is not escaped for HTML.

    >>> spelt("access = \u202e'resu'")
    "access = ⟨U+202E⟩'resu'"
    """
    text = text if isinstance(text, str) else str(text)
    if most is not None and len(text) > most:
        text = text[:most].rstrip() + " …"
    text = text.replace("\r\n", "\n")
    return _PILE.sub(r"\1…", _HIDDEN.sub(lambda found: f"⟨U+{ord(found.group()):04X}⟩", text))


def visible(text, most=None):
    r"""What a terminal would show at the end: without colours, and of a line written over again only the last state.

    >>> visible("\x1b[31m10 %\r90 %\x1b[0m done")
    '90 % done'
    """
    text = text if most is None else text[: 2 * most]
    text = _COLOUR.sub("", text.replace("\r\n", "\n"))
    return spelt("\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n")), most)


def one_line(text, most=None):
    r"""The same in one line, for a terminal, a table or a log: line breaks, with the blanks after them, are one blank.

    >>> one_line("ValueError: no\n\x1b]0;owned\x07\u2028 such file")
    'ValueError: no ⟨U+001B⟩]0;owned⟨U+0007⟩ such file'
    """
    text = text if most is None else text[: 2 * most]
    return spelt(_BREAK.sub(" ", _COLOUR.sub("", text)).replace("\t", " "), most)
