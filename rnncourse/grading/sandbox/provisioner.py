"""A kernel in a sandbox for everything that starts kernels through Jupyter: the judge, nbgrader, nbclient, nbval.

jupyter_client asks a provisioner to start a kernel's process. This one starts ipykernel inside bubblewrap and gives
back an address on the host at which a relay listens. It is called `rnncourse-sandbox`; an instructor chooses it by
`JUPYTER_DEFAULT_PROVISIONER_NAME=rnncourse-sandbox` or in a kernelspec's metadata.
"""

import asyncio
import os
import shutil
import signal
import time
from pathlib import Path

from jupyter_client.provisioning import KernelProvisionerBase
from traitlets import Any, Bool, Unicode

from rnncourse.grading.limits import Limits
from rnncourse.grading.sandbox.bare import Bare
from rnncourse.grading.sandbox.box import Box
from rnncourse.grading.sandbox.bubblewrap import package_folder
from rnncourse.grading.sandbox.plan import PORTS, staying_inside
from rnncourse.grading.sandbox.private import new_folder
from rnncourse.grading.sandbox.process import SandboxError
from rnncourse.grading.sandbox.relay import Relay
from rnncourse.grading.sandbox.trial import demand
from rnncourse.grading.sandbox.view import package_view

OPENS_WITHIN = 60.0  # seconds until a kernel has opened its sockets, on a machine that is swamped
HANDED_ON = ("NBGRADER_EXECUTION",)  # variables of the caller that a kernel may see
MOST_FILES = 1000  # that are taken along from the folder of a notebook


class SandboxProvisioner(KernelProvisionerBase):
    """Starts ipykernel in a sandbox, with this environment's Python.

    Its options may stand in a kernelspec: `{"metadata": {"kernel_provisioner": {"provisioner_name":
    "rnncourse-sandbox", "config": {"limits": {"memory": 2147483648}}}}}`.
    """

    limits = Any(help="Limits, or a dict of those that differ from the default")
    files = Any(help="the learner's files, contents by relative name; without it, those beside the notebook")
    variables = Any(help="more variables of the environment; without it, NBGRADER_EXECUTION where it is set")
    isolated = Bool(True, help="whether bubblewrap is used")
    package = Unicode("whole", help='"whole", or "view": rnncourse without exercises, references and tools')
    absent = Any((), help="with the view: pairs of a module that has no code in there and the exercises it answers")

    box = relay = None
    _address = None

    @property
    def has_process(self):
        return self.box is not None

    async def pre_launch(self, **kwargs):
        arguments = kwargs.pop("extra_arguments", [])
        kwargs.pop("transport_encryption", None)  # nothing leaves this machine
        kwargs = await super().pre_launch(**kwargs)
        return {**kwargs, "cmd": self.parent.format_kernel_cmd(extra_arguments=arguments)}

    async def launch_kernel(self, cmd, **kwargs):
        """Start the kernel and return how it is reached.

        Raises:
            SandboxError: it is no Python kernel, there is no isolation, or it did not come up.
        """
        session = self.parent.session
        signed = {"key": session.key.decode(), "signature_scheme": session.signature_scheme}
        start = self._boxed() if self.isolated else Bare
        self.box = start(
            self._limits(), package=package_view(self.absent) if self.package == "view" else Path(package_folder()),
            files=self._files(kwargs.get("cwd")), variables=self._variables(kwargs.get("env") or {}),
            kernel=({**PORTS, **signed}, kernel_arguments(cmd)),
        )  # fmt: skip
        try:
            await self._opened()
            self._listen()
        except BaseException:
            self._end()
            raise
        self.connection_info = {**PORTS, **signed, "key": session.key, "transport": "ipc", "ip": self._address}
        return self.connection_info

    def _boxed(self):
        flavour = demand().flavour
        return lambda limits, **rest: Box(flavour, limits, **rest)

    def _limits(self):
        return self.limits if isinstance(self.limits, Limits) else Limits(**(self.limits or {}))

    def _files(self, folder):
        if self.files is not None:
            return staying_inside(self.files)
        return files_beside(folder, self._limits().disk // 2) if folder else {}

    def _variables(self, caller):
        return (
            {name: caller[name] for name in HANDED_ON if name in caller} if self.variables is None else self.variables
        )

    async def _opened(self):
        """Wait until the kernel has opened all its sockets; nothing of the learner's has run by then."""
        until = time.monotonic() + OPENS_WITHIN
        while not all(os.path.exists(self.box.socket(number)) for number in PORTS.values()):
            if (code := self.box.poll()) is not None or time.monotonic() > until:
                how = (
                    f"it ended with code {code}"
                    if code is not None
                    else f"no sign of it within {OPENS_WITHIN:g} seconds"
                )
                raise SandboxError(f"the kernel did not come up: {self.box.said() or how}")
            await asyncio.sleep(0.005)

    def _listen(self):
        if self._address is None:
            self._address = f"{new_folder('relay')}/s"
        self.relay = Relay(
            self._address, PORTS.values(), self.box.socket, self.box.trusts, self._limits().message, self.box.kill
        )

    async def poll(self):
        return self.box.poll() if self.box else 0

    async def wait(self):
        code = 0
        while self.box is not None and (code := self.box.poll()) is None:
            await asyncio.sleep(0.02)
        self._end()
        return code

    async def send_signal(self, signum):
        if self.box is None:
            return
        if signum == signal.SIGKILL:
            self.box.kill()
        else:
            self.box.signal(signum)

    async def kill(self, restart=False):
        if self.box is not None:
            self.box.kill()

    async def terminate(self, restart=False):
        if self.box is not None:
            self.box.signal(signal.SIGTERM)

    async def cleanup(self, restart=False):
        self._end()
        if not restart:
            self._forget_address()

    def end(self, before=None):
        """End all of it at once; `before` is called in between, when it is dead and can still be asked why."""
        if self.box is not None:
            self.box.kill()
        if before is not None:
            before()
        self._end()
        self._forget_address()

    def _forget_address(self):
        if self._address is not None:
            shutil.rmtree(os.path.dirname(self._address), ignore_errors=True)
            self._address = None

    def _end(self):
        """End the relay and all that is in the sandbox."""
        relay, box, self.relay, self.box = self.relay, self.box, None, None
        if box is not None:
            box.kill()
        if relay is not None:
            relay.stop()
        if box is not None:
            box.end()


def kernel_arguments(command):
    """ipykernel's own arguments in a kernelspec's command; the connection file is another inside.

    Raises:
        SandboxError: the command starts something else.
    """
    module = command[command.index("-m") + 1 :][:1] if "-m" in command else []
    if module not in (["ipykernel_launcher"], ["ipykernel"]):
        raise SandboxError(
            f"the sandbox runs Python kernels (python -m ipykernel_launcher), this one is: {' '.join(command)}"
        )
    words = list(command[command.index("-m") + 2 :])
    if "-f" in words:
        del words[words.index("-f") : words.index("-f") + 2]
    return words


def files_beside(folder, most):
    """The regular files of a notebook's folder and below, contents by relative name; hidden ones stay out.

    Raises:
        SandboxError: there are too many, or more than `most` bytes.
    """
    found, size = {}, 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in (Path(place, name) for name in sorted(names) if not name.startswith(".")):
            if path.is_file() and not path.is_symlink():
                size += path.stat().st_size
                if len(found) == MOST_FILES or size > most:
                    bound = f"{MOST_FILES} files or {most // 2**20} MB"
                    raise SandboxError(
                        f"{folder} is too large to be taken into a sandbox (more than {bound}): "
                        "move the notebook into a folder of its own"
                    )
                found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found
