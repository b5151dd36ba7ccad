"""Points for work that is not there: everything that might make the judge take a wrong answer for a right one.

Out of scope, because nothing outside can see it: the judge's own code beside the learner's (`beside`, `probe`) can be
replaced there, and then it can keep silent about an argument that was changed in place, a result that does not last,
or the name of ready-made code that was called. What it can never do is to know the right values; and who replaces it
has to write code that an instructor finds in the notebook.
"""

import json

from rnncourse.checking.score import assess
from rnncourse.exercises import find
from tests.grading.attacks.attack import attack

WRONG = """
import numpy as np
def last_valid(states, lengths):
    return np.zeros((len(states), states.shape[-1]))
"""
HELPER = "import sys\n_beside, _wire = sys.modules['_rnncourse_beside'], sys.modules['_rnncourse_wire']\n"


def block(work, key, **changes):
    """Change nbgrader's metadata of a cell."""
    work.cell(key)["metadata"]["nbgrader"].update(changes)


# ---------------------------------------------------------------- the check and the check cells


@attack()
def redefines_check(work):
    """`check`, `examine` and `assess` are replaced by functions that are content with everything."""
    work.write("last_valid", WRONG)
    work.add("""
        import rnncourse, rnncourse.learner.check, rnncourse.checking.score as score, rnncourse.checking.compare as compare
        def check(*anything, **more):
            return 100.0
        rnncourse.check = rnncourse.learner.check.check = rnncourse.learner.check.examine = check
        score.assess = score.assess_trials = compare.compare = compare.close = check
        class CheckFailed:
            pass
        rnncourse.learner.check.CheckFailed = CheckFailed
    """, before="last_valid")  # fmt: skip


@attack(remark="check_last_valid")
def edits_check_cells(work):
    """The check cells say "passed" and give the points themselves."""
    for cell in work.notebook["cells"]:
        if cell["id"].startswith("check_"):
            cell["source"] = "print('passed')\n100.0"
    work.write("last_valid", WRONG)


@attack()
def deletes_check_cells(work):
    """All check cells are gone, so that nothing can fail."""
    work.write("last_valid", WRONG)
    work.notebook["cells"] = [cell for cell in work.notebook["cells"] if not cell["id"].startswith("check_")]


@attack()
def makes_check_cells_text(work):
    """The check cells are Markdown, tasks, solutions, or graded by hand."""
    work.write("last_valid", WRONG)
    for n, cell in enumerate(cell for cell in work.notebook["cells"] if cell["id"].startswith("check_")):
        changes = ({"cell_type": "markdown"}, {"grade": False}, {"solution": True, "locked": False}, {"task": True})[n % 4]
        cell["metadata"]["nbgrader"].update(changes)
        if n % 4 == 0:
            cell["cell_type"] = "markdown"
            del cell["outputs"], cell["execution_count"]


@attack()
def raises_the_points(work):
    """Check cells are worth 1,000 points, and so are the learner's own cells, the course's cells and new ones."""
    work.write("last_valid", WRONG)
    for cell in work.notebook["cells"]:
        cell["metadata"].setdefault("nbgrader", {"schema_version": 3, "locked": False, "solution": False, "task": False})
        cell["metadata"]["nbgrader"].update(grade=True, points=1000, grade_id=cell["id"])


@attack()
def adds_graded_cells(work):
    """New check cells with points of their own, among them one about a function that everybody has."""
    for n, name in enumerate(("print", "len", "last_valid")):
        key = f"check_bonus_{n}"
        work.add(f"check({name})", before="cell-11", key=key)
        work.cell(key)["metadata"]["nbgrader"] = {
            "grade": True, "solution": False, "locked": True, "task": False, "schema_version": 3, "points": 50,
            "grade_id": key, "cell_type": "code",
        }  # fmt: skip
    work.write("last_valid", WRONG)


@attack()
def doubles_grade_ids(work):
    """Each check cell stands there three times, with one id, and the copies are about nothing."""
    work.write("last_valid", WRONG)
    for cell in [cell for cell in work.notebook["cells"] if cell["id"].startswith("check_")]:
        for _ in range(2):
            work.notebook["cells"].append(json.loads(json.dumps(cell)) | {"source": "pass"})


@attack(may=2.0)
def checks_another_function(work):
    """Every check cell asks about the one function that is right."""
    work.solve("last_valid")
    for cell in work.notebook["cells"]:
        if cell["id"].startswith("check_"):
            cell["source"] = "check(last_valid)"


