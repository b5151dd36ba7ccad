"""All layouts by name, and from a class's folder to the text of a file."""

import os
from dataclasses import dataclass

from rnncourse.grading.records.audit import Audit
from rnncourse.grading.records.database import Database, default_course, default_url
from rnncourse.grading.records.errors import RecordsError
from rnncourse.grading.records.exports import canvas, moodle, nbgrader, questions
from rnncourse.grading.records.exports.sheet import as_csv
from rnncourse.grading.records.exports.totals import totals

PATIENCE = 30.0  # seconds: who waits for a table has not to wait for as long as a grade that must be written
LAYOUTS = {"questions": questions.rows, "canvas": canvas.rows, "moodle": moodle.rows, "nbgrader": nbgrader.rows}


@dataclass(frozen=True)
class Table:
    """A finished table: the file's text, its rows below the headings, submissions that a person has yet to grade."""

    text: str
    rows: int
    ungraded: int


def export(root, layout="questions", assignments=(), *, db_url=None, course_id=None, mark=False, **settings):
    """The `Table` of a class in one layout of `LAYOUTS`; nothing is written.

    `root`, `db_url` and `course_id` are as for `Records`. `mark` begins the text with the byte order mark that Excel
    wants. `settings` go to the layout (Canvas: `ids`).

    Raises:
        ValueError: the mark with Canvas's layout, which cannot take it.
        RecordsError: there is no gradebook yet, or no such assignment in it; gradebook or log cannot be read now.
    """
    if mark and layout == "canvas":
        raise ValueError("Canvas cannot read a file that begins with Excel's mark; leave the mark out")
    audit = Audit(os.path.join(root, "grading", "audit.jsonl"))
    database = Database(db_url or default_url(root), course_id or default_course(), PATIENCE, writing=False)

    def read(gradebook):
        rows = list(LAYOUTS[layout](gradebook, audit, assignments, **settings))
        found = totals(gradebook, assignments)
        waiting = sum(
            total.needs_manual_grade
            for (_, name), total in found.of.items()
            if name in {one.name for one in found.assignments}
        )
        return Table(as_csv(rows, mark=mark), len(rows) - 1 - (layout == "canvas"), waiting)

    try:
        return database.transaction(read)
    except OSError as error:
        raise RecordsError(unreadable_log(audit.path, error)) from error
    finally:
        database.close()


def unreadable_log(path, error):
    """One sentence on an audit log that cannot be read."""
    return (
        f"the audit log {path} cannot be read ({error.strerror or error}): it must be a file of yours. Put it back from "
        "a backup, or move it away; the grades themselves are in the gradebook (--format nbgrader needs no log)."
    )
