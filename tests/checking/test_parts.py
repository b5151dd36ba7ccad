"""A part is earned by all of its cases: none that was never reached, and none whose fault another one hides, counts as right."""

from dataclasses import replace

import numpy as np
import pytest

from rnncourse.checking.exercise import Case, exercise, part
from rnncourse.checking.score import assess
from rnncourse.exercises import exercises, find
from tests.checking.toy import sums


def right(x, scale):
    return np.cumsum(x, axis=1) * scale, x.sum(axis=1) * scale


def after_calls(calls, then):
    """Right for so many calls, then something else."""
    made = []

    def function(x, scale):
        made.append(1)
        return right(x, scale) if len(made) <= calls else then()

    return function


def forever():
    while True:
        pass


def leave():
    raise SystemExit


@exercise(id="9.2", points=3, minutes=1, difficulty=1, importance=1)
class doubled:
    """Return twice the number; three kinds of case, mixed, each a part."""

    returns = {"y": "batch"}
    parts = {name: part(1, cases=name) for name in ("first", "second", "third")}

    def cases(rng):
        for kind in ("first", "second", "third", "first", "second"):
            yield Case({"x": rng.normal(size=3)}, kind)

    def reference(x):
        return 2 * x

    mistakes = {}
    hints = ("one", "two", "three")


@pytest.mark.parametrize("end", [forever, leave])
@pytest.mark.parametrize(("calls", "held"), [(2, set()), (3, set()), (4, {"third"}), (5, {"first", "third"})])
def test_cases_that_were_never_reached_earn_nothing(end, calls, held):
    """The first case is called twice; then a call is cut off, and no case below it is reached."""
    made = []

    def function(x):
        made.append(1)
        return 2 * x if len(made) <= calls else end()

    report = assess(replace(doubled, seconds=0.05), function)
    assert {one.name for one in report.parts if one.passed} == held
    assert report.points == len(held)


def test_a_part_over_all_cases_needs_them_all():
    report = assess(replace(sums, seconds=0.05), after_calls(2, forever))
    assert report.points == 0.0


@pytest.mark.parametrize("exercise", [one for one in exercises() if one.verify and len(one.parts) > 1], ids=lambda one: one.name)
def test_a_fault_in_one_result_hides_none_in_another(exercise):
    """Whatever is spoilt in one result, a part that another spoilt result decides is not earned."""
    names = [name for name in exercise.returns if name != "again"]
    for first in names:
        for second in names:
            points = assess(replace(exercise, probe=_spoiling(exercise, first, second)), exercise.reference, 3).parts
            earned = {one.name for one in points if one.passed}
            decided = {name for name, one in exercise.parts.items() if one.results is None or {first, second} & set(one.results)}
            assert not earned & decided, (first, second)


def _spoiling(exercise, *names):
    """The exercise's own probe, of which these results come out wrong: of another size, or noughts."""
    def probe(function, args):
        found = exercise.call(function, args)
        return {name: np.zeros_like(np.asarray(value)) - (7 if name in names else 0) if name in names else value for name, value in found.items()}

    return probe


@pytest.mark.parametrize("nothing", [
    lambda rng, batch, length: (np.zeros((batch, length, 2)), np.zeros(batch)),
    lambda rng, batch, length: (np.zeros((batch, length, 3)), np.zeros(batch)),
    lambda rng, batch, length: (np.ones((batch, length, 2)), np.full(batch, 99.0)),
    lambda rng, batch, length: (np.full((batch, length, 2), np.nan), np.zeros(batch)),
    lambda rng, batch, length: (np.ones((batch, length, 2), dtype=int), np.zeros(batch)),
    lambda rng, batch, length: (np.zeros((batch, length, 2)), np.zeros((batch, 1))),
])  # fmt: skip
def test_nothing_gets_nothing(nothing):
    assert assess(find("adding_problem"), nothing, 3).points == 0.0


def test_a_wrong_target_beside_wrong_marks_is_wrong():
    def both(rng, batch, length):
        x, y = find("adding_problem").mistakes["the marks are other numbers than 1"](rng, batch, length)
        return x, y + 1

    assert assess(find("adding_problem"), both, 3).points == 0.0


def test_a_right_target_beside_wrong_marks_keeps_its_points():
    wrong = find("adding_problem").mistakes["both marks stand in the first half"]
    assert assess(find("adding_problem"), wrong, 3).points == 1.0


def test_what_a_call_printed_before_it_was_cut_off_is_not_told():
    """It would depend on how fast the machine is."""
    def floods(x, scale):
        while True:
            print("again")

    assert not assess(replace(sums, seconds=0.05), floods).notes
