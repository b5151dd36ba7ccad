"""A time limit for one call, also for loops that never end."""

import ctypes
import signal
import sys
import threading
import time
from contextlib import contextmanager

IMPORT_SECONDS = 120.0  # an import cut in the middle leaves broken modules behind: it may take so long


class TimeLimit(BaseException):
    """The call took too long.  Not an `Exception`, so that `except Exception` in the call does not swallow it."""


@contextmanager
def time_limit(seconds):
    """Raise `TimeLimit` inside the block after this many seconds of wall time.

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


@contextmanager
def _alarm(seconds):
    fired, tracer, started = [], sys.gettrace(), time.monotonic()

    def fire(signum, frame):
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
    me, started, ended = threading.get_ident(), time.monotonic(), threading.Event()

    def watch():
        wait = seconds
        while not ended.wait(wait):
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
