"""One processor for each sandbox, where no control group shares them out: a hundred processes then slow each other only.

Sandboxes of all workers choose among the processors of this machine. Whoever has one holds an address in the abstract
namespace of sockets, which no two processes can hold, and which the system frees with the process, however that ends.
"""

import contextlib
import os
import random
import socket

ADDRESS = "\0rnncourse-sandbox-processor-{}"


class Processor:
    """A processor that a sandbox is kept on; `number` is None where there is no choice between any."""

    def __init__(self):
        """Take one that no other sandbox has; if all are taken, share any."""
        self.number, self._mark = None, None
        allowed = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        if len(allowed) < 2:
            return
        random.SystemRandom().shuffle(allowed)
        self._mark = next(filter(None, map(self._take, allowed)), None)
        if self._mark is None:
            self.number = allowed[0]

    def _take(self, number):
        mark = socket.socket(socket.AF_UNIX)
        try:
            mark.bind(ADDRESS.format(number))
        except OSError:
            mark.close()
            return None
        self.number = number
        return mark

    def keep(self, thread):
        """Keep a thread on it, and with it whatever the thread starts from now on."""
        if self.number is not None:
            with contextlib.suppress(OSError):  # it has ended
                if os.sched_getaffinity(thread) != {self.number}:
                    os.sched_setaffinity(thread, {self.number})

    def close(self):
        """Leave it to another sandbox."""
        if self._mark is not None:
            self._mark.close()
            self._mark = None
