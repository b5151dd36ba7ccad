"""The judge: from a submission's files to a verdict, by questions that only a right function can answer.

The learner's cells run in a sandboxed kernel. The check cells do not: here, outside, the judge draws fresh cases, has
the kernel call the learner's function on them, takes back plain arrays, and compares with the reference, which the
kernel never sees. A pure function of a `Job`.

Each function is asked where its check cell stands, in the state that the cells above it leave: that is what the learner
saw. In JupyterLab cells can be run in any order, and who writes a helper, or a better version, further down and runs the
check once more has seen it pass. So a function that does not pass at its check is asked once more at the end, if code in
between may have changed what it does; the better of the two counts. It is asked with other cases then, so that nothing
that was found out about the first ones is of use. A right submission is asked once.

What the machine may have caused (a kernel that dies, a limit of time, no answer) costs nothing at the first sight of it:
then the whole submission is judged a second time, in a fresh sandbox and with nothing else to do. Only what happens
again is a verdict; and what the machine is known to have caused is none even then, but `NoVerdict`.
"""

import hashlib
import hmac
import json
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from rnncourse import __version__
from rnncourse.checking.cells import checked_name
from rnncourse.checking.compare import Finding
from rnncourse.checking.diagnose import Cause
from rnncourse.checking.exercise import Exercise
from rnncourse.checking.report import Report
from rnncourse.checking.score import assess_trials, not_started, refused
from rnncourse.checking.trial import as_trials
from rnncourse.exercises import UnknownExercise, find
from rnncourse.grading.judge.answers import Answered, answered
from rnncourse.grading.judge.machine import demand_machine, demand_reference
from rnncourse.grading.judge.outputs import printable_line
from rnncourse.grading.judge.reading import copied, plain_notebook, read, ready_made
from rnncourse.grading.judge.session import NoVerdict, Session, Stopped
from rnncourse.grading.judge.wire import NotPlain
from rnncourse.grading.limits import Limits
from rnncourse.grading.submission import Remark
from rnncourse.grading.verdict import Graded, NotebookVerdict, Verdict

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
    alone: bool = False  # whether nothing else is judged meanwhile, so that what happens counts

    def seed(self, exercise, again=False):
        """The seed of an exercise's cases; other ones where it is asked again."""
        name = f"{exercise.id} again" if again else exercise.id
        return int.from_bytes(hmac.digest(self.seed_key, name.encode(), hashlib.sha256)[:8], "big")


@dataclass(frozen=True)
class Attempt:
    """What judging once gave; `doubt` says in a few words what in it the machine may have caused, empty if nothing."""

    verdict: Verdict
    doubt: str = ""


def judge(job, start=None):
    """The `Verdict` on a job; whatever the submission does, there is one.

    Args:
        start: files -> a running kernel, in place of the sandbox's own (for tests).

    Raises:
        NoVerdict: this machine cannot judge it.
        NoReader: this machine cannot read it.
    """
    reading = read(job)
    found = attempt(job, reading, start)
    return attempt(replace(job, alone=True), reading, start).verdict if found.doubt else found.verdict


def attempt(job, reading, start=None):
    """Judge a job once whose files were read: an `Attempt`. If it is in doubt and the job was not judged alone, it has to be.

    Raises:
        NoVerdict: as `judge`.
    """
    if start is None:
        demand_machine(job, lambda: _sandboxed(replace(job, files={})))
    job = replace(job, files=reading.files)  # as the learner's cells find them
    verdicts, remarks, doubts = [], list(reading.remarks), []
    for name, content in job.release.items():
        release = plain_notebook(json.loads(content))
        one = _Notebook(job, name, plain_notebook(reading.notebooks[name]), release, reading.pieces[name], start)
        verdicts.append(one.verdict())
        remarks += one.remarks
        doubts += one.doubts_that_cost()
    remarks += _copied(job)
    isolation = "bubblewrap" if job.isolated else "none"
    verdict = Verdict(job.assignment, job.key, job.digest, __version__, isolation, tuple(verdicts), tuple(remarks))
    return Attempt(verdict, "; ".join(dict.fromkeys(doubts)))


