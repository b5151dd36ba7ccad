"""Grade an assignment of a class: judge what is new, write down every verdict, lose nothing on the way.

Killed at any moment and started again, it goes on: a verdict that is there is not computed again, and entering one
twice changes nothing. All writing is done here, by one process.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from rnncourse.grading.intake import repair, submissions
from rnncourse.grading.judge.judge import Job
from rnncourse.grading.limits import Limits
from rnncourse.grading.queue.keys import class_secret, job_key, seed_key
from rnncourse.grading.queue.results import Results
from rnncourse.grading.records.errors import RecordsBusy, RecordsError
from rnncourse.grading.submission import is_plain_name
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
    seconds: float = 0.0  # of all workers together


@dataclass(frozen=True)
class Grading:
    """One run: the class's folder, the assignment, and how to go about it.

    `root` is the folder with nbgrader_config.py; `records` takes each verdict in (see `rnncourse.grading.records`);
    `students` limits the run to some; `regrade` judges also what has a verdict; `isolated` False runs learners' code
    without a sandbox; `tell` gets (student, how many are known so far) after each one.
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
    tell: Callable = lambda student: None

    def run(self, pool):
        """Grade with the workers of a pool; returns a `Tally`.

        Raises:
            CannotGrade: there is no release of this assignment, or no isolation on this machine.
        """
        if self.isolated and not pool.elsewhere:
            demand_isolation()
        self.records.prepare(self.assignment)
        run = _Run(self, release_of(self.root, self.assignment))
        again = run.through(pool, run.jobs())
        for _ in range(TRIES - 1):
            again = run.through(pool, again) if again else []
        for (submission, _), _, failure in again:
            run.tally.failures[submission.student] = failure
        return run.tally


class _Run:
    """The state of one run: what is judged, what is entered."""

    def __init__(self, grading, release):
        self.grading, self.release, self.tally = grading, release, Tally()
        self.folder = Path(grading.root) / "grading"
        self.results = Results(self.folder / "results", grading.assignment)
        self.secret = class_secret(self.folder)

    def jobs(self):
        """((submission, verdict before), job, "") of each submission that has no verdict yet; enters those that have."""
        one = self.grading
        found = submissions(self.folder / "submitted", one.assignment, release=self.release, kept=self.folder / "kept", exchange=one.exchange)
        for submission in found:
            if one.students and submission.student not in one.students:
                continue
            if not is_plain_name(submission.student):
                self.tally.failures[submission.student] = "a folder of this name is no student's that the gradebook could hold; rename it"
                continue
            job = self._job(submission)
            before = self.results.get(submission.student, job.key)
            if before is None or one.regrade:
                yield (submission, before), job, ""
            elif self._entered(submission, before, None):
                self.tally.kept.append(submission.student)

    def through(self, pool, todo):
        """Judge and enter; returns those that failed for no fault of the submission, with the reason."""
        failed, jobs = [], {}

        def tagged():
            for tag, job, _ in todo:
                jobs[tag[0].student] = job
                yield tag, job

        for (submission, before), done in pool.run(tagged()):
            job = jobs.pop(submission.student)
            if done.verdict is None:
                failed.append(((submission, before), job, done.failure))
                continue
            self._judged(submission, before, Verdict.from_json(done.verdict), done.seconds)
        return failed

    def _job(self, submission):
        one, digest = self.grading, submission.digest
        key = job_key(one.assignment, digest, self.release, one.limits, one.isolated, self.secret)
        return Job(one.assignment, dict(submission.files), digest, self.release, seed_key(self.secret, one.assignment, digest), key, one.limits, one.isolated)

    def _judged(self, submission, before, verdict, seconds):
        student, tally = submission.student, self.tally
        tally.seconds += seconds
        if self._entered(submission, verdict, seconds):
            tally.judged.append(student)
            if before is not None and before.notebooks != verdict.notebooks:
                tally.changed.append(student)

    def _entered(self, submission, verdict, seconds):
        """Write a verdict down; False, with the reason among the failures, where this one student's cannot be."""
        verdict = replace(verdict, remarks=tuple(dict.fromkeys((*submission.remarks, *verdict.remarks))))
        try:
            if verdict != self.results.get(submission.student):
                self.results.put(submission.student, verdict)
            self._enter(submission, verdict, seconds)
        except RecordsBusy:  # concerns everybody: the run ends, and another one goes on from here
            raise
        except (RecordsError, OSError, ValueError) as error:
            self.tally.failures[submission.student] = str(error)
            return False
        finally:
            self.grading.tell(submission.student)
        return True

    def _enter(self, submission, verdict, seconds):
        one = self.grading
        if verdict.remarks:
            self.tally.remarks[submission.student] = verdict.remarks
        notebooks = repair(submission.files, self.release).notebooks
        seed_id = hashlib.sha256(seed_key(self.secret, one.assignment, verdict.digest)).hexdigest()[:16]
        one.records.enter(submission, verdict, notebooks, seconds=seconds, limits=one.limits, policy=one.policy, seed_id=seed_id)


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
