"""What runs beside the learner's code: call the function, catch whatever happens, give back plain arrays.

This file imports only the standard library and NumPy, so that it can be sent into a sandbox by itself
(together with `limit.py`).  It knows no reference, no mistake and no expected value.
"""

import contextlib
import copy
import inspect
import io
import sys
import threading
import time
import traceback
import warnings
from dataclasses import dataclass, field

import numpy as np

try:  # inside the package; in a sandbox the two files lie beside each other
    from rnncourse.checking.limit import TimeLimit, time_limit
except ImportError:  # pragma: no cover - the sandbox's layout
    from limit import TimeLimit, time_limit

PRINTED = 2000  # characters of the learner's output that are kept


class Structure(Exception):
    """The result has another form than the exercise asks for, such as two arrays instead of three."""


@dataclass
class Trouble:
    """Why a call gave no result: `kind` is error, not started, time, exit, interrupted, structure or signature."""

    kind: str
    type: str = ""
    mro: tuple = ()
    message: str = ""
    line: str = ""


@dataclass
class Observation:
    """All that one call showed: arrays by name, or the trouble, and what happened on the way."""

    arrays: dict | None = None
    trouble: Trouble | None = None
    printed: str = ""
    printed_lines: int = 0
    warned: tuple = ()
    changed: tuple = ()
    unstable: str = ""
    shortcuts: tuple = ()
    blind: bool = False  # whether the watch for shortcuts was switched off on the way
    seconds: float = 0.0
    lists: frozenset = field(default_factory=frozenset)


@contextlib.contextmanager
def one_thread(torch):
    """For probes: torch computes on one thread inside the block; on arrays as small as a case's a second one only waits."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


class _Tape(io.StringIO):
    """Keeps the start of what is printed and counts the rest, so that a flood costs no memory."""

    lines = 0

    def write(self, text):
        self.lines += text.count("\n")
        room = PRINTED - self.tell()
        if room > 0:
            super().write(text[:room])
        return len(text)


def observe(function, probe, args, *, seconds=5.0, forbidden=(), twice=False):
    """Run `probe(function, args)` on copies of `args` and tell what happened; nothing is raised but a real bug of ours.

    Args:
        function: the learner's function.
        probe: maps (function, args dict) to a dict of results by name.
        args: the arguments by name, in the order of the signature.
        seconds: processor time that one call may take; see `time_limit`.
        forbidden: dotted names that must not be called, such as "torch.nn.LSTM.forward".
        twice: call a second time and report whether the first result is still the same.
    """
    seen = Observation()
    given = copy.deepcopy(args)
    tape = _Tape()
    started = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught, _watch_shortcuts(forbidden) as used:
        warnings.simplefilter("always")
        with contextlib.redirect_stdout(tape), contextlib.redirect_stderr(tape):
            raw = _guarded(seen, lambda: probe(function, given), seconds)
            if raw is not None:
                seen.arrays = _guarded(seen, lambda: _all_plain(raw), seconds)  # also code of the learner's, if a class is
                seen.lists = frozenset(name for name, value in raw.items() if isinstance(value, (list, tuple, int, float)))
            if twice and (first := seen.arrays) is not None:
                again = _guarded(seen, lambda: probe(function, copy.deepcopy(args)), seconds)
                seen.unstable = _guarded(seen, lambda: _unstable(first, raw, again), seconds) or ""
    seen.seconds = time.perf_counter() - started
    seen.printed, seen.printed_lines = tape.getvalue(), tape.lines
    seen.warned = tuple(dict.fromkeys(f"{w.category.__name__}: {w.message}"[:300] for w in caught))
    seen.changed = tuple(name for name in args if not same(given[name], args[name]))
    seen.shortcuts, seen.blind = tuple(used), getattr(used, "blind", True)  # another watch than ours sees nothing
    return seen


def observe_all(observe, cases, deterministic):
    """Observe each case's arguments, the first one twice; stops where a call was cut off, for the next would be too."""
    seen = []
    for index, args in enumerate(cases):
        seen.append(observe(args, index == 0 and deterministic))
        if cut_off(seen[-1]):
            break
    return seen


def cut_off(seen):
    """The call ran out of time or was ended by an exit or an interrupt."""
    return seen.trouble is not None and seen.trouble.kind in ("time", "exit", "interrupted")


def _guarded(seen, call, seconds):
    """The call's value; or None, with the trouble written into `seen`."""
    try:
        with time_limit(seconds):
            return call()
    except TimeLimit:
        seen.trouble = Trouble("time", message=f"no result after {seconds:g} seconds")
    except Structure as wrong:
        seen.trouble = Trouble("structure", message=str(wrong))
    except NotImplementedError as error:
        # torch says "… not implemented for 'Half'" with the same type: that is a crash, not an empty exercise
        torch_says = "not implemented for" in _text(error) or "Could not run" in _text(error)
        seen.trouble = _trouble(error) if torch_says else Trouble("not started", "NotImplementedError")
    except BaseException as error:  # noqa: BLE001 - exits and interrupts of the learner's code are reported too
        seen.trouble = _trouble(error)
    seen.arrays = None
    return None


