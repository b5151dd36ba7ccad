"""Dates to translate: as people write them, and as ISO 8601 has them. As many exact pairs as there are days.

The same date has many spellings, the order changes (day, month, year becomes year, month, day), the month's name
becomes a number and the weekday is to be ignored: a small translation with nothing but right answers.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from rnncourse.data.dataset import DataSet, cite, first_available
from rnncourse.data.packages import MissingData
from rnncourse.data.symbols import Symbols

FIRST, LAST = date(1950, 1, 1), date(2049, 12, 31)
LOCALES = ("en_US", "en_GB")
# Every one spells the month and writes the whole year, so each text means one day.
FORMATS = ("medium", "long", "full", "d MMM y", "d MMMM y", "MMMM d y", "EEE d MMM y", "EEEE d MMMM y")
MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"]
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class DatePairs(DataSet):
    """Pairs in two tuples of strings: `sources[i]` means the day `targets[i]`; no day comes twice.

    So the first pairs and the last ones never share a day: cut anywhere to train and to test.
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]

    @cached_property
    def source_symbols(self):
        """The characters of the sources, numbered."""
        return Symbols(self.sources)

    @cached_property
    def target_symbols(self):
        """The characters of the targets, numbered."""
        return Symbols(self.targets)

    def encode(self):
        """Return source ids (N, S), their lengths (N,), and target ids (N, T); see `Symbols.encode`."""
        return *self.source_symbols.encode(self.sources), self.target_symbols.encode(self.targets)[0]

    def decode(self, ids):
        """Return the strings of target ids (N, T)."""
        return self.target_symbols.decode(ids)


def date_pairs(rng, count, *, locales=LOCALES, first=FIRST, last=LAST, fallback=True):
    """Return `count` DatePairs: dates as written in `locales`, in lower case, and the same in ISO 8601.

    Days are drawn from `first` to `last` without repetition, spellings evenly from eight formats of each locale.
    Names and order come from `babel`, and may differ with its release; without it a stand-in knows English, and
    `fallback=False` raises MissingData instead. Raises ValueError for more pairs than days and an unknown locale.

    >>> import numpy as np
    >>> pairs = date_pairs(np.random.default_rng(0), 2, first=date(2024, 2, 28), last=date(2024, 2, 29))
    >>> sorted(pairs.targets), pairs.encode()[2].shape
    (['2024-02-28', '2024-02-29'], (2, 12))
    """
    days = (last - first).days + 1
    if not 1 <= count <= days:
        raise ValueError(f"count: expected 1 to {days}, the days from {first} to {last}, got {count}")
    if not locales or isinstance(locales, str):
        raise ValueError(f"locales: expected names like {LOCALES}, one or more, got {locales!r}")
    drawn = [first + timedelta(days=int(day)) for day in rng.choice(days, count, replace=False)]
    styles = rng.integers(len(FORMATS) * len(locales), size=count).tolist()
    return first_available([lambda: _from_babel(drawn, styles, locales), lambda: _stand_in(drawn, styles)], fallback=fallback)


def _from_babel(days, styles, locales):
    try:
        from babel import Locale, UnknownLocaleError
        from babel.dates import format_date
    except ImportError:
        raise MissingData("babel", "the spellings of dates") from None
    try:
        known = [Locale.parse(name) for name in locales]
    except (UnknownLocaleError, ValueError) as error:
        raise ValueError(f"locales: expected names like {LOCALES}, got {locales!r}: {error}") from None
    sources = []
    for day, style in zip(days, styles, strict=True):
        locale, form = divmod(style, len(FORMATS))
        sources.append(format_date(day, FORMATS[form], known[locale]).lower())
    source = cite(f"{len(days)} dates as written in {', '.join(locales)}", "babel", "BSD-3-Clause, names of Unicode's CLDR")
    return DatePairs(sources=tuple(sources), targets=_iso(days), source=source)


def _stand_in(days, styles):
    sources = tuple(_spelt(day, style) for day, style in zip(days, styles, strict=True))
    return DatePairs(sources=sources, targets=_iso(days), source=f"{len(days)} dates spelt by this course", fallback=True)


def _spelt(day, style):
    """One of eight English spellings of a day."""
    month, weekday = MONTHS[day.month - 1], WEEKDAYS[day.weekday()]
    return (
        f"{month[:3]} {day.day}, {day.year}",
        f"{month} {day.day}, {day.year}",
        f"{weekday}, {month} {day.day}, {day.year}",
        f"{day.day} {month[:3]} {day.year}",
        f"{day.day} {month} {day.year}",
        f"{month} {day.day} {day.year}",
        f"{weekday[:3]} {day.day} {month[:3]} {day.year}",
        f"{weekday} {day.day} {month} {day.year}",
    )[style % len(FORMATS)]


def _iso(days):
    return tuple(day.isoformat() for day in days)
