"""One row for each question of each submission: the table to find out with what a class did not understand."""

from rnncourse.grading.records.exports.totals import chosen_assignments

HEADINGS = [
    "student", "last_name", "first_name", "email", "assignment", "notebook", "question", "exercise", "status", "cause",
    "auto_score", "manual_score", "extra_credit", "score", "max_score", "needs_manual_grade",
    "received_utc", "seconds_late", "notebook_late_penalty",
]  # fmt: skip


def rows(gradebook, audit, assignments=()):
    """Headings, then a row for each question; status, cause and receipt are those of its last entry in the log."""
    names = [one.name for one in chosen_assignments(gradebook, assignments)]
    entries = _last_entries(audit, names)
    yield HEADINGS
    for name in names:
        for submission, notebook, student, title, grade, cell in _grades(gradebook, name):
            entry = entries.get((student.id, name), {})
            found = entry.get("questions", {}).get((title, cell.name), {})
            yield [
                student.id, student.last_name, student.first_name, student.email, name, title, cell.name,
                found.get("exercise"), found.get("status"), found.get("cause"),
                grade.auto_score, grade.manual_score, grade.extra_credit, grade.score, cell.max_score,
                grade.needs_manual_grade, entry.get("received") or _moment(submission.timestamp), entry.get("late"),
                notebook.late_submission_penalty,
            ]  # fmt: skip


def _grades(gradebook, assignment):
    """(submission, submitted notebook, student, notebook's name, grade, its cell), in order."""
    from nbgrader.api import Assignment, Grade, Notebook, Student, SubmittedAssignment, SubmittedNotebook
    from sqlalchemy.orm import joinedload

    query = (
        gradebook.db.query(SubmittedAssignment, SubmittedNotebook, Student, Notebook.name, Grade)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .join(Student, Student.id == SubmittedAssignment.student_id)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .filter(Assignment.name == assignment)
        .options(joinedload(Grade.cell))
        .order_by(Student.id, Notebook.name)
    )
    order = _order(gradebook, assignment)
    found = [(*row[:4], row[4], row[4].cell) for row in query]
    return sorted(found, key=lambda row: (row[2].id, row[3], order.get((row[3], row[5].name), 0)))


def _order(gradebook, assignment):
    """(notebook, cell) -> its place in the notebook, as far as the gradebook tells."""
    notebooks = gradebook.find_assignment(assignment).notebooks
    return {
        (notebook.name, cell.name): place for notebook in notebooks for place, cell in enumerate(notebook.source_cells)
    }


def _last_entries(audit, names):
    """(student, assignment) -> the last "entering" that was completed, its questions by (notebook, cell)."""
    entering, entered = {}, {}
    for event in audit.events() if audit else ():
        key = event.get("student"), event.get("assignment")
        if not isinstance(key[0], str) or key[1] not in names:
            continue
        if event.get("event") == "entering":
            entering[key] = event
        elif event.get("event") == "entered" and key in entering:
            entered[key] = _brief(entering.pop(key))
    return entered


def _brief(event):
    known = event.get("questions")
    known = [one for one in known if isinstance(one, dict)] if isinstance(known, list) else []
    questions = {(str(one.get("notebook")), str(one.get("cell"))): one for one in known}
    return {"received": event.get("received"), "late": event.get("late"), "questions": questions}


def _moment(time):
    return f"{time.isoformat()}+00:00" if time else None
