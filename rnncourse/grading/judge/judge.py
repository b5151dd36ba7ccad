"""The judge: from a submission's files to a verdict, by questions that only a right function can answer.

The learner's cells run in a sandboxed kernel. The check cells do not: here, outside, the judge draws fresh cases, has
the kernel call the learner's function on them, takes back plain arrays, and compares with the reference, which the
kernel never sees. A pure function of a `Job`.
"""

import hashlib
import hmac
import json
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from rnncourse import __version__
from rnncourse.checking.diagnose import Cause
from rnncourse.checking.exercise import Exercise
from rnncourse.checking.score import assess_trials, not_started, refused
from rnncourse.checking.trial import as_trials
from rnncourse.exercises import find
from rnncourse.grading.judge.answers import Answered, answered
from rnncourse.grading.judge.cells import pieces
from rnncourse.grading.judge.session import Session, Stopped
from rnncourse.grading.judge.shortcuts import mentioned
from rnncourse.grading.judge.wire import NotPlain
from rnncourse.grading.limits import Limits
from rnncourse.grading.submission import Remark
from rnncourse.grading.verdict import Graded, NotebookVerdict, Verdict

_CHECK = re.compile(r"check\((\w+)\)\s*")


@dataclass(frozen=True)
class Job:
    """All that a verdict depends on: the files, the release notebooks by name, what the cases are drawn from, the limits."""

    assignment: str
    files: Mapping[str, bytes]
    digest: str  # of the files
    release: Mapping[str, bytes]
    seed_key: bytes  # secret; made of the class's secret and the digest, so that another content gets other cases
    key: str  # names this job: see `rnncourse.grading.queue.keys`
    limits: Limits = field(default_factory=Limits)
    isolated: bool = True

    def seed(self, exercise):
        """The seed of an exercise's cases."""
        return int.from_bytes(hmac.digest(self.seed_key, exercise.id.encode(), hashlib.sha256)[:8], "big")


def judge(job, start=None):
    """The `Verdict` on a job; whatever the submission does, there is one.

    Args:
        start: files -> a running kernel, in place of the sandbox's own (for tests).
    """
    from rnncourse.grading.intake import repair

    repaired = repair(job.files, job.release)
    verdicts, remarks = [], list(repaired.remarks)
    for name, content in job.release.items():
        release = _plain_notebook(json.loads(content))
        verdict, noticed = _Notebook(job, name, _plain_notebook(repaired.notebooks[name]), release, start).judged()
        verdicts.append(verdict)
        remarks += noticed
    isolation = "bubblewrap" if job.isolated else "none"
    return Verdict(job.assignment, job.key, job.digest, __version__, isolation, tuple(verdicts), tuple(remarks))


def checks_of(release):
    """(cell id, exercise) of each check cell of a release notebook, in order."""
    found = []
    for cell in release["cells"]:
        block = cell["metadata"].get("nbgrader") or {}
        if block.get("grade") and not block.get("solution") and (call := _CHECK.fullmatch("".join(cell["source"]))):
            found.append((block["grade_id"], find(call[1])))
    return found


