"""What /proc tells of processes; where it tells nothing, zeros and empty lists."""

import contextlib
import os

PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100  # a second


def running():
    """The ids of all processes that can be seen."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()] if os.path.isdir("/proc") else []


def tree(root):
    """This process and all its descendants, as process ids."""
    found, open_ends = [], [root]
    while open_ends:
        found.append(open_ends.pop())
        open_ends += children(found[-1])
    return found


def children(pid):
    """The processes that this one started or adopted."""
    found = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
                found += map(int, file.read().split())
    except OSError:  # it has ended, or this system keeps no such list
        return [] if not os.path.exists(f"/proc/{pid}") else [one for one in running() if parent(one) == pid]
    return found


def parent(pid):
    """The process that started or adopted this one; 0 if it has ended."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return int(file.read().rpartition(")")[2].split()[1])
    return 0


def number_inside(pid):
    """The id of a process in its own namespace; 0 if it has ended."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
        return next((int(line.split()[-1]) for line in file if line.startswith("NSpid:")), 0)
    return 0


def cpu_seconds(pid):
    """CPU seconds that a process has used, with all its threads and those of its children that it has waited for."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return sum(map(int, file.read().rpartition(")")[2].split()[11:15])) / TICKS
    return 0.0


def computes(thread):
    """Whether a thread runs or waits for nothing but a processor."""
    with contextlib.suppress(OSError), open(f"/proc/{thread}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rpartition(")")[2].split()[0] == "R"
    return False


def resident(pid):
    """Bytes in memory; what processes share is counted for each."""
    with contextlib.suppress(OSError, IndexError), open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * PAGE
    return 0


def share(pid):
    """Bytes in memory, shared ones divided by who shares them: exact, but slow to ask for."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return sum(int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:"))
    return resident(pid)


def thread_numbers(pid):
    """The ids of its threads; none if it has ended."""
    with contextlib.suppress(OSError):
        return list(map(int, os.listdir(f"/proc/{pid}/task")))
    return []


def threads(pid):
    """How many threads it has; 0 if it has ended."""
    return len(thread_numbers(pid))


def threads_of_user():
    """How many threads all processes of this user have."""
    count = 0
    for pid in running():
        with contextlib.suppress(OSError):
            count += threads(pid) if os.stat(f"/proc/{pid}").st_uid == os.geteuid() else 0
    return count


def sockets(pid):
    """How many sockets are open in a process's network."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/net/sockstat", encoding="ascii") as file:
        return int(file.readline().split()[-1])
    return 0
