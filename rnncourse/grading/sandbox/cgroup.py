"""A control group for each sandbox, where the system lends them to us: memory, processes and CPU of all of it together.

Two forms are in use. In the old one every controller has a tree of its own; in the new one there is one tree, and a
group hands controllers on only if it holds no processes itself. Memory and the number of processes must be bounded,
or the group is none; the CPU is bounded too where the system hands on that controller.
"""

import contextlib
import itertools
import os
import time
from pathlib import Path

PREFIX = "rnncourse"
OWN = f"{PREFIX}-own"  # where this process goes, to make room for groups beside it
KEPT = 2  # bubblewrap's own two processes
FULL = 0.95  # of the bound: what is handed out in pages may stop a little below it
REMOVED_WITHIN = 2.0  # seconds after the last process
PERIOD = 100_000  # microseconds after which a group may compute again that has used up its share of the CPU

_numbers = itertools.count(1)


class Group:
    """One group: a folder in the new form, one for each controller in the old form.

    `bounds_cpu` is whether the system bounds the processor time that it gets in each moment.
    """

    def __init__(self, folders, limits, optional=()):
        """Make it.

        Args:
            folders: the group's folders, each to be made.
            limits: `Limits`.
            optional: more folders, of controllers without which it is a group all the same.

        Raises:
            OSError: the system does not let us.
        """
        self.folders, self._optional = [], set(optional)
        try:
            for folder in folders:
                folder.mkdir()
                self.folders.append(folder)
            if not self._set(("memory.limit_in_bytes", "memory.max"), limits.memory):
                raise OSError("the group has no limit of memory")
            if not self._set(("pids.max",), limits.processes + KEPT):
                raise OSError("the group has no limit of processes")
            with contextlib.suppress(OSError):  # swap is not counted everywhere
                self._set(("memory.memsw.limit_in_bytes",), limits.memory)
                self._set(("memory.swap.max",), 0)
        except OSError:
            self.remove()
            raise
        for folder in optional:
            with contextlib.suppress(OSError):
                folder.mkdir()
                self.folders.append(folder)
        self.bounds_cpu = self._bound_cpu(limits.processors * PERIOD)

    def _bound_cpu(self, share):
        """Bound the microseconds of CPU time in each period; whether the system took it."""
        try:
            self._set(("cpu.cfs_period_us",), PERIOD)
            return self._set(("cpu.cfs_quota_us",), share) or self._set(("cpu.max",), f"{share} {PERIOD}")
        except OSError:  # such as a group above with less than that
            return False

    def _set(self, names, value):
        files = [folder / name for folder in self.folders for name in names if (folder / name).exists()]
        for file in files:
            file.write_text(str(value))
        return bool(files)

    def enter(self, pids):
        """Move processes into it; what they start is in it too. The last of them is the one that computes."""
        for folder in tuple(self.folders):
            try:
                for pid in pids[-1:] if folder in self._optional else pids:
                    (folder / "cgroup.procs").write_text(str(pid))
            except OSError:
                if folder not in self._optional:
                    raise
                self._leave(folder)

    def _leave(self, folder):
        """Go on without an optional controller."""
        self.folders.remove(folder)
        self.bounds_cpu = self.bounds_cpu and any((one / "cpu.cfs_quota_us").exists() for one in self.folders)
        _removed(folder)

    def cpu_seconds(self):
        """CPU seconds that all its processes have used, also those that have ended; None where nobody counts them."""
        for folder in self.folders:
            for line in _lines(folder / "cpuacct.usage"):
                return int(line) / 1e9
            for line in _lines(folder / "cpu.stat"):
                if line.startswith("usage_usec "):
                    return int(line.split()[1]) / 1e6
        return None

    @property
    def out_of_memory(self):
        """Whether the system has killed a process in it since all of it reached its own bound of memory.

        Where it was the machine's memory that ran out, it is below that bound.
        """
        killed = any(count for name in ("memory.events", "memory.oom_control") for count in self._counts(name, "oom_kill"))
        return killed and (any(self._counts("memory.events", "oom")) or self._was_full())

    def _counts(self, name, key):
        for line in (line for folder in self.folders for line in _lines(folder / name)):
            if line.startswith(f"{key} "):
                yield int(line.split()[1])

    def _was_full(self):
        """In the old form of groups: whether the most that was ever in use is all that may be."""
        most = [int(line) for folder in self.folders for line in _lines(folder / "memory.max_usage_in_bytes")]
        bound = [int(line) for folder in self.folders for line in _lines(folder / "memory.limit_in_bytes")]
        return bool(most and bound) and most[0] >= FULL * bound[0]

    def remove(self):
        """Remove it, once its processes are gone."""
        until = time.monotonic() + REMOVED_WITHIN
        for folder in self.folders:
            while not _removed(folder) and time.monotonic() < until:
                time.sleep(0.005)


def new_group(limits):
    """A new group with these limits, or None where the system lends us none."""
    needed, optional = _places()
    name = f"{PREFIX}-{os.getpid()}-{next(_numbers)}"
    try:
        return (
            Group([place / name for place in needed], limits, [place / name for place in optional]) if needed else None
        )
    except OSError:
        return None


def _places():
    """Folders in which groups can be made: one in the new form; in the old those that a group needs, and more."""
    mine = {names: path for _, names, path in (line.split(":", 2) for line in _lines("/proc/self/cgroup"))}
    trees = _trees()
    if "memory" in trees:
        needed, optional = (_old_places(trees, mine, names) for names in (("memory", "pids"), ("cpu", "cpuacct")))
    else:
        own = _place(trees[""], mine[""]) if "" in trees and "" in mine else None
        needed = [folder for folder in ((own, own.parent) if own else ()) if _hands_on(folder)][:1]
        optional = []
    if not all(os.access(folder, os.W_OK) for folder in needed):
        return [], []
    optional = [folder for folder in optional if folder not in needed and os.access(folder, os.W_OK)]
    for folder in (*needed, *optional):
        _sweep(folder)
    return needed, optional


def _old_places(trees, mine, controllers):
    """The folders of this process's own groups in the trees of these controllers."""
    found = [
        _place(trees[name], path)
        for name in controllers
        for names, path in mine.items()
        if name in names.split(",") and name in trees
    ]
    return list(dict.fromkeys(found))


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
        controllers.write_text("+cpu")  # apart, since not every system hands it on, and one refusal refuses all
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
