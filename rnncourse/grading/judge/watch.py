"""The judge's second wall against ready-made code, for what cannot be absent: torch and other libraries.

It is sent into the kernel as source and prepared before any cell of the learner's runs. While a function is checked,

- torch's own operators that do what its exercise asks for refuse, by whatever way they are called, in every thread:
  torch.nn.LSTM, torch.lstm, torch.ops.aten.lstm, a compiled script, all end in the same dispatcher;
- every thread reports its calls to the watch of `rnncourse.checking.probe`, those that were started before as well;
- processes that were started before stand still;
- profilers that the function uses for itself record nothing, so that they take the watch away from nobody.

Nothing that runs in the same process can be kept from a learner who takes the interpreter apart; what such code needs
for it is noted by an audit hook (`beside`), and is told to the instructor.
"""

import _thread
import contextlib
import os
import re
import signal
import sys
import threading
import time
import warnings
from functools import cache
from importlib.machinery import PathFinder

from rnncourse.checking import probe

# Forbidden name -> which of torch's operators are refused for its sake, as a regular expression.
OPERATORS = {
    "torch.nn.RNN": r"rnn",
    "torch.nn.LSTM": r"lstm|rnn_layer",
    "torch.nn.GRU": r"gru|rnn_layer",
    "torch.autograd.grad": r"^_?(tanh|sigmoid|softmax|log_softmax)_backward|^_make_dual",
    "torch.nn.functional.cross_entropy": r"cross_entropy_loss",
    "torch.nn.functional.scaled_dot_product_attention": r"scaled_dot_product|_attention|transformer_encoder|multi_head",
    "torch.nn.utils.rnn.pad_sequence": r"pad_sequence",
    "torch.nn.utils.rnn.pack_padded_sequence": r"pack_padded|pad_packed",
    "torch.multinomial": r"^multinomial",
}
KEYS = ("CompositeImplicitAutograd", "CompositeExplicitAutograd", "CompositeExplicitAutogradNonFunctional", "CPU")
ALONE = 8  # processes that a sandbox of its own has at the most before a learner's code runs
STOPS_WITHIN = 0.2  # seconds


# ---------------------------------------------------------------- libraries


class Libraries:
    """Looks at libraries as soon as they are imported, before anybody can move what is in them; a finder of modules."""

    def __init__(self, names):
        """`names`: dotted names of ready-made code in libraries."""
        self.names = {}
        for dotted in names:
            self.names.setdefault("torch" if dotted.startswith("torch.") else dotted.rpartition(".")[0], []).append(dotted)
        self.refusing = None  # the `Refusals` of the question that is asked

    def find_spec(self, name, path=None, target=None):
        if name not in self.names:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module
            spec.loader.exec_module = lambda module: self._executed(run, module, name)
        return spec

    def _executed(self, run, module, name):
        with contextlib.suppress(ValueError):
            sys.meta_path.remove(self)  # a library imports a thousand modules of its own, in which nothing is looked for
        try:
            run(module)
        finally:
            sys.meta_path.insert(0, self)
        self.look(name)

    def look(self, name):
        """Keep how calls into this library show, and refuse its operators, if a question is being asked."""
        probe.KNOWN.update({dotted: probe.call_keys(dotted) for dotted in self.names[name]})
        if probe.WATCHING[1] is not None:
            probe.WATCHING[1]()
        if self.refusing is not None:
            self.refusing.begin()


@cache
def operators(dotted):
    """(name, dispatch key) of torch's operators that do what this ready-made code does."""
    pattern, has = re.compile(OPERATORS[dotted]), sys.modules["torch"]._C._dispatch_has_kernel_for_dispatch_key
    return tuple((name, key) for name in _all_operators() if pattern.search(name) for key in KEYS if has(f"aten::{name}", key))


@cache
def _all_operators():
    names = sys.modules["torch"]._C._dispatch_get_all_op_names()
    return [name.removeprefix("aten::") for name in names if name.startswith("aten::")]


