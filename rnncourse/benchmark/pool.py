"""Workers on this machine: processes with one thread each, which end when the comparison does, also if it is killed."""

import multiprocessing
import os
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from rnncourse.workers import begin, end, submit

TRIES = 2  # of a run whose worker died


class LocalPool:
    """`workers` processes: `start` gives one a run, `ended` waits and gives back (run, rows, failure) of those that ended."""

    notice = ""

    def __init__(self, workers=None):
        self.workers = workers or os.cpu_count() or 1
        self._pool, self._flying, self._deaths = None, {}, {}

    def start(self, run):
        """Give a worker this run to do."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self.workers, multiprocessing.get_context("spawn"), _begin, (os.getpid(),))
        self._flying[submit(self._pool, _measure, run)] = run

    def ended(self):
        """Wait for at least one run to end; one whose worker died is begun again, and is a failure the second time."""
        done, _ = wait(self._flying, return_when=FIRST_COMPLETED)
        found, broken = [], []
        for future in done:
            run = self._flying.pop(future)
            try:
                found.append((run, *future.result()))
            except BrokenProcessPool:
                broken.append(run)
        return found + (self._again(broken) if broken else [])

    def _again(self, broken):
        """After a death nobody knows whose it was: all that flew is begun anew."""
        broken += self._flying.values()
        self.close()
        failed = []
        for run in broken:
            self._deaths[run] = self._deaths.get(run, 0) + 1
            if self._deaths[run] < TRIES:
                self.start(run)
            else:
                failed.append((run, None, "its worker died; is there enough memory?"))
        return failed

    def close(self):
        """End the workers at once; what they were at is lost."""
        pool, self._pool, self._flying = self._pool, None, {}
        if pool is not None:
            end(pool)


def _begin(parent):
    begin(parent)
    os.environ["OMP_NUM_THREADS"] = "1"  # before torch is imported


def _measure(run):
    """Rows and no failure, or no rows and the reason."""
    from rnncourse.benchmark.measure import measure

    try:
        return measure(run), ""
    except Exception as error:  # noqa: BLE001 - one run that fails must not stop the others
        return None, f"{type(error).__name__}: {str(error)[:300]}"
