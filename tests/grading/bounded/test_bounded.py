"""A function that reads a stranger's text ends within its bounds, and how it ended says who is at fault."""

import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from rnncourse.grading.bounded import Bounds, NoReader, Unreadable, call, caller

MB = 2**20


def test_the_answer_of_a_function_comes_back():
    assert call("builtins:len", b"abc") == 3
    assert call("builtins:str", "\ud800 ü \u202e") == "\ud800 ü \u202e"
    assert call("builtins:dict", {"a": [1, None, True, 2.5]}) == {"a": [1, None, True, 2.5]}


@pytest.mark.parametrize(("function", "arguments", "bounds", "why"), [
    ("builtins:int", ("x",), {}, "stopped with ValueError"),
    ("builtins:sum", (range(10**12),), {"cpu_seconds": 1}, "more than 1 seconds of computing time"),
    ("builtins:bytes", (3 * 2**30,), {}, "more than 2048 MB of memory"),
    ("operator:mul", ("x", 20 * MB), {"answer": 10 * MB}, "more than 10 MB"),
    ("os:abort", (), {}, "crashed"),
    ("sys:exit", (3,), {}, "stopped with SystemExit"),
    ("builtins:object", (), {}, "not JSON"),
    ("signal:raise_signal", (signal.SIGSEGV,), {}, "crashed"),
    ("tests.grading.bounded.functions:raise_named", ("RecursionError",), {}, "RecursionError"),
    ("tests.grading.bounded.functions:raise_named", ("OverflowError",), {}, "OverflowError"),
    ("tests.grading.bounded.functions:raise_named", ("KeyboardInterrupt",), {}, "KeyboardInterrupt"),
    ("tests.grading.bounded.functions:raise_named", ("OSError",), {}, "OSError"),
    ("tests.grading.bounded.functions:nest", (50_000,), {}, "RecursionError"),
])  # fmt: skip
def test_what_a_function_does_of_its_own_accord_is_the_fault_of_what_it_read(function, arguments, bounds, why):
    with pytest.raises(Unreadable, match=why):
        call(function, *arguments, bounds=Bounds(**bounds))


@pytest.mark.parametrize(("function", "arguments", "bounds", "why"), [
    ("time:sleep", (600,), {"wall_seconds": 0.3}, "SIGALRM"),
    ("signal:raise_signal", (signal.SIGKILL,), {}, "SIGKILL"),
    ("signal:raise_signal", (signal.SIGTERM,), {}, "SIGTERM"),
    ("no_such_module:function", (b"x" * 9 * MB,), {}, "ModuleNotFoundError"),
    ("tests.grading.bounded.functions:raise_named", ("ImportError",), {}, "ImportError"),
    ("tests.grading.bounded.functions:raise_shortage", (), {}, "OSError"),
])  # fmt: skip
def test_what_the_machine_does_is_nobodys_fault(function, arguments, bounds, why):
    with pytest.raises(NoReader, match=why):
        call(function, *arguments, bounds=Bounds(**bounds))


def test_where_the_machine_has_no_memory_it_is_not_the_submissions(monkeypatch):
    monkeypatch.setattr(caller, "_obtainable", lambda size: False)
    with pytest.raises(NoReader, match="not enough memory"):
        call("builtins:bytes", 3 * 2**30)


def test_no_file_can_be_written(tmp_path):
    with pytest.raises(Unreadable):
        call("tests.grading.bounded.functions:write", str(tmp_path / "file"))
    assert not (tmp_path / "file").exists() or not (tmp_path / "file").stat().st_size


def test_one_call_leaves_nothing_for_the_next():
    assert [call("tests.grading.bounded.functions:count") for _ in range(3)] == [1, 1, 1]


def test_calls_of_several_threads_do_not_mix():
    found = {}
    threads = [threading.Thread(target=lambda n=n: found.update({n: call("builtins:len", b"x" * n * 10_000)})) for n in range(12)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert found == {n: n * 10_000 for n in range(12)}


def test_a_server_that_was_killed_is_replaced():
    call("builtins:len", b"")
    server = caller._servers[os.getpid()].process
    server.kill()
    server.wait()
    assert call("builtins:len", b"abc") == 3


PROGRAM = """
import os, sys
from rnncourse.grading.bounded import call, caller
call("builtins:len", b"")
print(caller._servers[os.getpid()].process.pid, flush=True)
{ending}
"""


@pytest.mark.parametrize("ending", ["", "os.kill(os.getpid(), 9)", "os._exit(0)", "os.fork() or os._exit(0)"])
def test_the_server_ends_with_its_owner(ending):
    done = subprocess.run([sys.executable, "-c", PROGRAM.format(ending=ending)], capture_output=True, text=True, timeout=60)
    pid, until = int(done.stdout.split()[0]), time.monotonic() + 20
    assert done.stderr == ""
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < until, "the server is still there"
        time.sleep(0.05)
