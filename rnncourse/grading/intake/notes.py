"""Remarks as they are gathered, and text of a student's as it may stand in one: short, and every character to be seen."""

from rnncourse.grading.submission import Remark

_GRAVEST = ("refused", "tampered", "repaired", "notice", "receipt")


class Notes:
    """Gathers remarks in order; `remarks` gives a bounded number of them."""

    def __init__(self):
        self._all = {}  # a dict keeps the order and each remark once

    def add(self, *remarks):
        """Take remarks that were made elsewhere."""
        self._all.update(dict.fromkeys(remarks))

    def receipt(self, text):
        self.add(Remark("receipt", text))

    def notice(self, text, cell=""):
        self.add(Remark("notice", text, cell))

    def repaired(self, text, cell=""):
        self.add(Remark("repaired", text, cell))

    def tampered(self, text, cell=""):
        self.add(Remark("tampered", text, cell))

    def refused(self, text, cell=""):
        self.add(Remark("refused", text, cell))

    def remarks(self, limit):
        """All remarks in order; of more than `limit` the gravest kinds first, and at the end how many are left out."""
        found = tuple(self._all)
        if len(found) <= limit:
            return found
        gravest = sorted(found, key=lambda one: _GRAVEST.index(one.kind))[: limit - 1]
        return (*gravest, Remark("notice", f"{len(found) - len(gravest)} more remarks are left out"))


def printable(text, width=60):
    r"""At most `width` characters of a text, each of them visible: controls, bidirectional marks and the like as \u escapes.

    >>> print(printable("a\u202eb\n"), printable("x" * 100, 5))
    a\u202eb\n xxxx…
    """
    shown = "".join(one if one.isprintable() else _escape(one) for one in text[: width + 1])
    return shown if len(shown) <= width else shown[: width - 1] + "…"


def quoted(text, width=60):
    """The printable form between double quotes."""
    return f'"{printable(text, width)}"'


def listed(names, most=8):
    """Names in one line, of many only the first.

    >>> listed("abcd", most=2)
    'a, b and 2 more'
    """
    names = list(names)
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _escape(character):
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
