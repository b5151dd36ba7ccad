"""No public function of the course or of an installed library answers an exercise where work is graded.

Every callable is called with an exercise's cases (see `walk`), in the package as the assignment's sandbox shows it.
Whatever gives points must be absent there, or named as forbidden, or refused by torch while the function is checked.
"""

import io
import pickle
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from rnncourse.checking.exercise import matches
from rnncourse.exercises import exercises, find
from rnncourse.grading.judge.judge import absent_modules
from rnncourse.grading.judge.watch import OPERATORS
from rnncourse.grading.sandbox.view import package_view

WALK = Path(__file__).with_name("walk.py")
STEPS = "12345"
CRASHES = 12  # operators of torch that may end the process when they are called with what is not theirs


def of_step(step):
    """The exercises whose expected results are one set of arrays."""
    return [one for one in exercises() if one.id.startswith(f"{step}.") and one.verify is None]


@cache
def reachable(step, what, whole=False):
    """(exercise, candidate, way, names of the parts that it earns) of all that earns any."""
    asked = of_step(step)
    absent = () if whole else absent_modules(one for one in exercises() if one.id.startswith(f"{step}."))
    found, passed = [], set()
    for _ in range(CRASHES):
        done = subprocess.run(
            [sys.executable, "-P", str(WALK), str(package_view(absent).parent), what],
            input=pickle.dumps(([question(one) for one in asked], passed)), capture_output=True, check=False,
        )  # fmt: skip
        lines = list(unpickled(done.stdout))
        passed |= {line for line in lines if isinstance(line, str)}
        found += [line for line in lines if not isinstance(line, str)]
        if done.returncode == 0:
            break
        assert done.returncode < 0, done.stderr.decode()[-2000:]  # else it is a fault of the walk
    else:
        pytest.fail(f"the walk ended {CRASHES} times")
    assert len(passed) > (50 if what == "course" else 2000)
    earned = [(number, dotted, way, parts(find(number), given)) for number, dotted, way, given in found]
    return [one for one in earned if one[3]]


def unpickled(data):
    stream = io.BytesIO(data)
    while True:
        try:
            yield pickle.load(stream)
        except (EOFError, pickle.UnpicklingError):  # the last line of a process that crashed may be half a line
            return


def answered_cases(exercise):
    """(arguments, expected results, kind) of the cases in which the reference gives a result."""
    answers = exercise.answers(0)
    seen = [(case, answers.of(exercise.reference, n)) for n, case in enumerate(answers.cases)]
    return [(dict(case.args), one.arrays, case.kind) for case, one in seen if one.arrays is not None]


def question(exercise):
    return {"id": exercise.id, "probe": exercise.probe_source, "cases": answered_cases(exercise)}


def parts(exercise, given):
    """Parts of the exercise all of whose results are given in each of their cases."""
    found = []
    for name, part in exercise.parts.items():
        judged = [
            ({key for key in expected if part.results is None or any(matches(one, key) for one in part.results)}, got)
            for (_, expected, kind), got in zip(answered_cases(exercise), given, strict=True)
            if part.cases is None or kind in part.cases
        ]
        if judged and all(wanted and wanted <= got for wanted, got in judged):
            found.append(name)
    return found


# Ways that earned full points when lists of names alone were kept: the walk has to find them, or it proves nothing.
KNOWN = {
    ("2.4", "rnncourse.cells.fast_rnn.FastRNN", "backward"), ("2.3", "rnncourse.cells.fast_rnn.FastRNN", "backward"),
    ("2.1", "rnncourse.cells.rnn.RNN", "by stream"), ("2.2", "rnncourse.cells.rnn.RNN", "by as_step"),
    ("3.3", "rnncourse.cells.fast_lstm.FastLSTM", "backward"), ("3.4", "rnncourse.cells.gru.GRU", "by stream"),
    ("3.10", "rnncourse.states.saturation.half_life", "called"),
}  # fmt: skip


@pytest.mark.parametrize("step", "23")
def test_the_walk_finds_what_lists_of_names_left_out(step):
    found = {line[:3] for line in reachable(step, "course", whole=True)}
    assert {line for line in KNOWN if line[0].startswith(f"{step}.")} <= found


@pytest.mark.parametrize("step", STEPS)
def test_nothing_of_the_course_answers_an_exercise(step):
    assert reachable(step, "course") == []


@pytest.mark.parametrize("step", STEPS)
def test_what_a_library_answers_is_forbidden_or_refused(step):
    left = [line for line in reachable(step, "libraries") if not guarded(find(line[0]), line[1])]
    assert left == []


# A call that is the answer, and that the exercise is content with: who finds it has understood the task.
WELCOME = {("5.2", "numpy.tri")}


def guarded(exercise, dotted):
    if (exercise.id, dotted) in WELCOME:
        return True
    name = dotted.rpartition(".")[2]
    patterns = [OPERATORS[one] for one in exercise.forbidden if one in OPERATORS]
    of_torch = dotted.startswith("torch.") and not dotted.startswith("torch._decomp")
    return dotted in exercise.forbidden or (of_torch and any(re.search(pattern, name.lower()) for pattern in patterns))


def test_a_module_that_is_named_is_there():
    import importlib

    for exercise in exercises():
        for module in exercise.absent:
            assert importlib.import_module(module).__name__ == module
