"""The exercise blocks of the course, one module a step; each block is the one source of its check.

>>> from rnncourse.exercises import find
>>> find("1.2").name
'next_step_pairs'
"""

import difflib
import pkgutil
from functools import cache
from importlib import import_module

from rnncourse.checking.exercise import Exercise


class UnknownExercise(LookupError):
    """No exercise has this number or name; the message tells the nearest ones."""

    def __str__(self):
        return self.args[0]


@cache
def exercises():
    """All exercises, in the order of their numbers: tuple of `Exercise`."""
    modules = [import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    blocks = [thing for module in modules for thing in vars(module).values() if isinstance(thing, Exercise)]
    return tuple(sorted(blocks, key=lambda one: [int(part) for part in one.id.split(".")]))


def find(key):
    """The exercise of a number ("1.2") or a name ("next_step_pairs").

    Raises:
        UnknownExercise: there is none; names the nearest.
    """
    for one in exercises():
        if key in (one.id, one.name):
            return one
    near = difflib.get_close_matches(key, [one.name for one in exercises()], n=2, cutoff=0.5)
    maybe = f"; did you mean {' or '.join(near)}?" if near else f"; the exercises are {', '.join(one.name for one in exercises())}"
    raise UnknownExercise(f"no exercise is called {key!r}{maybe}")
