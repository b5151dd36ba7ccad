"""Whatever a learner's function does is seen and nothing of it escapes."""

import cProfile
import json
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from rnncourse.checking import limit, probe
from rnncourse.checking.probe import Structure, call, call_problem, observe, plain, same, unpack
from rnncourse.exercises import exercises

ARGS = {"x": np.arange(6.0).reshape(2, 3)}


def one(function, **options):
    return observe(function, lambda f, args: {"y": call(f, args)}, ARGS, **{"seconds": 2.0, **options})


def test_a_plain_result():
    seen = one(lambda x: x * 2)
    assert seen.trouble is None
    assert np.array_equal(seen.arrays["y"], ARGS["x"] * 2)
    assert seen.changed == () and seen.warned == () and seen.printed == ""


def fails(x):
    return x[99]


def test_an_error_is_told_with_its_type_and_the_learners_line():
    trouble = one(fails).trouble
    assert (trouble.kind, trouble.type) == ("error", "IndexError")
    assert "LookupError" in trouble.mro
    assert trouble.line.startswith("line ") and trouble.line.endswith("return x[99]")


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (lambda x: sys.exit(3), "exit"),
        (lambda x: (_ for _ in ()).throw(KeyboardInterrupt), "interrupted"),
        (lambda x: (_ for _ in ()).throw(NotImplementedError), "not started"),
        (lambda x: (_ for _ in ()).throw(NotImplementedError("TODO: 3 lines")), "not started"),
        (lambda x: (_ for _ in ()).throw(NotImplementedError("\"dot\" not implemented for 'Half'")), "error"),
        (lambda x: (_ for _ in ()).throw(RecursionError), "error"),
        (lambda x: (_ for _ in ()).throw(MemoryError), "error"),
        (lambda x: None, "structure"),
        (lambda x: "text", "structure"),
        (lambda x: [[1.0], [1.0, 2.0]], "structure"),
        (lambda x: np.array([None, 1.0]), "structure"),
        (lambda x: {"a": 1}, "structure"),
        (lambda x: (i for i in range(3)), "structure"),
    ],
)
def test_every_way_to_give_no_result_has_its_kind(function, kind):
    seen = one(function)
    assert seen.trouble.kind == kind
    assert seen.arrays is None


def test_an_endless_loop_is_told():
    def endless(x):
        while True:
            pass

    assert one(endless, seconds=0.1).trouble.kind == "time"


def test_an_error_whose_text_fails_is_told():
    class Odd(Exception):
        def __str__(self):
            raise RuntimeError("no text")

    def odd(x):
        raise Odd

    assert "cannot be shown" in one(odd).trouble.message


def test_prints_and_warnings_are_kept_aside(capsys):
    def noisy(x):
        print("hello")
        print("to stderr", file=sys.stderr)
        return np.log(x)

    seen = one(noisy)
    assert capsys.readouterr() == ("", "")
    assert seen.printed_lines == 2 and seen.printed.startswith("hello")
    assert len(seen.warned) == 1 and "divide by zero" in seen.warned[0]


def test_a_flood_of_output_costs_no_memory():
    def flood(x):
        for _ in range(20_000):
            print("x" * 100)
        return x

    seen = one(flood)
    assert seen.printed_lines == 20_000
    assert len(seen.printed) <= probe.PRINTED


def test_an_edit_in_place_is_told_and_the_callers_array_stays():
    def edits(x):
        x += 1
        return x * 1.0

    before = ARGS["x"].copy()
    assert one(edits).changed == ("x",)
    assert np.array_equal(ARGS["x"], before)


def test_an_appended_list_is_an_edit_too():
    def appends(sequences):
        sequences.append(1)
        return [1.0]

    seen = observe(appends, lambda f, args: {"y": call(f, args)}, {"sequences": [np.zeros(2)]})
    assert seen.changed == ("sequences",)


def test_one_shared_array_for_two_calls_is_told():
    buffer = np.zeros((2, 3))

    def shares(x):
        buffer[:] += x
        return buffer

    assert "share one array" in one(shares, twice=True).unstable