def _copied(job):
    """Remarks on helper files that read as code of ours."""
    releases = [plain_notebook(json.loads(content)) for content in job.release.values()]
    found = copied(job.files, [exercise for release in releases for _, exercise in checks_of(release)])
    if found is None:
        return [Remark("notice", "its helper files could not be compared with the course's own code")]
    text = "{}: {} reads as {}, but for the names of its variables; see where it comes from"
    return [Remark("notice", text.format(printable_line(file), printable_line(function), ours)) for file, function, ours in found]


def checks_of(release):
    """(cell id, exercise) of each check cell of a release notebook, in order.

    Raises:
        NoVerdict: it checks a function that is no exercise of this version of the course.
    """
    return [(cell["metadata"]["nbgrader"]["grade_id"], _exercise(name)) for cell in _graded_cells(release) if (name := checked_name("".join(cell["source"])))]


def tests_of(release):
    """Cell id -> points of each graded cell of code that is no check cell: an instructor's own asserts."""
    blocks = [cell["metadata"]["nbgrader"] for cell in _graded_cells(release) if not checked_name("".join(cell["source"]))]
    return {block["grade_id"]: float(block.get("points", 0)) for block in blocks}


def graded_in(release):
    """(cell id, exercise id, name, points) of all that a verdict has to say of a release notebook, in its order."""
    checks, tests = dict(checks_of(release)), tests_of(release)
    cells = [cell["metadata"]["nbgrader"]["grade_id"] for cell in _graded_cells(release)]
    return [
        (cell, checks[cell].id, checks[cell].name, float(checks[cell].points)) if cell in checks else (cell, "", cell, tests[cell])
        for cell in cells
    ]


def _graded_cells(release):
    for cell in release["cells"]:
        block = cell["metadata"].get("nbgrader") or {}
        if cell["cell_type"] == "code" and block.get("grade") and not block.get("solution"):
            yield cell


def _exercise(name):
    try:
        return find(name)
    except UnknownExercise as unknown:
        raise NoVerdict(f"the release has a check cell for what is no exercise of rnncourse {__version__}: {unknown}") from unknown


def absent_modules(exercises):
    """(module, numbers of the exercises whose answer it holds) of all that is not there while these are judged."""
    holds = {}
    for exercise in exercises:
        for module in exercise.absent:
            holds.setdefault(module, []).append(exercise.id)
    return tuple((module, ", ".join(numbers)) for module, numbers in holds.items())


