"""Stands in for `check` while a class is graded: the judge checks outside, with cases that are drawn there."""

from rnncourse.checking.compare import Finding
from rnncourse.checking.report import Report
from rnncourse.learner.screen import grading

ELSEWHERE = "is checked by the course's judge, outside this notebook"


def check(function, exercise=None, *, seed=0):
    """Say that the judge checks this exercise; returns None.

    Raises:
        RuntimeError: only while nbgrader runs, which would take a silent cell for a passed one.
    """
    name = _name(function, exercise)
    if grading():
        raise RuntimeError(f"{name} cannot be checked here: this sandbox shows no exercises to the notebook")
    print(f"{name} {ELSEWHERE}.")


def examine(function, exercise=None, *, seed=0):
    """A `Report` that says the same; it never counts as passed."""
    name = _name(function, exercise)
    return Report("", name, "error", 0.0, 0.0, (Finding("unknown", f"{name} {ELSEWHERE}"),))


def _name(function, exercise):
    return str(exercise or getattr(function, "__name__", None) or type(function).__name__)