class Refusals:
    """torch's operators that refuse while a question is asked."""

    def __init__(self, forbidden):
        self.forbidden = [dotted for dotted in forbidden if dotted in OPERATORS]
        self.used, self.library = [], None

    def begin(self):
        torch = sys.modules.get("torch")
        if not self.forbidden or self.library is not None or not hasattr(torch, "_C"):
            return
        self.library = torch._C._dispatch_library("IMPL", "aten", "", __name__, 1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns that an operator is overridden
            seen = set()
            for dotted in self.forbidden:
                for operator, key in operators(dotted):
                    if (operator, key) not in seen:
                        seen.add((operator, key))
                        self.library.impl(operator, key, self._refusal(dotted))

    def _refusal(self, dotted):
        def refuse(*arguments, **options):
            self.used.append(dotted)
            raise RuntimeError(f"{dotted} does what this exercise asks you to write: it is not there while your function is checked")

        return refuse

    def end(self):
        """Let the operators work as before."""
        library, self.library = self.library, None
        if library is not None:
            library.reset()


# ---------------------------------------------------------------- threads


class Threads:
    """Has every Python thread report to the watch from its start, and knows those that do not."""

    def __init__(self):
        self.known = set(sys._current_frames())
        self._setprofile = sys.setprofile
        for name in ("start_new_thread", "start_new", "start_joinable_thread"):
            if hasattr(_thread, name):
                setattr(_thread, name, self._starting(getattr(_thread, name)))
        for name in ("start_new_thread", "start_joinable_thread"):
            if hasattr(threading, f"_{name}"):
                setattr(threading, f"_{name}", getattr(_thread, name))
        sys.setprofile = self._set_profile
        for thread in threading.enumerate():  # ipykernel's own, in which a learner's code can be put
            if getattr(thread, "io_loop", None) is not None:
                thread.io_loop.add_callback(self._setprofile, report)

    def _starting(self, start):
        def start_thread(function, *arguments, **options):
            sys.audit("rnncourse.thread")
            return start(self._reporting(function), *arguments, **options)

        return start_thread

    def _reporting(self, function):
        def run(*arguments, **options):
            me = _thread.get_ident()
            self.known.add(me)
            self._setprofile(report)
            try:
                return function(*arguments, **options)
            finally:
                self.known.discard(me)

        return run

    def _set_profile(self, profiler):
        """In place of `sys.setprofile`: while a function is watched, and in threads, nothing else is put in."""
        if probe.WATCHING[0] is None and threading.current_thread() is threading.main_thread():
            self._setprofile(profiler)

    def unknown(self):
        """Whether a thread runs that was not started in a way that is known."""
        return bool(set(sys._current_frames()) - self.known)


def report(frame, event, arg):
    """The profile function of all threads but the main one."""
    note = probe.WATCHING[0]
    if note is not None:
        note(frame, event, arg)


def quieten_profilers():
    """While a function is watched, cProfile records nothing: in its place it would switch the watch off."""
    import cProfile

    class Profile(cProfile.Profile):
        """cProfile.Profile, but for functions that are checked."""

        def enable(self, *arguments, **options):
            if probe.WATCHING[0] is None:
                super().enable(*arguments, **options)

        def disable(self):
            if probe.WATCHING[0] is None:
                super().disable()

        def snapshot_stats(self):
            super().snapshot_stats()
            self.stats = self.stats or {("~", 0, "<no times are taken while a function is checked>"): (1, 1, 0.0, 0.0, {})}

    cProfile.Profile = Profile


# ---------------------------------------------------------------- processes


class Processes:
    """The sandbox's other processes, which stand still while a function is checked."""

    def __init__(self):
        self.known = set(_running())
        self.alone = len(self.known) <= ALONE  # else this kernel sees those of the whole machine

    @contextlib.contextmanager
    def standing_still(self):
        stopped = self._stop() if self.alone else ()
        try:
            yield
        finally:
            for pid in stopped:
                _send(pid, signal.SIGCONT)

    def _stop(self):
        """Stop them, and those that they start until they stand; returns their numbers."""
        stopped, until = set(), time.monotonic() + STOPS_WITHIN
        while moving := [pid for pid in _running() if pid not in self.known and not _stands(pid)]:
            for pid in moving:
                _send(pid, signal.SIGSTOP)
            stopped.update(moving)
            if time.monotonic() > until:
                break
            time.sleep(0.0005)
        return stopped


def _running():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()] if os.path.isdir("/proc/self") else []


def _stands(pid):
    """Whether a process is stopped or has ended."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(") ")[2][:1] in "TtZX"
    except OSError:
        return True


def _send(pid, number):
    with contextlib.suppress(OSError):
        os.kill(pid, number)


# ---------------------------------------------------------------- all together


class Watch:
    """All of it, for one kernel; made before any cell of the learner's runs."""

    def __init__(self, names):
        self.threads, self.processes, self.libraries = Threads(), Processes(), Libraries(names)
        sys.meta_path.insert(0, self.libraries)
        quieten_profilers()

    @contextlib.contextmanager
    def during(self, forbidden):
        """Inside the block a function is asked for which these names are forbidden; yields the list of those that refused."""
        refusals = Refusals(forbidden)
        if not forbidden:
            yield []
            return
        self.libraries.refusing = refusals
        refusals.begin()
        try:
            with self.processes.standing_still():
                yield refusals.used
        finally:
            self.libraries.refusing = None
            refusals.end()
