"""From a function to points, findings and a named cause."""

import numpy as np
import pytest

from rnncourse.checking.exercise import AuthoringFault, exercise, part
from rnncourse.checking.score import assess
from rnncourse.exercises import find
from tests.checking.toy import sums


def right(x, scale):
    return np.cumsum(x, axis=1) * scale, x.sum(axis=1) * scale


def test_a_right_function_gets_all_points():
    report = assess(sums, right)
    assert (report.status, report.points, report.findings, report.cause) == ("passed", 4.0, (), None)
    assert type(report.points) is float


@pytest.mark.parametrize("name", list(sums.mistakes))
def test_a_known_mistake_is_named(name):
    report = assess(sums, sums.mistakes[name], seed=3)
    assert not report.passed
    assert (report.cause.kind, report.cause.name) == ("mistake", name)


def test_a_convention_is_called_right_elsewhere():
    report = assess(sums, sums.conventions["time-first layout"])
    assert report.cause.kind == "convention"
    assert report.cause.text == "right in the time-first layout"
    assert report.findings[0].text.endswith("your axes stand in the order (time, batch)")


def test_points_a_property():
    def wrong_total(x, scale):
        return np.cumsum(x, axis=1) * scale, x.sum(axis=1) * scale + (x.shape[1] > 1) * x[:, 0]

    report = assess(sums, wrong_total)
    assert {one.name: one.passed for one in report.parts} == {"running": True, "total": False, "one step": True}
    assert (report.status, report.points) == ("failed", 2.0)
    assert [one.result for one in report.findings] == ["total"]


def test_a_crash_in_one_case_costs_only_what_that_case_covers():
    def no_single_step(x, scale):
        if x.shape[1] == 1:
            raise ValueError("too short")
        return right(x, scale)

    report = assess(sums, no_single_step)
    assert report.status == "failed"
    assert [one.text for one in report.findings][0].startswith("it stops with ValueError: too short")
    assert {one.name for one in report.parts if one.passed} == set()  # every result is judged at one step too


def test_one_result_that_equals_a_mistake_is_named_beside_another_fault():
    def two_faults(x, scale):
        return np.cumsum(x, axis=1) * scale + 7 * x**2, x.mean(axis=1) * scale

    report = assess(sums, two_faults)
    assert report.cause.name == "the total is the mean"
    assert "your total equals that of this mistake" in report.cause.text


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda a: a[:, ::-1], "runs backwards along time"),
        (lambda a: -a, "has the wrong sign"),
        (lambda a: a * 0.5, "is 0.5 times the expected one on every case"),
        (lambda a: a + 2.0, "differs from the expected one by +2 everywhere"),
        (lambda a: np.concatenate([np.zeros((len(a), 1)), a[:, :-1]], axis=1), "is one time step too late"),
        (lambda a: np.concatenate([a[:, 1:], np.zeros((len(a), 1))], axis=1), "is one time step too early"),
    ],
)
def test_common_slips_are_named_without_being_listed(change, told):
    report = assess(sums, lambda x, scale: (change(np.cumsum(x, axis=1) * scale), x.sum(axis=1) * scale))
    assert report.cause.kind == "slip"
    assert report.cause.text == f"your running {told}" or told in report.cause.text


def test_an_unknown_fault_gets_no_cause_rather_than_a_wrong_one():
    report = assess(sums, lambda x, scale: (np.cumsum(x**3, axis=1), x.max(axis=1)))
    assert not report.passed and report.cause is None


def test_not_started_is_neither_wrong_nor_an_error():
    def empty(x, scale):
        raise NotImplementedError

    report = assess(sums, empty)
    assert (report.status, report.points) == ("not started", 0.0)
    assert report.hint.text == "one"


def test_half_written_is_not_yet():
    def half(x, scale):
        if x.shape[1] == 1:
            raise NotImplementedError
        return right(x, scale)

    assert assess(sums, half).status == "failed"


