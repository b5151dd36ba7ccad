"""Parsers that read a stranger's text get little computing time, and none of their errors gets any further.

Two walls. Here, inside: each piece of a page has its seconds and all pieces together have theirs, and a piece that
takes more, or breaks, is shown as plain text. Outside, the whole page is made in a child process with bounds of its
own (`rnncourse.grading.bounded`), for what no signal can stop.
"""

import math
import signal
import threading
import time
from contextlib import contextmanager

from rnncourse.checking.limit import TimeLimit, time_limit

SECONDS = 2.0  # of computing time: a page of honest text takes hundredths of this
PAGE = 8.0  # all pieces of one page


class _Time:
    """When time is up, on the clock that counts this process's computing time: of the innermost piece, of all pieces."""

    piece, page = math.inf, math.inf


def bounded(work, otherwise, seconds=SECONDS):
    """`work()`; or `otherwise`, where it takes longer or stops with an error of any kind."""
    try:
        with computing_time(seconds):
            return work()
    except (TimeLimit, Exception):  # noqa: BLE001 - a parser's error on hostile text tells nobody anything
        return otherwise


@contextmanager
def page_time(seconds=PAGE):
    """In the block, all pieces together have so many seconds; with 0, none is taken apart at all."""
    before, _Time.page = _Time.page, time.process_time() + seconds if seconds else -math.inf
    try:
        yield
    finally:
        _Time.page = before


@contextmanager
def computing_time(seconds):
    """Raise `TimeLimit` in the block after so many seconds of computing time, or when the time around it is up.

    Signals reach only the main thread; elsewhere it is seconds on the clock.
    """
    outer, now = _Time.piece, time.process_time()
    end = min(outer, _Time.page, now + seconds)
    if end <= now:
        raise TimeLimit
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        with time_limit(end - now):
            yield
        return
    _Time.piece, handler = end, signal.signal(signal.SIGPROF, _stop)
    try:
        _set_timer(end)
        yield
    finally:
        _Time.piece = outer
        _set_timer(outer)
        signal.signal(signal.SIGPROF, handler)


def _set_timer(end):
    """Have the signal come at this time, and again and again after it: a bare `except:` swallows one."""
    left = 0.0 if end == math.inf else max(end - time.process_time(), 1e-4)  # 0 is never
    signal.setitimer(signal.ITIMER_PROF, left, 0.1)


def _stop(signum, frame):
    raise TimeLimit
