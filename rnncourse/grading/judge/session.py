"""One submission's kernel as the judge uses it: run a cell, ask for an answer, start anew after a death.

Everything that the kernel says is hostile: messages are cut to size, unread where there are too many of them, and
none of them can make the judge wait longer than the limits say. Limits of time are those of `clock`, so that a busy
machine takes nothing from anybody.
"""

import base64
import contextlib
import marshal
import re
import time
from dataclasses import dataclass, field
from functools import cache

import zmq

from rnncourse.grading.judge import wire
from rnncourse.grading.judge.clock import Clock, Span
from rnncourse.grading.judge.outputs import Outputs, printable_line

START_SECONDS = 60.0
GRACE = 5.0  # seconds that an interrupted cell has to end before its kernel is killed
VALUES = 1_000_000  # brackets and commas of one message; each costs up to fifty times its own size once it is parsed
_CELL_FILE = re.compile(r"\(\d+\.py, (line \d+)\)")  # IPython's own name for a cell says nothing to a learner
SOURCES = ("wire", "watch", "beside", "tryouts")
# Runs in the kernel, with the modules' code and the names of ready-made code.
LOAD = """
import sys, types
from IPython import get_ipython
for name, code in modules.items():
    module = sys.modules["_rnncourse_" + name] = types.ModuleType("_rnncourse_" + name)
    exec(code, module.__dict__)
sys.modules["_rnncourse_beside"].prepare(names)
get_ipython().ast_transformers.append(sys.modules["_rnncourse_tryouts"].PassOver())
get_ipython().ask_exit = lambda: print("The kernel goes on, since the cells after this one are graded too.")
"""
# As an expression: a cell is searched for magic commands, which takes longer than all else in a text so long.
LOADED = "exec(*__import__('marshal').loads(__import__('base64').b64decode({!r})))"

BUSY = 120.0  # seconds beyond twice its time after which a submission has to be judged when there is less to do


class Stopped(Exception):
    """The kernel gave no answer: it died ("died"), the system killed it ("killed") or it had to be ended ("time")."""

    def __init__(self, kind, why=""):
        super().__init__(f"{kind}: {why}" if why else kind)
        self.kind, self.why = kind, why  # why: the bound that it overstepped, where one is known


class NoVerdict(Exception):
    """This machine could not judge the submission, which is no fault of the submission; the message says why."""


class NoKernel(NoVerdict):
    """No kernel comes up, before anything of the learner's ran."""


@dataclass
class Ran:
    """What running one cell showed: its outputs, its value as text, one sentence on what stopped it (empty if nothing did).

    `late` is whether that was a limit of time.
    """

    outputs: list = field(default_factory=list)
    problem: str = ""
    value: str = ""
    late: bool = False


class _Late(str):
    """In place of a reply: the sentence on a cell that was interrupted when its time was up."""


class _Shown(Outputs):
    """The outputs of a cell, and the text of its value."""

    value = ""

    def add(self, kind, content):
        data = content.get("data")
        if kind == "execute_result" and isinstance(data, dict) and isinstance(data.get("text/plain"), str):
            self.value = data["text/plain"][:100]
        super().add(kind, content)


