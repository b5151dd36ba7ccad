"""Kernels in sandboxes and a way to run code in them; without isolation these tests are skipped and say so."""

import queue
import time
from dataclasses import dataclass

import pytest

from rnncourse.grading.limits import MB, Limits

SMALL = Limits(disk=32 * MB, file_size=16 * MB, memory=2048 * MB, processes=64, open_files=256, message=8 * MB)


@dataclass
class Ran:
    """What one cell did: "ok", "error", or "died" and "silent" where no reply came; its text; its pictures' types."""

    status: str
    text: str = ""
    shown: tuple = ()


@pytest.fixture(scope="session")
def isolated():
    """The isolation of this machine."""
    from rnncourse.grading.sandbox import isolation

    found = isolation()
    if found.kind == "none":
        pytest.skip(f"no sandbox on this machine: {found.why}")
    return found


@pytest.fixture(scope="session")
def small():
    """Limits that a test reaches soon."""
    return SMALL


@pytest.fixture
def start(isolated):
    """Start kernels that are gone after the test."""
    from rnncourse.grading.sandbox import Kernel

    started = []

    def begin(limits=SMALL, **options):
        started.append(Kernel(limits, **options))
        started[-1].start()
        return started[-1]

    yield begin
    for kernel in started:
        kernel.kill()


@pytest.fixture(scope="module")
def kernel(isolated):
    """One kernel for all the tests of a file that leave it as it was."""
    from rnncourse.grading.sandbox import Kernel

    with Kernel(SMALL, files={"helper.py": b"ANSWER = 42\n", "folder/data.txt": b"some text"}) as kernel:
        yield kernel


@pytest.fixture(scope="session", name="run")
def running():
    """Run a cell in a kernel and tell what it did: (kernel, code, seconds=30) -> Ran."""
    return run


def run(kernel, code, seconds=30.0):
    """What a cell did in a kernel: a `Ran`."""
    sent, until = kernel.client.execute(code, allow_stdin=False, stop_on_error=False), time.monotonic() + seconds
    texts, shown, idle, reply = [], [], False, None
    while not (reply and idle):
        if time.monotonic() > until or not kernel.alive():
            return Ran("silent" if kernel.alive() else "died", "".join(texts), tuple(shown))
        if (message := _message(kernel.client.get_iopub_msg, sent, 0.05)) is not None:
            content = message["content"]
            texts.append(content.get("text", "") or "\n".join(content.get("traceback", ())))
            shown += content.get("data", ())
            idle = idle or content.get("execution_state") == "idle"
        reply = reply or _message(kernel.client.get_shell_msg, sent, 0.05 if idle else 0)
    return Ran(reply["content"]["status"], "".join(texts), tuple(shown))


def _message(get, sent, seconds):
    try:
        message = get(timeout=seconds)
    except queue.Empty:
        return None
    return message if message["parent_header"].get("msg_id") == sent else None
