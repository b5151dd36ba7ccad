"""Feedback: one HTML page a notebook, to be opened anywhere, that a hostile submission cannot make dangerous.

Reading order: marks (what the gradebook adds to a verdict), bounded, code, formula, picture, markdown,
outputs (each turns one kind of a stranger's text into something harmless), notebook, sheet and filling (all that a page
says), document (the page), folder (where nbgrader looks for it), gradebook and classroom (a page for everybody).

Whatever comes from a student passes through one of two doors only: the template, which escapes it, or nh3, which keeps
a short list of elements. A page has no script, loads nothing, and its content security policy forbids both.
"""

from rnncourse.grading.feedback.document import page
from rnncourse.grading.feedback.folder import write
from rnncourse.grading.feedback.marks import Late, Mark

__all__ = ["Late", "Mark", "page", "write"]
