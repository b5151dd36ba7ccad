"""One verdict into an open gradebook, and its line into the audit log before the commit."""

from dataclasses import dataclass
from datetime import UTC

from rnncourse.grading.records.errors import RecordsError
from rnncourse.grading.records.facts import head, names
from rnncourse.grading.records.scores import Scorer


@dataclass(frozen=True)
class Entry:
    """What the gradebook says of one submission after `Records.enter`.

    `changed` is False if everything was there before; `score` counts manual grades, and `penalty` is not yet taken off
    it; `seconds_late` counts from the due date, with the student's extension if there is one.
    """

    changed: bool
    score: float
    max_score: float
    penalty: float
    seconds_late: float
    needs_manual_grade: bool


class Entering:
    """The work of one transaction; it may have to be done more than once, if the database is busy.

    `facts` is what the audit log says of the verdict, `works` maps a notebook's name to its `Work`. `line` is the hash
    of the audit line "entering" once that is written; it stays empty if there was nothing to change.
    """

    def __init__(self, audit, facts, works, policy, *, files_changed):
        self.line = ""
        self._audit, self._facts, self._works, self._policy = audit, facts, works, policy
        known = audit.last().get((facts["student"], facts["assignment"]))
        self._changed = files_changed or known != ("entered", facts["verdict"])

    def record(self, gradebook, submission, submitted):
        """Everything up to the commit; returns the `Entry`. `submitted` is the folder that it came from."""
        scorer = Scorer(gradebook)
        row = _row(gradebook, scorer, submission)
        scorer.put(row, timestamp=submitted.time(_due(row)))
        penalties = self._score(row, scorer, submission.received)
        gradebook.db.flush()
        late = max(0.0, (submission.received - _due(row)).total_seconds()) if _due(row) else 0.0
        changed = self._changed or scorer.changed
        if changed and not self.line:
            self.line = self._audit.append(**head("entering"), **self._facts, late=late, penalties=penalties)
        gradebook.db.refresh(row, ["score", "max_score", "needs_manual_grade"])
        penalty = float(sum(penalties.values()))
        return Entry(changed, float(row.score), float(row.max_score), penalty, late, bool(row.needs_manual_grade))

    def withdraw(self, error):
        """Say in the log that the attempt failed, as far as the disk allows."""
        if self.line:
            try:
                self._audit.append(**head("withdrawn"), **names(self._facts), of=self.line, why=type(error).__name__)
            except OSError:
                return  # the failure that is on its way to the caller matters more

    def _score(self, row, scorer, received):
        """Score each notebook and take off what lateness costs: notebook name -> penalty, where there is one."""
        scorer.add_notebooks(row, self._works)
        unknown = self._works.keys() - {submitted.name for submitted in row.notebooks}
        if unknown:
            raise RecordsError(
                f"the gradebook does not know the notebook {min(unknown)} of {row.name}; prepare the assignment first"
            )
        penalties = {}
        for submitted in row.notebooks:
            work = self._works.get(submitted.name)
            score = scorer.notebook(submitted, work) if work else scorer.missing(submitted)
            penalty = self._policy.penalty(score, _due(row), received) if _due(row) else 0.0
            penalty = min(max(0.0, penalty), max(0.0, score))
            scorer.put(submitted, late_submission_penalty=penalty or None)
            if penalty:
                penalties[submitted.name] = penalty
        return penalties


def _row(gradebook, scorer, submission):
    """The gradebook's row of the submission, made with all that belongs to it if there is none."""
    from nbgrader.api import MissingEntry, Student

    student, assignment = submission.student, submission.assignment
    try:
        return gradebook.find_submission(assignment, student)
    except MissingEntry:
        scorer.changed = True
    if gradebook.db.get(Student, student) is None:
        gradebook.add_student(student)
    try:
        with gradebook.db.no_autoflush:  # nbgrader builds the rows first and adds them at the end
            return gradebook.add_submission(assignment, student)
    except MissingEntry as error:
        raise RecordsError(f"the gradebook does not know the assignment {assignment}; prepare it first") from error


def _due(row):
    """When the submission was due, the student's extension included; None without a due date. nbgrader keeps UTC."""
    return row.duedate.replace(tzinfo=UTC) if row.assignment.duedate is not None else None
