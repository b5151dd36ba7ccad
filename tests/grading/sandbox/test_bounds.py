"""What a sandbox may use: processes, memory, time; the host goes on as before, and so does the sandbox beside it."""

from dataclasses import replace

import pytest

from rnncourse.grading.limits import MB
from rnncourse.grading.sandbox import bounds, bubblewrap, provisioner, watch

BOMB = """
import os, time
born = 0
try:
    while born < 1000:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        born += 1
except OSError:
    pass
print(born)
"""
HOG = """
import os, time
for _ in range(9):
    if os.fork() == 0:
        held = os.urandom(2**20) * 160
        time.sleep(60)
        os._exit(0)
os.wait()  # until the system has ended one of them, if it does not end them all
"""


@pytest.fixture(params=["as the machine allows", "a mapped user, and a watch"])
def sandbox(request, isolated, monkeypatch):
    """The sandbox that this machine makes, and then the weakest that any machine makes."""
    if request.param != "as the machine allows":
        monkeypatch.setattr(provisioner, "demand", lambda: replace(isolated, flavour=bubblewrap.MAPPED_USER))
        monkeypatch.setattr(bounds, "new_group", lambda limits: None)
    return request.param


@pytest.mark.usefixtures("sandbox")
def test_a_fork_bomb_stays_in_its_bounds_and_the_neighbour_lives(start, run, small):
    neighbour, kernel = start(), start()
    ran = run(kernel, BOMB)
    if ran.status == "ok":
        assert int(ran.text) < small.processes
    else:  # where the system does not count, the watch does
        assert ran.status == "died" and "64 processes and threads" in kernel.why
    kernel.kill()
    assert run(neighbour, "import subprocess\nprint(subprocess.check_output(['echo', 'well']))").text == "b'well\\n'\n"


@pytest.mark.usefixtures("sandbox")
def test_processes_that_use_too_much_memory_together_are_ended(start, run, small):
    kernel = start(replace(small, memory=1200 * MB))
    ran = run(kernel, HOG)
    assert (
        ran.status == "died" or run(kernel, "print('still here')").text == "still here\n"
    )  # the system may end the hogs alone
    assert "more than 1200 MB of memory" in kernel.why


def test_a_process_that_computes_for_ever_is_ended(start, run, small):
    kernel = start(replace(small, cpu_seconds=2))
    assert run(kernel, "while True: pass").status == "died"


def test_sockets_without_end_are_noticed(start, run, monkeypatch):
    """What waits in a socket is memory that belongs to no process."""
    monkeypatch.setattr(bounds, "new_group", lambda limits: None)
    monkeypatch.setattr(watch, "SOCKETS", 150)
    kernel = start()
    assert (
        run(kernel, "import socket, time\npairs = [socket.socketpair() for _ in range(80)]\ntime.sleep(20)").status
        == "died"
    )
    assert "sockets" in kernel.why


def test_files_without_end_are_noticed(start, run, monkeypatch):
    monkeypatch.setattr(bounds, "new_group", lambda limits: None)
    monkeypatch.setattr(watch, "FILES", 2000)
    kernel = start()
    assert (
        run(kernel, "import time\nfor i in range(3000): open(f'/tmp/{i}', 'w').close()\ntime.sleep(20)").status
        == "died"
    )
    assert "files" in kernel.why
