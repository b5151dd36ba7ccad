"""The table of `nbgrader export` (nbgrader/plugins/export.py, 0.9.6), with the same columns, and quoted."""

from rnncourse.grading.records.exports.totals import totals

HEADINGS = [
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score",
    "late_submission_penalty", "score", "max_score",
]  # fmt: skip


def rows(gradebook, audit, assignments=()):
    """Headings, then a row for each assignment and student; who handed nothing in has 0, as nbgrader does it."""
    found = totals(gradebook, assignments)
    yield HEADINGS
    for one in found.assignments:
        for student in found.students:
            total = found.of.get((student.id, one.name))
            scores = [total.score, total.penalty, total.points] if total else [0.0, 0.0, 0.0]
            person = [student.id, student.last_name, student.first_name, student.email]
            yield [one.name, one.duedate, total.received if total else None, *person, *scores, one.max_score]
