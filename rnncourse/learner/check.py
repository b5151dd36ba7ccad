"""`check(function)`: the one call that a learner makes after writing a function."""

import sys
from dataclasses import replace

from rnncourse.checking.compare import Finding
from rnncourse.checking.report import CheckFailed, Report
from rnncourse.checking.score import assess, hint, refused
from rnncourse.exercises import UnknownExercise, find
from rnncourse.learner.hints import next_place
from rnncourse.learner.screen import grading, show
from rnncourse.learner.store import record


def check(function, exercise=None, *, seed=0):
    """Check a function and show a card that says what is wrong, where and why.

    In self-study it raises nothing and returns None.  While nbgrader runs (`NBGRADER_EXECUTION` is set) it returns
    the points as a plain float if all is right, and raises the card otherwise; points for the properties that hold
    are given out just before, as nbgrader counts the first result of a cell.

    Args:
        function: the function you wrote; its name tells the exercise.
        exercise: the exercise's number or name, where the function is called otherwise.
        seed: draws the cases; another seed, other cases.

    Raises:
        CheckFailed: only while nbgrader runs, and only if the check does not pass.
    """
    report = examine(function, exercise, seed=seed)
    return _graded(report) if grading() else _shown(report)


def examine(function, exercise=None, *, seed=0):
    """The same check as data: a `Report`; shows nothing, records nothing, raises nothing."""
    key = exercise or getattr(function, "__name__", None) or type(function).__name__
    try:
        found = find(str(key))
    except UnknownExercise as unknown:
        return Report("", str(key), "error", 0.0, 0.0, (Finding("unknown", str(unknown)),))
    if not callable(function):
        return refused(found, "signature", f"check takes the function itself, got {type(function).__name__}: check({found.name})")
    return assess(found, function, seed)


def _graded(report):
    if report.passed or (report.id and not report.max_points):  # an exercise without points never stops a grader
        show(report)
        return float(report.points)
    if report.points and "IPython" in sys.modules:
        sys.displayhook(float(report.points))
    raise CheckFailed(report)


def _shown(report):
    if report.hint is not None:
        report = replace(report, hint=hint(find(report.id), next_place(report.id)))
    if report.id:
        lost = record("check", exercise=report.id, status=report.status, points=report.points)
        report = replace(report, notes=(*report.notes, lost)) if lost else report
    show(report)