class _Notebook:
    """One notebook of a submission on its way to a verdict; `remarks` is what an instructor should know of it."""

    def __init__(self, job, name, notebook, release, pieces, start):
        self.job, self.name, self.notebook, self.release, self.pieces = job, name, notebook, release, pieces
        self.outputs, self.values, self.failed, self.skipped = {}, {}, {}, set()
        self.restarts, self.reached = -1, 0
        self.reports, self.remarks, self.doubts = {}, [], []
        self.checks, self.tests = dict(checks_of(release)), tests_of(release)
        absent = absent_modules(self.checks.values())
        self.session = Session(start or (lambda: _sandboxed(job, absent)), job.limits)
        self._ready_made = None

    def verdict(self):
        """The `NotebookVerdict`.

        Raises:
            NoVerdict: this machine cannot judge it.
        """
        try:
            if self._written():
                self._judge()
        finally:
            self.session.end()
        cells = [cell["metadata"]["nbgrader"]["grade_id"] for cell in _graded_cells(self.release)]
        graded = tuple(Graded(cell, self.reports.get(cell) or self._nothing(cell)) for cell in cells)
        return NotebookVerdict(self.name, graded, self.outputs, self.failed)

    def doubts_that_cost(self):
        """What the machine may have caused, if anything that was begun did not pass."""
        lost = any(one.status in ("failed", "error") for one in self.reports.values())
        return self.doubts if lost else []

    def _judge(self):
        for place, piece in enumerate(self.pieces):
            if piece.asks:
                self._keep(piece.cell, *self._report(self.checks[piece.cell], place))
            elif piece.test:
                self._keep(piece.cell, *self._tested(piece.cell, place))
        with suppress(_UsedUp):
            self._reach(len(self.pieces))  # what the cells below the last check show goes into the feedback
        for piece in self.pieces:
            if piece.again and _may_pass_later(self.reports[piece.cell]):
                self._keep_better(piece.cell, *self._report(self.checks[piece.cell], len(self.pieces), again=True))

    def _keep(self, cell, report, remarks=()):
        self.reports[cell] = report
        self.remarks += remarks

    def _keep_better(self, cell, report, remarks=()):
        before = self.reports[cell]
        empty = before.status == "not started" or any(found.label == "missing" for found in before.findings)
        if report.passed or report.points > before.points or empty:
            self._keep(cell, report, remarks)

    def _nothing(self, cell):
        if cell in self.checks:
            return not_started(self.checks[cell])
        return _test_report(cell, self.tests[cell], "not started", 0.0, "nothing was written in this notebook")

    def _report(self, exercise, place, again=False):
        """(report, remarks) on a function in the state that the cells before a place leave."""
        try:
            answer = self._ask(exercise, place, again)
        except NotPlain as why:
            self._doubt("no answer")
            return refused(exercise, "result", f"the answer of this function cannot be read: {why}"), ()
        except Stopped as why:
            self._doubt_death(why)
            return refused(exercise, *_stopped(why)), ()
        except _UsedUp as why:
            self._doubt("the submission's time")
            return refused(exercise, "stopped", str(why)), ()
        if answer.missing:
            return refused(exercise, "missing", f"the notebook defines no function {exercise.name}{self._why_missing()}"), ()
        if answer.problem:
            return refused(exercise, "signature", answer.problem), ()
        trouble = answer.seen[-1].trouble
        if trouble is not None and trouble.kind == "time":
            self._doubt("a call that was cut off")
        return self._compared(exercise, answer, again)

    def _tested(self, cell, place):
        """(report, remarks) on a cell of the instructor's own asserts, which gives points as nbgrader has it."""
        most = self.tests[cell]
        try:
            self._reach(place + 1)
        except _UsedUp as why:
            self._doubt("the submission's time")
            return _test_report(cell, most, "error", 0.0, str(why)), ()
        problem = self.failed.get(cell, "")
        points = 0.0 if problem else _points(self.values.get(cell, ""), most)
        status = "passed" if points == most and not problem else "failed"
        remark = Remark("notice", "the points of this test cell were given inside the sandbox: code of the learner's can forge them", cell)
        return _test_report(cell, most, status, points, problem), (remark,)

    def _written(self):
        """Whether the learner wrote anything: without it no kernel is needed to say "not started"."""
        stubs = {cell["id"]: cell["source"] for cell in self.release["cells"]}
        return any(piece.learners and stubs.get(piece.cell) != piece.source for piece in self.pieces)

    def _ask(self, exercise, place, again):
        self._reach(place)
        cases = [dict(case.args) for case in exercise.cases(self.job.seed(exercise, again))]
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
        return answered(self.session.ask(request, (len(cases) + 1) * exercise.seconds + 10), len(cases))

    def _reach(self, place):
        """Have a kernel in which the cells before a place ran; those that end it are left out of the next one.

        Raises:
            _UsedUp: the submission wore out its kernels or its time.
        """
        self._demand_time()
        while self.session.kernel is None or self.reached < place:
            try:
                if self.session.kernel is None:
                    self._begin()
                while self.reached < place:
                    self._demand_time()
                    self._run(self.pieces[self.reached])
                    self.reached += 1
            except Stopped:
                continue

    def _begin(self):
        self.restarts += 1
        if self.restarts > self.job.limits.restarts:
            raise _UsedUp("its cells ended the kernel again and again")
        self.session.begin()
        self.outputs, self.values, self.session.kept, self.reached = {}, {}, 0, 0

    def _demand_time(self):
        if self.session.left <= 0:
            self.session.end()
            raise _UsedUp(f"the time of this submission ({self.job.limits.wall_seconds:g} seconds) was used up before this exercise")

    def _run(self, piece):
        if piece.cell in self.skipped or not piece.source:
            return
        try:
            ran = self.session.run(piece.source, self.job.limits.cell_seconds)
        except Stopped as why:
            self._doubt_death(why)
            self.skipped.add(piece.cell)
            self.failed[piece.cell] = _stopped(why)[1]
            raise
        if ran.late:
            self._doubt("a cell that was cut off")
        if ran.problem:
            self.failed[piece.cell] = ran.problem
        if ran.outputs and piece.learners:
            self.outputs[piece.cell] = ran.outputs
        self.values[piece.cell] = ran.value

    def _doubt(self, what):
        self.doubts.append(what)

    def _doubt_death(self, why):
        """A kernel that is gone, for no bound that it is known to have overstepped."""
        if why.kind == "killed" and self.job.alone:
            raise NoVerdict("the system killed the kernel for want of memory, below its own limit: this machine has too little")
        if not why.why:
            self._doubt("a kernel that ended")

    def _why_missing(self):
        numbers = {cell["id"]: n for n, cell in enumerate(self.notebook["cells"], 1)}
        told = [f"; cell {numbers.get(cell, '?')} stopped: {problem}" for cell, problem in self.failed.items()]
        return told[0] if told else ""

    def _compared(self, exercise, answer: Answered, again):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what strange arrays make NumPy warn of is nobody's business
                trials = as_trials(exercise, self.job.seed(exercise, again), answer.seen)
                demand_reference(exercise, trials)
                report = assess_trials(exercise, trials)
        except (NoVerdict, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 - arrays that our own comparison stumbles over are no right answer
            return refused(exercise, "result", f"the result cannot be compared: {type(error).__name__}"), ()
        if answer.evasions:
            return self._evaded(exercise, report, answer.evasions)
        return report, self._mentions(exercise) if report.passed else ()

    def _evaded(self, exercise, report, evasions):
        text = f"while it is checked, {exercise.name} {' and '.join(evasions)}, out of sight of the watch for ready-made code"
        remark = Remark("tampered", text, f"check_{exercise.name}")
        parts = tuple(replace(part, passed=False) for part in report.parts)
        return replace(report, status="failed", points=0.0, parts=parts, cause=Cause("shortcut", "evasion", text)), (remark,)

    def _mentions(self, exercise: Exercise):
        if self._ready_made is None:
            self._ready_made = self._search()
        names = self._ready_made.get(exercise.name, ())
        text = f"the code of {exercise.name} names {', '.join(names)}, which it may not call; no call was seen"
        return (Remark("notice", text, f"check_{exercise.name}"),) if names else ()

    def _search(self):
        """Exercise name -> forbidden names in its code, of all exercises of the notebook."""
        found = ready_made(self.pieces, self.checks.values())
        if found is None:
            self.remarks.append(Remark("notice", f"{self.name}: its code could not be searched for ready-made functions"))
        return found or {}


def _sandboxed(job, absent=()):
    """A running kernel with the submission's other files beside it; `absent` as `absent_modules` gives it."""
    from rnncourse.grading.sandbox import Kernel

    return Kernel(job.limits, isolated=job.isolated, files=job.files, absent=absent).__enter__()


class _UsedUp(Exception):
    """The submission wore out its kernels or its time; the text says which."""


def _may_pass_later(report):
    """Whether a function that was asked at its check is worth asking once more; not one that hid from the watch."""
    return not report.passed and not (report.cause and report.cause.name == "evasion")


def _points(value, most):
    """The points that the last expression of a test cell gives: a plain number up to all of them; anything else, all."""
    try:
        found = float(value)
    except ValueError:
        return most
    return min(found, most) if found >= 0 else 0.0 if found < 0 else most


def _test_report(cell, most, status, points, problem):
    """The `Report` on a test cell of the instructor's own, which belongs to no exercise of the course."""
    findings = (Finding("test", problem),) if problem else ()
    return Report("", cell, status, points, most, findings)


def _stopped(why):
    """(label, sentence) on a kernel that is gone."""
    if why.kind == "time":
        return "time", "it did not stop when its time was up: is there a loop that never ends?"
    return "stopped", f"it ended the kernel: {why.why or 'a crash, an exit, or more memory than there is'}"


def _parameters(exercise):
    """The parameters as a learner writes them, such as `x, h, W_xh`."""
    return exercise.signature[len(exercise.name) + 1 : -1]