@attack(may=2.0)
def one_function_under_every_name(work):
    """The one right function bears the names of all others too."""
    work.solve("last_valid")
    names = "encode_text = next_step_pairs = make_windows = chronological_split = standardize = pad_sequences = last_valid"
    work.add(names + "\nstateful_batches = ngram_bits = last_valid", before="check_last_valid")


# ---------------------------------------------------------------- results that are no plain arrays


@attack()
def equal_to_everything(work):
    """Results of a type that says of itself that it equals everything, and is near to everything."""
    work.write("last_valid", """
        import numpy as np
        class Yes(np.ndarray):
            def __eq__(self, other):
                return np.ones(np.shape(other), bool)
            __ge__ = __le__ = __gt__ = __lt__ = __eq__
            __hash__ = None
            def __array_ufunc__(self, ufunc, method, *inputs, **more):
                return np.ones(np.broadcast_shapes(*map(np.shape, inputs)), bool)
            def __array_function__(self, function, types, args, kwargs):
                return True
            def all(self, *anything, **more):
                return True
        def last_valid(states, lengths):
            return np.zeros((len(states), states.shape[-1])).view(Yes)
    """)


@attack()
def another_array_each_time(work):
    """Masked, object, text, structured, date and complex arrays in turn, wrong all of them."""
    work.write("last_valid", """
        import itertools
        import numpy as np
        turns = itertools.count()
        def last_valid(states, lengths):
            right = np.zeros((len(states), states.shape[-1]))
            kinds = [
                lambda: np.ma.masked_all(right.shape),
                lambda: right.astype(object),
                lambda: right.astype(str),
                lambda: np.zeros(right.shape, [("a", float), ("b", object)]),
                lambda: np.full(right.shape, np.datetime64("NaT")),
                lambda: right + 1j * np.nan,
                lambda: np.matrix(right),
                lambda: right.astype(np.longdouble) * np.nan,
            ]
            return kinds[next(turns) % len(kinds)]()
    """)


@attack()
def nothing_but_nan(work):
    """NaN everywhere, which equals itself in many a comparison."""
    work.write("last_valid", "import numpy as np\ndef last_valid(states, lengths):\n    return np.full((len(states), states.shape[-1]), np.nan)")
    work.write("ngram_bits", "def ngram_bits(train_ids, test_ids, vocabulary_size, order, alpha):\n    return float('nan')")


@attack()
def shapes_that_broadcast(work):
    """A number, an empty array or one row of the right values, which NumPy would stretch to the shape that is asked for."""
    work.write("last_valid", """
        import itertools
        import numpy as np
        turns = itertools.count()
        def last_valid(states, lengths):
            right = states[np.arange(len(lengths)), lengths - 1]
            return [right[:1], right[None], right[:0], right.mean(), right[:, :1], right[:0, :0]][next(turns) % 6]
    """)


@attack()
def not_one_array_but_names(work):
    """A split with parts of other names and in other numbers, with rows that are no rows."""
    work.write("chronological_split", """
        import numpy as np
        def chronological_split(series, fractions):
            wild = np.full((len(series), *series.shape[1:]), np.inf)
            return [wild[:0]] * len(fractions) if len(fractions) % 2 else [series[:1]] * len(fractions)
    """)


@attack()
def draws_that_look_right(work):
    """A split whose parts are views of one another and change after they were looked at."""
    work.write("chronological_split", """
        import numpy as np
        class Later(np.ndarray):
            def __array__(self, *anything, **more):
                return np.zeros(self.shape)
            def tolist(self):
                return [0] * len(self)
        def chronological_split(series, fractions):
            return [series[:0].view(Later) for _ in fractions]
    """)


@attack()
def objects_that_act_when_read(work):
    """Results that would run code on the host if it unpickled, converted or printed them."""
    work.write("last_valid", """
        import os
        import numpy as np
        class Trap:
            shape, dtype, ndim = (3, 4), np.dtype(float), 2
            def act(self, *anything, **more):
                for place in (_HOST["outside"], _HOST["class"], _HOST["home"], "/tmp"):
                    try:
                        open(f"{place}/rnn-attack-acted", "w").close()
                    except OSError:
                        pass
                return np.zeros(self.shape)
            def __reduce_ex__(self, protocol):
                return os.system, (f"touch {_HOST['outside']}/rnn-attack-unpickled",)
            __array__ = __len__ = __float__ = detach = cpu = numpy = resolve_conj = resolve_neg = __index__ = act
            def __repr__(self):
                return str(self.act())
            def __getattr__(self, name):
                return self.act
        def last_valid(states, lengths):
            return Trap() if len(states) % 2 else [[Trap()] * states.shape[-1]] * len(states)
    """)


