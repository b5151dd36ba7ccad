"""What the judge puts beside the learner's code: call a function on cases, give back plain arrays and what was seen.

It is sent into the kernel as source, together with `wire`, before any cell of the learner's runs. It holds no
reference and no expected value. All that it says can be forged by the code beside it, so the judge believes only
what a forger cannot know: the right values for cases drawn a moment ago.
"""

import sys
import threading
from dataclasses import asdict

import numpy as np

from rnncourse.checking import probe

try:  # in a test; in the kernel the file stands alone
    from rnncourse.grading.judge import watch, wire
except ImportError:
    import _rnncourse_watch as watch
    import _rnncourse_wire as wire

# What a function does only to get out of sight of the watch for shortcuts: raw threads and other processes are not
# watched, the collector's lists and the frames of threads lead to the watch itself, and ctypes to libraries as they are.
EVASIONS = {
    "sys.setprofile": "switches off the profiler",
    "rnncourse.thread": "starts a raw thread",
    "os.fork": "starts a process",
    "os.posix_spawn": "starts a process",
    "os.system": "starts a process",
    "subprocess.Popen": "starts a process",
    "gc.get_objects": "searches the interpreter's objects",
    "gc.get_referrers": "searches the interpreter's objects",
    "gc.get_referents": "searches the interpreter's objects",
    "sys._current_frames": "searches the interpreter's objects",
    "ctypes.dlopen": "calls a library past Python",
    "ctypes.dlsym": "calls a library past Python",
    "os.kill": "wakes a process",
    "object.__setattr__": "puts other code into a function",
}
UNKNOWN_THREAD = "runs in a raw thread"
BLIND = "switches off the watch"


INSTALLED = (sys.prefix, sys.base_prefix, "<frozen ")
# The watch begins in the middle of a call if a library that it knows is imported there.
BEGINS = next(code for code in probe._watch_shortcuts.__wrapped__.__code__.co_consts if getattr(code, "co_name", "") == "look")
WATCHED = ("rnncourse.thread", "sys.setprofile")  # where `threading` does it: the watch goes into its threads


def _excused(event, frame):
    """Whether it is the watch itself, a thread that is watched, such as a progress bar's, or an installed package while it is imported."""
    if event == "sys.setprofile" and frame.f_code is BEGINS:
        return True
    if event == "rnncourse.thread":
        frame = frame.f_back  # behind our own `start_new_thread`
    if event.startswith("ctypes.") and frame.f_code.co_filename.startswith(INSTALLED) and "ctypes" not in frame.f_code.co_filename:
        return True
    if event in WATCHED and frame.f_code.co_filename in (threading.__file__, watch.report.__code__.co_filename):
        return True
    while frame is not None and frame.f_code.co_filename.startswith(INSTALLED):
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False


def _counts(event, arguments, frame):
    """Whether an event is an evasion: of attributes only a function's code, of others what is not excused."""
    return (event != "object.__setattr__" or arguments[1] == "__code__") and not _excused(event, frame)


def tripwire():
    """Notes evasions while a graded call runs. An audit hook cannot be taken off, and no name leads to what it notes."""
    noted, armed = [], []

    def hook(event, arguments):
        if armed and event in EVASIONS and EVASIONS[event] not in noted and _counts(event, arguments, sys._getframe(1)):
            noted.append(EVASIONS[event])

    def during(call):
        armed.append(True)
        try:
            return call()
        finally:
            armed.clear()

    def told():
        seen = tuple(noted)
        noted.clear()
        return seen

    sys.addaudithook(hook)
    return during, told


_during, _told = tripwire()
_watch = None


def prepare(names):
    """Begin to watch; before any cell of the learner's. `names`: dotted names of ready-made code in libraries."""
    global _watch
    _watch = watch.Watch(names)


class Answer:
    """Text that goes back to the judge as it is, in the reply to the request."""

    def __init__(self, text):
        self.text = text

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": "", "application/x-rnncourse": self.text}


def answer(text, names, most):
    """The answer to one request about one function, of at most `most` characters.

    Args:
        text: the request, in the wire's form: name, signature, returns, probe, forbidden, seconds, deterministic, cases.
        names: the learner's name space.
    """
    request = wire.decode(text, sys.maxsize)
    function = names.get(request["name"])
    if function is None:
        return Answer(wire.encode({"missing": True}))
    reference = eval(f"lambda {request['signature']}: None")  # the judge's own text
    problem = probe.call_problem(function, reference)
    if problem:
        return Answer(wire.encode({"problem": problem[:500]}))
    call, forbidden = _call(request), tuple(request["forbidden"])
    # What is forbidden of the course itself is not there: where nothing else is, there is nothing to hide from the watch.
    watched = [name for name in forbidden if not name.startswith("rnncourse.")]

    def observe(args, twice):
        unknown = _watch.threads.unknown()
        seen = probe.observe(function, call, args, seconds=request["seconds"], forbidden=forbidden, twice=twice)
        seen.shortcuts = tuple(dict.fromkeys([*seen.shortcuts, *refused]))
        refused.clear()
        evasions = [*_told(), *[UNKNOWN_THREAD] * unknown, *[BLIND] * seen.blind]
        return _record(seen, evasions if watched else ())

    with _watch.during(forbidden) as refused:
        records = probe.observe_all(observe, request["cases"], request["deterministic"])
    return Answer(_fitting([one.told for one in records], most))


def _call(request):
    """(function, arguments) -> results by name, inside the tripwire."""
    names = tuple(request["returns"])
    space = dict(vars(probe))
    if request["probe"]:
        exec(compile(request["probe"], "<rnncourse probe>", "exec"), space)  # noqa: S102 - the judge's own text
        whole = space["probe"]
    else:
        def whole(function, args):
            return probe.unpack(probe.call(function, args), names)
    return lambda function, args: _during(lambda: whole(function, args))


class _record:
    """An observation as plain data, cut to size, with its trouble as `observe_all` looks for it."""

    def __init__(self, seen, evasions):
        self.trouble = seen.trouble
        arrays = None if seen.arrays is None else {name[:80]: _passing(array) for name, array in seen.arrays.items()}
        self.told = {
            "arrays": arrays,
            "trouble": None if seen.trouble is None else {key: _short(value) for key, value in asdict(seen.trouble).items()},
            "printed": seen.printed[:2000],
            "printed_lines": seen.printed_lines,
            "warned": [text[:300] for text in seen.warned[:5]],
            "changed": list(seen.changed[:20]),
            "unstable": seen.unstable[:300],
            "shortcuts": list(seen.shortcuts[:20]),
            "lists": sorted(seen.lists)[:200],
            "evasions": list(evasions),
        }


def _short(value):
    return value[:500] if isinstance(value, str) else [name[:80] for name in value[:20]]


def _passing(array):
    """The array in a type that may pass: what NumPy has beyond 64 bits is rounded to them."""
    if array.dtype.kind in "fc" and array.dtype.str[1:] not in wire.DTYPES:
        return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)
    return array


def _fitting(told, most):
    text = wire.encode({"seen": told})
    if len(text) <= most:
        return text
    return wire.encode({"problem": f"its results are too large to be looked at ({len(text) // 2**20} MB)"})
