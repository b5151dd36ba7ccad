"""Workers on this machine: a pool of processes that survives the death of any of them."""

import multiprocessing
import os
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from rnncourse.grading.queue.work import Done, prepare, work
from rnncourse.grading.sandbox.private import sweep
from rnncourse.workers import begin, end, kill, submit

TRIES = 3
PATIENCE = 300.0  # seconds beyond the limit of a submission after which a worker counts as stuck
TASKS = 500  # submissions after which a worker is replaced, so that nothing can pile up in it


class LocalPool:
    """`workers` processes; `run` maps (tag, job) pairs to (tag, Done) pairs, in the order in which they end."""

    elsewhere = False  # the workers are on this machine
    notice = ""

    def __init__(self, workers=None):
        self.workers = workers or os.cpu_count() or 1
        self._pool = None

    def run(self, tagged):
        """Judge jobs; never more of them in memory than two a worker, and one that is to be alone never beside another."""
        tagged, flying = iter(tagged), {}
        try:
            while True:
                while len(flying) < self._most(flying) and (pair := next(tagged, None)) is not None:
                    flying[self._submit(pair[1])] = pair
                if not flying:
                    return
                yield from self._landed(flying)
        finally:
            self.close()

    def judge(self, job):
        """The `Done` of one job alone; the workers stay until `close`."""
        return next(self._one_by_one([(None, job)]))[1]

    def close(self):
        """End the workers at once; what they were at is lost, and judged again another time."""
        pool, self._pool = self._pool, None
        if pool is not None:
            end(pool)
            sweep()  # a killed worker leaves its folder

    def _most(self, flying):
        return 1 if any(getattr(job, "alone", False) for _, job in flying.values()) else 2 * self.workers

    def _landed(self, flying):
        longest = max(job.limits.wall_seconds for _, job in flying.values())
        done, _ = wait(flying, timeout=2 * longest + PATIENCE, return_when=FIRST_COMPLETED)
        if not done:
            kill(self._pool)  # then every future breaks, and is tried again below
            done, _ = wait(flying)
        broken = []
        for future in done:
            tag, job = flying.pop(future)
            try:
                yield tag, future.result()
            except BrokenProcessPool:
                broken.append((tag, job))
        if broken:
            broken += flying.values()
            flying.clear()
            self.close()
            yield from self._one_by_one(broken)

    def _one_by_one(self, tagged):
        """After a death nobody knows whose it was: each job alone, so that only the guilty one fails."""
        for tag, job in tagged:
            for _ in range(TRIES):
                future = self._submit(job)
                wait([future], timeout=2 * job.limits.wall_seconds + PATIENCE)
                if future.done() and not isinstance(future.exception(), BrokenProcessPool):
                    yield tag, future.result()
                    break
                self.close()
            else:
                yield tag, Done(None, 0.0, f"its worker ended {TRIES} times, each time while it was judged alone")

    def _submit(self, job):
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.workers, context, _begin, (os.getpid(),), max_tasks_per_child=TASKS)
        return submit(self._pool, work, job)


def _begin(parent):
    begin(parent)
    prepare()
