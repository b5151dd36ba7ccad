"""A sandbox with all its layers: bubblewrap and its filter, limits, a control group or a watch, the learner's files."""

import platform
import re
import shutil
import sys

from rnncourse.grading.sandbox import bubblewrap
from rnncourse.grading.sandbox.bounds import Bounds
from rnncourse.grading.sandbox.environment import environment
from rnncourse.grading.sandbox.fonts import font_lists
from rnncourse.grading.sandbox.plan import plan, resource_limits
from rnncourse.grading.sandbox.private import new_folder
from rnncourse.grading.sandbox.proc import threads_of_user
from rnncourse.grading.sandbox.process import Bubblewrap, spare_user
from rnncourse.grading.sandbox.view import launcher, readable

# Since Linux 5.14 the processes of a user are counted in each user namespace by itself.
COUNTS_APART = tuple(int(part) for part in re.findall(r"\d+", platform.release())[:2]) >= (5, 14)
ETC = {
    "passwd": "root:x:0:0:root:/:/usr/sbin/nologin\nlearner:x:{uid}:{uid}:learner:{home}:/bin/sh\n",
    "group": "root:x:0:\nlearner:x:{uid}:\n",
    "hosts": "127.0.0.1 localhost {host}\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}


class Box:
    """One sandbox, running, and its private `folder` on the host."""

    def __init__(self, flavour, limits, *, package, files=None, variables=None, kernel=None, output=None):
        """Start it.

        Args:
            flavour: what bubblewrap is asked for.
            limits: `Limits`.
            package: the host's folder that is shown as the rnncourse package.
            files: the learner's files, contents by relative name.
            variables: more variables of the environment.
            kernel: ipykernel's connection and arguments; without them the sandbox only says what it is like.
            output: where that is said.

        Raises:
            SandboxError: bubblewrap made no sandbox.
        """
        self.limits, self.folder, self.bounds = limits, new_folder("box"), Bounds(limits)
        uid = spare_user() if flavour == bubblewrap.OTHER_USER else None
        try:
            with self._plan(uid, files or {}, kernel) as given:
                self.process = Bubblewrap(
                    bubblewrap.arguments(flavour, limits, package, self._etc(uid or bubblewrap.UID), launcher()),
                    [sys.executable, "-P", "-s", bubblewrap.LAUNCH, str(given.fileno())],
                    environment(bubblewrap.HOME, bubblewrap.TEMP, variables),
                    open_files=[given], output=output, enter=self.bounds.enter,
                )  # fmt: skip
        except BaseException:
            self._clear()
            raise
        places = [self.process.inside(place) for place in bubblewrap.TEMPORARY]
        self.bounds.start(self.process.child, self.process.kill, places)

    def _plan(self, uid, files, kernel):
        lists = {f"{bubblewrap.HOME}/.matplotlib/{name}": content for name, content in font_lists().items()}
        others = 0 if uid is not None or COUNTS_APART else threads_of_user()
        bounds = resource_limits(self.limits, self.limits.processes + others)
        return plan(bubblewrap.WORK, {**lists, **files}, bounds, uid=uid, kernel=kernel,
                    address=bubblewrap.SOCKETS, last=[bubblewrap.package_parent()])  # fmt: skip

    def _etc(self, uid):
        folder = self.folder / "etc"
        folder.mkdir()
        for name, text in ETC.items():
            (folder / name).write_text(
                text.format(uid=uid, home=bubblewrap.HOME, host=bubblewrap.HOST_NAME), encoding="ascii"
            )
        return readable(folder)

    def socket(self, number):
        """The path of one of the kernel's sockets as the host can reach it."""
        return self.process.inside(f"{bubblewrap.SOCKETS}-{number}")

    def trusts(self, connected):
        """Whether a socket that was connected leads to a process of this sandbox."""
        return self.process.holds(connected)

    @property
    def pid(self):
        """The process with which all of it ends."""
        return self.process.child

    def poll(self):
        """The exit code, or None while it runs."""
        return self.process.process.poll()

    def signal(self, number):
        """Send a signal to the kernel."""
        self.process.signal(number)

    def kill(self):
        """Kill all that is in it, at once."""
        self.process.kill()

    @property
    def why(self):
        """One sentence on what bound it overstepped, as far as is known."""
        return self.bounds.why

    def cpu_seconds(self):
        """CPU seconds that all that ran in it has used so far; also after its end."""
        return self.bounds.cpu_seconds()

    def said(self):
        """What was written before the learner's code could run."""
        return self.process.said()

    def end(self):
        """End all that is in it; nothing of it is left on the machine."""
        self.bounds.stop()
        self.process.end()
        self._clear()

    def _clear(self):
        self.bounds.close()
        shutil.rmtree(self.folder, ignore_errors=True)
