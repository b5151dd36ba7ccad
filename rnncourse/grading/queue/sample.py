"""Trust, and look: of every few verdicts that another machine gave, one is judged again here before any of them counts.

Which one, the class's secret decides; so whoever judges elsewhere cannot know. A machine that gives away points in k of
`BATCH` verdicts is found out with a chance of k in `BATCH`, each time.
"""

from rnncourse.grading.queue.keys import derived_key, signature
from rnncourse.grading.queue.work import Done
from rnncourse.grading.verdict import Verdict

BATCH = 20  # verdicts of one worker, of which one is judged again


class DisagreementError(Exception):
    """A verdict from elsewhere is not what comes out here; the message says for which work and how."""


class Sample:
    """Holds verdicts back, a worker's at a time, until one of each batch was confirmed.

    `judge_here(job)` gives a `Done`; with None nothing is judged again, and nothing is held back.
    """

    def __init__(self, secret, judge_here):
        self._key, self._judge = derived_key(secret, "sample"), judge_here
        self._waiting = {}  # worker -> [(tag, job, done)]

    def add(self, worker, tag, job, done):
        """Take a verdict in; returns the (tag, Done) pairs that may be used now.

        Raises:
            DisagreementError: what was to confirm a batch came out otherwise.
        """
        if self._judge is None:
            return [(tag, done)]
        batch = self._waiting.setdefault(worker, [])
        batch.append((tag, job, done))
        return self._confirmed(worker) if len(batch) >= BATCH else []

    def rest(self):
        """All that still waits, a worker's at a time, as `add` gives it."""
        for worker in list(self._waiting):
            yield from self._confirmed(worker)

    def tags(self):
        """The tags of all that waits; nothing waits any more."""
        waiting, self._waiting = self._waiting, {}
        return [tag for batch in waiting.values() for tag, _, _ in batch]

    def _confirmed(self, worker):
        batch = self._waiting[worker]
        in_turn = sorted(batch, key=lambda one: signature(self._key, one[1].key.encode()))
        confirmed = any(self._agrees(worker, job, done) for _, job, done in in_turn[:3])
        del self._waiting[worker]
        if confirmed:
            return [(tag, done) for tag, _, done in batch]
        why = "its verdict came from another machine, and this one could not judge any of that machine's work again"
        return [(tag, Done(None, done.seconds, why)) for tag, _, done in batch]

    def _agrees(self, worker, job, done):
        """Whether this machine gives the same points; False if it gives none, or not the same twice.

        Raises:
            DisagreementError: it gives others, twice the same.
        """
        there, here = _points(done), _points(self._judge(job))
        if here is None or there == here:
            return there == here
        if _points(self._judge(job)) != here:
            return False
        raise DisagreementError(f"the worker at {worker or 'an unknown address'} gave {_sum(there):g} points to work that gets {_sum(here):g} here")


def _points(done):
    """The points of each check cell, None without a verdict."""
    if done.verdict is None:
        return None
    return [(one.name, graded.cell, graded.report.points) for one in Verdict.from_json(done.verdict).notebooks for graded in one.graded]


def _sum(points):
    return sum(worth for _, _, worth in points)
