"""The page itself: one HTML file that needs nothing else, runs nothing, and reads well on paper and aloud."""

import base64
import hashlib
from datetime import UTC
from functools import cache
from pathlib import Path

from rnncourse.grading.feedback.filling import filled

HERE = Path(__file__).parent
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def page(student, assignment, verdict, notebook_name, notebook, *, manual=(), received=None, late=None):
    """One complete HTML page, as text, for one notebook of a submission; equal arguments give an equal page.

    Args:
        student, assignment: names as the class knows them.
        verdict: the `rnncourse.grading.verdict.Verdict` of the submission.
        notebook_name: the notebook's name without suffix, as in `verdict.notebooks`.
        notebook: the student's notebook as parsed JSON or nbformat's node; None if there is none.
        manual: a `Mark` for each cell that a person gave points or a comment.
        received: when the submission came in, a datetime in UTC.
        late: a `Late`, if it came after the deadline.
    """
    shown = filled(student, assignment, verdict, notebook_name, notebook, manual, received, late)
    return template().render(sheet=shown)


@cache
def template():
    """The page's template, read once."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    made.filters |= {"points": _points, "date": _date, "sentence": _sentence}
    style = (HERE / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    made.globals |= {"style": style, "digest": digest}
    return made.get_template("page.html")


def _points(value):
    """2.0 as 2, 1/3 as 0.33."""
    return f"{round(value, 2):.12g}"


def _date(moment):
    """A datetime as "5 March 2026, 14:03 UTC", whatever the locale."""
    moment = moment.astimezone(UTC) if moment.tzinfo else moment
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}, {moment:%H:%M} UTC"


def _sentence(text):
    """Text with a full stop at its end, if it has no such sign."""
    return text if text.rstrip().endswith((".", "!", "?", "…")) else f"{text.rstrip()}."
