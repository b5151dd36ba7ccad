"""From what the kernel answered to observations: every field of the type and size that an observation has, or refused."""

from dataclasses import dataclass

import numpy as np

from rnncourse.checking.probe import Observation, Trouble, cut_off
from rnncourse.grading.judge.outputs import printable, printable_line
from rnncourse.grading.judge.wire import NotPlain

TROUBLES = ("error", "not started", "time", "exit", "interrupted", "structure", "signature")
MOST = 200  # entries of any list or dict


@dataclass(frozen=True)
class Answered:
    """What became of one request: the observations of the first cases; or `missing`, or a `problem` in one sentence."""

    seen: tuple = ()
    evasions: tuple = ()
    missing: bool = False
    problem: str = ""


def answered(data, cases):
    """The `Answered` of an answer about this many cases; of fewer only where the last call that it tells of was cut off.

    Raises:
        NotPlain: it has another form than the judge's own code gives.
    """
    if not isinstance(data, dict):
        raise NotPlain("no answer of the judge's own form")
    if data.get("missing") is True:
        return Answered(missing=True)
    if "problem" in data:
        return Answered(problem=_text(data["problem"], 500) or "it cannot be called")
    records = _list(data.get("seen"), dict)
    if not 1 <= len(records) <= cases:
        raise NotPlain("an answer about another number of cases")
    evasions = [word for one in records for word in _texts(one.get("evasions"), 100)]
    seen = tuple(map(_observation, records))
    if len(seen) < cases and not cut_off(seen[-1]):  # else what is kept silent about would count as right
        raise NotPlain("an answer about some of the cases only")
    return Answered(seen, tuple(dict.fromkeys(evasions)))


def _observation(one):
    arrays, trouble = one.get("arrays"), one.get("trouble")
    if (arrays is None) == (trouble is None):
        raise NotPlain("neither a result nor a trouble, or both")
    return Observation(
        arrays=None if arrays is None else {_text(name, 80): _array(array) for name, array in _dict(arrays).items()},
        trouble=None if trouble is None else _trouble(_dict(trouble)),
        printed=_text(one.get("printed"), 2000, printable),
        printed_lines=_count(one.get("printed_lines")),
        warned=_texts(one.get("warned"), 300),
        changed=_texts(one.get("changed"), 80),
        unstable=_text(one.get("unstable"), 300),
        shortcuts=_texts(one.get("shortcuts"), 120),
        lists=frozenset(_texts(one.get("lists"), 80)),
    )


def _trouble(one):
    kind = _text(one.get("kind"), 40)
    if kind not in TROUBLES:
        raise NotPlain("a trouble of no known kind")
    return Trouble(kind, _text(one.get("type"), 80), _texts(one.get("mro"), 80), _text(one.get("message"), 500), _text(one.get("line"), 160))


def _array(array):
    if not isinstance(array, np.ndarray):
        raise NotPlain("a result that is no array")
    return array


def _text(value, most, shown=printable_line):
    if not isinstance(value, str):
        raise NotPlain("no text where text is expected")
    return shown(value[:most])


def _texts(value, most):
    return tuple(_text(item, most) for item in _list(value, str))


def _list(value, kind):
    if not isinstance(value, list) or len(value) > MOST or not all(isinstance(item, kind) for item in value):
        raise NotPlain("no list where a list is expected")
    return value


def _dict(value):
    if not isinstance(value, dict) or len(value) > MOST or not all(isinstance(key, str) for key in value):
        raise NotPlain("no names where names are expected")
    return value


def _count(value):
    if type(value) is not int or not 0 <= value < 2**63:
        raise NotPlain("no count where a count is expected")
    return value
