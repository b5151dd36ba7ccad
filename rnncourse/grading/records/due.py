"""When an assignment is due, for the class and for each student with an extension."""

from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True)
class DueDates:
    """`of(student)` is when the student's work is due, in UTC; None if there is no due date."""

    everybody: datetime | None = None
    extended: dict = field(default_factory=dict)  # student -> due date with the extension

    def of(self, student):
        return self.extended.get(student, self.everybody)

    def is_late(self, student, received):
        """Whether work of this student that was received then is late."""
        due = self.of(student)
        return due is not None and received > due


def due_dates(gradebook, assignment):
    """The `DueDates` that an open gradebook knows of an assignment."""
    from nbgrader.api import MissingEntry, SubmittedAssignment

    try:
        found = gradebook.find_assignment(assignment)
    except MissingEntry:
        return DueDates()
    if found.duedate is None:
        return DueDates()
    rows = gradebook.db.query(SubmittedAssignment).filter(
        SubmittedAssignment.assignment_id == found.id, SubmittedAssignment.extension.isnot(None)
    )
    # nbgrader keeps UTC without saying so.
    extended = {row.student_id: (found.duedate + row.extension).replace(tzinfo=UTC) for row in rows}
    return DueDates(found.duedate.replace(tzinfo=UTC), extended)