def _trouble(error):
    kind = {"SystemExit": "exit", "KeyboardInterrupt": "interrupted"}.get(type(error).__name__, "error")
    names = tuple(base.__name__ for base in type(error).__mro__)
    return Trouble(kind, names[0], names, _text(error)[:500], _line(error))


def _text(error):
    try:
        with time_limit(1.0):
            return str(error)
    except BaseException:  # noqa: BLE001 - an error whose own text fails, or never ends
        return "(its message cannot be shown)"


def _line(error):
    """The last line of the learner's own code on the way to the error, as 'line 3: code'."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "rnncourse" not in f.filename.replace("\\", "/")]
    mine = [f for f in frames if "site-packages" not in f.filename and not f.filename.startswith("<frozen")]
    if not mine:
        return ""
    return f"line {mine[-1].lineno}: {(mine[-1].line or '').strip()}"[:160].rstrip(": ")


def _all_plain(results):
    return {name: plain(value, name) for name, value in results.items()}


def plain(value, name="the result"):
    """Any array-like as a new NumPy array: tensors (also with a gradient), lists, numbers.

    Raises:
        Structure: it is None, text, ragged or otherwise no array.
    """
    if value is None:
        raise Structure(f"{name} is None: is a `return` missing?")
    if hasattr(value, "detach"):  # a torch tensor, known without importing torch
        value = value.detach().cpu().resolve_conj().resolve_neg().numpy()
    elif isinstance(value, (list, tuple)):
        value = [item.detach().cpu().numpy() if hasattr(item, "detach") else item for item in value]
    elif callable(value) or isinstance(value, (str, bytes, dict, set)) or inspect.isgenerator(value):
        raise Structure(f"{name} is of type {type(value).__name__}; an array is expected")
    try:
        array = np.array(value)
    except (ValueError, TypeError) as error:
        raise Structure(f"{name} is no regular array: its rows have different lengths or types") from error
    except MemoryError as error:
        raise Structure(f"{name} is too large for the memory of this computer") from error
    if array.dtype.kind not in "biufc":
        raise Structure(f"{name} holds {_kind_of(array)}; numbers are expected")
    return array


def _kind_of(array):
    kinds = sorted({type(item).__name__ for item in array.ravel()[:20]})
    return "values of type " + ", ".join(kinds)


def _unstable(arrays, raw, again):
    """What is wrong between two equal calls, or an empty text."""
    if again is None:
        return "a second call with the same arguments fails, the first did not"
    if not same(_all_plain(raw), arrays):
        return "a second call changes the first call's result: both share one array"
    if not same(_all_plain(again), arrays):
        return "two calls with the same arguments give different results"
    return ""


def same(a, b):
    """Equal to the bit, with NaN equal to NaN, through lists, tuples and dicts."""
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, np.ndarray):
        if not (isinstance(b, np.ndarray) and a.shape == b.shape and a.dtype == b.dtype):
            return False
        return np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
    return a == b or (a != a and b != b)


def call(function, args):
    """Call with the arguments in their order; the name of a starred argument begins with `*`.

    Raises:
        Structure: the function cannot be called with them, by position or by name.
    """
    positional = [item for name, value in args.items() for item in (value if name.startswith("*") else [value])]
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # built-in functions have none
        return function(*positional)
    if _binds(signature, *positional):
        return function(*positional)
    if _binds(signature, **args):
        return function(**args)
    raise Structure(f"it cannot be called with ({', '.join(args)}): its arguments are {signature}")


def _binds(signature, *positional, **named):
    try:
        signature.bind(*positional, **named)
    except TypeError:
        return False
    return True


def unpack(result, names):
    """One result as {name: result}; several from a tuple or list of as many.

    Raises:
        Structure: another number of results.
    """
    if len(names) == 1:
        return {names[0]: result}
    if result is None:
        raise Structure("it returns None: is a `return` missing?")
    if not isinstance(result, (tuple, list)):
        raise Structure(f"{len(names)} results are expected ({', '.join(names)}), it returns one {type(result).__name__}")
    if len(result) != len(names):
        raise Structure(f"{len(names)} results are expected ({', '.join(names)}), it returns {len(result)}")
    return dict(zip(names, result, strict=True))


# The watch for ready-made code. Whoever runs the learner's cells in this process can fill KNOWN before them, as soon as
# a library is imported, so that names which are moved later mislead nobody; and have threads from before a call report to
# the watch of the call that runs, the first of WATCHING.
KNOWN = {}  # dotted name -> how its calls show, see `call_keys`
WATCHING = [None, None]  # the profile function, and what to call when a library was imported
SAME_CODE = 100  # bytes of code from which on equal code is the same function, wherever it comes from
_setprofile, _of_threads = sys.setprofile, threading.setprofile


class _Calls(dict):
    """Names of what was called of the forbidden; `blind` if the watch did not stand to its end."""

    blind = False


def _canary():
    """Called by the watch itself at its end, to see whether it still sees."""


@contextlib.contextmanager
def _watch_shortcuts(forbidden):
    """Note each call of a forbidden function or class while the block runs, under whatever name it was imported.

    A forbidden module stands for all code of its file. Nothing is imported here: of modules that are not loaded, nothing
    can be called; who sees that one is loaded meanwhile calls the second of WATCHING.
    """
    used = _Calls()
    if not forbidden:
        yield used
        return
    targets, known, begun = {}, {}, []
    note, profiler, of_threads = _noting(targets, known, used), sys.getprofile(), threading.getprofile()

    def look():
        targets.update(_targets(forbidden))
        known.clear()
        if targets and not begun:
            begun.append(True)
            _of_threads(note)  # for threads that the function starts
            _setprofile(note)

    WATCHING[:] = note, look
    look()
    try:
        yield used
    finally:
        if begun:
            _canary()
            used.blind = sys.getprofile() is not note or WATCHING[0] is not note or not used.pop(_canary.__name__, False)
            _profile_again(profiler)
            _of_threads(of_threads)
        WATCHING[:] = None, None


def _noting(targets, known, used):
    """A profile function that writes into `used` which targets are called.

    `known` keeps what each code object is: id -> (the object, the target that it belongs to).
    """

    def note(frame, event, arg):
        if event == "call":
            code = frame.f_code
            if id(code) not in known:
                known[id(code)] = code, next((targets[key] for key in _code_keys(code) if key in targets), None)
            dotted = known[id(code)][1]
        elif event == "c_call" and ("c", arg.__name__) in targets:
            dotted = targets.get(_c_key(arg))
        else:
            return
        if dotted is not None:
            used[dotted] = True

    return note


def _profile_again(profiler):
    """cProfile's profiler is no function: `sys.setprofile` would take it, and fail at its first call."""
    if profiler is None or callable(profiler):
        _setprofile(profiler)
    else:
        profiler.enable()