def test_two_different_results_of_equal_calls_are_told():
    rng = np.random.default_rng(0)
    assert "different results" in one(lambda x: x + rng.normal(), twice=True).unstable
    assert one(lambda x: x + 1, twice=True).unstable == ""


def test_shortcuts_are_seen_under_any_name():
    alias = np.linalg.solve
    seen = one(lambda x: x[:, 0] * alias(np.eye(2), np.ones(2)), forbidden=("numpy.linalg.solve", "no.such.module"))
    assert seen.shortcuts == ("numpy.linalg.solve",)
    assert one(lambda x: x, forbidden=("numpy.linalg.solve",)).shortcuts == ()
    assert sys.getprofile() is None


def test_a_check_under_cprofile_watches_and_the_profile_goes_on():
    profile, seen = cProfile.Profile(), []

    def checked():
        seen.append(one(lambda x: np.linalg.norm(x, axis=0), forbidden=("numpy.linalg.norm",)))
        return sorted([3, 1, 2])

    profile.runcall(checked)
    assert seen[0].trouble is None and seen[0].shortcuts == ("numpy.linalg.norm",)
    assert any("sorted" in str(entry.code) for entry in profile.getstats())


def test_a_forbidden_class_is_seen_by_its_methods():
    import decimal
    import fractions

    seen = one(lambda x: x * float(fractions.Fraction(1, 2)), forbidden=("fractions.Fraction", "decimal.Decimal"))
    assert seen.shortcuts == ("fractions.Fraction",)
    assert decimal.Decimal(1) == 1  # left as it was


def test_tensors_with_and_without_gradient_are_arrays():
    torch = pytest.importorskip("torch")
    tensor = torch.ones(2, 3, dtype=torch.float64, requires_grad=True)
    assert plain(tensor).dtype == np.float64
    assert plain([tensor, tensor * 2]).shape == (2, 2, 3)
    assert same(plain(tensor.detach().t()), np.ones((3, 2)))


def test_call_takes_positions_names_and_starred_arguments():
    args = {"train": 1, "*others": [2, 3]}
    assert call(lambda train, *others: (train, others), args) == (1, (2, 3))
    assert call(lambda *, x: x, {"x": 5}) == 5
    with pytest.raises(Structure, match=r"cannot be called with \(x\)"):
        call(lambda a, b: a, {"x": 5})


def test_call_problem_names_both_signatures():
    assert call_problem(lambda a, b: 0, lambda x, y: 0) == ""
    assert call_problem(lambda *anything: 0, lambda x, y: 0) == ""
    assert call_problem(lambda a, b, c=1: 0, lambda x, y: 0) == ""
    assert call_problem(lambda train: 0, lambda train, *others: 0) == "expected (train, *others), yours is (train)"
    assert call_problem(3, lambda x: 0) == "it is no function but of type int"


def test_unpack_counts_the_results():
    assert unpack(5, ("y",)) == {"y": 5}
    assert unpack([1, 2], ("a", "b")) == {"a": 1, "b": 2}
    for result, told in ((None, "returns None"), (np.zeros(2), "one ndarray"), ((1, 2, 3), "it returns 3")):
        with pytest.raises(Structure, match=told):
            unpack(result, ("a", "b"))


def test_same_knows_nan_types_and_nesting():
    nan = np.array([np.nan, 1.0])
    assert same({"a": [nan, (1, "x")]}, {"a": [nan.copy(), (1, "x")]})
    assert not same(nan, nan.astype(np.float32))
    assert not same([nan], (nan,))
    assert not same({"a": 1}, {"b": 1})


WORKER = """
import json, sys

class Closed:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "rnncourse":
            raise ImportError("the course is not here")

sys.meta_path.insert(0, Closed())
sys.path.insert(0, sys.argv[1])
import numpy as np
import probe

told = {}
for name, source, names, cases, learner in json.load(open(sys.argv[2])):
    space = {}
    exec(learner, space)
    if source:
        exec(source, vars(probe))
        own = vars(probe)["probe"]
    else:
        own = lambda f, args, names=names: probe.unpack(probe.call(f, args), names)
    for case in cases:
        args = {k: np.array(v["array"], dtype=v["dtype"]) if isinstance(v, dict) else v for k, v in case.items()}
        args = {k: [np.array(a) for a in v] if k in ("sequences", "*others") else v for k, v in args.items()}
        seen = probe.observe(space[name], own, args)
        told.setdefault(name, []).append({k: [a.tolist(), str(a.dtype)] for k, a in (seen.arrays or {}).items()})
json.dump(told, sys.stdout)
"""

