"""Workers are lost, the disk is full, the database is locked, a submission is garbage: the rest is graded, a rerun completes."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import threading
import time

import psutil
import pytest

from rnncourse.grading.queue.certificate import WORKER_KEY, make_cluster_files
from rnncourse.grading.queue.parcel import KEY_FILE
from tests.grading.faults.conftest import STEP


def workers_of(running, count, seconds=60):
    """Processes of the pool, once they are there; not the sandboxes, which are their children."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and running.poll() is None:
        found = [one for one in psutil.Process(running.pid).children() if "spawn_main" in " ".join(_command(one))]
        if len(found) >= count:
            return found
        time.sleep(0.05)
    raise AssertionError("no workers came up")


def _command(process):
    try:
        return process.cmdline()
    except psutil.Error:  # a short-lived child, such as a trial of the sandbox, that ended meanwhile
        return []


def test_a_lost_worker_costs_nothing(room):
    room_ = room.make(8)
    room_.work(0)
    running = room_.start()
    for worker in workers_of(running, 2)[:1]:
        time.sleep(2.5)  # until it is at work
        with contextlib.suppress(psutil.NoSuchProcess):
            worker.kill()
    said = running.communicate(timeout=300)[0]
    assert running.returncode == 0, said
    assert room_.scores == {f"student-{n:02}": room.expected(0, n) for n in range(8)}


def test_a_lost_worker_of_a_cluster_costs_nothing(room, monkeypatch):
    distributed = pytest.importorskip("distributed")
    room_ = room.make(8)
    room_.work(0)
    monkeypatch.setenv(KEY_FILE, str(make_cluster_files(room_.folder / "grading") / WORKER_KEY))
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", host="127.0.0.1") as cluster:
        victim = next(iter(cluster.workers.values())).pid
        running = room_.start("--scheduler", cluster.scheduler_address)
        _until_at_work(victim)
        os.kill(victim, signal.SIGKILL)
        said = running.communicate(timeout=300)[0]
    assert running.returncode == 0, said
    assert room_.scores == {f"student-{n:02}": room.expected(0, n) for n in range(8)}


def _until_at_work(pid, seconds=120):
    """Until a sandbox runs below this worker."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if any("bwrap" in child.name() for child in psutil.Process(pid).children(recursive=True)):
            return
        time.sleep(0.05)
    raise AssertionError("the worker never began")


def test_no_scheduler_is_told(room):
    room_ = room.make(1)
    room_.work(0)
    said = room_.grade("--scheduler", "tcp://127.0.0.1:9", good=False)
    assert "no scheduler answers at tcp://127.0.0.1:9" in said and "Traceback" not in said


def test_a_locked_database_is_waited_for(room):
    room_ = room.make(2)
    room_.work(0)
    room_.grade()
    room_.work(1)
    held = sqlite3.connect(room_.folder / "grading" / "gradebook.db", check_same_thread=False)
    held.execute("BEGIN EXCLUSIVE")
    timer = threading.Timer(12, held.rollback)  # longer than the five seconds after which nbgrader gives up
    timer.start()
    try:
        room_.grade()
    finally:
        timer.join()
        held.close()
    assert room_.scores == {f"student-{n:02}": room.expected(1, n) for n in range(2)}


def test_a_full_disk_is_told_and_a_rerun_completes(room, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    room_ = room.make(3)
    grading = room_.folder / "grading"
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], capture_output=True).returncode:
        pytest.skip("needs the right to mount a small disk")
    try:
        grading.rename(tmp_path / "before") if grading.exists() else None
        grading.symlink_to(small)
        room_.work(0)
        (small / "ballast").write_bytes(b"x" * 600_000)
        said = room_.grade(good=False)
        assert "Traceback" not in said and "No space left" in said, said
        subprocess.run(["mount", "-o", "remount,size=60m", str(small)], check=True)
        room_.grade()
        assert room_.scores == {f"student-{n:02}": room.expected(0, n) for n in range(3)}
        assert room_.events
    finally:
        subprocess.run(["umount", "-l", str(small)], check=False)


def test_garbage_between_good_work(room):
    room_ = room.make(3)
    room_.work(0)
    (room_.folder / "grading" / "submitted" / "student-01" / STEP / "sequence_data.ipynb").write_bytes(b"\0\xff" * 1000)
    room_.grade()
    assert room_.scores == {"student-00": 25.0, "student-01": 0.0, "student-02": 25.0}


def test_two_runs_at_once_do_not_mix(room):
    room_ = room.make(4)
    room_.work(0)
    first, second = room_.start(), room_.start()
    said = [one.communicate(timeout=300)[0] for one in (first, second)]
    assert first.returncode == 0 or second.returncode == 0, said
    assert not any("Traceback" in text for text in said)
    assert room_.scores == {f"student-{n:02}": room.expected(0, n) for n in range(4)}
