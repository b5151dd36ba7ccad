"""A result is found again only by all that it depends on."""

import os
import stat
from dataclasses import replace

import pytest

from rnncourse.grading.limits import Limits
from rnncourse.grading.queue import keys

SECRET = b"s" * 32
BASE = {"assignment": "1-x", "digest": "ab", "release": {"n": b"{}"}, "limits": Limits(), "isolated": True, "secret": SECRET}


def test_the_same_inputs_give_the_same_key():
    assert keys.job_key(**BASE) == keys.job_key(**BASE)
    assert SECRET.hex() not in keys.job_key(**BASE)


@pytest.mark.parametrize("change", [
    {"assignment": "1-y"}, {"digest": "ac"}, {"release": {"n": b"{ }"}}, {"release": {"m": b"{}"}}, {"isolated": False},
    {"secret": b"t" * 32}, {"limits": replace(Limits(), cell_seconds=1.0)},
], ids=lambda change: next(iter(change)))
def test_another_input_gives_another_key(change):
    assert keys.job_key(**BASE | change) != keys.job_key(**BASE)


def test_another_content_gets_other_cases():
    assert keys.seed_key(SECRET, "1-x", "ab") != keys.seed_key(SECRET, "1-x", "ac")
    assert keys.seed_key(SECRET, "1-x", "ab") != keys.seed_key(b"t" * 32, "1-x", "ab")


def test_the_secret_is_made_once_and_for_its_owner(tmp_path):
    first = keys.class_secret(tmp_path / "grading")
    assert keys.class_secret(tmp_path / "grading") == first and len(first) == 32
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "grading" / "secret").stat().st_mode) == 0o600


def test_a_damaged_secret_is_told(tmp_path):
    (tmp_path / "secret").write_text("short")
    with pytest.raises(ValueError, match="holds no secret"):
        keys.class_secret(tmp_path)