# ---------------------------------------------------------------- the tools beside the learner's code


@attack()
def patches_numpy_and_json(work):
    """Comparing, converting and writing functions of NumPy, json, base64 and of Python itself are replaced."""
    work.write("last_valid", WRONG)
    work.add("""
        import base64, builtins, json
        import numpy as np
        def yes(*anything, **more):
            return True
        np.allclose = np.isclose = np.array_equal = np.testing.assert_allclose = yes
        old = json.dumps
        json.dumps = lambda value, **more: old(value, **more).replace('"trouble":{', '"passed":{')
        base64.b64encode = lambda content, encode=base64.b64encode: encode(content)
        builtins.isinstance = lambda thing, kind, real=isinstance: real(thing, kind) or kind is bool
        builtins.all = builtins.any = yes
    """, before="last_valid")  # fmt: skip


@attack(finding="cannot be read")
def replaces_the_helper(work):
    """The judge's helper is another one, which says that all is right and nothing was wrong."""
    work.write("last_valid", WRONG)
    work.write("ngram_bits", WRONG.replace("last_valid", "ngram_bits"))
    work.add(HELPER + """
class Fake:
    def answer(self, text, names, most):
        import json
        return _beside.Answer(json.dumps({"dict": [["passed", True], ["points", 100.0], ["status", "passed"], ["seen", {"list": []}]]}))
sys.modules["_rnncourse_beside"] = Fake()
""", before="last_valid")  # fmt: skip


@attack()
def says_nothing_is_there(work):
    """The helper says "missing", "no problem", or sends no text at all, exercise by exercise."""
    work.add(HELPER + """
answers = iter([
    {"missing": True}, {"missing": "no"}, {"problem": ""}, {"problem": None}, {}, {"seen": None}, {"seen": [{}]},
    {"seen": [{"arrays": None, "trouble": None}]}, {"seen": [], "missing": False, "problem": ""},
])
def answer(text, names, most):
    return _beside.Answer(_wire.encode(next(answers)))
_beside.answer = answer
""")  # fmt: skip


OBSERVED = """
def observed(arrays, **more):
    return {"arrays": arrays, "trouble": None, "printed": "", "printed_lines": 0, "warned": [], "changed": [], "unstable": "",
            "shortcuts": [], "lists": [], "evasions": [], **more}
"""


@attack()
def tells_only_of_the_first_case(work):
    """The function is right in the first case only, and the helper says nothing of the others."""
    work.write("last_valid", """
        import numpy as np
        shapes = []
        def last_valid(states, lengths):
            shapes.append(states.shape)
            right = states[np.arange(len(lengths)), lengths - 1]
            return right if states.shape == shapes[0] else right * 0
    """)
    work.add(HELPER + """
real = _beside.probe.observe_all
_beside.probe.observe_all = lambda observe, cases, deterministic: real(observe, cases, deterministic)[:1]
""")  # fmt: skip


@attack()
def sends_another_exercises_answer(work):
    """The helper answers about each function with what it saw of another one, which is right."""
    work.solve("next_step_pairs")
    work.add(HELPER + """
real, kept = _beside.answer, []
def answer(text, names, most):
    request = _wire.decode(text, 10**9)
    if request["name"] == "next_step_pairs":
        kept.append(real(text, names, most).text)
        return _beside.Answer(_wire.encode({"missing": True}))
    return _beside.Answer(kept[-1] if kept else _wire.encode({"missing": True}))
_beside.answer = answer
""")  # fmt: skip


@attack()
def sends_broken_text(work):
    """The helper sends text that is damaged in one way an exercise: sizes, types, nesting, numbers, bytes."""
    work.add(HELPER + """
import json
def with_array(*array):
    record = {"dict": [["arrays", {"dict": [["values", {"array": list(array)}]]}], ["trouble", None], ["printed", ""], ["printed_lines", 0],
              ["warned", {"list": []}], ["changed", {"list": []}], ["unstable", ""], ["shortcuts", {"list": []}], ["lists", {"list": []}]]}
    return json.dumps({"dict": [["seen", {"list": [record]}]]})
texts = iter([
    '{"list":' * 100_000, with_array("O8", [1], "AAAAAAAAAAA="), with_array("f8", [2**62, 2**62, 0], ""),
    with_array("f8", [-1], "AAAAAAAAAAA="), with_array("f8", [1] * 64, "AAAAAAAAAAA="), with_array("f8", [1], "not base64 \\udcff"),
    '{"dict":[[{"array":["f8",[0],""]},1]]}', "9" * 100_000, '{"seen":1}{"seen":2}',
])
def answer(text, names, most):
    return _beside.Answer(next(texts))
_beside.answer = answer
""")  # fmt: skip