class _Notebook:
    """One notebook of a submission on its way to a verdict."""

    def __init__(self, job, name, notebook, release, start):
        self.job, self.name, self.notebook, self.release = job, name, notebook, release
        self.pieces = pieces(notebook, release)
        self.session = Session(start or self._sandboxed, job.limits)
        self.outputs, self.failed, self.skipped, self.restarts = {}, {}, set(), -1
        self.remarks = []

    def _sandboxed(self):
        from rnncourse.grading.sandbox import Kernel

        helpers = {name: content for name, content in self.job.files.items() if not name.endswith(".ipynb")}
        return Kernel(self.job.limits, isolated=self.job.isolated, files=helpers).__enter__()

    def judged(self):
        """(verdict, remarks)."""
        checks = checks_of(self.release)
        try:
            graded = tuple(Graded(cell, self._report(exercise)) for cell, exercise in checks)
        finally:
            self.session.end()
        return NotebookVerdict(self.name, graded, self.outputs, self.failed), self.remarks

    def _report(self, exercise):
        if not self._written():
            return not_started(exercise)
        try:
            told = self._ask(exercise)
        except NotPlain as why:
            return refused(exercise, "result", f"the answer of this function cannot be read: {why}")
        except Stopped as why:
            return refused(exercise, *_stopped(why))
        except _UsedUp as why:
            return refused(exercise, "stopped", str(why))
        if told.missing:
            return refused(exercise, "missing", f"the notebook defines no function {exercise.name}{self._why_missing()}")
        if told.problem:
            return refused(exercise, "signature", told.problem)
        return self._compared(exercise, told)

    def _written(self):
        """Whether the learner wrote anything: without it no kernel is needed to say "not started"."""
        stubs = {cell["id"]: cell["source"] for cell in self.release["cells"]}
        return any(piece.learners and stubs.get(piece.cell) != piece.source for piece in self.pieces)

    def _ask(self, exercise):
        self._ready()
        cases = [dict(case.args) for case in exercise.cases(self.job.seed(exercise))]
        request = {
            "name": exercise.name,
            "signature": _parameters(exercise),
            "returns": list(exercise.returns),
            "probe": exercise.probe_source,
            "forbidden": list(exercise.forbidden),
            "seconds": exercise.seconds,
            "deterministic": exercise.deterministic,
            "cases": cases,
        }
        told = self.session.ask(request, (len(cases) + 1) * exercise.seconds + 10)
        return answered(told, len(cases))

    def _ready(self):
        """A kernel in which the learner's cells ran; those that end it are left out of the next one.

        Raises:
            _UsedUp: the submission wore out its kernels or its time.
        """
        self._demand_time()
        while self.session.kernel is None:
            self.restarts += 1
            if self.restarts > self.job.limits.restarts:
                raise _UsedUp("its cells ended the kernel again and again")
            try:
                self._define()
            except Stopped:
                continue

    def _demand_time(self):
        if self.session.left <= 0:
            self.session.end()
            raise _UsedUp(f"the time of this submission ({self.job.limits.wall_seconds:g} seconds) was used up before this exercise")

    def _define(self):
        self.session.begin()
        self.outputs, self.session.kept = {}, 0
        for piece in self.pieces:
            self._demand_time()
            if piece.cell not in self.skipped:
                self._run(piece)

    def _run(self, piece):
        try:
            ran = self.session.run(piece.source, self.job.limits.cell_seconds)
        except Stopped as why:
            self.skipped.add(piece.cell)
            self.failed[piece.cell] = _stopped(why)[1]
            raise
        if ran.problem:
            self.failed[piece.cell] = ran.problem
        if ran.outputs and piece.learners:
            self.outputs[piece.cell] = ran.outputs

    def _why_missing(self):
        numbers = {cell["id"]: n for n, cell in enumerate(self.notebook["cells"], 1)}
        told = [f"; cell {numbers.get(cell, '?')} stopped: {problem}" for cell, problem in self.failed.items()]
        return told[0] if told else ""

    def _compared(self, exercise, told: Answered):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what strange arrays make NumPy warn of is nobody's business
                report = assess_trials(exercise, as_trials(exercise, self.job.seed(exercise), told.seen))
        except Exception as error:  # noqa: BLE001 - arrays that our own comparison stumbles over are no right answer
            return refused(exercise, "result", f"the result cannot be compared: {type(error).__name__}")
        if told.evasions:
            return self._evaded(exercise, report, told.evasions)
        if report.passed:
            self._note_mentions(exercise)
        return report

    def _evaded(self, exercise, report, evasions):
        text = f"while it is checked, {exercise.name} {' and '.join(evasions)}, out of sight of the watch for ready-made code"
        self.remarks.append(Remark("tampered", text, f"check_{exercise.name}"))
        parts = tuple(replace(part, passed=False) for part in report.parts)
        return replace(report, status="failed", points=0.0, parts=parts, cause=Cause("shortcut", "evasion", text))

    def _note_mentions(self, exercise: Exercise):
        names = mentioned(self.pieces, exercise)
        if names:
            text = f"the code of {exercise.name} names {', '.join(names)}, which it may not call; no call was seen"
            self.remarks.append(Remark("notice", text, f"check_{exercise.name}"))


class _UsedUp(Exception):
    """The submission wore out its kernels or its time; the text says which."""


def _stopped(why):
    """(label, sentence) on a kernel that is gone."""
    if why.kind == "time":
        return "time", "it did not stop when its time was up: is there a loop that never ends?"
    return "stopped", f"it ended the kernel: {why.why or 'a crash, an exit, or more memory than there is'}"


def _parameters(exercise):
    """The parameters as a learner writes them, such as `x, h, W_xh`."""
    return exercise.signature[len(exercise.name) + 1 : -1]


def _plain_notebook(notebook):
    """The notebook with every source as one text."""
    cells = [{**cell, "source": "".join(cell["source"]), "metadata": cell.get("metadata", {})} for cell in notebook["cells"]]
    return {**notebook, "cells": cells}
