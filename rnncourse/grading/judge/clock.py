"""What a kernel and all that it started used of this machine, as the system counts it: nothing inside can forge it.

A verdict may not depend on what else the machine does. So time is processor time; for a kernel that sleeps it is the
time that passed, without the seconds in which it was ready to go on and others had the processor.
"""

import math
import os
import time

from rnncourse.checking.limit import queued_seconds
from rnncourse.grading.sandbox.proc import children, number_inside, tree

TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
HELPERS = 4  # times as much as the thread that answers may all threads and processes use together
BLIND = 6.0  # times as long may it take where the system does not tell how busy the machine was
LOOK = 1.0  # seconds at most between two looks


class Clock:
    """The clocks of one kernel; `pid` is the process with which all of it ends, None where there is none to look at."""

    def __init__(self, pid):
        self._root = pid
        self._main = next((one for one in children(pid) if number_inside(one) == 2), pid) if pid else None
        self._seen, self._used, self._queued = {}, 0.0, math.nan

    def now(self):
        """(seconds of the clock, seconds in which others had the processor or NaN)."""
        if self._main is not None:
            queued = queued_seconds(self._main, self._main)
            self._queued = self._queued if math.isnan(queued) else queued  # the last that was known of one that has ended
        return time.monotonic(), self._queued

    def kept_waiting(self):
        """Seconds in which any thread of the kernel's own process was kept waiting for a processor; 0 if not known."""
        try:
            threads = os.listdir(f"/proc/{self._main}/task")
        except OSError:
            return 0.0
        return sum(known for known in (queued_seconds(one, self._main) for one in threads) if not math.isnan(known))

    def together(self):
        """Processor seconds of all processes since the start, those that have ended as well; it never falls.

        It looks at every thread of every process, so it is asked for only where it decides.
        """
        if self._root is None:
            return 0.0
        own, reaped = 0.0, 0.0
        for pid in tree(self._root):
            if (found := _processor_seconds(pid)) is not None:
                start, mine, of_children = found
                self._seen[pid, start] = mine
                own, reaped = own + mine, reaped + of_children
        self._used = max(self._used, own + reaped, sum(self._seen.values()))
        return self._used


class Span:
    """So many seconds for one thing that a kernel is asked to do, from now on."""

    def __init__(self, clock, seconds):
        self._clock, self._seconds, self._start = clock, seconds, clock.now()
        # Most are over before the first look. Where the system does not tell who had the processor, this alone decides.
        self._before = clock.together() if math.isnan(self._start[1]) else None

    def used(self):
        """Seconds that it used so far: those that passed, without those in which others had the processor."""
        passed, queued = (now - then for now, then in zip(self._clock.now(), self._start, strict=True))
        return max(passed / BLIND, self._together()) if math.isnan(queued) else max(passed - queued, 0.0)

    def left(self):
        """Seconds after which to look again; none are left once the limit is reached."""
        return min(self._seconds - self.used(), HELPERS * self._seconds - self._together(), LOOK)

    def _together(self):
        """Processor seconds of all threads and processes since the first look at them."""
        now = self._clock.together()
        self._before = now if self._before is None else self._before
        return now - self._before

    def first_look(self):
        """Seconds after which to look for the first time."""
        return min(self._seconds, LOOK)


def _processor_seconds(pid):
    """(when it started, its own seconds, those of its children that have ended); None if it has ended."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        own, of_children = sum(map(int, fields[11:13])), sum(map(int, fields[13:15]))
        return fields[19], own / TICKS, of_children / TICKS
    except (OSError, ValueError, IndexError):
        return None