class Session:
    """A kernel with the judge's own code loaded before anything of the learner's."""

    def __init__(self, start, limits):
        """`start` makes a running kernel of `rnncourse.grading.sandbox.Kernel`'s kind, to be closed at the end."""
        self._start, self._limits = start, limits
        self.kernel, self.kept, self._clock, self._killed = None, 0, Clock(None), 0
        self._used, self._begun = 0.0, time.monotonic()

    def begin(self):
        """Start a fresh kernel, with the judge's code loaded.

        Raises:
            NoKernel: it does not come up.
        """
        self.end()
        from rnncourse.grading.sandbox import SandboxError

        try:
            self._killed = _killed_for_memory()
            self.kernel = self._start()
            self._clock = Clock(getattr(self.kernel, "pid", None))
            # not bounded by what the submission has left: an end here would be taken for a fault of the machine
            reply = self._request("", START_SECONDS, Outputs(0), {"load": LOADED.format(_code_beside())})
            problem = reply if isinstance(reply, _Late) else _problem(reply) or _problem(reply["user_expressions"]["load"])
        except (Stopped, SandboxError, OSError) as why:
            raise NoKernel(f"{type(why).__name__}: {why}") from why
        if problem:
            raise NoKernel(problem)

    def end(self):
        """End the kernel and all that it started; returns the bound that it overstepped, in words, if any."""
        kernel, self.kernel = self.kernel, None
        if kernel is None:
            return ""
        kernel.kill()
        return kernel.why

    @property
    def left(self):
        """Seconds that the submission has left.

        Raises:
            NoVerdict: it is so late that the machine must have been busy with something else.
        """
        if time.monotonic() - self._begun > 2 * self._limits.wall_seconds + BUSY:
            raise NoVerdict("the machine was so busy that a submission took far longer than the time that it used")
        return self._limits.wall_seconds - self._used

    def run(self, source, seconds):
        """Run one cell and return what it showed: a `Ran`.

        Raises:
            Stopped: the kernel died or did not stop when it was told to.
        """
        outputs = _Shown(max(self._limits.output - self.kept, 0))
        reply = self._request(source, self._bounded(seconds), outputs, {})
        self.kept += outputs.size
        late = isinstance(reply, _Late)
        return Ran(outputs.list, reply if late else _problem(reply), outputs.value, late)

    def ask(self, request, seconds):
        """The answer to a request about one function, as plain data that may hold anything.

        Raises:
            Stopped: as for `run`.
            NotPlain: the answer is damaged or larger than it may be.
        """
        most = 2 * self._limits.answer  # as text
        call = f"__import__('sys').modules['_rnncourse_beside'].answer({wire.encode(request)!r}, get_ipython().user_ns, {most})"
        reply = self._request("", self._bounded(seconds), Outputs(0), {"answer": call})
        if isinstance(reply, _Late):
            self.end()
            raise Stopped("time")
        with contextlib.suppress(KeyError, TypeError):
            return wire.decode(reply["user_expressions"]["answer"]["data"]["application/x-rnncourse"], most)
        raise wire.NotPlain("the judge's own code does not answer any more")

    def _bounded(self, seconds):
        """As many seconds as the submission has left; Stopped, and no kernel any more, if it has none."""
        if self.left <= 0:
            self.end()
            raise Stopped("time")
        return min(seconds, self.left)

    def _request(self, source, seconds, outputs, expressions):
        """The content of the kernel's reply; or `_Late`, if it had to be interrupted and was."""
        client, span = self.kernel.client, Span(self._clock, seconds)
        sent = client.execute(source, store_history=False, user_expressions=expressions, allow_stdin=False, stop_on_error=False)
        try:
            reply = self._wait(sent, span, outputs)
            if reply is not None:
                return reply
            self.kernel.interrupt()
            if self._wait(sent, Span(self._clock, GRACE), outputs) is None:
                raise Stopped("time", self.end())
        finally:
            self._used += span.used()
        if seconds < self._limits.cell_seconds:
            return _Late("the time of the submission was used up")
        return _Late(f"it took longer than {seconds:g} seconds")

    def _wait(self, sent, span, outputs):
        """The reply's content, None when time is up; outputs are gathered on the way."""
        look, reply, idle, client, quiet = time.monotonic() + span.first_look(), None, False, self.kernel.client, None
        poller = zmq.Poller()
        for channel in (client.shell_channel, client.iopub_channel):
            poller.register(channel.socket, zmq.POLLIN)
        while True:
            now = time.monotonic()
            if reply is None and now >= look:
                if (left := span.left()) <= 0:
                    return None
                look = now + left
            ready = dict(poller.poll(200 if reply is not None else min(200, max(1000 * (look - now), 0) + 1)))
            if client.iopub_channel.socket in ready:
                idle = self._gather(client, sent, outputs) or idle
            if client.shell_channel.socket in ready and reply is None:
                reply = _content(client, client.shell_channel.socket, sent, "execute_reply")
                quiet = _Quiet(self._clock) if reply is not None else None
            if reply is not None and (idle or quiet.lasts(ready)):  # outputs come on another way and may be a little late
                return reply
            if not ready and not self.kernel.alive():
                raise self._death()

    def _death(self):
        """Why the kernel is gone: the bound that it overstepped, the system's own want of memory, or what only it knows."""
        why = self.end()
        killed = not why and _killed_for_memory() > self._killed
        return Stopped("killed" if killed else "died", why)

    def _gather(self, client, sent, outputs):
        """Take in what is there, for a moment; whether the kernel said that it is idle."""
        stop, socket = time.monotonic() + 0.1, client.iopub_channel.socket
        while time.monotonic() < stop and socket.poll(0):
            frames = socket.recv_multipart()
            message = _message(client, frames) if outputs.wants(frames) else None
            if message is None or message["parent_header"].get("msg_id") != sent:
                continue
            if message["content"].get("execution_state") == "idle":
                return True
            outputs.add(message["msg_type"], message["content"])
        return False