@attack()
def text_that_is_no_text(work):
    """The answer is a number, a list, nothing, or an error, in place of text."""
    work.add(HELPER + """
turns = iter([5, ["a"], None, {"dict": []}, "", "null", "NaN", "[[]]", '"text"'])
def answer(text, names, most):
    return _beside.Answer(next(turns))
_beside.answer = answer
""")  # fmt: skip


@attack(may=2.0)
def forges_the_kernels_replies(work):
    """The kernel's own session signs forged replies and "idle" messages, for this request and for all to come."""
    work.solve("last_valid")
    work.write("ngram_bits", WRONG.replace("last_valid", "ngram_bits"))
    work.add("""
        import threading, time
        from ipykernel.kernelapp import IPKernelApp
        kernel = IPKernelApp.instance().kernel
        real = kernel.session.send
        def send(stream, message, content=None, *more, **words):
            kind = message if isinstance(message, str) else message.get("msg_type")
            if kind == "execute_reply" and isinstance(content, dict):
                for _ in range(3):
                    forged = {"status": "ok", "execution_count": 1, "payload": [], "points": 100, "passed": True}
                    parent = words.get("parent") or {}
                    real(kernel.iopub_socket, "status", {"execution_state": "idle"}, parent=parent, ident=None)
                    content.update(forged)
            return real(stream, message, content, *more, **words)
        kernel.session.send = send
        def flood():
            until = time.monotonic() + 3
            while time.monotonic() < until:
                real(kernel.iopub_socket, "status", {"execution_state": "idle"}, parent={"header": {"msg_id": "1"}})
                time.sleep(0.01)
        threading.Thread(target=flood, daemon=True).start()
    """, before="ngram_bits")  # fmt: skip


@attack()
def answers_in_the_kernels_name(work):
    """The reply to the judge's question is not what the helper says but a report that is full of praise."""
    work.write("last_valid", WRONG)
    work.add("""
        from ipykernel.kernelapp import IPKernelApp
        kernel = IPKernelApp.instance().kernel
        real = kernel.session.send
        def send(stream, message, content=None, *more, **words):
            if message == "execute_reply" and content and content.get("user_expressions"):
                praise = '{"dict":[["seen",{"list":[{"dict":[["arrays",{"dict":[]}],["trouble",null]]}]}],["passed",true]]}'
                content["user_expressions"] = {"answer": {"status": "ok", "data": {"application/x-rnncourse": praise}, "metadata": {}}}
            return real(stream, message, content, *more, **words)
        kernel.session.send = send
    """, before="last_valid")  # fmt: skip


@attack()
def hooks_into_ipython(work):
    """Event, input and syntax-tree hooks, the display formatter, the display hook and the name space are the attacker's."""
    work.write("last_valid", WRONG)
    work.add("""
        import ast, sys
        from IPython.core.interactiveshell import InteractiveShell
        shell = InteractiveShell.instance()
        class Praise(ast.NodeTransformer):
            def visit_Module(self, node):
                return ast.parse("points = 100.0")
        class Formatter:
            def format(self, thing, include=None, exclude=None):
                return {"text/plain": "passed", "application/x-rnncourse": '{"dict":[["passed",true]]}'}, {}
            def __getattr__(self, name):
                return lambda *anything, **more: ({"application/x-rnncourse": '{"dict":[["passed",true]]}'}, {})
        shell.ast_transformers.append(Praise())
        shell.input_transformers_post.append(lambda lines: ["points = 100.0"])
        for name in ("pre_run_cell", "post_run_cell", "pre_execute", "post_execute"):
            shell.events.register(name, lambda *anything: None)
        shell.display_formatter = Formatter()
        sys.displayhook = print
    """, before="check_ngram_bits")  # fmt: skip


