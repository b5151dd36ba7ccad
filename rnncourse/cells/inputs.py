"""What a layer accepts: shapes by axis name, real numbers only, and an error that says how to mend the rest."""

import numpy as np


def weight(name, array, shape, axes):
    """Return `array` as a float array; ValueError unless it has this shape (None: any size) and these axes."""
    array = np.asarray(array)
    if array.dtype not in (np.float32, np.float64):
        raise ValueError(f"{name}: expected float32 or float64, got {array.dtype}; convert with .astype(np.float64)")
    if array.ndim != len(shape) or any(want not in (None, got) for want, got in zip(shape, array.shape, strict=True)):
        raise ValueError(f"{name}: expected ({axes}) = {_sizes(shape)}, got {array.shape}{_turned(array, shape)}")
    if 0 in array.shape:
        raise ValueError(f"{name}: expected sizes of 1 or more, got ({axes}) = {array.shape}")
    return array


def same_dtype(weights):
    """Raise ValueError unless all arrays of the dict `weights` share one dtype."""
    if len({w.dtype for w in weights.values()}) > 1:
        found = ", ".join(f"{name} {w.dtype}" for name, w in weights.items())
        raise ValueError(f"weights: expected one dtype for all, got {found}; convert with .astype")


def finite_weights(weights):
    """Raise ValueError if a weight holds NaN or infinity, which is what a diverged training leaves behind."""
    for name, w in weights.items():
        if not np.isfinite(w).all():
            raise ValueError(f"{name}: holds NaN or infinity; training diverged: lower the rate or clip gradients")


def sequence(x, D, dtype, mask=None):
    """Return `x` (B, T, D) in this dtype, zeros where `mask` (B, T) is False.

    Raises ValueError for other axes, for no sequence, for no time step, and for NaN or infinity at a real step.
    """
    x = np.asarray(x)
    if x.ndim != 3 or x.shape[2] != D:
        raise ValueError(f"x: expected (batch, time, feature) = (B, T, {D}), got {x.shape}{_sequence_mend(x, D)}")
    for axis, (size, what) in enumerate(zip(x.shape[:2], ("sequences", "time steps"), strict=True)):
        if size == 0:
            raise ValueError(f"x: 0 {what} (axis {axis}), at least 1 is needed; leave empty sequences out")
    if mask is not None:
        x = np.where(mask[:, :, None], x, 0)  # what stands at padding never matters
    numbers(x, "x", ("batch", "time", "feature"))
    return x.astype(dtype, copy=False)


def one_step(x, B, D):
    """Raise ValueError unless `x` is one time step (B, D)."""
    if x.shape != (B, D):
        raise ValueError(f"x: expected one step (batch, feature) = ({B}, {D}), got {x.shape}{_step_mend(x, B, D)}")


def numbers(array, name, axes):
    """Raise ValueError that names the place of the first NaN or infinity, or a dtype that is no real number."""
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name}: expected real numbers, got dtype {array.dtype}")
    good = np.isfinite(array)
    if not good.all():
        place = np.unravel_index(np.argmin(good), array.shape)
        where = ", ".join(f"{axis}={i}" for axis, i in zip(axes, place, strict=True))
        raise ValueError(f"{name}: {array[place]} at {where}; fill or drop missing values, or mask the step")


def state(array, B, H, dtype, name):
    """Return a copy of the state `array` (B, H) in this dtype, zeros if None; ValueError for any other shape."""
    if array is None:
        return np.zeros((B, H), dtype)
    array = np.asarray(array)
    if array.shape != (B, H):
        raise ValueError(f"{name}: expected (batch, hidden) = ({B}, {H}), got {array.shape}{_state_mend(array, B, H)}")
    numbers(array, name, ("batch", "hidden"))
    return array.astype(dtype)


def real_steps(mask, shape):
    """Return `mask` (B, T) bool, True at a real step, or None; ValueError for another shape or dtype."""
    if mask is None:
        return None
    mask = np.asarray(mask)
    if mask.dtype != bool:
        raise ValueError(f"mask: expected bool, True at a real step, got {mask.dtype}; np.arange(T) < lengths[:, None]")
    if mask.shape != shape[:2]:
        raise ValueError(f"mask: expected (batch, time) = {shape[:2]}, got {mask.shape}")
    return mask


def upstream(dhs, hs_shape, dtype):
    """Return the gradient `dhs` in this dtype, zeros if None; ValueError unless it has the shape of the outputs."""
    if dhs is None:
        return np.zeros(hs_shape, dtype)
    dhs = np.asarray(dhs)
    if dhs.shape != hs_shape:
        raise ValueError(
            f"dhs: expected the shape of hs, (batch, time, hidden) = {hs_shape}, got {dhs.shape}; "
            "for a loss on the last step alone, zeros everywhere else"
        )
    return dhs.astype(dtype, copy=False)


def _sizes(shape):
    return "(" + ", ".join("any" if size is None else str(size) for size in shape) + ("," * (len(shape) == 1)) + ")"


def _turned(array, shape):
    fits = array.ndim == 2 == len(shape) and all(w in (None, g) for w, g in zip(shape, array.shape[::-1], strict=True))
    return "; it looks transposed: inputs stand in rows here, x @ W" if fits else ""


def _sequence_mend(x, D):
    if x.ndim == 2 and x.shape[1] == D:
        return "; one sequence alone needs its batch axis: x[None]"
    if x.ndim == 2 and D == 1:
        return "; one number a step needs its feature axis: x[:, :, None]"
    if x.ndim == 3 and x.shape[1] == D:
        return "; time and feature look swapped: x.transpose(0, 2, 1)"
    return "; the feature axis comes last and must fit the rows of the input weights"


def _step_mend(x, B, D):
    if x.shape == (D,):
        return "; it needs its batch axis: x[None]"
    return "; start the stream with the batch size of x" if x.ndim == 2 and x.shape[1] == D else ""


def _state_mend(array, B, H):
    if array.ndim == 3 and array.shape[1:] == (B, H):
        return "; torch puts a layer axis in front: take one layer, state[0]"
    if array.ndim == 2 and array.shape[1] == H:
        return "; the state is of a batch of another size: start anew with None"
    return "; pass on the state that forward returned"
