"""Pairs of dates: each source means its target, no day twice, what happens without babel; texts as ids."""

import builtins
from datetime import date

import numpy as np
import pytest

from rnncourse.data import MissingData, Symbols, date_pairs
from rnncourse.data.dates import FORMATS, LOCALES, MONTHS, WEEKDAYS
from rnncourse.data.symbols import END, PAD, START


def pairs(count=2000, seed=0, **options):
    return date_pairs(np.random.default_rng(seed), count, **options)


@pytest.fixture
def no_babel(monkeypatch):
    real = builtins.__import__

    def importing(name, *args, **kwargs):
        if name.partition(".")[0] == "babel":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", importing)


def means(source):
    """The day that an English spelling means, found without babel: month by its first letters, year by its four digits."""
    words = source.replace(",", " ").replace(".", " ").split()
    named = [w for w in words if w.isalpha() and w[:3] not in {day[:3] for day in WEEKDAYS}]
    numbers = sorted(int(w) for w in words if w.isdigit())
    (month,) = (m for m, name in enumerate(MONTHS, start=1) if name[:3] == named[0][:3])
    day, year = numbers
    found = date(year, month, day)
    told = [w for w in words if w.isalpha() and w not in named]
    assert not told or WEEKDAYS[found.weekday()].startswith(told[0][:3])
    return found.isoformat()


@pytest.mark.parametrize("without", [False, True])
def test_every_source_means_its_target(without, request, capsys):
    if without:
        request.getfixturevalue("no_babel")
    drawn = pairs()
    assert [means(source) for source in drawn.sources] == list(drawn.targets)
    assert drawn.fallback == without == ("babel is not installed" in capsys.readouterr().out)
    assert all(source == source.lower() and source.isascii() for source in drawn.sources)


@pytest.mark.parametrize("without", [False, True])
def test_many_spellings_occur(without, request):
    if without:
        request.getfixturevalue("no_babel")
    sources = pairs().sources
    shapes = {"".join("9" if c.isdigit() else "a" if c.isalpha() else c for c in s).replace("99", "9") for s in sources}
    assert len({shape.replace("aa", "a") for shape in shapes}) > len(FORMATS)
    assert any(s[0].isdigit() for s in sources) and any(s.startswith("tuesday") for s in sources)


def test_no_day_comes_twice_and_a_seed_decides_everything():
    one, two, other = pairs(), pairs(), pairs(seed=1)
    assert len(set(one.targets)) == 2000
    assert one.sources == two.sources and one.targets == two.targets and one.targets != other.targets
    every = pairs(366, first=date(2024, 1, 1), last=date(2024, 12, 31))
    assert sorted(every.targets)[59] == "2024-02-29" and len(set(every.targets)) == 366


def test_other_languages_are_written_as_they_write():
    french = pairs(300, locales=["fr_FR"]).sources
    assert any("février" in source for source in french) and not any("february" in source for source in french)


def test_ids_and_back():
    drawn = pairs(50)
    sources, lengths, targets = drawn.encode()
    assert sources.dtype == targets.dtype == lengths.dtype == np.int64
    assert targets.shape == (50, 12) and (targets[:, 0] == START).all() and (targets[:, -1] == END).all()
    assert drawn.decode(targets) == list(drawn.targets)
    assert drawn.source_symbols.decode(sources) == list(drawn.sources)
    assert ((sources != PAD).sum(axis=1) == lengths).all()
    assert len(drawn.target_symbols) == 3 + 11  # ten digits and the hyphen


def test_it_says_what_it_is():
    told = repr(pairs(50))
    assert "50 dates as written in en_US, en_GB; babel" in told and "50 texts, the first '" in told


def test_without_babel_a_stand_in_can_be_refused(no_babel):
    with pytest.raises(MissingData, match="the spellings of dates: babel is not installed.*pip install babel"):
        pairs(fallback=False)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": 0}, "count: expected 1 to 36525, the days from 1950-01-01 to 2049-12-31, got 0"),
        ({"count": 3, "first": date(2020, 1, 1), "last": date(2020, 1, 2)}, "count: expected 1 to 2"),
        ({"locales": ()}, "locales: expected names like"),
        ({"locales": "en_US"}, "locales: expected names like .* got 'en_US'"),
        ({"locales": ("xx_YY",)}, r"locales: expected names like .*, got \('xx_YY',\)"),
    ],
)
def test_what_makes_no_sense_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        pairs(**options)


def test_words_are_tokens_too():
    symbols = Symbols([["le", "20", "mai"], ["le", "1"]])
    ids, lengths = symbols.encode([["mai", "le"], ["1"]])
    assert len(symbols) == 7 and lengths.tolist() == [4, 3]
    assert symbols.decode(ids) == [["mai", "le"], ["1"]]
    assert repr(symbols) == "Symbols(7 ids: pad, start, end and 4 words)"


def test_what_follows_the_end_is_not_said():
    symbols = Symbols(["ab"])
    assert symbols.decode([[START, 3, END, 4], [3, 4, 4, 3], [PAD, PAD, END, 3]]) == ["a", "abba", ""]


def test_ids_and_tokens_without_a_number_are_told():
    symbols = Symbols(["abc"])
    with pytest.raises(ValueError, match="'d' has no number; known are 'abc'"):
        symbols.encode(["ad"])
    with pytest.raises(ValueError, match="expected 0 to 5, got 6"):
        symbols.decode([[3, 6]])
    with pytest.raises(ValueError, match="expected one or more, got none"):
        symbols.encode([])


def test_the_locales_differ():
    days = {"first": date(2021, 1, 1), "last": date(2021, 12, 31)}
    assert pairs(365, locales=LOCALES[:1], **days).sources != pairs(365, locales=LOCALES[1:], **days).sources
