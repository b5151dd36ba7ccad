"""From wrong results to the likely mistake: compare with every known mistake, every known convention, every common slip."""

from collections import Counter
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np

from rnncourse.checking.compare import close
from rnncourse.checking.trial import alike, findings_of


@dataclass(frozen=True)
class Cause:
    """The likely cause: a mistake, a convention (right elsewhere), a shortcut, an edit in place, or a common slip."""

    kind: str
    name: str
    text: str


def diagnose(exercise, trials, wrong_results):
    """The likely cause of what is wrong with these trials, or None.

    Args:
        wrong_results: names of the results that differ somewhere.
    """
    shortcuts = sorted({name for trial in trials for name in trial.seen.shortcuts})
    if shortcuts:
        shortcuts = [name for name in shortcuts if "._" not in name] or shortcuts  # what lies under others is no learner's word
        return Cause("shortcut", shortcuts[0], f"{', '.join(shortcuts)} does what this exercise asks you to write")
    return (
        _known(exercise, trials, exercise.mistakes, "mistake")
        or _known(exercise, trials, exercise.conventions, "convention")
        or _recognised(exercise, trials)
        or _manners(trials)
        or _known_by_result(exercise, trials, wrong_results)
        or _slip(exercise, trials, wrong_results)
    )


def _manners(trials):
    for trial in trials:
        if trial.seen.changed:
            names = ", ".join(name.lstrip("*") for name in trial.seen.changed)
            return Cause("in place", names, f"the argument {names} is changed in place: the caller's own array is overwritten")
        if trial.seen.unstable:
            return Cause("repeat", trial.seen.unstable, trial.seen.unstable)
    return None


def _recognised(exercise, trials):
    """A mistake that draws at random, which no comparison finds again: the exercise itself recognises its marks."""
    if exercise.recognise is None:
        return None
    wrong = [trial for trial in trials if trial.seen.arrays is not None and findings_of(exercise, trial)]
    names = Counter(exercise.recognise(trial.case.args, trial.seen.arrays) for trial in wrong)
    name = names.most_common(1)[0][0] if names else ""  # chance can make one small case look like another mistake
    return Cause("mistake", name, name) if name else None


def _known(exercise, trials, known, kind):
    """The first known implementation that gives the learner's results on every case."""
    for name, function in known.items():
        if _gives_the_same(exercise, trials, function):
            return Cause(kind, name, _sentence(exercise, name, kind))
    return None


def _gives_the_same(exercise, trials, function):
    differs = False  # from the reference: a mistake that shows in none of these cases explains nothing
    for trial in trials:
        told = trial.told(function)
        if not alike(exercise, told, trial.seen, trial.expected):
            return False
        differs = differs or bool(findings_of(exercise, replace(trial, seen=told)))
    return differs


def _sentence(exercise, name, kind):
    if kind == "convention":
        return f"right in the {name}"
    return f"{name} (your result equals that of this mistake on every case)"


def _known_by_result(exercise, trials, wrong_results):
    """One of several results equals that of a mistake; something else may be wrong beside it."""
    for result in wrong_results:
        for kind, known in (("mistake", exercise.mistakes), ("convention", exercise.conventions)):
            for name, function in known.items():
                if _same_result(exercise, trials, function, result):
                    return Cause(kind, name, f"{name} (your {result} equals that of this mistake wherever it is computed)")
    return None


def _same_result(exercise, trials, function, result):
    differs = False
    for trial in trials:
        right = (trial.expected.arrays or {}).get(result)
        mine = (trial.seen.arrays or {}).get(result)
        if right is None or mine is None:
            continue
        told = (trial.told(function).arrays or {}).get(result)
        if told is None or not close(told, mine, rtol=exercise.rtol, atol=exercise.atol):
            return False
        differs = differs or not close(told, right, rtol=exercise.rtol, atol=exercise.atol)
    return differs