def _targets(forbidden):
    """How a call shows -> the forbidden name that it stands for."""
    found = {key: dotted for dotted in forbidden for key in KNOWN.get(dotted) or call_keys(dotted)}
    if not found:
        return {}
    in_c = {("c", key[1]): None for key in found if key[0] == "c"}  # most functions are no target by their name alone
    return in_c | found | {("code", id(_canary.__code__)): _canary.__name__}


def call_keys(dotted):
    """How calls of what has this dotted name show in a profile; nothing if its module is not imported."""
    thing = _resolve(dotted)
    if thing is None:
        return []
    if inspect.ismodule(thing):
        return [("file", getattr(thing, "__file__", None))]
    if isinstance(thing, type):
        methods = (getattr(f, "__func__", f) for f in vars(thing).values())  # static and class methods wrap theirs
        functions = [inspect.unwrap(f) for f in methods if inspect.isfunction(f)]
    else:
        functions = [inspect.unwrap(thing)]
    # equal code is looked for only in libraries: of the course's own functions a learner may write the very same
    equal = not dotted.startswith("rnncourse.")
    keys = [key for f in functions for key in (_code_keys(f.__code__, equal) if inspect.isfunction(f) else [_c_key(f)])]
    return [key for key in keys if key[0] != "file"]


def _resolve(dotted):
    """The object of a dotted name whose module is already imported, else None."""
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        thing = sys.modules.get(".".join(parts[:cut]))
        if thing is not None:
            for part in parts[cut:]:
                thing = getattr(thing, part, None)
            return thing
    return None


def _code_keys(code, equal=True):
    """A code object itself; its file; and what stays the same if its name, its file or its lines are changed."""
    keys = [("code", id(code)), ("file", code.co_filename)]
    if equal and len(code.co_code) > SAME_CODE:
        keys.append(("equal", code.co_code, code.co_names, code.co_varnames))
    return keys


def _c_key(function):
    """A function in C by its name and the module or the class that defines it; a bound method is another object each time."""
    name, owner = getattr(function, "__name__", ""), getattr(function, "__self__", None)
    if owner is None:
        kind = getattr(function, "__objclass__", None)
        return ("c", name, kind.__name__) if kind else ("c", name, id(function))
    if inspect.ismodule(owner):
        return "c", name, owner.__name__
    kinds = (owner if isinstance(owner, type) else type(owner)).__mro__
    return "c", name, next((kind.__name__ for kind in kinds if name in vars(kind)), "")


def call_problem(function, reference):
    """Why a function cannot be called as the exercise asks, or an empty text.

    Compares signatures only; nothing is run.
    """
    if not callable(function):
        return f"it is no function but of type {type(function).__name__}"
    try:
        signature, wanted = inspect.signature(function), inspect.signature(reference)
    except (TypeError, ValueError):
        return ""
    names = list(wanted.parameters)
    several = [p for p in wanted.parameters.values() for _ in range(2 if p.kind is p.VAR_POSITIONAL else 1)]
    if _binds(signature, *several) or _binds(signature, **dict.fromkeys(names)):
        return ""
    return f"expected {_shown(wanted)}, yours is {_shown(signature)}"


def _shown(signature):
    return "(" + ", ".join(str(p.replace(annotation=p.empty)) for p in signature.parameters.values()) + ")"
