"""The pool on this machine outlives its workers, whenever they die."""

import time
from types import SimpleNamespace

import pytest

from rnncourse.grading.queue.grade import Grading
from rnncourse.grading.queue.local import LocalPool

JOB = SimpleNamespace(limits=SimpleNamespace(wall_seconds=5.0))  # nothing that can be judged: each gets its failure told


def test_a_worker_that_dies_between_two_jobs_costs_nothing():
    pool = LocalPool(1)

    def tagged():
        yield "first", JOB
        _end_workers(pool)
        yield "second", JOB
        yield "third", JOB

    done = dict(pool.run(tagged()))
    assert set(done) == {"first", "second", "third"}
    assert all("the judge itself failed" in one.failure for one in done.values())


def test_ctrl_c_while_a_verdict_is_entered_ends_the_workers(room):
    def interrupt(*args, **more):
        raise KeyboardInterrupt

    room.hand_in("anna")
    room.hand_in("ben")
    room.records.enter = interrupt
    pool = LocalPool(1)
    with pytest.raises(KeyboardInterrupt) as caught:
        Grading(room.root, room.step, room.records, isolated=False).run(pool)
    assert caught.tb is not None and pool._pool is None


def _end_workers(pool, seconds=60):
    """Kill them, and wait until the pool has noticed that it cannot go on."""
    until = time.monotonic() + seconds
    for process in list(pool._pool._processes.values()):
        process.kill()
    while not pool._pool._broken:
        assert time.monotonic() < until, "the pool never noticed"
        time.sleep(0.01)
