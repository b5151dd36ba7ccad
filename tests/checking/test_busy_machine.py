"""A limit of time takes nothing from a call whose machine is busy with something else."""

import multiprocessing
import threading
import time

import numpy as np
import pytest

from rnncourse.checking import limit
from rnncourse.checking.limit import TimeLimit, queued_seconds, time_limit


def _spin():
    while True:
        pass


@pytest.fixture(scope="module")
def busy():
    """Eight processes that compute without end."""
    hogs = [multiprocessing.get_context("fork").Process(target=_spin, daemon=True) for _ in range(8)]
    for one in hogs:
        one.start()
    yield
    for one in hogs:
        one.kill()
        one.join()


def compute(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass
    return "done"


def test_a_call_has_its_seconds_whoever_else_computes(busy):
    with time_limit(1.0):
        assert compute(0.5) == "done"


def test_in_another_thread_as_well(busy):
    found = []

    def call():
        with time_limit(1.0):
            found.append(compute(0.5))

    thread = threading.Thread(target=call)
    thread.start()
    thread.join(60)
    assert found == ["done"]


def test_a_loop_without_end_ends_all_the_same(busy):
    with pytest.raises(TimeLimit), time_limit(0.2):
        compute(1000)


def test_seconds_in_which_others_had_the_processor_are_known(busy):
    me = threading.get_native_id()
    before, started = queued_seconds(me), time.monotonic()
    compute(0.2)
    if np.isnan(before):
        pytest.skip("this system does not tell")
    passed, queued = time.monotonic() - started, queued_seconds(me) - before
    assert queued > 0.5 * (passed - 0.2)


@pytest.mark.parametrize("known", [True, False])
def test_a_call_that_sleeps_is_ended_a_little_later(monkeypatch, known):
    if not known:
        monkeypatch.setattr(limit, "queued_seconds", lambda *thread: float("nan"))
    started = time.monotonic()
    with pytest.raises(TimeLimit), time_limit(0.2):
        time.sleep(60)
    assert time.monotonic() - started > (2 if known else 5)
