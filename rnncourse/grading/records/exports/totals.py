"""Students, assignments and the score of each in each, as read from the gradebook."""

from dataclasses import dataclass, field
from datetime import datetime

from rnncourse.grading.records.errors import RecordsError


@dataclass(frozen=True)
class Total:
    """One submission as a whole: `score` before and `points` after what lateness costs."""

    score: float
    penalty: float
    received: datetime | None
    needs_manual_grade: bool

    @property
    def points(self):
        return max(0.0, self.score - self.penalty)


@dataclass(frozen=True)
class Totals:
    """nbgrader's rows of assignments and students, in order; `of` maps (student id, assignment name) to a `Total`."""

    assignments: list
    students: list
    of: dict = field(default_factory=dict)


def totals(gradebook, wanted=()):
    """The `Totals` of these assignments, or of all."""
    from nbgrader.api import Assignment, SubmittedAssignment

    chosen = chosen_assignments(gradebook, wanted)
    of = {}
    one = SubmittedAssignment
    columns = (
        one.student_id,
        Assignment.name,
        one.score,
        one.late_submission_penalty,
        one.timestamp,
        one.needs_manual_grade,
    )
    for student, name, score, penalty, received, manual in gradebook.db.query(*columns).join(Assignment):
        of[student, name] = Total(float(score), float(penalty), received, bool(manual))
    return Totals(chosen, students(gradebook), of)


def students(gradebook):
    """All students, by name and then by id."""
    return sorted(
        gradebook.students,
        key=lambda one: ((one.last_name or "").casefold(), (one.first_name or "").casefold(), one.id),
    )


def chosen_assignments(gradebook, wanted=()):
    """The gradebook's assignments of these names, or all, in order of due date and name; without a due date at the end.

    Raises:
        RecordsError: the gradebook does not know one of them.
    """
    # Databases do not agree whether a missing date comes first or last.
    there = sorted(gradebook.assignments, key=lambda one: (one.duedate or datetime.max, one.name))
    unknown = set(wanted) - {one.name for one in there}
    if unknown:
        known = ", ".join(one.name for one in there) or "none"
        raise RecordsError(f"the gradebook has no assignment {min(unknown)}; it has: {known}")
    return [one for one in there if not wanted or one.name in wanted]


def display_name(student):
    """Such as "Lovelace, Ada", as gradebooks sort names; the id where there is no name."""
    return ", ".join(filter(None, [student.last_name, student.first_name])) or student.id