def test_a_crash_everywhere_is_an_error_with_its_line():
    def crash(x, scale):
        return x / scale["no"]

    report = assess(sums, crash)
    assert report.status == "error"
    assert "TypeError" in report.message


def test_a_wrong_signature_is_told_before_anything_runs():
    ran = []
    report = assess(sums, lambda x: ran.append(1))
    assert report.status == "error" and ran == []
    assert report.message == "signature: expected (x, scale), yours is (x)"


def test_an_endless_loop_ends_the_check(monkeypatch):
    calls = []

    def endless(x, scale):
        calls.append(1)
        while True:
            pass

    from dataclasses import replace

    report = assess(replace(sums, seconds=0.1), endless)
    assert report.status == "error" and len(calls) == 1
    assert "no result after 0.1 seconds" in report.message


def test_changing_an_argument_is_rejected_even_with_right_values():
    def edits(x, scale):
        result = right(x, scale)
        x[:] = 0
        return result

    report = assess(sums, edits)
    assert report.status == "failed"
    assert report.cause.kind == "in place"


def test_a_shortcut_gets_no_points_whatever_the_values():
    norm = np.linalg.norm

    def shortcut(x, scale):
        norm(x)
        return right(x, scale)

    report = assess(sums, shortcut)
    assert (report.status, report.points, report.cause.kind) == ("failed", 0.0, "shortcut")
    assert "numpy.linalg.norm" in report.cause.text


def test_prints_and_warnings_are_notes_and_cost_nothing():
    def noisy(x, scale):
        print("here")
        np.log(np.zeros(1))
        return right(x, scale)

    report = assess(sums, noisy)
    assert report.passed
    assert report.notes[0] == "your function printed 4 lines, the first: here"
    assert "divide by zero" in report.notes[1]


def test_another_seed_draws_other_cases_and_the_same_seed_the_same():
    first, again, other = sums.cases(1), sums.cases(1), sums.cases(2)
    assert np.array_equal(first[0].args["x"], again[0].args["x"])
    assert not np.array_equal(first[0].args["x"], other[0].args["x"])


def test_a_check_that_cannot_run_here_blames_nobody():
    def lacks_a_package(x, scale):
        import a_package_of_no_one  # noqa: F401

    from dataclasses import replace

    report = assess(replace(sums, reference=lacks_a_package), lacks_a_package)
    assert (report.status, report.points) == ("error", 0.0)
    assert "the check itself cannot run here" in report.message
    assert "pip install" in report.message


def test_a_block_that_contradicts_itself_is_refused():
    def block(**change):
        held = {"__doc__": "Do.", "returns": {"y": ""}, "cases": lambda rng: [], "reference": lambda: 0, "mistakes": {}, "hints": ("a", "b", "c")}
        return type("broken", (), {**held, **change})

    make = exercise(id="9.9", points=2, minutes=1, difficulty=1, importance=1)
    for change, told in (
        ({"parts": {"a": part(1)}}, "its parts give 1 points, the exercise 2"),
        ({"hints": ("a",)}, "three hints are needed"),
        ({"__doc__": None}, "docstring"),
        ({"mistakes": {"a": len}, "conventions": {"a": len}}, "both under mistakes and under conventions"),
    ):
        with pytest.raises(AuthoringFault, match=told):
            make(block(**change))
    body = block()
    del body.reference
    with pytest.raises(AuthoringFault, match="missing reference"):
        make(body)


def test_an_error_in_every_case_is_no_right_error():
    def always(text, vocabulary):
        raise KeyError(text)

    report = assess(find("encode_text"), always)
    assert (report.status, report.points) == ("error", 0.0)
    assert not any(part.passed for part in report.parts)


def test_the_right_error_counts_where_other_results_are_wrong():
    def zeros(text, vocabulary):
        return np.array([0 * list(vocabulary).index(c) if c in vocabulary else {}[c] for c in text], dtype=np.int64)

    assert {part.name: part.passed for part in assess(find("encode_text"), zeros).parts} == {"known characters": False, "unknown characters": True}
