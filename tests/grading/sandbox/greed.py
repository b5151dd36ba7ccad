"""Cells that want all of a machine, and what a kernel lets each of them have; every number is bounded by itself too.

`python -m tests.grading.sandbox.greed` measures as whoever calls it, and prints what it found as JSON.
"""

import json
import sys
import time
from dataclasses import replace

import psutil

from rnncourse.grading.limits import MB, Limits
from tests.grading.sandbox.conftest import run

LIMITS = Limits(disk=32 * MB, file_size=16 * MB, memory=2048 * MB, processes=96, open_files=256, message=8 * MB)
BURNERS = 60
BURN = f"""
import os, signal, time
for _ in range({BURNERS}):
    if os.fork() == 0:
        os.setsid()  # many systems share the CPU out among sessions
        signal.alarm(60)
        time.sleep(2)  # until all are born
        while True:
            pass
"""
BOMB = """
import os, time
born = 0
try:
    while born < 400:
        if os.fork() == 0:
            time.sleep(30)
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
        if os.fork() != 0:
            os._exit(0)  # whoever counts children only loses sight of the other
        held = os.urandom(2**20) * 160
        time.sleep(30)
        os._exit(0)
"""
FILLER = """
import os, time
size = 0
try:
    for n in range(16):
        with open(f"{folder}/full-{n}", "wb") as file:
            for _ in range(16):
                size += file.write(bytes(2**20))
                file.flush()
except OSError:
    pass
print(size // 2**20)
"""


def cpu_share(kernel, seconds=2.0):
    """CPU seconds in a second that all processes of a kernel got, by a count of our own."""
    (before, since), _ = (_cpu(kernel), time.monotonic()), time.sleep(seconds)
    return (_cpu(kernel) - before) / (time.monotonic() - since)


def _cpu(kernel):
    return sum(sum(one.cpu_times()[:2]) for one in family(kernel))


def family(kernel):
    """The kernel's processes that are alive, as psutil knows them."""
    try:
        first = psutil.Process(kernel.pid)
        return [one for one in (first, *first.children(recursive=True)) if one.is_running()]
    except psutil.NoSuchProcess:
        return []


def burn(kernel):
    """Start the burners; once all are there, the kernel's processes. Its reply is not waited for: they outnumber it."""
    kernel.client.execute(BURN)
    until = time.monotonic() + 120
    while len(born := family(kernel)) <= BURNERS and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(2)
    return born


def left(processes):
    """How many of these are still alive."""
    return sum(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes)


def findings(isolated):
    """What each kind of greed came to, by its name."""
    from rnncourse.grading.sandbox import Kernel

    found = {}
    with Kernel(LIMITS, isolated=isolated) as kernel:
        born = burn(kernel)
        found |= {"burners": len(born), "CPU": cpu_share(kernel), "counted": kernel.cpu_seconds()}
    found["left"] = left(born)
    found["processes"] = _tried(BOMB, LIMITS, isolated, lambda text: text.isdecimal() and int(text) < LIMITS.processes)
    found["memory"] = _tried(HOG, replace(LIMITS, memory=1200 * MB), isolated, lambda text: False)
    found["disk"] = _tried("folder = '.'\n" + FILLER, LIMITS, isolated, lambda text: text == "32")
    return found


def _tried(cell, limits, isolated, stopped):
    """What the cell printed and why its kernel was ended; where nothing `stopped` it, whoever watches has to."""
    from rnncourse.grading.sandbox import Kernel

    with Kernel(limits, isolated=isolated) as kernel:
        ran = run(kernel, cell)
        until = time.monotonic() + (0 if stopped(ran.text.strip()) else 60)
        while not kernel.why and kernel.alive() and time.monotonic() < until:
            time.sleep(0.05)
        return {"printed": ran.text.strip(), "why": kernel.why}


def doctor():
    """What `rnncourse doctor` says of grading, by name."""
    from rnncourse.cli.health import facts

    return {fact.name: [fact.state, fact.text, *fact.mends] for fact in facts() if fact.area == "grading"}


def main():
    from rnncourse.grading.sandbox import isolation

    kind = isolation().kind
    print(json.dumps({"kind": kind, "doctor": doctor(), **findings(kind == "bubblewrap")}))


if __name__ == "__main__":
    sys.exit(main())
