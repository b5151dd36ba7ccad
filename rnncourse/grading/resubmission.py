"""Work that was handed in again after the due date: which of a student's hand-ins counts.

The rule is a setting of the class:

- "better" (default): of the last hand-in in time and the last of all, the one with more points after the deduction for
  lateness; a late resubmission can only win points, never lose them;
- "last": the last of all, as nbgrader does it;
- "in time": the last one in time; later work counts only where there is none.

Only two hand-ins are compared, not every late one. Both are judged, and both verdicts are kept, so that another rule,
policy or due date needs no new judging. Points that a person gives are not known here: the choice is by the checks.
"""

from dataclasses import replace
from pathlib import Path

from rnncourse.grading.intake.kept import Kept
from rnncourse.grading.intake.receipt import shown_time
from rnncourse.grading.queue.keys import class_secret
from rnncourse.grading.queue.readings import Readings
from rnncourse.grading.queue.results import Results
from rnncourse.grading.submission import Remark

FOLDER = "in-time"  # in the class's folder: the last hand-in in time of each student
_START = "of two hand-ins "


class InTime:
    """The last hand-in in time of each student; what is late by the due dates that hold now is never put there."""

    def __init__(self, folder, assignment, due):
        self._kept, self._due = Kept(Path(folder) / FOLDER, assignment), due

    def save(self, submission):
        """Keep this one if it is in time and not earlier than the one that is there. Raises OSError."""
        if self._due.of(submission.student) is None or self._due.is_late(submission.student, submission.received):
            return
        before = self._kept.load(submission.student)
        if before is None or self._due.is_late(before.student, before.received) or submission.received >= before.received:
            self._kept.save(submission)

    def load(self, student):
        """The Submission, or None."""
        return self._kept.load(student)


class _Store:
    """Verdicts and readings of one kind of hand-in, a student each; `name` ends the names of their folders."""

    def __init__(self, folder, assignment, name):
        secret = class_secret(folder)
        self._results = Results(folder / f"results{name}", assignment, secret)
        self._readings = Readings(folder / f"readings{name}", assignment, secret)

    def get(self, student, key):
        """(verdict, reading) of this key, or None."""
        verdict, reading = self._results.get(student, key), self._readings.get(student)
        return None if verdict is None or reading is None or reading.key != key else (verdict, reading)

    def keep(self, submission, verdict, reading):
        """Keep them in place of those before."""
        student = submission.student
        if self._results.get(student) != verdict:
            self._results.put(student, verdict)
        if self._readings.get(student) != reading:
            self._readings.put(student, reading)


class Resubmissions:
    """Chooses between two hand-ins of a student while an assignment is graded.

    `folder` is the class's, `due` the `DueDates`, `rule` one of `settings.RULES`, `policy` what lateness costs.
    """

    def __init__(self, folder, assignment, *, due, rule, policy):
        self._due, self._rule, self._policy = due, rule, policy
        self._in_time = InTime(folder, assignment, due)
        self._former, *self._stores = (_Store(Path(folder), assignment, name) for name in ("", "-in-time", "-late"))
        self._waiting = {}  # student -> (late submission, its verdict, what was read of it)

    def known(self, student, key):
        """(verdict, `LastReading`) of this key that are kept though another hand-in of the student counts; None without."""
        return next((found for store in self._stores if (found := store.get(student, key)) is not None), None)

    def choose(self, submission, verdict, reading, key_of):
        """(submission, verdict, reading) of the hand-in that counts, or None if the other one has to be judged first.

        `reading` is the `LastReading`; `key_of(submission)` is the key that a verdict of a submission has.
        """
        student, this = submission.student, (submission, _without_choice(verdict), reading)
        if late := self._waiting.pop(student, None):
            return self._better((submission, verdict, reading), late)
        if self._rule == "last" or not self._due.is_late(student, submission.received):
            self._in_time.save(submission)
            return this
        earlier = self._in_time.load(student)
        if earlier is None:
            return this
        if earlier.digest == submission.digest:
            return replace(submission, received=min(earlier.received, submission.received)), *this[1:]
        known = self._known(earlier, key_of(earlier))
        if known is None:
            self._stores[1].keep(submission, verdict, reading)
            self._waiting[student] = submission, verdict, reading
            return None
        return self._better((earlier, *known), (submission, verdict, reading))

    def waiting(self):
        """The hand-ins in time that have to be judged before the late ones of the same students can be entered."""
        return [self._in_time.load(student) for student in self._waiting]

    def _known(self, earlier, key):
        return self.known(earlier.student, key) or self._former.get(earlier.student, key)

    def _better(self, earlier, late):
        """One of two triples (submission, verdict, reading); what is known of both is kept."""
        for store, one in zip(self._stores, (earlier, late), strict=True):
            store.keep(*one)
        scores = [self._score(*one[:2]) for one in (earlier, late)]
        first, why = self._decide(earlier[0], *scores)
        submission, verdict, reading = earlier if first else late
        text = f"{_START}{_words(earlier, scores[0])} and {_words(late, scores[1])}, the {'first' if first else 'second'} counts: {why}"
        receipts = [one for one in late[0].remarks if one.kind == "receipt"]  # they are about the student's folder as it is
        remarks = dict.fromkeys((*submission.remarks, *receipts, Remark("notice", text)))
        return replace(submission, remarks=tuple(remarks)), _without_choice(verdict), reading

    def _decide(self, earlier, first, second):
        """(whether the earlier one counts, why), from the points of both."""
        if self._rule == "in time":
            late = self._due.is_late(earlier.student, earlier.received)
            return not late, "neither was in time" if late else "it was in time"
        if first == second:
            return True, "the second has no more points"
        return first > second, "it has more points"

    def _score(self, submission, verdict):
        """Points by the checks, after the deduction."""
        due = self._due.of(submission.student)
        taken = sum(self._policy.penalty(one.points, due, submission.received) for one in verdict.notebooks) if due else 0.0
        return round(verdict.points - taken, 6)


def _words(triple, score):
    submission, verdict, _ = triple
    less = f", {score:g} after the deduction for lateness" if score != verdict.points else ""
    return f"that of {shown_time(submission.received)} ({verdict.points:g} points by the checks{less})"


def _without_choice(verdict):
    """The verdict without the remark of an earlier choice."""
    remarks = tuple(one for one in verdict.remarks if not one.text.startswith(_START))
    return verdict if remarks == verdict.remarks else replace(verdict, remarks=remarks)
