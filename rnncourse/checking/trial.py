"""The cases of one seed, each observed with the learner's function, beside what the reference gives."""

from dataclasses import dataclass

from rnncourse.checking.compare import Finding, close, compare
from rnncourse.checking.exercise import Answers, Case
from rnncourse.checking.probe import Observation, observe_all


@dataclass(frozen=True)
class Trial:
    """One case: what the learner's function showed, beside what ours give."""

    index: int
    case: Case
    seen: Observation
    answers: Answers

    @property
    def expected(self):
        """What the reference gives."""
        return self.told(self.answers.exercise.reference)

    def told(self, function):
        """What a reference or a mistake of ours gives on this case."""
        return self.answers.of(function, self.index)


def run_trials(exercise, function, seed):
    """Observe a function on every case of a seed, in this process."""
    def observe(args, twice):
        return exercise.run(function, args, forbidden=(*exercise.forbidden, *exercise.absent), twice=twice)

    cases = [case.args for case in exercise.answers(seed).cases]
    return as_trials(exercise, seed, observe_all(observe, cases, exercise.deterministic))


def as_trials(exercise, seed, observations):
    """Observations of the first cases of a seed, wherever they were made, beside what the reference gives."""
    answers = exercise.answers(seed)
    pairs = zip(answers.cases, observations, strict=False)  # a call that was cut off is the last one
    return [Trial(index, case, seen, answers) for index, (case, seen) in enumerate(pairs)]


def findings_of(exercise, trial):
    """All that is wrong with one trial: list of `Finding`, empty if it is right."""
    found = _of_call(trial)
    if found is None:
        found = _of_error(trial) if trial.expected.trouble else _of_results(exercise, trial)
    return found + _of_manners(trial)


def _of_call(trial):
    """A call that gave no result where one was expected."""
    trouble = trial.seen.trouble
    if trouble is None or (trial.expected.trouble and trouble.kind == "error"):
        return None
    text = {
        "time": f"{trouble.message}: is there a loop that never ends?",
        "exit": f"it ended the program ({trouble.type}); a function returns instead",
        "interrupted": "it was interrupted",
        "not started": "not written yet for this case: it raises NotImplementedError",
        "structure": trouble.message,
    }.get(trouble.kind)
    if text:
        label = {"structure": "result", "not started": "result", "time": "time"}.get(trouble.kind, "stopped")
        return [Finding(label, text, case=trial.index)]
    where = f" ({trouble.line})" if trouble.line else ""
    return [Finding("error", f"it stops with {trouble.type}: {trouble.message}{where}", case=trial.index)]


def _of_error(trial):
    """The reference raises: so must the learner's function, with the same type and naming the same thing."""
    wanted, got = trial.expected.trouble, trial.seen.trouble
    told = f"{wanted.type} naming {wanted.message}"
    if got is None:
        first = next(iter(trial.seen.arrays.values()), None)
        shown = "" if first is None else f" {first.tolist()!r:.60}"
        return [Finding("no error", f"expected {told}; it returns{shown} without a word", case=trial.index)]
    if wanted.type not in got.mro:
        return [Finding("error", f"expected {told}; it raises {got.type}: {got.message}", case=trial.index)]
    if wanted.message.strip("'\"") not in got.message:
        return [Finding("error", f"its {got.type} should name {wanted.message}; it says {got.message!r}", case=trial.index)]
    return []


def _of_results(exercise, trial):
    if exercise.verify is not None:
        wrong = exercise.verify(trial.case.args, trial.seen.arrays)
        return [Finding("values", text, result, trial.index) for result, text in wrong]
    got, expected = trial.seen.arrays, trial.expected.arrays
    if got.keys() != expected.keys():
        return [Finding("result", f"{len(expected)} arrays are expected, it gives {len(got)}", case=trial.index)]
    found = []
    for name, right in expected.items():
        axes, from_list = exercise.axes(name), name in trial.seen.lists
        strict = name in exercise.int64 and not from_list
        wrong = compare(got[name], right, axes, rtol=exercise.rtol, atol=exercise.atol, int64=strict)
        if wrong is not None:
            found.append(Finding(*wrong, name, trial.index))
    return found


def _of_manners(trial):
    """What a right result does not excuse: changed arguments, results that do not last."""
    found = []
    if trial.seen.changed:
        names = ", ".join(name.lstrip("*") for name in trial.seen.changed)
        found.append(Finding("arguments", f"it changes its argument {names} in place; work on a copy", case=trial.index))
    if trial.seen.unstable:
        found.append(Finding("repeat", trial.seen.unstable, case=trial.index))
    return found


def alike(exercise, one, other, expected):
    """Two observations of the same case show the same: equal arrays, or errors of the same type that name the same."""
    if one.trouble or other.trouble:
        return bool(one.trouble and other.trouble) and _error_key(one, expected) == _error_key(other, expected)
    if one.arrays.keys() != other.arrays.keys():
        return False
    return all(close(one.arrays[name], other.arrays[name], rtol=exercise.rtol, atol=exercise.atol) for name in one.arrays)


def _error_key(seen, expected):
    trouble = seen.trouble
    if trouble.kind == "structure":
        return trouble.kind, trouble.message
    names = bool(expected.trouble) and expected.trouble.message.strip("'\"") in trouble.message
    return trouble.kind, trouble.type, names
