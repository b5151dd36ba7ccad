"""What a comparison says, and that it finds every single changed value where it is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from rnncourse.checking.compare import close, compare, named_shape, place

BTH = ("batch", "time", "hidden")
EXPECTED = np.random.default_rng(0).normal(size=(3, 5, 2))


def told(got, expected=EXPECTED, axes=BTH, **options):
    return compare(np.asarray(got), expected, axes, **{"rtol": 1e-7, "atol": 1e-9, **options})


def test_equal_is_right_also_to_the_last_digits():
    assert told(EXPECTED) is None
    assert told(EXPECTED * (1 + 1e-12)) is None


def test_a_shape_is_told_with_axis_names_and_the_order_found():
    label, text = told(EXPECTED.transpose(1, 0, 2))
    assert label == "shape"
    assert text == "expected (batch=3, time=5, hidden=2), yours (5, 3, 2): your axes stand in the order (time, batch, hidden)"


def test_an_axis_of_size_one_too_many_or_missing_is_told():
    assert told(EXPECTED[None])[1].endswith("an axis of size 1 is too many")
    assert told(np.ones(4), np.ones((4, 1)), ("batch", "hidden"))[1].endswith("an axis of size 1 is missing")
    assert told(1.5)[1].endswith("yours a single number")


def test_nan_comes_before_wrong_values_and_is_placed():
    got = EXPECTED + 1
    got[1, 2, 0] = np.nan
    label, text = told(got)
    assert label == "NaN or inf"
    assert "1 of 30 values are not finite; the first is NaN at batch=1, time=2, hidden=0" in text


def test_the_first_wrong_time_step_is_told():
    got = EXPECTED.copy()
    got[:, 3:] += 0.5
    got[2, 4, 1] += 3
    label, text = told(got)
    assert label == "values"
    assert text.startswith("12 of 30 differ; the largest at batch=2, time=4, hidden=1")
    assert text.endswith("first wrong at time=3 (the 3 before are right)")


def test_all_steps_or_only_one_step_wrong_is_told():
    assert told(EXPECTED + 1)[1].endswith("wrong from the first time step on")
    only = EXPECTED.copy()
    only[:, 2] = 0
    assert told(only)[1].endswith("only time=2 is wrong")


@pytest.mark.parametrize(
    ("got", "expected", "text"),
    [
        (np.ones(3), np.ones(3, bool), "expected True/False (bool), yours holds real numbers (float64)"),
        (np.ones(3), np.ones(3, np.int64), "expected whole numbers (int64), yours holds real numbers (float64)"),
        (np.ones(3, np.float32), np.ones(3), "expected float64 as the input is, yours is float32: half the digits are lost"),
        (np.ones(3, bool), np.ones(3), "expected float64, yours is bool"),
    ],
)
def test_types_are_told(got, expected, text):
    assert told(got, expected, ("time",)) == ("type", text)


def test_int64_is_demanded_only_where_asked():
    assert told(np.ones(3, np.int32), np.ones(3, np.int64), ("time",)) is None
    assert told(np.ones(3, np.int32), np.ones(3, np.int64), ("time",), int64=True) == ("type", "expected int64, yours is int32")


def test_an_empty_result_needs_no_type():
    assert told(np.array([]), np.array([], np.int64), ("time",), int64=True) is None


def test_ids_and_masks_tell_the_first_place_not_the_largest():
    assert told(np.array([0, 9, 5]), np.array([0, 1, 2]), ("time",))[1].startswith("2 of 3 differ; the first at time=1: got 9, expected 1")


def test_a_single_number():
    assert told(2.5, np.array(3.5), ()) == ("value", "got 2.5, expected 3.5")


@settings(max_examples=60, deadline=None)
@given(st.data(), arrays(np.float64, array_shapes(min_dims=1, max_dims=3, max_side=5), elements=st.floats(-1e3, 1e3)))
def test_one_changed_value_is_found_at_its_place(data, expected):
    axes = BTH[: expected.ndim]
    at = tuple(data.draw(st.integers(0, size - 1)) for size in expected.shape)
    got = expected.copy()
    got[at] += 1.0
    assert compare(expected.copy(), expected, axes, rtol=1e-7, atol=1e-9) is None
    label, text = compare(got, expected, axes, rtol=1e-7, atol=1e-9)
    assert label == "values"
    assert f"1 of {expected.size} differ; the largest at {place(at, axes)}:" in text


def test_close_treats_nan_as_equal_and_shapes_as_different():
    assert close(np.array([np.nan, 1]), np.array([np.nan, 1]), rtol=1e-7, atol=1e-9)
    assert not close(np.ones(2), np.ones((2, 1)), rtol=1e-7, atol=1e-9)
    assert close(np.array([True]), np.array([1.0]), rtol=1e-7, atol=1e-9)


def test_names_are_left_out_where_they_do_not_fit():
    assert named_shape((2, 3), ("batch",)) == "(2, 3)"
    assert named_shape((), ()) == "a single number"
    assert place((1, 2), ("batch",)) == "axis 0=1, axis 1=2"
