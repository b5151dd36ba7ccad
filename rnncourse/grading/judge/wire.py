"""Plain data to and from the learner's kernel as JSON text: numbers, text, lists, dicts and arrays, nothing that runs.

This file imports only the standard library and NumPy, since it is also sent into the kernel. What comes back is
hostile until `decode` has seen it: array types from a short list, sizes that fit their bytes, no object, no pickle.
"""

import base64
import binascii
import json

import numpy as np

DTYPES = frozenset(kind + size for kind, sizes in {"b": "1", "i": "1248", "u": "1248", "f": "248"}.items() for size in sizes) | {"c8", "c16"}
MOST_AXES = 16


class NotPlain(Exception):
    """The text is no plain data: damaged, too large, or of a type that may not pass."""


def encode(value):
    """Plain data as JSON text; arrays keep type, shape and every bit.

    Raises:
        NotPlain: it holds something else, such as a function.
    """
    return json.dumps(_tree(value), allow_nan=True, separators=(",", ":"))


def decode(text, most):
    """The plain data of a JSON text of at most `most` characters.

    Raises:
        NotPlain: it is damaged, larger, nested too deep, or holds what may not pass.
    """
    if not isinstance(text, str) or len(text) > most:
        raise NotPlain("no text, or more of it than may pass")
    try:
        return _value(json.loads(text))
    except NotPlain:
        raise
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError, MemoryError) as error:
        raise NotPlain(f"damaged: {type(error).__name__}") from error


def _tree(value):
    if value is None or isinstance(value, (bool, int, float, str)):
        return value.item() if isinstance(value, np.generic) else value
    if isinstance(value, np.generic):
        return _tree(value.item()) if value.dtype.kind in "biuf" else {"array": _array(np.asarray(value))}
    if isinstance(value, np.ndarray):
        return {"array": _array(value)}
    if isinstance(value, (list, tuple)):
        return {"tuple" if isinstance(value, tuple) else "list": [_tree(item) for item in value]}
    if isinstance(value, dict):
        return {"dict": [[_tree(key), _tree(item)] for key, item in value.items()]}
    raise NotPlain(f"a {type(value).__name__} may not pass")


def _array(array):
    kind = array.dtype.str[1:]
    if kind not in DTYPES:
        raise NotPlain(f"an array of {array.dtype} may not pass")
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return [kind, list(array.shape), base64.b64encode(little.tobytes()).decode("ascii")]


def _value(tree):
    if not isinstance(tree, dict):
        if isinstance(tree, list):
            raise NotPlain("a bare list")
        return tree
    ((kind, inside),) = tree.items()
    if kind == "array":
        return _as_array(*inside)
    if kind == "list":
        return [_value(item) for item in inside]
    if kind == "tuple":
        return tuple(_value(item) for item in inside)
    if kind == "dict":
        return {_value(key): _value(item) for key, item in inside}
    raise NotPlain("an unknown kind of value")


def _as_array(kind, shape, text):
    if kind not in DTYPES or not isinstance(shape, list) or len(shape) > MOST_AXES:
        raise NotPlain("an array of a type or with axes that may not pass")
    if any(type(size) is not int or size < 0 for size in shape):
        raise NotPlain("an array with a size that is no whole number")
    dtype, count = np.dtype("<" + kind), 1
    for size in shape:
        count *= size
    try:
        content = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise NotPlain("damaged array") from error
    if count * dtype.itemsize != len(content):
        raise NotPlain("an array whose bytes do not fit its shape")
    array = np.frombuffer(content, dtype).reshape(shape)
    return array.astype(dtype.newbyteorder("="))
