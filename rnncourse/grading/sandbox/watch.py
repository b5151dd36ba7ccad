"""Where no control group bounds a sandbox as a whole: adds up its processes twice a second and ends it in time."""

import os
import threading

from rnncourse.grading.sandbox.proc import resident, share, sockets, threads, tree

PERIOD = 0.5  # seconds
FILES = 100_000  # files and folders in one of the temporary file systems
SOCKETS = 1000  # a kernel has about twenty


class Watch(threading.Thread):
    """Ends a sandbox that uses more than its limits.

    `why` is empty, or one sentence once it did.
    """

    def __init__(self, root, limits, kill, places=()):
        """Start watching.

        Args:
            root: the process whose descendants are counted, with itself.
            limits: `Limits`; its `memory` bounds all processes and temporary files together.
            kill: called to end it.
            places: the temporary file systems, as the host can reach them, of a sandbox that has its own, and its
                own network.
        """
        super().__init__(name="sandbox-watch", daemon=True)
        self.why = ""
        self._root, self._limits, self._kill, self._places = root, limits, kill, places
        self._ended = threading.Event()
        self.start()

    def run(self):
        while not self._ended.wait(PERIOD):
            if why := self._too_much():
                self.why = why
                self._kill()
                return

    def stop(self):
        """Stop watching."""
        self._ended.set()
        self.join()

    def _too_much(self):
        pids = tree(self._root)
        used = list(map(_used, self._places))
        held, files = sum(size for size, _ in used), max((files for _, files in used), default=0)
        if files > FILES:
            return f"it made more than {FILES:,} files"
        if self._places and sockets(self._root) > SOCKETS:  # what waits in them is memory that belongs to no process
            return f"it opened more than {SOCKETS:,} sockets"
        if sum(map(threads, pids)) > 2 * self._limits.processes:
            return f"it started more than {self._limits.processes} processes and threads"
        if all(sum(map(measure, pids)) + held > self._limits.memory for measure in (resident, share)):
            return f"its processes together used more than {self._limits.memory // 2**20} MB of memory"
        return ""


def _used(place):
    """Bytes and files of a file system."""
    try:
        told = os.statvfs(place)
    except OSError:
        return 0, 0
    return (told.f_blocks - told.f_bfree) * told.f_frsize, told.f_files - told.f_ffree
