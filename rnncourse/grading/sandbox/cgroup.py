"""A control group for each sandbox, where the system lends them to us: memory and processes of all of it together.

Two forms are in use. In the old one every controller has a tree of its own; in the new one there is one tree, and a
group hands controllers on only if it holds no processes itself.
"""

import contextlib
import itertools
import os
import time
from pathlib import Path

PREFIX = "rnncourse"
OWN = f"{PREFIX}-own"  # where this process goes, to make room for groups beside it
KEPT = 2  # bubblewrap's own two processes
REMOVED_WITHIN = 2.0  # seconds after the last process

_numbers = itertools.count(1)


class Group:
    """One group: a folder in the new form, one of memory and one of processes in the old form."""

    def __init__(self, folders, limits):
        """Make it.

        Raises:
            OSError: the system does not let us.
        """
        self.folders = []
        try:
            for folder in folders:
                folder.mkdir()
                self.folders.append(folder)
            if not self._set(("memory.limit_in_bytes", "memory.max"), limits.memory):
                raise OSError("the group has no limit of memory")
            self._set(("pids.max",), limits.processes + KEPT)
            with contextlib.suppress(OSError):  # swap is not counted everywhere
                self._set(("memory.memsw.limit_in_bytes",), limits.memory)
                self._set(("memory.swap.max",), 0)
        except OSError:
            self.remove()
            raise

    def _set(self, names, value):
        files = [folder / name for folder in self.folders for name in names if (folder / name).exists()]
        for file in files:
            file.write_text(str(value))
        return bool(files)

    def enter(self, pids):
        """Move processes into it; what they start is in it too."""
        for folder in self.folders:
            for pid in pids:
                (folder / "cgroup.procs").write_text(str(pid))

    @property
    def out_of_memory(self):
        """Whether the system has killed a process in it for want of memory."""
        files = [folder / name for folder in self.folders for name in ("memory.events", "memory.oom_control")]
        return any("oom_kill " in line and line.split()[1] != "0" for file in files for line in _lines(file))

    def remove(self):
        """Remove it, once its processes are gone."""
        until = time.monotonic() + REMOVED_WITHIN
        for folder in self.folders:
            while not _removed(folder) and time.monotonic() < until:
                time.sleep(0.005)


def new_group(limits):
    """A new group with these limits, or None where the system lends us none."""
    places = _places()
    try:
        return (
            Group([place / f"{PREFIX}-{os.getpid()}-{next(_numbers)}" for place in places], limits) if places else None
        )
    except OSError:
        return None


def _places():
    """The folders in which groups can be made: those of memory and processes in the old form, one in the new."""
    mine = {names: path for _, names, path in (line.split(":", 2) for line in _lines("/proc/self/cgroup"))}
    trees = _trees()
    if "memory" in trees:
        found = [
            _place(trees[name], path)
            for name in ("memory", "pids")
            for names, path in mine.items()
            if name in names.split(",")
        ]
    else:
        own = _place(trees[""], mine[""]) if "" in trees and "" in mine else None
        found = [folder for folder in ((own, own.parent) if own else ()) if _hands_on(folder)][:1]
    found = list(dict.fromkeys(found))
    for folder in found:
        _sweep(folder)
    return found if all(os.access(folder, os.W_OK) for folder in found) else []


def _trees():
    """Mount point and root of each controller's tree; that of the new form has no name."""
    found = {}
    for line in _lines("/proc/self/mountinfo"):
        fields, _, rest = line.partition(" - ")
        root, place = fields.split()[3:5]
        kind, _, options = rest.split(" ", 2)
        names = options.split(",") if kind == "cgroup" else [""] if kind == "cgroup2" else []
        found |= dict.fromkeys(names, (Path(place), root))
    return found


def _place(tree, path):
    place, root = tree
    return place / os.path.relpath(path, root) if path.startswith(root) else place


def _hands_on(folder):
    """Whether groups in this folder get limits; if this process is alone in it, it makes room for that."""
    controllers = folder / "cgroup.subtree_control"
    if folder.name == OWN or not os.access(controllers, os.W_OK):
        return False
    with contextlib.suppress(OSError):
        if {int(pid) for pid in _lines(folder / "cgroup.procs")} == {os.getpid()}:
            (folder / OWN).mkdir(exist_ok=True)
            (folder / OWN / "cgroup.procs").write_text(str(os.getpid()))
        controllers.write_text("+memory +pids")
    return {"memory", "pids"} <= set(" ".join(_lines(controllers)).split())


def _sweep(folder):
    """Remove the empty groups of processes that were killed before they could."""
    for path in folder.glob(f"{PREFIX}-*-*"):
        owner = path.name.split("-")[1]
        if owner.isdigit() and not os.path.exists(f"/proc/{owner}"):
            _removed(path)


def _removed(folder):
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _lines(path):
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
