"""The life of a kernel: it starts, computes, is interrupted, restarted, and leaves nothing behind."""

import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from rnncourse.grading.sandbox import SandboxError
from rnncourse.grading.sandbox.private import private_folder, sweep
from rnncourse.grading.sandbox.proc import tree

STUBBORN = """
import os, signal, time
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            time.sleep(1)
    os._exit(0)
print("ready", flush=True)
while True:
    try:
        time.sleep(1)
    except BaseException:
        pass
"""


def traces():
    """What a kernel could leave on this machine: processes, threads, open files, folders, control groups, mounts."""
    groups = [
        path
        for kind in ("memory", "pids", "unified", "")
        for path in Path("/sys/fs/cgroup", kind).glob(f"**/rnncourse-{os.getpid()}-*")
    ]
    return {
        "processes": sorted(set(tree(os.getpid()))),
        "threads": sorted(thread.name for thread in threading.enumerate()),
        "tasks": len(os.listdir("/proc/self/task")),
        "files": len(os.listdir("/proc/self/fd")),
        "folders": sorted(path.name for path in private_folder().iterdir()),
        "groups": sorted(set(map(str, groups))),
        "mounts": len(Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()),
    }


def test_it_computes_with_the_learner_s_own_helper_file(kernel, run):
    assert run(kernel, "import helper\nprint(helper.ANSWER, open('folder/data.txt').read())").text == "42 some text\n"


def test_a_helper_file_cannot_stand_in_for_an_installed_package(start, run):
    kernel = start(
        files={"numpy.py": b"fake = True\n", "json.py": b"fake = True\n", "rnncourse/__init__.py": b"fake = True\n"}
    )
    assert (
        run(kernel, "import json, numpy, rnncourse\nprint([hasattr(m, 'fake') for m in (json, numpy, rnncourse)])").text
        == "[False, False, False]\n"
    )


def test_files_with_impossible_names_cost_only_themselves(start, run):
    names = ("../out", "/etc/out", "a/../b", "nul\0l", "", "x" * 300, "fine", "fine/below", "\ud800", "a//b", "./c")
    kernel = start(files=dict.fromkeys(names, b"content"))
    assert run(kernel, "import os\nprint(os.listdir('.'), os.listdir('..'))").text.startswith("['fine'] ")


def test_torch_computes(kernel, run):
    pytest.importorskip("torch")
    assert (
        run(kernel, "import torch\nprint(torch.nn.LSTM(3, 4)(torch.ones(5, 2, 3))[0].shape)", 60).text
        == "torch.Size([5, 2, 4])\n"
    )


def test_a_figure_is_shown(kernel, run):
    pytest.importorskip("matplotlib")
    ran = run(kernel, "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()", 60)
    assert ran.status == "ok" and "image/png" in ran.shown


def test_programs_and_processes_work(kernel, run):
    assert run(kernel, "!python -c 'print(6 * 7)'").text.strip() == "42"
    code = "import multiprocessing\nwith multiprocessing.get_context('fork').Pool(2) as pool:\n"
    code += "    print(pool.map(abs, [-1, 2]))"
    assert run(kernel, code).text == "[1, 2]\n"


def test_interrupt_stops_a_running_cell_and_the_kernel_goes_on(start, run):
    kernel = start()
    code = "import time\nmine = 1\nprint('ready', flush=True)\ntime.sleep(60)"
    sent = kernel.client.execute(code, stop_on_error=False)  # else an error discards what is sent right after it
    assert run_until_ready(kernel)
    kernel.interrupt()
    reply = kernel.client.get_shell_msg(timeout=30)
    assert reply["parent_header"]["msg_id"] == sent and reply["content"]["ename"] == "KeyboardInterrupt"
    assert run(kernel, "print(mine)").text == "1\n"


def test_restart_begins_anew_with_the_same_files(start, run):
    kernel = start(files={"helper.py": b"ANSWER = 42\n"})
    run(kernel, "mine = 1")
    before = kernel.client
    kernel.restart()
    assert kernel.client is not before
    assert run(kernel, "import helper\nprint('mine' in dir(), helper.ANSWER)").text == "False 42\n"


def test_a_cell_that_ends_its_process_ends_the_kernel(start, run):
    kernel = start()
    assert run(kernel, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)").status == "died"
    assert not kernel.alive()
    kernel.interrupt()  # nothing to interrupt, nothing to fail


def test_kill_ends_even_what_ignores_every_signal_and_leaves_nothing(start, run):
    start().kill()  # what is made once a process is made now
    before = traces()
    kernel = start()
    kernel.client.execute(STUBBORN)
    assert run_until_ready(kernel)
    kernel.interrupt()
    kernel.kill()
    kernel.kill()  # again does nothing
    assert traces() == before and kernel.client is None and not kernel.alive()


def run_until_ready(kernel):
    until = time.monotonic() + 20
    while time.monotonic() < until:
        message = kernel.client.get_iopub_msg(timeout=20)
        if message["content"].get("text") == "ready\n":
            return True
    return False


def test_all_ends_with_a_judge_that_is_killed(isolated):
    """`kill -9` of the process that started a kernel takes the kernel with it."""
    read, write = os.pipe()
    judge = os.fork()
    if judge == 0:  # a process of its own that starts a kernel, tells its number and waits
        with suppress(BaseException):
            from rnncourse.grading.limits import Limits
            from rnncourse.grading.sandbox import Kernel

            kernel = Kernel(Limits())
            kernel.start()
            os.write(write, f"{kernel.pid}\n".encode())
            time.sleep(60)
        os._exit(1)
    os.close(write)
    with os.fdopen(read) as told:
        child = int(told.readline())
    os.kill(judge, signal.SIGKILL)
    os.waitpid(judge, 0)
    until = time.monotonic() + 10
    while os.path.exists(f"/proc/{child}") and time.monotonic() < until:
        time.sleep(0.02)
    assert not os.path.exists(f"/proc/{child}")
    sweep(private_folder().parent)  # as the next judge does
    assert not list(private_folder().parent.glob(f"rnncourse-sandbox-{judge}-*"))


def test_a_kernel_that_does_not_come_up_says_so_and_leaves_nothing(isolated, start):
    from rnncourse.grading.limits import MB, Limits
    from rnncourse.grading.sandbox import Kernel

    start().kill()
    before = traces()
    with pytest.raises(SandboxError, match="the kernel did not come up: .+"):
        Kernel(Limits(memory=60 * MB)).start()
    assert traces() == before