def _slip(exercise, trials, wrong_results):
    """A slip that any array function can have: axes in another order, time reversed or shifted, a factor, a sign."""
    for result in wrong_results:
        pairs = [
            (trial.seen.arrays[result], trial.expected.arrays[result])
            for trial in trials
            if trial.seen.arrays and trial.expected.arrays and result in trial.seen.arrays and result in trial.expected.arrays
        ]
        pairs = [pair for pair in pairs if pair[1].size]
        for slip in (_axes_order, _reversed_axis, _late_or_early, _factor, _offset):
            text = slip(pairs, exercise.axes(result)) if pairs else None
            if text:
                subject = "your result" if len(exercise.returns) == 1 else f"your {result}"
                return Cause("slip", slip.__name__.strip("_"), f"{subject} {text}")
    return None


def _holds(pairs, change):
    """Whether a change turns every result into the expected one, and is needed in at least one of them."""
    changed = [(change(got), want) for got, want in pairs]
    right = all(c.shape == w.shape and np.allclose(c, w, rtol=1e-7, atol=1e-9) for c, w in changed)
    return right and any(g.shape != w.shape or not np.allclose(g, w) for g, w in pairs)


def _axes_order(pairs, axes):
    ndim = pairs[0][1].ndim
    if ndim < 2 or any(got.ndim != ndim for got, _ in pairs):
        return None
    for order in permutations(range(ndim)):
        if _holds(pairs, lambda got, order=order: got.transpose(order)):
            yours = ", ".join(axes[order.index(i)] for i in range(ndim))
            return f"is right with its axes in another order: yours ({yours}), expected ({', '.join(axes)})"
    return None


def _reversed_axis(pairs, axes):
    for i, name in enumerate(axes):
        if all(got.ndim == len(axes) for got, _ in pairs) and _holds(pairs, lambda got, i=i: np.flip(got, i)):
            return f"is right but runs backwards along {name}"
    return None


def _late_or_early(pairs, axes):
    if "time" not in axes:
        return None
    i = axes.index("time")
    pairs = [(got, want) for got, want in pairs if got.shape == want.shape and want.shape[i] > 2]
    if not pairs:
        return None
    for steps, word in ((1, "late"), (-1, "early")):
        ahead, behind = (slice(1, None), slice(None, -1)) if steps > 0 else (slice(None, -1), slice(1, None))
        if all(np.allclose(np.moveaxis(g, i, 0)[ahead], np.moveaxis(w, i, 0)[behind]) for g, w in pairs):
            return f"is one time step too {word}"
    return None


def _factor(pairs, axes):
    pairs = [(got, want) for got, want in pairs if got.shape == want.shape]
    got, want = _joined(pairs)
    if len(want) < 3 or not (want * want).sum():
        return None
    factor = float((got * want).sum() / (want * want).sum())
    if abs(factor) < 1e-6 or abs(factor - 1) < 1e-6 or not np.allclose(got, factor * want, rtol=1e-6, atol=1e-9):
        return None
    return "has the wrong sign" if abs(factor + 1) < 1e-9 else f"is {factor:.6g} times the expected one on every case"


def _offset(pairs, axes):
    pairs = [(got, want) for got, want in pairs if got.shape == want.shape]
    got, want = _joined(pairs)
    if len(want) < 3:
        return None
    offset = float(np.mean(got - want))
    if abs(offset) < 1e-6 or not np.allclose(got - want, offset, rtol=1e-6, atol=1e-9):
        return None
    return f"differs from the expected one by {offset:+.6g} everywhere"


def _joined(pairs):
    flat = [(got.astype(float).ravel(), want.astype(float).ravel()) for got, want in pairs if want.dtype.kind in "iuf" and got.dtype.kind in "iuf"]
    if not flat:
        return np.empty(0), np.empty(0)
    return np.concatenate([got for got, _ in flat]), np.concatenate([want for _, want in flat])
