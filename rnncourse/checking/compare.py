"""Compare a result with the expected one and say what is wrong by the names of its axes."""

from dataclasses import dataclass

import numpy as np

SHARP = {"b": "True/False", "i": "whole numbers", "u": "whole numbers", "f": "real numbers", "c": "complex numbers"}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: a label for the row, the sentence, which result and which case (None: all)."""

    label: str
    text: str
    result: str = ""
    case: int | None = None


def compare(got, expected, axes, *, rtol, atol, int64=False):
    """The first thing that is wrong with a result, as (label, sentence); None if it is right.

    Args:
        got, expected: arrays.
        axes: the names of the expected array's axes.
        int64: whole numbers must be int64, not a smaller type.
    """
    return (
        _shape(got, expected, axes)
        or _dtype(got, expected, int64)
        or _not_finite(got, expected, axes)
        or _values(got, expected, axes, rtol, atol)
    )


def close(got, expected, *, rtol, atol):
    """Equal shapes and nearly equal values, NaN equal to NaN."""
    if got.shape != expected.shape:
        return False
    return bool(np.allclose(_wide(got), _wide(expected), rtol=rtol, atol=atol, equal_nan=True))


def _wide(array):
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)


def named_shape(shape, axes):
    """(3, 5) with ("batch", "hidden") as "(batch=3, hidden=5)"; without names as "(3, 5)"."""
    if not shape:
        return "a single number"
    if len(shape) != len(axes):
        return str(tuple(shape))
    inside = ", ".join(f"{name}={size}" for name, size in zip(axes, shape, strict=True))
    return f"({inside})"


def place(index, axes):
    """(1, 3) with ("batch", "hidden") as "batch=1, hidden=3"."""
    names = axes if len(axes) == len(index) else [f"axis {i}" for i in range(len(index))]
    return ", ".join(f"{name}={i}" for name, i in zip(names, index, strict=True))


def number(value):
    """A value as a learner reads it: six significant digits, no type name."""
    value = value.item() if hasattr(value, "item") else value
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _shape(got, expected, axes):
    if got.shape == expected.shape:
        return None
    yours = "a single number" if got.shape == () else str(got.shape)
    return "shape", f"expected {named_shape(expected.shape, axes)}, yours {yours}{_reordered(got, expected, axes)}"


def _reordered(got, expected, axes):
    """Tells when the shape is the expected one with its axes in another order, or with one of size 1 too many."""
    if got.ndim == expected.ndim >= 2 and sorted(got.shape) == sorted(expected.shape):
        if len(set(expected.shape)) < expected.ndim:
            return ": the axes stand in another order"
        order = ", ".join(axes[expected.shape.index(size)] for size in got.shape)
        return f": your axes stand in the order ({order})"
    if [s for s in got.shape if s != 1] == [s for s in expected.shape if s != 1]:
        return ": an axis of size 1 is " + ("too many" if got.ndim > expected.ndim else "missing")
    return ""


def _dtype(got, expected, int64):
    if got.size == 0:
        return None
    if expected.dtype.kind == "b" and got.dtype.kind != "b":
        return "type", f"expected True/False (bool), yours holds {SHARP[got.dtype.kind]} ({got.dtype})"
    if expected.dtype.kind in "iu" and got.dtype.kind not in "iu":
        return "type", f"expected whole numbers ({expected.dtype}), yours holds {SHARP[got.dtype.kind]} ({got.dtype})"
    if int64 and got.dtype != np.int64:
        return "type", f"expected int64, yours is {got.dtype}"
    if expected.dtype.kind == "f" and got.dtype.kind in "bc":
        return "type", f"expected {expected.dtype}, yours is {got.dtype}"
    if expected.dtype == np.float64 and got.dtype.kind == "f" and got.dtype.itemsize < 8:
        return "type", f"expected float64 as the input is, yours is {got.dtype}: half the digits are lost"
    return None


def _not_finite(got, expected, axes):
    bad = ~np.isfinite(_wide(got)) & np.isfinite(_wide(expected))
    if not bad.any():
        return None
    first = tuple(np.argwhere(bad)[0])
    where = f" at {place(first, axes)}" if got.ndim else ""
    which = {"nan": "NaN", "inf": "inf", "-inf": "-inf"}.get(str(got[first].real), "NaN")
    count = f"{bad.sum()} of {bad.size} values are not finite; the first is {which}{where}" if got.ndim else f"it is {which}"
    return "NaN or inf", count + f", expected {number(expected[first])}"


def _values(got, expected, axes, rtol, atol):
    wide, right = _wide(got), _wide(expected)
    bad = ~np.isclose(wide, right, rtol=rtol, atol=atol, equal_nan=True)
    if not bad.any():
        return None
    if not got.ndim:
        return "value", f"got {number(got[()])}, expected {number(expected[()])}"
    with np.errstate(over="ignore"):  # an infinity of the wrong sign is as far away as numbers go
        error = np.where(bad, np.abs(np.nan_to_num(wide) - np.nan_to_num(right)), -1.0)
    at = np.unravel_index(int(error.argmax()), error.shape)
    which = "the largest"
    if expected.dtype.kind in "biu":  # among ids and masks there is no larger error
        at, which = tuple(np.argwhere(bad)[0]), "the first"
    text = f"{bad.sum()} of {bad.size} differ; {which} at {place(at, axes)}: got {number(got[at])}, expected {number(expected[at])}"
    return "values", text + _first_wrong_step(bad, axes)


def _first_wrong_step(bad, axes):
    if "time" not in axes or bad.shape[axes.index("time")] < 2:
        return ""
    others = tuple(i for i, name in enumerate(axes) if name != "time")
    wrong = np.flatnonzero(bad.any(axis=others))
    if len(wrong) == bad.shape[axes.index("time")]:
        return "; wrong from the first time step on"
    if len(wrong) == 1:
        return f"; only time={wrong[0]} is wrong"
    return f"; first wrong at time={wrong[0]}" + (f" (the {wrong[0]} before are right)" if wrong[0] else "")