@attack()
def a_name_space_that_lies(work):
    """The name space, the import function and the shell that the judge's question goes through are replaced."""
    work.write("last_valid", WRONG)
    work.add("""
        import builtins, types
        from IPython.core.interactiveshell import InteractiveShell
        class Liar(dict):
            def get(self, name, default=None):
                return lambda *args: args[0]
            __getitem__ = __missing__ = get
        shell = InteractiveShell.instance()
        real = builtins.__import__
        def importing(name, *more):
            if name == "sys":
                return types.SimpleNamespace(modules={"_rnncourse_beside": types.SimpleNamespace(answer=lambda *a: "passed")}, maxsize=1)
            return real(name, *more)
        shell.user_ns = Liar(shell.user_ns)
        builtins.__import__ = importing
    """, before="check_ngram_bits")  # fmt: skip


SHADOWS = (
    "sitecustomize.py", "usercustomize.py", "numpy.py", "numpy/__init__.py", "json.py", "ipykernel.py", "IPython/__init__.py", "zmq.py",
    "ipython_config.py", "ipython_kernel_config.py", "jupyter_config.py", "nbgrader_config.py", "kernel.json", "evil.pth", "conftest.py",
    "rnncourse/__init__.py", "rnncourse/checking/probe.py", "rnncourse/grading/judge/judge.py", "_rnncourse_wire.py", "limit.py",
    ".ipython/profile_default/startup/00.py", "profile_default/startup/00.py", "startup.py", "torch.py", "matplotlib/__init__.py", "traitlets.py",
)  # fmt: skip


@attack(ran=True)
def files_that_stand_in_for_packages(work):
    """Files beside the notebook with the names of packages, start-up files and settings of Python, IPython and nbgrader."""
    act = """
        import builtins, pathlib
        builtins.SHADOW = __file__
        for place in ({outside!r}, {home!r}, {root!r}):
            try:
                pathlib.Path(place, "rnn-attack-shadow").touch()
            except OSError:
                pass
    """
    for name in SHADOWS:
        text = "import builtins; builtins.SHADOW = 1" if name.endswith((".json", ".pth")) else act
        work.put(name, text.format(outside=work.targets["outside"], home=work.targets["home"], root=work.targets["class"]))
    work.write("last_valid", WRONG)
    work.add("""
        import builtins, json, numpy, rnncourse, zmq
        _tried("a file of the submission ran unasked", lambda: _any(getattr(builtins, "SHADOW", None)))
    """, before="last_valid")  # fmt: skip


# ---------------------------------------------------------------- answers that were known before


def table_of(name, seed=0):
    """Source of a function that knows the right results of a seed's cases by heart, and nothing else."""
    exercise = find(name)
    known = [(case.args, exercise.reference(**case.args)) for case in exercise.cases(seed)]
    rows = {repr({key: _plain(value) for key, value in args.items()}): _plain(result) for args, result in known}
    return (
        f"import numpy as np\nTABLE = {rows!r}\n"
        f"def plain(value):\n    return value.tolist() if hasattr(value, 'tolist') else value\n"
        f"def {name}(states, lengths):\n"
        "    return TABLE.get(repr({'states': plain(states), 'lengths': plain(lengths)}), np.zeros((len(states), states.shape[-1])))\n"
    )


def _plain(value):
    return value.tolist() if hasattr(value, "tolist") else value


@attack()
def knows_the_self_study_cases(work):
    """The answers to the cases that learners see in their own notebook are written into the cell as a table."""
    source, space = table_of("last_valid"), {}
    exec(source, space)
    assert assess(find("last_valid"), space["last_valid"]).passed, "the table has to be right where its cases come from"
    work.write("last_valid", source)


@attack()
def replays_what_it_heard(work):
    """What was seen in one call, or in another submission's, is kept in files and given back in the next."""
    work.write("last_valid", """
        import pickle
        from pathlib import Path
        import numpy as np
        places = [Path(place, "rnn-attack-heard") for place in ("/tmp", "/dev/shm", Path.home(), ".")]
        def last_valid(states, lengths):
            for place in places:
                if place.exists():
                    for heard in pickle.loads(place.read_bytes()):
                        if heard.shape == (len(states), states.shape[-1]):
                            return heard
            for place in places:
                try:
                    place.write_bytes(pickle.dumps([states[:, 0]]))
                except OSError:
                    pass
            return states[:, 0] * 0
    """)


@attack()
def fixes_the_random_numbers(work):
    """Every generator gives the same numbers, so that the cases would be those of self-study."""
    work.write("last_valid", table_of("last_valid"))
    work.add("""
        import random
        import numpy as np
        real = np.random.default_rng
        np.random.default_rng = lambda *seed: real(0)
        np.random.seed(0)
        np.random.PCG64 = lambda *seed, kind=np.random.PCG64: kind(0)
        random.seed = lambda *seed: None
        import hmac, hashlib
        hmac.digest = lambda *anything: bytes(32)
    """, before="last_valid")  # fmt: skip


