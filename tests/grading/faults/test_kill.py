"""The grader is killed at twenty random moments: nothing is lost, nothing is graded twice, and the last run completes."""

import os
import random
import signal
import time

import psutil

KILLS = 20


def killed(running, seconds):
    """Kill it without warning after so long; True if it was still at work, and nothing of it is left."""
    time.sleep(seconds)
    family = [running.pid, *(child.pid for child in _children(running.pid))]
    at_work = running.poll() is None
    if at_work:
        os.kill(running.pid, signal.SIGKILL)
    running.communicate(timeout=60)
    _gone(family)
    return at_work


def _children(pid):
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _gone(pids):
    """Workers and sandboxes end with their parent, within seconds."""
    until = time.monotonic() + 30
    while left := [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]:
        assert time.monotonic() < until, f"still there: {[_told(pid) for pid in left]}"
        time.sleep(0.2)


def _told(pid):
    try:
        one = psutil.Process(pid)
        return pid, one.ppid(), one.status(), one.cmdline()
    except psutil.Error as error:
        return pid, repr(error)


def test_twenty_kills(room):
    room_, rng, hit = room.make(6), random.Random(7), 0
    room_.work(0)
    turns = dict.fromkeys(range(6), 0)
    for turn in range(1, KILLS + 1):
        hit += killed(room_.start(), rng.uniform(0.5, 6.0))
        again = rng.sample(range(6), 3)
        room_.work(turn, again)  # so that there is always something to do
        turns |= dict.fromkeys(again, turn)
    assert hit >= KILLS // 2, "most kills must meet a run at work, or this shows nothing"
    said = room_.grade()
    assert " 0 without a verdict" in said
    assert room_.scores == {f"student-{n:02}": room.expected(turn, n) for n, turn in turns.items()}
    entered = [(event["student"], event["verdict"]) for event in room_.events if event["event"] == "entered"]
    assert len(entered) == len(set(entered)), "a verdict was entered twice"
    before = room_.results()
    assert "0 judged, 6 as before" in room_.grade()
    assert room_.results() == before


def test_regrade_gives_equal_bytes(room):
    room_ = room.make(3)
    room_.work(0)
    room_.grade()
    before = room_.results()
    said = room_.grade("--regrade")
    assert "3 judged, 0 as before" in said and "another outcome" not in said
    assert room_.results() == before
