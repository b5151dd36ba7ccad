from importlib import metadata

import pytest

from rnncourse.data.packages import MissingData, data_file, first_installed, install_line


def test_a_file_of_an_installed_package_is_found():
    assert data_file("numpy", "numpy/__init__.py").read_text().strip()


def test_a_missing_package_says_what_why_and_how_in_one_line():
    with pytest.raises(MissingData) as error:
        data_file("no-such-package-rnn", "a/b.csv", "the daily prices")
    message = str(error.value)
    assert "the daily prices" in message and "no-such-package-rnn is not installed" in message
    assert "pip install no-such-package-rnn" in message and "conda" in message
    assert "\n" not in message


def test_a_package_without_the_file_is_told_from_a_missing_package():
    with pytest.raises(MissingData) as error:
        data_file("numpy", "numpy/no_such_table.csv")
    assert f"numpy {metadata.version('numpy')} is installed but comes without numpy/no_such_table.csv" in str(
        error.value
    )
    assert "--force-reinstall" in str(error.value)


def test_reinstalling_replaces_only_the_broken_package():
    assert "--force-reinstall --no-deps" in install_line("sktime", again=True)
    assert "--force-reinstall" not in install_line("sktime")


def test_the_first_installed_package_is_taken_and_else_the_first_named():
    assert first_installed("no-such-package-rnn", "numpy") == "numpy"
    assert first_installed("no-such-package-rnn", "nor-this-one-rnn") == "no-such-package-rnn"
