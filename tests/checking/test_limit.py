"""A time limit ends every loop, in the main thread and in another, and leaves nothing behind."""

import signal
import sys
import threading
import time

import pytest

from rnncourse.checking.limit import TimeLimit, time_limit


def test_a_loop_that_never_ends_is_ended():
    with pytest.raises(TimeLimit), time_limit(0.05):
        while True:
            pass


def test_a_bare_except_in_the_loop_does_not_save_it():
    def stubborn():
        while True:
            try:  # noqa: SIM105
                time.sleep(0.001)
            except:  # noqa: E722, S110 - what a learner may write
                pass

    with pytest.raises(TimeLimit), time_limit(0.05):
        stubborn()
    assert sys.gettrace() is None or sys.gettrace().__module__ != "rnncourse.checking.limit"


def test_sleeping_is_ended_too():
    with pytest.raises(TimeLimit), time_limit(0.05):
        time.sleep(60)


def test_a_quick_call_is_not_touched_and_the_alarm_is_off_afterwards():
    with time_limit(30):
        value = sum(range(10))
    assert value == 45
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_an_outer_limit_goes_on_after_an_inner_one():
    with pytest.raises(TimeLimit), time_limit(0.3):
        with time_limit(30):
            pass
        while True:
            pass


def test_another_thread_is_limited_as_well():
    ended = []

    def work():
        try:
            with time_limit(0.05):
                while True:
                    pass
        except TimeLimit:
            ended.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(timeout=20)
    assert ended == [True]
