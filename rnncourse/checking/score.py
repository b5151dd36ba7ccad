"""From a function to a report: observe, find what is wrong, give points a property, name the cause."""

import numpy as np

from rnncourse.checking.compare import Finding
from rnncourse.checking.diagnose import diagnose
from rnncourse.checking.probe import call_problem
from rnncourse.checking.report import Hint, PartResult, Report
from rnncourse.checking.trial import findings_of, run_trials

SHOWN = 4  # findings a card shows; the rest are counted


def assess(exercise, function, seed=0):
    """Check one function against its exercise: a `Report`; whatever the function does is in it, nothing is raised."""
    problem = call_problem(function, exercise.reference)
    if problem:
        return refused(exercise, "signature", problem)
    return assess_trials(exercise, run_trials(exercise, function, seed))


def assess_trials(exercise, trials):
    """The `Report` on trials, wherever the function was called."""
    if all(t.seen.trouble and t.seen.trouble.kind == "not started" for t in trials):
        return not_started(exercise)
    broken = reference_trouble(exercise, trials)
    if broken is not None:
        return refused(exercise, "check", _cannot_run(broken))
    found = [finding for trial in trials for finding in findings_of(exercise, trial)]
    return _judged(exercise, trials, found)


def reference_trouble(exercise, trials):
    """The `Trouble` of the reference in a case where it gives a result; None where all is well, as on any sound machine."""
    return next((t.expected.trouble for t in trials if t.expected.trouble and t.case.kind not in exercise.raising), None)


def _judged(exercise, trials, found):
    wrong_results = list(dict.fromkeys(f.result for f in found if f.result))
    shortcut = any(trial.seen.shortcuts for trial in trials)
    passed = not found and not shortcut
    cause = None if passed else diagnose(exercise, trials, wrong_results)
    crashed = all(_crashed(t.seen) for t in trials if not t.expected.trouble)
    void = {n for n, p in exercise.parts.items() if shortcut or (crashed and _asks_for_errors(exercise, p))}
    parts = tuple(PartResult(n, float(p.points), n not in void and _holds(p, trials, found)) for n, p in exercise.parts.items())
    return Report(
        exercise.id,
        exercise.name,
        "passed" if passed else "error" if crashed else "failed",
        float(sum(p.points for p in parts if p.passed)),
        float(exercise.points),
        tuple(_first_of_each(found, cause)),
        cause,
        parts if len(parts) > 1 else (),
        tuple(describe(case.args) for case in trials[0].answers.cases),
        tuple(_notes(trials)),
        None if passed else hint(exercise, 1),
    )


def _cannot_run(trouble):
    """Why our own reference gave no result on this computer: no fault of the learner's."""
    text = f"the check itself cannot run here, which says nothing about your function: {trouble.type} {trouble.message}".strip()
    missing = trouble.type in ("ModuleNotFoundError", "ImportError")
    return text + '; install what the course needs with: pip install "rnncourse[course]"' * missing


def _crashed(seen):
    return seen.trouble is not None and seen.trouble.kind in ("error", "time", "exit", "interrupted")


def _asks_for_errors(exercise, part):
    """Whether a property is that an error is raised; a function that always stops with one shows nothing of it."""
    return part.cases is not None and set(part.cases) <= set(exercise.raising)


def _holds(part, trials, found):
    """A part holds if its results are right in each of its cases; what concerns a whole call concerns all results.

    A case that was never reached, since a call before it was cut off, is no right one.
    """
    wanted = [n for n, case in enumerate(trials[0].answers.cases) if part.cases is None or case.kind in part.cases]
    if not wanted or not {trial.index for trial in trials}.issuperset(wanted):
        return False
    for finding in found:
        case = next(t.case for t in trials if t.index == finding.case)
        in_cases = part.cases is None or case.kind in part.cases
        if in_cases and (not finding.result or part.covers(case, finding.result)):
            return False
    return True


def _first_of_each(found, cause):
    """One finding a result and label, from the first case that shows it; the rest are counted."""
    first = {}
    for finding in found:
        first.setdefault((finding.result, finding.label), finding)
    shown = list(first.values())[:SHOWN]
    if len(first) > SHOWN:
        more = len(first) - SHOWN
        shown.append(Finding("more", f"{more} more finding{'s' * (more > 1)} of this kind"))
    if cause is not None and cause.kind == "shortcut" and not shown:
        shown.append(Finding("shortcut", "the values are right, but this exercise asks you to write the computation"))
    return shown


def not_started(exercise):
    todo = Finding("to do", f"write {exercise.signature} in the cell above, then run both cells again")
    return Report(exercise.id, exercise.name, "not started", 0.0, float(exercise.points), (todo,), hint=hint(exercise, 1))


def refused(exercise, label, text):
    """A report for a function that could not be called at all."""
    return Report(exercise.id, exercise.name, "error", 0.0, float(exercise.points), (Finding(label, text),), hint=hint(exercise, 1))


def hint(exercise, place):
    """One step of the hint ladder; past its end the last one."""
    place = min(place, len(exercise.hints))
    return Hint(exercise.hints[place - 1], place, len(exercise.hints))


def _notes(trials):
    """What happened beside the result: prints, warnings; not in a call that was cut off, where it depends on when."""
    trials = [t for t in trials if not (t.seen.trouble and t.seen.trouble.kind == "time")]
    lines = sum(t.seen.printed_lines for t in trials)
    if lines:
        first = next(t.seen.printed for t in trials if t.seen.printed).splitlines()[0]
        yield f"your function printed {lines} line{'s' * (lines > 1)}, the first: {first[:80]}"
    warned = list(dict.fromkeys(text for t in trials for text in t.seen.warned))
    yield from warned[:2]


def describe(args):
    """A case's arguments in a few words: `ids (17,), length=5`."""
    return ", ".join(_described(name.lstrip("*"), value) for name, value in args.items())


def _described(name, value):
    if isinstance(value, np.ndarray):
        return f"{name} {value.shape}"
    if isinstance(value, (list, tuple)) and len(value) and isinstance(value[0], np.ndarray):
        return f"{name}: {len(value)} arrays of " + ", ".join(str(item.shape) for item in value[:3]) + (" …" if len(value) > 3 else "")
    if isinstance(value, dict):
        return f"{name}: " + ", ".join(_described(key, one) for key, one in value.items())
    shown = repr(value)
    return f"{name}={shown}" if len(shown) <= 40 else f"{name}={shown[:36]}…"