RIGHT = {
    "running_mean": "def running_mean(series):\n    import numpy as np\n    return np.cumsum(series) / np.arange(1, len(series) + 1)",
    "last_valid": "def last_valid(states, lengths):\n    return [states[b, n - 1] for b, n in enumerate(lengths)]",
    "chronological_split": """
def chronological_split(series, fractions):
    parts, start, total = [], 0, 0.0
    for fraction in fractions:
        total += fraction
        parts.append(series[start : round(total * len(series))])
        start = round(total * len(series))
    return parts""",
    "standardize": """
def standardize(train, *others):
    mean, std = train.mean(axis=0), train.std(axis=0)
    std[std == 0] = 1
    return [(part - mean) / std for part in (train, *others)], mean, std""",
    "stateful_batches": """
def stateful_batches(ids, batch_size, length):
    per = (len(ids) - 1) // batch_size
    for t in range(0, per - length + 1, length):
        rows = [ids[r * per + t : r * per + t + length + 1] for r in range(batch_size)]
        yield [row[:-1].tolist() for row in rows], [row[1:].tolist() for row in rows]""",
}


def _json(value):
    if isinstance(value, np.ndarray):
        return {"array": value.tolist(), "dtype": str(value.dtype)}
    return [v.tolist() for v in value] if isinstance(value, list) and value and isinstance(value[0], np.ndarray) else value


def test_a_probe_runs_in_a_process_that_has_only_two_files_of_the_course(tmp_path):
    """The judge sends `probe.py`, `limit.py` and a probe's source into a sandbox and compares outside."""
    for module in (probe, limit):
        (tmp_path / Path(module.__file__).name).write_text(Path(module.__file__).read_text())
    chosen = [e for e in exercises() if e.name in RIGHT]
    work = [
        [e.name, e.probe_source, list(e.returns), [{k: _json(v) for k, v in c.args.items()} for c in e.cases(5)], textwrap.dedent(RIGHT[e.name])]
        for e in chosen
    ]
    (tmp_path / "work.json").write_text(json.dumps(work))
    (tmp_path / "worker.py").write_text(WORKER)
    done = subprocess.run(
        [sys.executable, "-I", str(tmp_path / "worker.py"), str(tmp_path), str(tmp_path / "work.json")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    for exercise in chosen:
        for case, arrays in zip(exercise.cases(5), told[exercise.name], strict=True):
            got = {name: np.array(values, dtype=dtype) for name, (values, dtype) in arrays.items()}
            if exercise.verify:
                assert exercise.verify(case.args, got) == []
            else:
                right = exercise.run(exercise.reference, case.args).arrays
                assert got.keys() == right.keys()
                assert all(np.allclose(got[name], right[name]) for name in right)


class Refuses:
    def __array__(self, *args, **options):
        raise RuntimeError("no array of me")

    def detach(self):
        return self

    cpu = resolve_conj = resolve_neg = detach

    def numpy(self):
        return self


class NeverEnds(Exception):
    def __str__(self):
        while True:
            pass


def never_ends(x):
    raise NeverEnds


def test_a_result_whose_own_code_fails_is_reported():
    trouble = one(lambda x: Refuses()).trouble
    assert (trouble.kind, trouble.type, trouble.message) == ("error", "RuntimeError", "no array of me")


def test_a_result_larger_than_memory_is_reported():
    trouble = one(lambda x: np.broadcast_to(0.0, (10**6, 10**7))).trouble
    assert trouble.kind == "structure" and "too large" in trouble.message


def test_an_error_whose_text_never_ends_is_reported():
    trouble = one(never_ends).trouble
    assert (trouble.type, trouble.message) == ("NeverEnds", "(its message cannot be shown)")
