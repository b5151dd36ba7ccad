"""The same kernel without bubblewrap, for an instructor who asks for it: limits and a clean start, but no walls."""

import contextlib
import os
import signal
import subprocess
import sys
import time

from rnncourse.grading.sandbox.bounds import Bounds
from rnncourse.grading.sandbox.environment import environment
from rnncourse.grading.sandbox.fonts import font_lists
from rnncourse.grading.sandbox.plan import plan, resource_limits
from rnncourse.grading.sandbox.private import new_folder, remove
from rnncourse.grading.sandbox.proc import running, threads_of_user
from rnncourse.grading.sandbox.process import ENDS_WITHIN, Ear
from rnncourse.grading.sandbox.view import launcher


class Bare:
    """A kernel in a private folder of the host, with the interface of a `Box`."""

    def __init__(self, limits, *, package, files=None, variables=None, kernel=None):
        """Start it; the arguments are those of a `Box`."""
        self.limits, self.folder, self.bounds = limits, new_folder("bare"), Bounds(limits)
        self._home, self._ear = self.folder / "home", Ear()
        for name in ("home/work", "tmp", "run"):
            (self.folder / name).mkdir(parents=True)
        lists = {f"{self._home}/.matplotlib/{name}": content for name, content in font_lists().items()}
        bounds = resource_limits(limits, limits.processes + threads_of_user())
        if sys.platform != "linux":  # there it cannot be told how many others are counted
            del bounds["NPROC"]
        with plan(self._home / "work", {**lists, **(files or {})}, bounds, address=f"{self.folder}/run/s",
                  first=[package.parent], kernel=kernel, adopt=True) as given:  # fmt: skip
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-s", str(launcher()), str(given.fileno())], start_new_session=True,
                env=environment(self._home, self.folder / "tmp", variables), cwd=self._home / "work",
                stdin=subprocess.DEVNULL, stdout=self._ear.mouth, stderr=self._ear.mouth, pass_fds=[given.fileno()],
            )  # fmt: skip
        self._ear.mouth.close()
        self.bounds.enter([self.process.pid])
        self.bounds.start(self.process.pid, self.kill, folder=self.folder)

    def socket(self, number):
        """The path of one of the kernel's sockets."""
        return f"{self.folder}/run/s-{number}"

    def trusts(self, connected):
        """Nothing tells here which processes are the kernel's."""
        return True

    @property
    def pid(self):
        """The process with which all of it ends."""
        return self.process.pid

    def poll(self):
        """The exit code, or None while it runs."""
        return self.process.poll()

    def signal(self, number):
        """Send a signal to the kernel."""
        self.process.send_signal(number)

    @property
    def why(self):
        """One sentence on what bound it overstepped, as far as is known."""
        return self.bounds.why

    def cpu_seconds(self):
        """CPU seconds that all that ran in it has used so far; also after its end."""
        return self.bounds.cpu_seconds()

    def said(self):
        """What was written before the learner's code could run."""
        return self._ear.said()

    def end(self):
        """End it and what it started, as far as that can be found."""
        self.bounds.stop()
        self.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(ENDS_WITHIN)
        self._ear.close()
        self.bounds.close()
        remove(self.folder)

    def kill(self):
        """Kill all that carries this kernel's home folder in its environment, until nothing new turns up."""
        until = time.monotonic() + ENDS_WITHIN
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        while (pids := self._left()) and time.monotonic() < until:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)

    def _left(self):
        """The processes of this kernel that are alive."""
        mark, found = f"HOME={self._home}\0".encode(), []
        for pid in running():
            with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:
                if mark in file.read():
                    found.append(pid)
        return found
