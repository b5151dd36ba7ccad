"""Ctrl-C at any moment: all that was started ends at once and quietly, nothing is lost, and the same command goes on."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from rnncourse.grading.queue.certificate import WORKER_KEY, make_cluster_files
from rnncourse.grading.queue.parcel import KEY_FILE
from tests.grading.class_room import environment
from tests.grading.faults.conftest import STEP
from tests.grading.faults.test_kill import _children, _gone


def start(room, *words):
    """The command as a terminal starts it: in a group of processes of its own, which all get Ctrl-C."""
    command = [sys.executable, "-m", "rnncourse", "grade", STEP, "--workers", "2", *words]
    return subprocess.Popen(
        command, cwd=room.folder, env=environment(room.folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def interrupt(running, ready, seconds=120):
    """Ctrl-C as soon as `ready()`; what was printed. All that was started is gone afterwards."""
    until = time.monotonic() + seconds
    while not ready():
        assert running.poll() is None and time.monotonic() < until, "it never came so far"
        time.sleep(0.02)
    family = [running.pid, *(child.pid for child in _children(running.pid))]
    os.killpg(running.pid, signal.SIGINT)
    said = running.communicate(timeout=60)[0]
    _gone(family)
    assert running.returncode not in (0, None) and "Traceback" not in said, said
    return said


def names(process):
    with contextlib.suppress(psutil.Error):
        return " ".join(child.name() for child in process.children(recursive=True))
    return ""


MOMENTS = {
    "while workers begin": lambda room, process: len(_children(process.pid)) >= 2,
    "while sandboxes run": lambda room, process: names(process).count("bwrap") >= 2,
    "in the middle": lambda room, process: len(room.results()) >= 2,
}


def test_ctrl_c_at_several_moments_loses_nothing(room):
    room_ = room.make(6)
    room_.work(0)
    for moment, ready in MOMENTS.items():
        before = room_.results()
        running = start(room_)
        process = psutil.Process(running.pid)
        interrupt(running, lambda ready=ready, process=process: ready(room_, process))
        assert before.items() <= room_.results().items(), f"a verdict was lost: {moment}"
    assert room_.results(), "none was kept"
    said = room_.grade()
    assert " 0 without a verdict" in said and "6 judged" not in said
    assert room_.scores == {f"student-{n:02}": room.expected(0, n) for n in range(6)}
    assert "0 judged, 6 as before" in room_.grade()


def test_ctrl_c_while_a_cluster_judges(room, monkeypatch):
    distributed = pytest.importorskip("distributed")
    room_ = room.make(2)
    room_.work(0)
    monkeypatch.setenv(KEY_FILE, str(make_cluster_files(room_.folder / "grading") / WORKER_KEY))
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=True, dashboard_address=":0", host="127.0.0.1") as cluster:
        worker = psutil.Process(next(iter(cluster.workers.values())).pid)
        running = start(room_, "--scheduler", cluster.scheduler_address)
        interrupt(running, lambda: "bwrap" in names(worker))
        until = time.monotonic() + 60
        while "bwrap" in names(worker):
            assert time.monotonic() < until, "the sandbox on the cluster goes on"
            time.sleep(0.1)
    room_.grade()
    assert room_.scores == {f"student-{n:02}": room.expected(0, n) for n in range(2)}


def test_ctrl_c_while_a_cluster_without_workers_is_waited_for(room):
    distributed = pytest.importorskip("distributed")
    room_ = room.make(1)
    room_.work(0)
    with distributed.LocalCluster(n_workers=0, processes=True, dashboard_address=":0", host="127.0.0.1") as cluster:
        running = start(room_, "--scheduler", cluster.scheduler_address)
        process = psutil.Process(running.pid)
        interrupt(running, lambda: (room_.folder / "grading" / "gradebook.db").exists() and "bwrap" in names(process))
