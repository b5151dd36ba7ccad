"""Functions that do what no reader should, for calls in a bounded process."""

import builtins
import errno

_calls = []


def raise_named(name):
    raise getattr(builtins, name)("as asked")


def raise_shortage():
    raise OSError(errno.EMFILE, "too many open files")


def nest(depth):
    """A list in a list, and so on: more than can be written down."""
    found = []
    for _ in range(depth):
        found = [found]
    return found


def write(path):
    with open(path, "w") as file:
        file.write("x" * 10_000)


def count():
    """How often this was called in the process."""
    _calls.append(None)
    return len(_calls)
