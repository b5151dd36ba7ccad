"""The same kernel without bubblewrap, for an instructor who asks for it: limits and a clean start, but no walls."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time

from rnncourse.grading.sandbox.cgroup import new_group
from rnncourse.grading.sandbox.environment import environment
from rnncourse.grading.sandbox.fonts import font_lists
from rnncourse.grading.sandbox.plan import plan, resource_limits
from rnncourse.grading.sandbox.private import new_folder
from rnncourse.grading.sandbox.proc import running, threads_of_user
from rnncourse.grading.sandbox.process import ENDS_WITHIN, Ear
from rnncourse.grading.sandbox.view import launcher
from rnncourse.grading.sandbox.watch import Watch


class Bare:
    """A kernel in a private folder of the host, with the interface of a `Box`."""

    def __init__(self, limits, *, package, files=None, variables=None, kernel=None):
        """Start it; the arguments are those of a `Box`."""
        self.limits, self.folder, self.group, self.watch = limits, new_folder("bare"), None, None
        self._home, self._ear = self.folder / "home", Ear()
        for name in ("home/work", "tmp", "run"):
            (self.folder / name).mkdir(parents=True)
        lists = {f"{self._home}/.matplotlib/{name}": content for name, content in font_lists().items()}
        bounds = resource_limits(limits, limits.processes + threads_of_user())
        if sys.platform != "linux":  # there it cannot be told how many others are counted
            del bounds["NPROC"]
        with plan(self._home / "work", {**lists, **(files or {})}, bounds, address=f"{self.folder}/run/s",
                  first=[package.parent], kernel=kernel) as given:  # fmt: skip
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-s", str(launcher()), str(given.fileno())], start_new_session=True,
                env=environment(self._home, self.folder / "tmp", variables), cwd=self._home / "work",
                stdin=subprocess.DEVNULL, stdout=self._ear.mouth, stderr=self._ear.mouth, pass_fds=[given.fileno()],
            )  # fmt: skip
        self._ear.mouth.close()
        self._bound()

    def _bound(self):
        self.group = new_group(self.limits)
        if self.group:
            try:
                self.group.enter([self.process.pid])
                return
            except OSError:
                self.group.remove()
                self.group = None
        self.watch = Watch(self.process.pid, self.limits, self.kill)

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
        if self.group and self.group.out_of_memory:
            return f"its processes together used more than {self.limits.memory // 2**20} MB of memory"
        return self.watch.why if self.watch else ""

    def said(self):
        """What was written before the learner's code could run."""
        return self._ear.said()

    def end(self):
        """End it and what it started, as far as that can be found."""
        if self.watch:
            self.watch.stop()
        self.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(ENDS_WITHIN)
        self._ear.close()
        if self.group:
            self.group.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

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
