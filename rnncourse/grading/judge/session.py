"""One submission's kernel as the judge uses it: run a cell, ask for an answer, start anew after a death.

Everything that the kernel says is hostile: messages are cut to size, unread where there are too many of them, and
none of them can make the judge wait longer than the limits say.
"""

import contextlib
import re
import time
from dataclasses import dataclass, field

import zmq

from rnncourse.grading.judge import wire
from rnncourse.grading.judge.outputs import Outputs, printable

START_SECONDS = 60.0
GRACE = 5.0  # seconds that an interrupted cell has to end before its kernel is killed
VALUES = 1_000_000  # brackets and commas of one message; each costs up to fifty times its own size once it is parsed
_CELL_FILE = re.compile(r"\(\d+\.py, (line \d+)\)")  # IPython's own name for a cell says nothing to a learner
SOURCES = ("wire", "beside")
LOAD = """
import sys, types
for _name, _text in {sources!r}.items():
    _module = sys.modules["_rnncourse_" + _name] = types.ModuleType("_rnncourse_" + _name)
    exec(compile(_text, "<rnncourse " + _name + ">", "exec"), _module.__dict__)
get_ipython().ask_exit = lambda: print("The kernel goes on, since the cells after this one are graded too.")
del _name, _text, _module, sys, types
"""


class Stopped(Exception):
    """The kernel gave no answer: it died ("died") or had to be ended ("time"); it is gone."""

    def __init__(self, kind, why=""):
        super().__init__(f"{kind}: {why}" if why else kind)
        self.kind, self.why = kind, why  # why: the bound that it overstepped, where one is known


class NoKernel(Exception):
    """No kernel comes up, before anything of the learner's ran: no fault of the submission."""


@dataclass
class Ran:
    """What running one cell showed: its outputs, and one sentence on what stopped it (empty if nothing did)."""

    outputs: list = field(default_factory=list)
    problem: str = ""


class Session:
    """A kernel with the judge's own code loaded before anything of the learner's."""

    def __init__(self, start, limits):
        """`start` makes a running kernel of `rnncourse.grading.sandbox.Kernel`'s kind, to be closed at the end."""
        self._start, self._limits = start, limits
        self.kernel, self.kept = None, 0
        self.deadline = time.monotonic() + limits.wall_seconds

    def begin(self):
        """Start a fresh kernel, with the judge's code loaded.

        Raises:
            NoKernel: it does not come up.
        """
        self.end()
        from rnncourse.grading.sandbox import SandboxError

        sources = {name: _source(name) for name in SOURCES}
        try:
            self.kernel = self._start()
            # not bounded by what the submission has left: an end here would be taken for a fault of the machine
            reply = self._request(LOAD.format(sources=sources), START_SECONDS, Outputs(0), {})
            problem = reply if isinstance(reply, str) else _problem(reply)
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
        """Seconds that the submission has left."""
        return self.deadline - time.monotonic()

    def run(self, source, seconds):
        """Run one cell and return what it showed: a `Ran`.

        Raises:
            Stopped: the kernel died or did not stop when it was told to.
        """
        outputs = Outputs(max(self._limits.output - self.kept, 0))
        reply = self._request(source, self._bounded(seconds), outputs, {})
        self.kept += outputs.size
        return Ran(outputs.list, reply if isinstance(reply, str) else _problem(reply))

    def ask(self, request, seconds):
        """The answer to a request about one function, as plain data that may hold anything.

        Raises:
            Stopped: as for `run`.
            NotPlain: the answer is damaged or larger than it may be.
        """
        most = 2 * self._limits.answer  # as text
        call = f"__import__('sys').modules['_rnncourse_beside'].answer({wire.encode(request)!r}, get_ipython().user_ns, {most})"
        reply = self._request("", self._bounded(seconds), Outputs(0), {"answer": call})
        if isinstance(reply, str):
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
        """The content of the kernel's reply; or a sentence, if it had to be interrupted and was."""
        client = self.kernel.client
        sent = client.execute(source, store_history=False, user_expressions=expressions, allow_stdin=False, stop_on_error=False)
        reply = self._wait(sent, seconds, outputs)
        if reply is not None:
            return reply
        self.kernel.interrupt()
        if self._wait(sent, GRACE, outputs) is None:
            raise Stopped("time", self.end())
        return f"it took longer than {seconds:g} seconds"

    def _wait(self, sent, seconds, outputs):
        """The reply's content, None when time is up; outputs are gathered on the way."""
        end, reply, idle, client = time.monotonic() + max(seconds, 0.0), None, False, self.kernel.client
        poller = zmq.Poller()
        for channel in (client.shell_channel, client.iopub_channel):
            poller.register(channel.socket, zmq.POLLIN)
        while (now := time.monotonic()) < end:
            ready = dict(poller.poll(min(200, 1000 * (end - now) + 1)))
            if client.iopub_channel.socket in ready:
                idle = self._gather(client, sent, outputs) or idle
            if client.shell_channel.socket in ready and reply is None:
                reply = _content(client, client.shell_channel.socket, sent, "execute_reply")
                if reply is not None:
                    end = min(end, time.monotonic() + 0.5)  # outputs come on another way and may be a little late
            if reply is not None and (idle or not ready):
                return reply
            if not ready and not self.kernel.alive():
                raise Stopped("died", self.end())
        return reply

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


def _source(name):
    from importlib import resources

    return (resources.files("rnncourse.grading.judge") / f"{name}.py").read_text(encoding="utf-8")


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
    return printable(f"{name}: {value}" if value else name)
