"""The folder on the host: closed, short, gone at the end, and swept after a kill."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rnncourse.grading.sandbox import private

MAKE = "from rnncourse.grading.sandbox.private import new_folder\nprint(new_folder('kernel'))\n"


def test_it_is_closed_to_others_and_short_enough_for_a_socket():
    folder = private.new_folder("kernel")
    assert folder.parent == private.private_folder()
    assert (folder.stat().st_mode | folder.parent.stat().st_mode) & 0o077 == 0
    assert len(f"{folder}/s-5") < 104
    folder.rmdir()


def test_it_goes_with_its_process():
    made = subprocess.run([sys.executable, "-c", MAKE], capture_output=True, text=True, check=True).stdout.strip()
    assert "kernel-1" in made and not Path(made).parent.exists()


def test_what_a_killed_process_left_is_swept(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", "pass"])
    ended.wait()
    left, alive, other = (tmp_path / f"{private.PREFIX}-{name}-abc" for name in (ended.pid, os.getpid(), "name"))
    for folder in (left, alive, other):
        (folder / "view").mkdir(parents=True)
    private.sweep(str(tmp_path))
    assert not left.exists() and alive.exists() and other.exists()


def test_a_long_temporary_folder_is_not_used(monkeypatch, tmp_path):
    monkeypatch.setattr(private, "_made", {})
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("long" * 20)))
    folder = private.private_folder()
    assert folder.parent == Path("/tmp")
    folder.rmdir()
