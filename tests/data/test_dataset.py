from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from rnncourse.data.dataset import cite, first_available
from rnncourse.data.packages import MissingData
from rnncourse.data.text import Text


def missing(name):
    def load():
        raise MissingData(name, "the numbers")

    return load


def toy(**changes):
    return Text(**{"text": "abc", "source": "a toy", **changes})


def test_a_set_that_is_there_prints_nothing(capsys):
    assert first_available([toy, missing("x")], fallback=True).text == "abc"
    assert capsys.readouterr().out == ""


def test_a_stand_in_prints_one_line_that_says_what_is_missing_how_to_get_it_and_what_is_used(capsys):
    first_available([missing("alpha"), missing("beta"), toy], fallback=True)
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert "alpha is not installed" in out and "pip install alpha" in out and "Used instead: a toy" in out
    assert "beta" not in out


def test_without_fallback_the_error_is_raised_and_nothing_printed(capsys):
    with pytest.raises(MissingData, match="alpha"):
        first_available([missing("alpha"), toy], fallback=False)
    assert capsys.readouterr().out == ""


def test_when_nothing_is_there_the_first_choice_is_reported():
    with pytest.raises(MissingData, match="alpha"):
        first_available([missing("alpha"), missing("beta")], fallback=True)


def test_other_errors_are_not_swallowed():
    def broken():
        raise ValueError("cut short")

    with pytest.raises(ValueError, match="cut short"):
        first_available([broken, toy], fallback=True)


def test_a_set_is_frozen_and_shows_sizes_not_contents():
    data = toy(text="x" * 100_000)
    with pytest.raises(FrozenInstanceError):
        data.text = "y"
    assert "100,000 characters" in repr(data) and "a toy" in repr(data)
    assert len(repr(data)) < 400


def test_the_source_names_package_version_and_note():
    version = np.__version__
    assert cite("a table", "numpy", "BSD", "a note") == f"a table; numpy {version}; BSD; a note"
    assert cite("a table", "numpy", "BSD") == f"a table; numpy {version}; BSD"
