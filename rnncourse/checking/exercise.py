"""One exercise as one block of code: what is asked, the cases, the reference, the known mistakes, the hints."""

import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from rnncourse.checking import probe as _probe


class AuthoringFault(Exception):
    """An exercise block contradicts itself; says which one and what to mend."""


@dataclass(frozen=True)
class Case:
    """One call: the arguments by name, in the order of the signature, and the kind of case that it is."""

    args: Mapping[str, Any]
    kind: str = ""


@dataclass(frozen=True)
class Part:
    """A property with its share of the points: which results it covers, in which kinds of case (None: all)."""

    points: float
    results: tuple[str, ...] | None = None
    cases: tuple[str, ...] | None = None

    def covers(self, case, result):
        """Whether this property is judged by that result of that case; a starred name covers all that begin so."""
        named = self.results is None or any(matches(pattern, result) for pattern in self.results)
        return named and (self.cases is None or case.kind in self.cases)


def part(points, results=None, cases=None):
    """A property with its share of the points, such as `part(2, results="targets")`."""
    return Part(points, _names(results), _names(cases))


def _names(names):
    return (names,) if isinstance(names, str) else names


def matches(pattern, name):
    """Whether a result's name fits: `part *` fits `part 1` and `part 2`."""
    return pattern == name or (pattern.endswith("*") and name.startswith(pattern[:-1]))


@dataclass(frozen=True)
class Exercise:
    """An exercise; written as a class under `@exercise`, see `rnncourse.exercises.step1`."""

    id: str
    name: str
    points: float
    minutes: int
    difficulty: int
    importance: int
    task: str
    returns: Mapping[str, str]
    draw: Callable  # rng -> cases
    reference: Callable
    mistakes: Mapping[str, Callable]
    right: Mapping[str, Callable]
    hints: tuple[str, ...]
    parts: Mapping[str, Part]
    conventions: Mapping[str, Callable]
    forbidden: tuple[str, ...] = ()
    ready_made: tuple[str, ...] = ()  # more modules of the course that hold the answer, beside those of `forbidden`
    probe: Callable | None = None
    beside: tuple[Callable, ...] = ()  # functions of the block's file that the probe calls; they travel with it
    verify: Callable | None = None  # (args, arrays) -> (result, sentence) of all that is wrong; where many answers are right
    recognise: Callable | None = None  # (args, arrays) -> the mistake's sentence or ""; for mistakes that draw at random
    raising: tuple[str, ...] = ()  # kinds of case in which the reference raises, and so must the learner's function
    int64: tuple[str, ...] = ()  # results whose whole numbers must be int64
    deterministic: bool = True
    rtol: float = 1e-7
    atol: float = 1e-9
    seconds: float = 5.0

    def cases(self, seed):
        """The cases of one seed, the same at every call."""
        rng = np.random.default_rng([seed, *self.id.encode()])
        return [item if isinstance(item, Case) else Case(item) for item in self.draw(rng)]

    def run(self, function, args, **options):
        """Observe a function on one case's arguments, through this exercise's probe."""
        return _probe.observe(function, self.call, args, seconds=self.seconds, **options)

    def answers(self, seed):
        """The cases of a seed with what the reference and the mistakes give; the last seed's are kept."""
        kept = self.__dict__.get("_answers")
        if kept is None or kept.seed != seed:
            kept = self.__dict__["_answers"] = Answers(self, seed)
        return kept

    @cached_property
    def call(self):
        """(function, arguments) -> results by name: the exercise's own probe, or a plain call."""
        if self.probe is not None:
            return self.probe
        names = tuple(self.returns)
        return lambda function, args: _probe.unpack(_probe.call(function, args), names)

    @property
    def probe_source(self):
        """The source of the exercise's own probe, for a process that has only `probe.py`; empty for a plain call.

        It is to be run in the name space of `rnncourse.checking.probe`: with `beside`, that is all a probe may use.
        """
        if self.probe is None:
            return ""
        return "\n\n".join(textwrap.dedent(inspect.getsource(one)) for one in (*self.beside, self.probe))

    @cached_property
    def absent(self):
        """The course's modules that hold this exercise's answer: none of them is there while work is graded."""
        named = [dotted for dotted in self.forbidden if dotted.startswith("rnncourse.")]
        return tuple(dict.fromkeys([*(dotted.rpartition(".")[0] for dotted in named), *self.ready_made]))

    def axes(self, result):
        """The names of a result's axes, such as ("batch", "time", "hidden")."""
        for pattern, axes in self.returns.items():
            if matches(pattern, result):
                return tuple(axes.split())
        return ()

    @property
    def signature(self):
        """The call as learners read it: `next_step_pairs(ids, length)`."""
        return f"{self.name}{inspect.signature(self.reference)}"


class Answers:
    """The cases of one seed; what a function of ours gives on one of them is computed once."""

    def __init__(self, exercise, seed):
        self.exercise, self.seed, self.cases = exercise, seed, exercise.cases(seed)
        self._known = {}

    def of(self, function, index):
        """The observation of a reference or a mistake on one case."""
        if (function, index) not in self._known:
            self._known[function, index] = self.exercise.run(function, self.cases[index].args)
        return self._known[function, index]


def exercise(*, id, points, minutes, difficulty, importance, **options):  # noqa: A002 - the field's own word
    """Turn a class body into an `Exercise` and check that the block is whole.

    The class holds: a docstring (the task; its first sentence is shown), `returns` (result name -> axis names),
    `cases(rng)`, `reference`, `mistakes`, `hints`; and where needed `right`, `conventions`, `parts`, `probe`, `beside`,
    `verify`, `recognise`, `raising`, `int64`, `forbidden`, `ready_made`.

    Raises:
        AuthoringFault: something is missing or contradicts something else.
    """

    def build(body):
        held = {key: getattr(body, key) for key in _FIELDS if hasattr(body, key)}
        missing = [key for key in ("returns", "cases", "reference", "mistakes", "hints") if key not in held]
        if missing or not body.__doc__:
            raise AuthoringFault(f"exercise {id} {body.__name__}: missing {', '.join(missing) or 'docstring'}")
        held["draw"] = held.pop("cases")
        held.setdefault("parts", {"values": Part(points)})
        for key in ("right", "conventions"):
            held.setdefault(key, {})
        made = Exercise(id, body.__name__, points, minutes, difficulty, importance, inspect.cleandoc(body.__doc__), **held, **options)
        _demand(made)
        return made

    return build


_FIELDS = ("returns", "cases", "reference", "mistakes", "right", "hints", "parts", "conventions", "forbidden", "ready_made", "probe", "beside", "verify", "recognise", "raising", "int64")


def _demand(made):
    told = f"exercise {made.id} {made.name}"
    total = sum(item.points for item in made.parts.values())
    if abs(total - made.points) > 1e-9:
        raise AuthoringFault(f"{told}: its parts give {total:g} points, the exercise {made.points:g}")
    if len(made.hints) != 3:
        raise AuthoringFault(f"{told}: three hints are needed (question, formula with shapes, sibling), it has {len(made.hints)}")
    if set(made.mistakes) & set(made.conventions):
        raise AuthoringFault(f"{told}: a sentence stands both under mistakes and under conventions")
