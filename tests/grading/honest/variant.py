"""A variant: right work that a student wrote or handed in differently. Nothing of it may cost a point without a word.

`@rewrite` stands over a function of a solution's source that gives another one; of each step, it is applied to an
exercise that no other variant of the same submission has. `@change` stands over a function that changes a `Student`;
with `alone`, its submission is its own, else it is handed in together with others.
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass

ALL = (1, 2, 3, 4, 5)


@dataclass(frozen=True, eq=False)
class Variant:
    """One variant; see `rewrite` and `change` for the fields."""

    name: str
    about: str
    build: Callable
    steps: tuple
    rewrites: bool
    only: dict
    leaf: bool = False
    alone: bool = True
    costs: Callable = lambda student: 0.0
    remark: str = ""
    waits: str = ""


def rewrite(steps=ALL, only=None, leaf=False, says="", waits=""):
    """A variant of one solution.

    Args:
        steps: of the course.
        only: step -> exercise, where it fits one alone.
        leaf: whether it fits only what no other solution calls.
        says: what a remark or a finding says (a regular expression), where it may cost the exercise.
        waits: why it still loses points, where the cause is known and lies elsewhere.
    """

    def register(build):
        more = {"costs": lambda student: student.max_auto} if says else {}
        return Variant(build.__name__, _about(build), build, tuple(only or steps), True, only or {}, leaf, alone=False, remark=says, waits=waits, **more)

    return register


def change(steps=ALL, *, alone=False, costs=None, remark="", waits=""):
    """A variant of a whole submission.

    Args:
        alone: whether it is a submission of its own.
        costs: student -> points that it may lose, because of something that a remark says.
        remark: what a remark has to say (a regular expression).
    """

    def register(build):
        more = {"costs": costs} if costs else {}
        return Variant(build.__name__, _about(build), build, tuple(steps), False, {}, alone=alone, remark=remark, waits=waits, **more)

    return register


def answers(step, text):
    """Variants out of a text in which each begins with a line `## EXERCISE: what is unusual in it`."""
    found = []
    for piece in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        head, source = piece.split("\n", 1)
        name, about = head.split(": ", 1)
        number = sum(one.only == {step: name} for one in found) + 1
        found.append(Variant(f"{name}_{number}", about, lambda _, source=source.strip(): source, (step,), True, {step: name}, alone=False))
    return found


def variants_of(module):
    """The variants of a module, in its order."""
    things = [one for thing in vars(module).values() for one in (thing if isinstance(thing, list) else [thing])]
    return [one for one in things if isinstance(one, Variant)]


def _about(build):
    return " ".join(inspect.getdoc(build).split())
