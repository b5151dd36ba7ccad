"""The kernel that the judge talks to: one ipykernel in one sandbox, started, interrupted and ended at will."""

import logging
import queue
import shutil
import signal
import sys
import time
from contextlib import suppress

import zmq
from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpec

from rnncourse.grading.sandbox.private import new_folder
from rnncourse.grading.sandbox.process import SandboxError
from rnncourse.grading.sandbox.provisioner import SandboxProvisioner

ANSWERS_WITHIN = 60.0  # seconds until a kernel that has opened its sockets answers, on a machine that is swamped
QUEUED = 2  # messages that wait unread in one socket of ours; more wait in the sandbox, at its own cost
# Milliseconds until a lost connection is tried again, which is never. Not -1: then libzmq cuts off at once what was
# received already, and aborts this process if it stands in the middle of a message (assertion in fq.cpp).
NEVER = 3_600_000
ARGUMENTS = ("--HistoryManager.enabled=False", "--InteractiveShellApp.ignore_cwd=True")
SPEC = KernelSpec(
    argv=[sys.executable, "-m", "ipykernel_launcher", *ARGUMENTS], language="python", display_name="sandbox"
)


class Kernel:
    """One sandboxed kernel; as a context manager it is running inside the block and gone after it.

    `client` is a blocking client with a ZeroMQ context of its own. A kernel also ends with the thread that started it.
    """

    def __init__(self, limits, *, isolated=True, files=None, tag="kernel", variables=None, absent=()):
        """Prepare it; `start`, or entering a block, starts it.

        Args:
            limits: `Limits` for it and for what is read back from it.
            isolated: without isolation the learner's code can do all that you can; only where that is asked for.
            files: contents by relative name, placed in its working folder.
            tag: a word for it in the names of its folders.
            variables: more variables of its environment, such as NBGRADER_EXECUTION.
            absent: modules of the course that have no code in it, see `rnncourse.grading.sandbox.view`.
        """
        self.limits, self.tag = limits, tag
        self._options = {
            "limits": limits,
            "isolated": isolated,
            "files": dict(files or {}),
            "variables": dict(variables or {}),
            "absent": tuple(absent),
        }
        self.client = self._manager = self._context = self._folder = None
        self._why, self._cpu_seconds = "", 0.0

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.kill()

    def start(self):
        """Start it and wait until it answers.

        Raises:
            SandboxError: this machine has no isolation, or the kernel did not come up.
        """
        self._context, self._folder = _context(self.limits), new_folder(self.tag)
        self._why, self._cpu_seconds = "", 0.0
        self._manager = _Manager(
            context=self._context, connection_file=f"{self._folder}/connection.json", log=_silent()
        )
        self._manager.provisioner = SandboxProvisioner(
            parent=self._manager, kernel_spec=SPEC, package="view", **self._options
        )
        try:
            self._manager.start_kernel()
            self.client = self._manager.client(context=self._context)
            self.client.start_channels(stdin=False, hb=False)
            self._wait_for_answer()
        except BaseException:
            self.kill()
            raise

    @property
    def pid(self):
        """The process whose end is the end of the kernel and all that it started; None while there is none."""
        return self._box.pid if self._box else None

    def alive(self):
        """Whether its process runs."""
        return self._box is not None and self._box.poll() is None

    @property
    def why(self):
        """One sentence on the bound that it overstepped, empty if none is known of; kept after its end."""
        return self._why or self._overstepped()

    def cpu_seconds(self):
        """CPU seconds that all processes in it have used since it was started; the last known number after its end."""
        if self._box is not None:
            self._cpu_seconds = self._box.cpu_seconds()
        return self._cpu_seconds

    def interrupt(self):
        """Stop what runs in it, as the button in Jupyter does."""
        if self._box is not None:
            self._box.signal(signal.SIGINT)

    def restart(self):
        """End it and start another in its place, with the same files and a new `client`."""
        self.kill()
        self.start()

    def kill(self):
        """End it at once, whatever it does; nothing of it is left. May be called again."""
        if self._manager is not None:
            self._manager.provisioner.end(self._remember)
        if self._context is not None:
            self._context.destroy(linger=0)  # while all its sockets are known: one that is dropped lingers
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self.client = self._manager = self._context = self._folder = None

    def _remember(self):
        """Keep what can be asked only as long as its sandbox is there."""
        self._why = self._overstepped()
        self.cpu_seconds()

    @property
    def _box(self):
        return self._manager.provisioner.box if self._manager else None

    def _overstepped(self):
        relay = self._manager.provisioner.relay if self._manager else None
        return (self._box.why if self._box else "") or (relay.why if relay else "")

    def _wait_for_answer(self):
        until = time.monotonic() + ANSWERS_WITHIN
        while self.alive() and time.monotonic() < until:
            with suppress(queue.Empty):
                asked = self.client.kernel_info()
                self.client.get_shell_msg(timeout=1)
                while not _is_idle(self.client.get_iopub_msg(timeout=1), asked):
                    pass
                return
        raise SandboxError(
            f"the kernel opened its sockets and did not answer; it {'runs' if self.alive() else 'has ended'}"
        )


class _Manager(KernelManager):
    """Needs no kernelspec that is installed."""

    @property
    def kernel_spec(self):
        return SPEC


def _context(limits):
    """A context whose sockets take no large message, hold few and do not connect again."""
    context = zmq.Context()
    for option, value in (
        (zmq.MAXMSGSIZE, limits.message), (zmq.RCVHWM, QUEUED), (zmq.LINGER, 0), (zmq.RECONNECT_IVL, NEVER),
    ):  # fmt: skip
        context.setsockopt(option, value)
    return context


def _silent():
    """jupyter_client would print the traceback of what is raised here anyway."""
    log = logging.getLogger("rnncourse.sandbox")
    log.propagate = False
    log.addHandler(logging.NullHandler())
    return log


def _is_idle(message, asked):
    return message["parent_header"].get("msg_id") == asked and message["content"].get("execution_state") == "idle"
