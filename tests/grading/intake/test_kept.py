"""The last valid submission: there before and after a crash at any moment, and never anybody else's."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rnncourse.grading.intake.kept import Kept, file_name
from rnncourse.grading.submission import Submission
from tests.grading.intake.conftest import REPO

NOW = datetime(2026, 5, 10, 12, 0, 0, 123456, tzinfo=UTC)
FIRST = Submission("anna", "week/one", {"a.ipynb": b"first", "data/ü.csv": bytes(range(256))}, NOW)
SECOND = replace(FIRST, files={"a.ipynb": b"second"}, received=NOW + timedelta(days=1))

KILLED = """
import os, signal, sys
from tests.grading.intake.test_kept import SECOND
from rnncourse.grading.intake import kept
step = sys.argv[2]
setattr(os, step, lambda *words, **more: os.kill(os.getpid(), signal.SIGKILL))
kept.Kept(sys.argv[1], SECOND.assignment).save(SECOND)
"""


@pytest.fixture
def kept(tmp_path):
    found = Kept(tmp_path, "week/one")
    found.save(FIRST)
    return found


def test_what_is_kept_comes_back(kept, tmp_path):
    assert kept.load("anna") == FIRST == Kept(tmp_path, "week/one").load("anna")
    kept.save(SECOND)
    assert kept.load("anna") == SECOND


def test_the_same_work_is_not_written_again(kept):
    (path,) = kept.folder.iterdir()
    before = path.stat().st_ino
    kept.save(replace(FIRST, received=NOW + timedelta(days=2)))
    assert path.stat().st_ino == before and kept.load("anna").received == NOW


@pytest.mark.parametrize("step", ["fdopen", "fsync", "replace"])
def test_killed_in_the_middle_the_one_before_is_whole(kept, tmp_path, step):
    words = [sys.executable, "-c", KILLED, str(tmp_path), step]
    done = subprocess.run(words, timeout=60, env=os.environ | {"PYTHONPATH": str(REPO)}, check=False)
    assert done.returncode == -9
    assert kept.load("anna") == FIRST
    kept.save(SECOND)
    assert kept.load("anna") == SECOND


@pytest.mark.parametrize("step", ["fdopen", "fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_fault_leaves_the_one_before_and_nothing_beside_it(kept, monkeypatch, step, error):
    def fail(*_, **__):
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(os, step, fail)
        with pytest.raises(type(error)):
            kept.save(SECOND)
    assert kept.load("anna") == FIRST and len(list(kept.folder.iterdir())) == 1


def test_what_a_killed_grader_left_is_tidied_away_later(kept):
    (path,) = kept.folder.iterdir()
    fresh, old = (path.with_name(f".{path.name}.{name}.part") for name in ("fresh", "old"))
    for part in (fresh, old):
        part.write_bytes(b"half")
    os.utime(old, (0, 0))
    kept.save(SECOND)
    assert fresh.exists() and not old.exists()


@pytest.mark.parametrize("harm", [lambda content: content[:50], lambda content: content.replace(b"first", b"FIRST"), lambda content: b"", lambda content: content[:-3]])
def test_a_damaged_one_counts_as_none_and_is_replaced(kept, harm):
    (path,) = kept.folder.iterdir()
    path.write_bytes(harm(path.read_bytes()))
    loaded = kept.load("anna")
    assert loaded is None or loaded == FIRST
    kept.save(SECOND)
    assert kept.load("anna") == SECOND


def test_nobody_gets_anothers(kept):
    (path,) = kept.folder.iterdir()
    path.rename(path.with_name("ben.zip"))
    assert kept.load("ben") is None and kept.load("anna") is None


def test_names_that_look_alike_to_some_systems_are_kept_apart(tmp_path):
    names = ["anna", "Anna", "ANNA", "a/nna", "a_nna", "..", "con", "anna ", "anna.", "x" * 300, "x" * 299 + "y", "\u202e", "é", "e\u0301"]
    files = {file_name(name).casefold() for name in names}
    assert len(files) == len(names) and all(len(name) < 120 and "/" not in name and name[0] != "." for name in files)
    kept = Kept(tmp_path, "a")
    for name in names:
        kept.save(Submission(name, "a", {"who": name.encode()}, NOW))
    assert all(kept.load(name).files == {"who": name.encode()} for name in names)
