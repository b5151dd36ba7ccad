"""A time limit for one call, also for loops that never end.

What counts is the processor time of the thread that makes the call: it is the same on an idle machine and on a busy
one. A call that sleeps or waits uses none, so it may also not take much longer than that; what the system says that
the thread waited for a free processor is left out of account.
"""

import ctypes
import math
import signal
import sys
import threading
import time
from contextlib import contextmanager

IMPORT_SECONDS = 120.0  # an import cut in the middle leaves broken modules behind: it may take so long
SHORTEST = 0.01  # seconds between two looks at the clocks


class TimeLimit(BaseException):
    """The call took too long.  Not an `Exception`, so that `except Exception` in the call does not swallow it."""


@contextmanager
def time_limit(seconds):
    """Raise `TimeLimit` inside the block after this many seconds of processor time of this thread.

    A block that sleeps or waits is ended after twice as many seconds and two, not counting those in which it could
    have gone on and others had the processor; where the system does not tell these (it is no Linux), after six times
    as many and five.

    It fires again every half second, for a bare `except:` swallows one; from the second on, the line after it raises
    as well, so that `while True: try … except: pass` ends too.  In the main thread of a POSIX system an alarm also
    ends sleeping and waiting; elsewhere only Python code is interrupted, not a long call into C.
    """
    if threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"):
        with _alarm(seconds):
            yield
    else:
        with _watching_thread(seconds):
            yield


class _Meter:
    """What the thread that makes it has used of its `seconds` since then; any thread may ask."""

    def __init__(self, seconds):
        self._seconds, self._thread, self._processor = seconds, threading.get_native_id(), _processor_clock()
        self._start = self._now()

    def left(self):
        """Seconds after which the limit can be reached at the earliest; none are left once it is reached."""
        used, passed, queued = (now - then for now, then in zip(self._now(), self._start, strict=True))
        longest = 6 * self._seconds + 5 if math.isnan(queued) else 2 * self._seconds + 2 + queued
        return min(self._seconds - used, longest - passed)

    def _now(self):
        return self._processor(), time.monotonic(), queued_seconds(self._thread)


def queued_seconds(thread, process="self"):
    """Seconds that a thread (by its id in the system) was ready to run and others had the processor; NaN if not known."""
    try:
        with open(f"/proc/{process}/task/{thread}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return math.nan


def _processor_clock():
    """A function that gives the processor seconds of the thread that asks for it here; plain seconds where there are none."""
    if not hasattr(time, "pthread_getcpuclockid"):
        return time.thread_time if threading.current_thread() is threading.main_thread() else time.monotonic
    clock = time.pthread_getcpuclockid(threading.get_ident())
    return lambda: time.clock_gettime(clock)


@contextmanager
def _alarm(seconds):
    fired, tracer, started, meter = [], sys.gettrace(), time.monotonic(), _Meter(seconds)

    def fire(signum, frame):
        if (left := meter.left()) > 0:
            signal.setitimer(signal.ITIMER_REAL, max(left, SHORTEST), 0.5)
            return
        if _importing(frame, started):
            return
        if fired:
            _raise_on_every_line(frame)
        fired.append(signum)
        raise TimeLimit

    handler = signal.signal(signal.SIGALRM, fire)
    timer = signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)  # an outer limit goes on with what it had left
        signal.signal(signal.SIGALRM, handler)
        if fired:
            sys.settrace(tracer)


def _importing(frame, started):
    """Whether the call is inside an import, which is let finish."""
    if time.monotonic() - started > IMPORT_SECONDS:
        return False
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False


def _raise_on_every_line(frame):
    def trace(frame, event, arg):
        if event == "line" and frame.f_code.co_filename != __file__:
            raise TimeLimit
        return trace

    frame.f_trace = trace
    sys.settrace(trace)


@contextmanager
def _watching_thread(seconds):
    me, started, ended, meter = threading.get_ident(), time.monotonic(), threading.Event(), _Meter(seconds)

    def watch():
        wait = seconds
        while not ended.wait(wait):
            if (left := meter.left()) > 0:
                wait = max(left, SHORTEST)
                continue
            wait = 0.5
            if not _importing(sys._current_frames().get(me), started):
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(me), ctypes.py_object(TimeLimit))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
