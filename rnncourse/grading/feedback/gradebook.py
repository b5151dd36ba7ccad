"""Read what nbgrader's gradebook knows beyond a verdict: points and comments by hand, when it came, how late it was."""

from dataclasses import dataclass, field
from datetime import datetime

from rnncourse.grading.feedback.marks import Late, Mark
from rnncourse.grading.records.database import Database, default_course, default_url

PATIENCE = 30.0  # seconds to wait for whoever holds the gradebook

@dataclass(frozen=True)
class Standing:
    """One submission in the gradebook: when it was received (UTC), and marks and lateness by notebook."""

    received: datetime | None = None
    marks: dict = field(default_factory=dict)
    late: dict = field(default_factory=dict)

    @property
    def waiting(self):
        """Whether a person has still to grade something."""
        return any(mark.points is None and mark.max_points for marks in self.marks.values() for mark in marks)


def standings(root, assignment, students, url=None):
    """Student -> `Standing`, of those that the gradebook has; `url` as for `default_url` of the records.

    Raises:
        RecordsError: there is no gradebook, or it cannot be read now.
    """
    database = Database(url or default_url(root), default_course(), PATIENCE, writing=False)
    try:
        return database.transaction(lambda gradebook: _standings(gradebook, assignment, students))
    finally:
        database.close()


def _standings(gradebook, assignment, students):
    from nbgrader.api import MissingEntry

    found = {}
    for student in students:
        try:
            found[student] = _standing(gradebook.find_submission(assignment, student))
        except MissingEntry:
            continue
    return found


def _standing(submission):
    seconds = submission.total_seconds_late if submission.assignment.duedate else 0
    penalties = {one.name: one.late_submission_penalty or 0.0 for one in submission.notebooks}
    late = {name: Late(seconds, points) for name, points in penalties.items() if points or seconds}
    return Standing(submission.timestamp, {one.name: _marks(one) for one in submission.notebooks}, late)


def _marks(notebook):
    """Marks of one notebook: cells that a person grades, points that a person changed, and every comment."""
    comments = {one.name: one.comment or "" for one in notebook.comments}
    marks = []
    for grade in notebook.grades:
        if grade.name in comments:  # an answer: nbgrader keeps a comment for each cell that a student writes
            points = None if grade.needs_manual_grade else grade.score
            marks.append(Mark(grade.name, points, grade.max_score, comments.pop(grade.name)))
        elif grade.manual_score is not None or grade.extra_credit:
            marks.append(Mark(grade.name, grade.score, grade.max_score))
    return (*marks, *(Mark(cell, comment=text) for cell, text in comments.items() if text))