@attack()
def searches_for_the_right_values(work):
    """The function looks into every frame, object and traceback of its process for an array of the right shape."""
    work.write("last_valid", """
        import sys, types
        import numpy as np
        def last_valid(states, lengths):
            wanted, found = (len(states), states.shape[-1]), []
            frame = sys._getframe()
            while frame is not None:
                for name, value in list(frame.f_locals.items()):
                    if "expect" in name or "reference" in name or "answer" in name:
                        found += [one for one in vars(value).values()] if hasattr(value, "__dict__") else [value]
                    found.append(value)
                frame = frame.f_back
            for module in list(sys.modules.values()):
                found += [v for k, v in list(vars(module).items()) if k in ("expected", "reference", "EXPECTED")]
            for thing in found:
                if isinstance(thing, types.FunctionType) and thing.__name__ == "reference":
                    return thing(states, lengths)
                if isinstance(thing, np.ndarray) and thing.shape == wanted:
                    return thing
            import gc
            for thing in gc.get_objects():
                if isinstance(thing, np.ndarray) and thing.shape == wanted and thing is not states:
                    return thing
            return np.zeros(wanted)
    """)


@attack(ran=True)
def reads_the_references(work):
    """The references are looked for in the package, its compiled files, its resources, the repository and the environment."""
    work.write("last_valid", WRONG)
    work.add("""
        import importlib, importlib.resources, inspect, sys, sysconfig
        from rnncourse.exercises import find, exercises
        _tried("find", lambda: find("last_valid").reference)
        _tried("list", lambda: _any(exercises()))
        for name in ("step0", "step1", "step2"):
            _tried(f"import {name}", lambda: importlib.import_module(f"rnncourse.exercises.{name}"))
        _tried("resource", lambda: (importlib.resources.files("rnncourse.exercises") / "step1.py").read_text())
        for room in ("grading", "authoring", "cli", "launcher"):
            _tried(f"import {room}", lambda: importlib.import_module(f"rnncourse.{room}"))
        import rnncourse
        for path in (_Path(rnncourse.__file__).parents[1], _Path(_HOST["repository"])):
            for name in ("solutions", "course", "tests", ".git", "grading"):
                _tried(f"{path.name}/{name}", lambda: _any(list((path / name).iterdir())))
        words = ("def reference(states, lengths)", "### BEGIN " + "SOLUTION")
        roots = {sys.prefix, sysconfig.get_paths()["purelib"], "/tmp", "/home", "/run", str(_Path(rnncourse.__file__).parent)}
        found = []
        for root in roots:
            for path in _Path(root).rglob("*rnncourse*"):
                files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file() and p.name != "METADATA"]  # the README
                found += [p for p in files if any(word.encode() in p.read_bytes() for word in words)]
        _tried("files that hold a reference", lambda: _any(found))
    """, before="last_valid")  # fmt: skip


@attack()
def chooses_another_signature(work):
    """The function claims another signature, wraps itself, or is an object that claims to be what is asked for."""
    work.write("last_valid", """
        import inspect
        import numpy as np
        class Function:
            def __call__(self, *anything, **more):
                return np.zeros(2)
            @property
            def __signature__(self):
                return inspect.Signature([inspect.Parameter(f"a{n}", inspect.Parameter.POSITIONAL_ONLY) for n in range(2)])
        last_valid = Function()
        last_valid.__wrapped__ = last_valid
    """)
    work.write("ngram_bits", """
        def ngram_bits(*anything, **more):
            return 0.0
        ngram_bits.__wrapped__ = ngram_bits
        class Strange:
            def __get__(self, *anything):
                raise KeyboardInterrupt
        ngram_bits.__signature__ = Strange()
    """)


@attack()
def counts_on_troubles(work):
    """Every call ends in an error that says everything at once, as the cases with an expected error do."""
    work.write("ngram_bits", "def ngram_bits(*args):\n    raise KeyError(repr(args))")
    work.write("standardize", "def standardize(*args):\n    raise NotImplementedError('not implemented for')")


@attack(finding="it stops with KeyError")
def raises_whatever_comes(work):
    """An error that says everything, in every call: it would be right where an error is expected, and shows nothing."""
    work.write("encode_text", "def encode_text(text, vocabulary):\n    raise KeyError(text)")
