"""What bounds all processes of one sandbox together, by the strongest means that this machine lends.

A control group bounds memory, the number of processes and, where the system hands that on too, the share of the CPU.
Without one a watch adds up, and the sandbox is kept on one processor. The CPU time of all processes has a bound in
any case.
"""

from rnncourse.grading.sandbox.cgroup import new_group
from rnncourse.grading.sandbox.proc import cpu_seconds, tree
from rnncourse.grading.sandbox.processor import Processor
from rnncourse.grading.sandbox.watch import Watch


class Bounds:
    """The bounds of one sandbox; its processes `enter` before the learner's code runs, then the `start` of the watch.

    `memory` is "cgroup" or "rlimit"; `cpu` is "cgroup", "processor" where one is set aside for the sandbox, or "shared".
    """

    def __init__(self, limits):
        """`limits` are `Limits`."""
        self.limits, self.group, self._watch, self._processor = limits, None, None, None
        self._root, self._used = None, 0.0

    def enter(self, pids):
        """Bound these processes and all that they will start."""
        self.group = new_group(self.limits)
        if self.group:
            try:
                self.group.enter(pids)
            except OSError:
                self._leave_group()
        if self.cpu != "cgroup":
            self._processor = Processor()
            for pid in pids:
                self._processor.keep(pid)

    def start(self, root, kill, places=(), folder=None):
        """Watch `root` and its descendants, and call `kill` when they overstep.

        `places` are their file systems; one without any of its own has a `folder`.
        """
        self._root = root
        self._watch = Watch(
            root, self.limits, kill, places,
            folder=folder, grouped=self.group is not None, processor=self._processor, cpu_seconds=self.cpu_seconds,
        )  # fmt: skip

    @property
    def memory(self):
        """How memory and processes are bounded."""
        return "cgroup" if self.group else "rlimit"

    @property
    def cpu(self):
        """How the share of the CPU is bounded."""
        if self.group and self.group.bounds_cpu:
            return "cgroup"
        return "shared" if self._processor is None or self._processor.number is None else "processor"

    def cpu_seconds(self):
        """CPU seconds that all its processes have used so far.

        A control group counts exactly. Without one it is what /proc tells of the living and of those that somebody
        waited for, in steps of 10 ms: a process that nobody waits for is no longer counted once it has ended.
        """
        counted = self.group.cpu_seconds() if self.group else None
        if counted is None and self._root is not None:
            counted = sum(map(cpu_seconds, tree(self._root)))
        self._used = max(self._used, counted or 0.0)
        return self._used

    @property
    def why(self):
        """One sentence on what bound was overstepped, as far as is known."""
        if self.group and self.group.out_of_memory:
            return f"its processes together used more than {self.limits.memory // 2**20} MB of memory"
        return self._watch.why if self._watch else ""

    def stop(self):
        """Stop watching; before the processes are ended."""
        if self._watch:
            self._watch.stop()

    def close(self):
        """Give back what the system lent; once the processes have ended."""
        self.cpu_seconds()
        self._root = None  # soon its number may be another process's
        if self.group:
            self._leave_group()
        if self._processor:
            self._processor.close()

    def _leave_group(self):
        self.group.remove()
        self.group = None
