"""One sandbox as a process: started, found, interrupted, ended with all that is in it."""

import contextlib
import json
import os
import random
import select
import shutil
import signal
import socket
import struct
import subprocess

from rnncourse.grading.sandbox import seccomp
from rnncourse.grading.sandbox.plan import unnamed_file
from rnncourse.grading.sandbox.proc import children, number_inside

FAR = 2_000_000_000  # user ids from here on belong to nobody
DYNAMIC = range(61184, 65520)  # what systemd sets aside for users without an account
STARTS_WITHIN, ENDS_WITHIN = 20.0, 20.0  # seconds; both take milliseconds on a machine that is not swamped


class SandboxError(RuntimeError):
    """A sandbox could not be started or has ended; the message says why."""


class Ear:
    """What a process writes on its standard output and errors, the last 2,000 characters of it.

    It waits in a pipe, so whoever writes more than fits has to wait, and no file of the host grows.
    """

    def __init__(self):
        self._end, self.mouth = pipe()
        os.set_blocking(self._end.fileno(), False)
        self._heard = b""

    def said(self):
        """The text so far."""
        while not self._end.closed and (part := self._end.read(2**16)):
            self._heard = (self._heard + part)[-2000:]
        return self._heard.decode(errors="replace").strip()

    def close(self):
        """Listen no more."""
        self.said()
        self._end.close()
        self.mouth.close()


class Bubblewrap:
    """A command inside bubblewrap.

    `child` is the process that is number 1 inside, as the host counts: when it ends, so does everything inside.
    """

    def __init__(self, arguments, command, environment, *, open_files=(), output=None, enter=None):
        """Start it.

        Args:
            arguments: bubblewrap's own.
            command: what runs inside.
            environment: all variables, of bubblewrap and of the command.
            open_files: files that the command finds open under the same numbers.
            output: where its standard output goes; by default, with its errors, into what `said` tells.
            enter: called with the ids of bubblewrap and of process 1 before the command runs.

        Raises:
            SandboxError: bubblewrap made no sandbox.
        """
        bwrap = program()
        self._ear, self._handle, self._command = Ear(), None, None
        with contextlib.ExitStack() as stack:
            info, tell, wait, go = (stack.enter_context(end) for end in (*pipe(), *pipe()))
            rules = stack.enter_context(unnamed_file(seccomp.program()))
            words = [*arguments, "--info-fd", str(tell.fileno()), "--block-fd", str(wait.fileno())]
            words += ["--seccomp", str(rules.fileno())] if seccomp.program() else []
            listed = stack.enter_context(unnamed_file("".join(f"{word}\0" for word in words).encode()))
            self.process = subprocess.Popen(
                [bwrap, "--args", str(listed.fileno()), "--", *command], env=environment, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=output or self._ear.mouth, stderr=self._ear.mouth,
                pass_fds=[file.fileno() for file in (tell, wait, rules, listed, *open_files)],
            )  # fmt: skip
            tell.close()
            self._ear.mouth.close()
            self._begin(info, go, enter)

    def _begin(self, info, go, enter):
        """Let the command run, once process 1 is known and bounded."""
        try:
            self.child = self._told(info)
            self._handle = os.pidfd_open(self.child)
            if enter:
                enter((self.process.pid, self.child))
            go.write(b".")
        except BaseException:
            self.end()
            raise

    def _told(self, info):
        """Process 1, from what bubblewrap tells of itself."""
        told = b""
        while select.select([info], [], [], STARTS_WITHIN)[0] and (part := os.read(info.fileno(), 4096)):
            told += part
        try:
            return json.loads(told)["child-pid"]
        except (ValueError, KeyError):
            raise SandboxError(self.said() or "bubblewrap said nothing") from None

    def inside(self, path):
        """A path of the sandbox as the host can reach it."""
        return f"/proc/{self.child}/root{path}"

    def holds(self, connected):
        """Whether it is a process inside that listens at the other end of a socket."""
        pid = struct.unpack("3i", connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        try:
            return os.stat(f"/proc/{pid}/ns/pid").st_ino == os.stat(f"/proc/{self.child}/ns/pid").st_ino
        except OSError:
            return False

    def said(self):
        """What bubblewrap and the command wrote before the learner's code ran."""
        return self._ear.said()

    def signal(self, number):
        """Send a signal to the command itself, which is process 2 inside; bubblewrap would hand none on."""
        with contextlib.suppress(ProcessLookupError):
            if self._command is None:
                second = [pid for pid in children(self.child) if number_inside(pid) == 2]
                self._command = os.pidfd_open(second[0]) if second else None
            if self._command is not None:
                signal.pidfd_send_signal(self._command, number)

    def kill(self):
        """Kill all that is inside, at once; also from another thread."""
        if self._handle is None:
            self._kill_unknown()
            return
        with contextlib.suppress(ProcessLookupError, OSError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def _kill_unknown(self):
        """Kill a sandbox that has not told of itself; bubblewrap's child does not end with its parent from the start.

        Until the command may run, both are in the process group that was made for them.
        """
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def end(self):
        """Kill all that is inside and wait until nothing of it is left."""
        self.kill()
        if self._handle is not None:  # process 1 ends after all others, and tells at once
            select.select([self._handle], [], [], ENDS_WITHIN)
        try:
            self.process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for handle in filter(None, (self._handle, self._command)):
            os.close(handle)
        self._handle = self._command = None
        self._ear.close()


def program():
    """The path of bubblewrap.

    Raises:
        SandboxError: it is not installed.
    """
    if (found := shutil.which("bwrap")) is None:
        raise SandboxError("bubblewrap (the program bwrap) is not installed")
    return found


def spare_user():
    """A user id that no other sandbox of this machine is likely to have, so that each is counted alone."""
    with open("/proc/self/uid_map", encoding="ascii") as file:
        last = max(int(first) + int(length) - 1 for first, _, length in map(str.split, file))
    chosen = random.SystemRandom()
    return chosen.randrange(FAR, FAR + 2**20) if last > FAR + 2**20 else chosen.choice(DYNAMIC)


def pipe():
    """Both ends of a new pipe, to read and to write."""
    read, write = os.pipe()
    return os.fdopen(read, "rb", buffering=0), os.fdopen(write, "wb", buffering=0)