class _Quiet:
    """After a reply: whether nothing more comes, which is certain only if nobody was kept from saying it."""

    def __init__(self, clock):
        self._clock, self._end, self._latest, self._before = clock, time.monotonic() + 0.5, time.monotonic() + 3.0, None

    def lasts(self, ready):
        now = time.monotonic()
        if now >= self._latest:
            return True
        if ready and now < self._end:
            return False
        before, self._before = self._before, self._clock.kept_waiting()
        return before is not None and self._before - before < 0.05


def _killed_for_memory():
    """How many processes the system has killed for want of memory, in whatever sandbox or outside; 0 if it does not tell."""
    try:
        with open("/proc/vmstat", encoding="ascii") as file:
            return next((int(line.split()[1]) for line in file if line.startswith("oom_kill ")), 0)
    except (OSError, ValueError, IndexError):
        return 0


def _ready_made_of_libraries():
    from rnncourse.exercises import exercises

    return sorted({name for exercise in exercises() for name in exercise.forbidden if not name.startswith("rnncourse.")})


@cache
def _code_beside():
    """The judge's own code for the kernel, which is of the same Python: compiled once, not in every kernel."""
    from importlib import resources

    here = resources.files("rnncourse.grading.judge")
    texts = {name: (here / f"{name}.py").read_text(encoding="utf-8") for name in SOURCES}
    modules = {name: compile(text, f"<rnncourse {name}>", "exec", dont_inherit=True) for name, text in texts.items()}
    load = compile(LOAD, "<rnncourse>", "exec", dont_inherit=True)
    return base64.b64encode(marshal.dumps((load, {"modules": modules, "names": _ready_made_of_libraries()}))).decode("ascii")


def _message(client, frames):
    """A message as a dict, or None for what is none."""
    if sum(frame.count(sign) for frame in frames for sign in (b"[", b"{", b",")) > VALUES:
        return None
    try:
        _, parts = client.session.feed_identities(frames)
        message = client.session.deserialize(parts)
        good = isinstance(message["content"], dict) and isinstance(message["parent_header"], dict)
        return message if good and isinstance(message["msg_type"], str) else None
    except Exception:  # noqa: BLE001 - whatever a forged message does to the parser, it is no message
        return None


def _content(client, socket, sent, kind):
    message = _message(client, socket.recv_multipart())
    if message is None or message["msg_type"] != kind or message["parent_header"].get("msg_id") != sent:
        return None
    return message["content"]


def _problem(reply):
    """One sentence on what stopped a cell, from its reply; empty if nothing did."""
    if reply.get("status") == "ok":
        return ""
    name, value = (reply[key] if isinstance(reply.get(key), str) else "" for key in ("ename", "evalue"))
    name, value = name[:80] or "an error", value[:300]
    value = _CELL_FILE.sub(r"(\1)", value)
    return printable_line(f"{name}: {value}" if value else name)
