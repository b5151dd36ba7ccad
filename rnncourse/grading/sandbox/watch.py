"""Looks at a sandbox twice a second: ends it when it oversteps what no control group bounds, keeps it on its processor."""

import contextlib
import os
import threading

from rnncourse.grading.sandbox.proc import computes, resident, share, sockets, thread_numbers, threads, tree

PERIOD = 0.5  # seconds
FILES = 100_000  # files and folders in one of the temporary file systems
OURS = 2  # processes of bubblewrap, which are counted with the learner's
SOCKETS = 1000  # a kernel has about twenty
LONGEST = 4000  # characters of a path; what lies deeper could not be looked at any more
BLOCK = 512  # bytes, in which the system counts what a file takes
TOGETHER = 2  # times the CPU seconds of one process, for all of them
CROWD = 4  # threads that compute at once; where there are more, all of them have to wait for others
LOWEST = 19  # priority: about seventy such processes weigh as much as one of the others


class Watch(threading.Thread):
    """Ends a sandbox that uses more than its limits.

    `why` is empty, or one sentence once it did.
    """

    def __init__(
        self, root, limits, kill, places=(), *, folder=None, grouped=False, processor=None, cpu_seconds=lambda: 0.0
    ):
        """Start watching.

        Args:
            root: the process whose descendants are counted, with itself.
            limits: `Limits`; its `memory` bounds all processes and temporary files together.
            kill: called to end it.
            places: the temporary file systems, as the host can reach them, of a sandbox that has its own, and its
                own network.
            folder: the folder of one that has no file systems of its own.
            grouped: whether a control group bounds memory and processes.
            processor: the `Processor` that the sandbox is to stay on; None where a control group bounds its share.
            cpu_seconds: tells the CPU time of all processes.
        """
        super().__init__(name="sandbox-watch", daemon=True)
        self.why = ""
        self._root, self._limits, self._kill, self._places = root, limits, kill, places
        self._folder, self._grouped, self._processor, self._cpu_seconds = folder, grouped, processor, cpu_seconds
        self._ended = threading.Event()
        self.start()

    def run(self):
        while not self._ended.wait(PERIOD):
            try:
                why = self._too_much()
            except OSError:  # this process has no more open files to spare: another look will do
                continue
            if why:
                self.why = why
                self._kill()
                return

    def stop(self):
        """Stop watching."""
        self._ended.set()
        self.join()

    def _too_much(self):
        if self._cpu_seconds() > TOGETHER * self._limits.cpu_seconds:
            return f"its processes together computed for more than {TOGETHER * self._limits.cpu_seconds} seconds"
        if self._folder and (why := self._too_many_files()):
            return why
        pids = tree(self._root) if self._processor or not self._grouped else []
        if self._processor:
            self._keep_together(pids)
        return "" if self._grouped else self._too_large(pids)

    def _keep_together(self, pids):
        """Keep it on its processor, whatever it asked the system for; and a crowd does not outweigh a neighbour."""
        numbers = [number for pid in pids for number in thread_numbers(pid)]
        for number in numbers:
            self._processor.keep(number)
        if sum(map(computes, numbers)) > CROWD:
            for number in numbers:
                with contextlib.suppress(OSError):  # it has ended
                    os.setpriority(os.PRIO_PROCESS, number, LOWEST)

    def _too_many_files(self):
        size = 0
        for number, path in enumerate(_below(self._folder)):
            with contextlib.suppress(OSError):
                size += path.stat(follow_symlinks=False).st_blocks * BLOCK
            if number > FILES:
                return f"it made more than {FILES:,} files"
            if len(path.path) > LONGEST:
                return "it made folders in folders, deeper than a path can be long"
            if size > self._limits.disk:
                return f"it wrote more than {self._limits.disk // 2**20} MB in its folder"
        return ""

    def _too_large(self, pids):
        used = list(map(_used, self._places))
        held, files = sum(size for size, _ in used), max((files for _, files in used), default=0)
        if files > FILES:
            return f"it made more than {FILES:,} files"
        if self._places and sockets(self._root) > SOCKETS:  # what waits in them is memory that belongs to no process
            return f"it opened more than {SOCKETS:,} sockets"
        if sum(map(threads, pids)) > self._limits.processes + OURS:
            return f"it started more than {self._limits.processes} processes and threads"
        if all(sum(map(measure, pids)) + held > self._limits.memory for measure in (resident, share)):
            return f"its processes together used more than {self._limits.memory // 2**20} MB of memory"
        return ""


def _below(folder):
    """All that is in a folder, as `os.DirEntry`, whatever may change meanwhile and however deep it goes."""
    folders = [folder]
    while folders:
        with contextlib.suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                yield entry
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)


def _used(place):
    """Bytes and files of a file system."""
    try:
        told = os.statvfs(place)
    except OSError:
        return 0, 0
    return (told.f_blocks - told.f_bfree) * told.f_frsize, told.f_files - told.f_ffree
