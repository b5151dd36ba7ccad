"""Grade an assignment of a class: judge what is new, write down every verdict, lose nothing on the way.

Killed at any moment and started again, it goes on: a verdict that is there is not computed again, and entering one
twice changes nothing. All writing is done here, by one process.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from rnncourse.grading.intake import Unread, submissions
from rnncourse.grading.intake.kept import Kept
from rnncourse.grading.intake.receipt import shown_time
from rnncourse.grading.judge.judge import Job
from rnncourse.grading.judge.machine import demand_packages
from rnncourse.grading.limits import Limits
from rnncourse.grading.queue.keys import class_secret, job_key, seed_key
from rnncourse.grading.queue.readings import LastReading, Readings
from rnncourse.grading.queue.results import Results
from rnncourse.grading.queue.versions import OLDER, Versions
from rnncourse.grading.records.errors import RecordsBusy, RecordsError
from rnncourse.grading.submission import Remark, is_plain_name
from rnncourse.grading.verdict import Verdict

TRIES = 2  # of a job that failed for no fault of the submission


class CannotGrade(Exception):
    """Nothing can be graded; the message says why and what to do."""


@dataclass
class Tally:
    """What a run did: students by what became of them; `failures` maps those without a verdict to the reason."""

    judged: list = field(default_factory=list)
    kept: list = field(default_factory=list)
    changed: list = field(default_factory=list)  # judged again, with another outcome
    failures: dict = field(default_factory=dict)
    remarks: dict = field(default_factory=dict)
    notices: dict = field(default_factory=dict)  # for the instructor: sentence -> students whom it concerns, if any
    seconds: float = 0.0  # of all workers together


@dataclass(frozen=True)
class Grading:
    """One run: the class's folder, the assignment, and how to go about it.

    `root` is the folder with nbgrader_config.py; `records` takes each verdict in (see `rnncourse.grading.records`);
    `students` limits the run to some; `regrade` judges also what has a verdict; `isolated` False runs learners' code
    without a sandbox; `collected` is what the audit log says of hand-ins, a `Collected`; `resubmissions` chooses between
    two hand-ins of a student (see `rnncourse.grading.resubmission`; without it the last one counts); `tell` gets
    the student after each one.
    """

    root: Path
    assignment: str
    records: object
    students: tuple = ()
    regrade: bool = False
    isolated: bool = True
    limits: Limits = field(default_factory=Limits)
    policy: object = None
    exchange: Path | None = None
    collected: object = None
    resubmissions: object = None
    tell: Callable = lambda student: None

    def run(self, pool):
        """Grade with the workers of a pool; returns a `Tally`.

        Raises:
            CannotGrade: there is no release of this assignment, or no isolation on this machine.
            NoVerdict: this machine lacks a package that the assignment needs.
        """
        if self.isolated and not pool.elsewhere:
            demand_isolation()
        release = release_of(self.root, self.assignment)
        if not pool.elsewhere:
            demand_packages(self.assignment, release)
        self.records.prepare(self.assignment)
        run = _Run(self, release)
        for todo in (run.tasks(), run.waiting()):
            while todo := run.through(pool, todo):
                pass
        return run.tally


class Task(NamedTuple):
    """One submission to be judged: its job, the verdict that it has, and what went before.

    `instead_of` is the `LastReading` of a later submission that cannot be read, for which this one stands in.
    """

    submission: object
    job: Job
    before: Verdict | None = None
    instead_of: LastReading | None = None
    tries: int = 0


class _Run:
    """The state of one run: what is judged, what is entered."""

    def __init__(self, grading, release):
        self.grading, self.release, self.tally = grading, release, Tally()
        self.folder = Path(grading.root) / "grading"
        try:
            self.versions = Versions(self.folder / "releases", grading.assignment, release)
        except OSError as error:
            raise CannotGrade(f"the versions of the release could not be kept in grading/releases: {error}") from error
        self.secret = class_secret(self.folder)
        self.results = Results(self.folder / "results", grading.assignment, self.secret)
        self.readings = Readings(self.folder / "readings", grading.assignment, self.secret)
        self.kept = Kept(self.folder / "kept", grading.assignment)

    def tasks(self):
        """The `Task` of each submission that has no verdict yet; enters those that have."""
        one = self.grading
        found = submissions(
            self.folder / "submitted", one.assignment, kept=self.folder / "kept", exchange=one.exchange, collected=one.collected
        )
        for submission in found:
            student = submission.student
            if one.students and student not in one.students:
                continue
            if isinstance(submission, Unread):
                self.tally.failures[student] = submission.why
            elif not is_plain_name(student):
                self.tally.failures[student] = "a folder of this name is no student's that the gradebook could hold; rename it"
            else:
                yield from self._safely(student, lambda submission=submission: self._tasks_of(submission))

    def waiting(self):
        """The same for hand-ins in time with which late ones of the same students have to be compared."""
        for submission in self.grading.resubmissions.waiting() if self.grading.resubmissions else ():
            yield Task(submission, self._job(submission))

    def through(self, pool, tasks):
        """Judge and enter; returns what is still to be judged: what is in doubt or failed for no fault of the submission, and stand-ins."""
        todo = []
        for task, done in pool.run((task, task.job) for task in tasks):
            todo += self._safely(task.submission.student, lambda task=task, done=done: self._take(task, done))
        return todo

    def _safely(self, student, work):
        """The tasks that come of `work`; a fault of ours with one student is that student's failure and stops nobody."""
        try:
            return work()
        except RecordsBusy:  # concerns everybody: the run ends, and another one goes on from here
            raise
        except Exception as error:  # noqa: BLE001
            self.tally.failures[student] = f"{type(error).__name__}: {str(error)[:300]}"
            return []

    def _tasks_of(self, submission):
        """A list with the task of a submission; empty, once its verdict is entered, if it was judged before."""
        if self.versions.is_older(submission):
            self.tally.notices.setdefault(OLDER, []).append(submission.student)
        job, last = self._job(submission), self.readings.get(submission.student)
        if last is not None and last.instead_of == job.key and not self.grading.regrade:
            unreadable = replace(last, key=job.key)
            if found := self._stand_in(submission, unreadable):
                return self._enter_or_judge(*found, last, unreadable)
        return self._enter_or_judge(submission, job, last)

    def _enter_or_judge(self, submission, job, last, unreadable=None):
        """The same for a submission with this job; `last` is the student's `LastReading` or None."""
        before = self.results.get(submission.student, job.key)
        if (before is None or last is None or last.key != job.key) and self.grading.resubmissions:
            before, last = self.grading.resubmissions.known(submission.student, job.key) or (before, last)
        if before is None and (why := self.results.distrust(submission.student)):
            self.tally.notices.setdefault(why, []).append(submission.student)
        if before is None or self.grading.regrade or last is None or last.key != job.key:
            return [Task(submission, job, before, unreadable)]
        if unreadable is None and last.readable:
            submission = self._keep(submission)
        if unreadable is not None and last.instead_of != unreadable.key:
            last = replace(last, instead_of=unreadable.key, why=unreadable.why)
            self.readings.put(submission.student, last)
        if self._enter(submission, before, None, last):
            self.tally.kept.append(submission.student)
        return []

    def _take(self, task, done):
        """The tasks that come of one that was done: none, if its verdict is entered or there will be none."""
        submission = task.submission
        if done.readable and task.instead_of is None:
            submission = self._keep(submission)
        if done.verdict is None or (done.doubt and not task.job.alone):
            if task.tries + 1 < TRIES:  # alone, so that what the machine's own load did the first time is not done again
                return [task._replace(job=replace(task.job, alone=True), tries=task.tries + 1)]
            self.tally.failures[submission.student] = done.failure or done.doubt
            return []
        verdict = Verdict.from_json(done.verdict)
        reading = LastReading(task.job.key, done.notebooks, bool(done.readable))
        if done.readable is False and task.instead_of is None:
            reading = replace(reading, why=_gravest(verdict.remarks))
            if found := self._stand_in(submission, reading):
                return self._enter_or_judge(*found, self.readings.get(submission.student), reading)
        if task.instead_of is not None:
            reading = replace(reading, instead_of=task.instead_of.key, why=task.instead_of.why)
        self._judged(task._replace(submission=submission), verdict, done.seconds, reading)
        return []

    def _keep(self, submission):
        """Keep a submission for the day when a later one cannot be read; returns it, with a remark if that fails."""
        try:
            self.kept.save(submission)
        except OSError as error:
            text = f"this submission could not be kept for a later day: {error.strerror or type(error).__name__}"
            return replace(submission, remarks=(*submission.remarks, Remark("notice", text)))
        return submission

    def _stand_in(self, submission, unreadable):
        """(submission, job) of the last work of the student that could be read, for one that cannot; or None."""
        before = self.kept.load(submission.student)
        if before is None:
            return None
        text = ("this submission holds no notebook of the assignment that can be read; the last one that did, "
                f"received at {shown_time(before.received)}, is graded instead")  # fmt: skip
        before = replace(before, remarks=(*submission.remarks, *unreadable.why, Remark("repaired", text)))
        return before, self._job(before)

    def _job(self, submission):
        one, digest, release = self.grading, submission.digest, self.versions.of(submission)
        key = job_key(one.assignment, digest, release, one.limits, one.isolated, self.secret)
        return Job(one.assignment, dict(submission.files), digest, release, seed_key(self.secret, one.assignment, digest), key, one.limits, one.isolated)

    def _judged(self, task, verdict, seconds, reading):
        student, tally = task.submission.student, self.tally
        tally.seconds += seconds
        if self._enter(task.submission, verdict, seconds, reading):
            tally.judged.append(student)
            if task.before is not None and task.before.notebooks != verdict.notebooks:
                tally.changed.append(student)

    def _enter(self, submission, verdict, seconds, reading):
        """Write a verdict down; False where this one student's cannot be, with the reason among the failures, or not yet."""
        try:
            given = reading
            if self.grading.resubmissions:
                found = self.grading.resubmissions.choose(submission, verdict, reading, lambda other: self._job(other).key)
                if found is None:
                    return False
                submission, verdict, reading = found
            # Remarks on the time of receipt are made anew at every run; those of a former run no longer count.
            lasting = (one for one in verdict.remarks if one.kind != "receipt")
            verdict = replace(verdict, remarks=tuple(dict.fromkeys((*submission.remarks, *lasting))))
            if seconds is not None or reading is not given:
                self.readings.put(submission.student, reading)
            if verdict != self.results.get(submission.student):
                self.results.put(submission.student, verdict)
            self._record(submission, verdict, seconds, reading)
        except RecordsBusy:  # concerns everybody: the run ends, and another one goes on from here
            raise
        except (RecordsError, OSError, ValueError) as error:
            self.tally.failures[submission.student] = str(error)
            return False
        finally:
            self.grading.tell(submission.student)
        return True

    def _record(self, submission, verdict, seconds, reading):
        one = self.grading
        if verdict.remarks:
            self.tally.remarks[submission.student] = verdict.remarks
        notebooks = reading.notebooks(self.versions.of(submission))
        seed_id = hashlib.sha256(seed_key(self.secret, one.assignment, verdict.digest)).hexdigest()[:16]
        one.records.enter(submission, verdict, notebooks, seconds=seconds, limits=one.limits, policy=one.policy, seed_id=seed_id)


def _gravest(remarks):
    """The few remarks that say why a submission cannot be read."""
    return tuple(one for one in remarks if one.kind == "refused")[:3]


def release_of(root, assignment):
    """Name -> content of each release notebook of an assignment.

    Raises:
        CannotGrade: there is none; names the assignments that there are.
    """
    folder = Path(root) / "course" / assignment
    release = {path.stem: path.read_bytes() for path in sorted(folder.glob("*.ipynb"))}
    if not release:
        there = sorted(path.name for path in (Path(root) / "course").glob("*") if any(path.glob("*.ipynb")))
        raise CannotGrade(f"course/{assignment} holds no notebook; the assignments are {', '.join(there) or 'none'}")
    return release


def demand_isolation():
    """Raise CannotGrade, with what to do, where this machine cannot keep a learner's code in."""
    from rnncourse.grading.sandbox import isolation

    found = isolation()
    if found.kind == "none":
        advice = "\n".join(f"  - {line}" for line in found.advice)
        raise CannotGrade(
            f"this machine cannot keep learners' code in ({found.why}), so nothing is graded.\n{advice}\n"
            "To grade all the same, where you trust every submission: --without-isolation; every report will say so."
        )
