"""One writer at a time: a lock in the class's folder, with a note beside it of who holds it.

The lock is the operating system's, so that it is free the moment its holder ends, however it ends; the note is only for
the sentence that a second run is told.
"""

import contextlib
import json
import os
import socket
from datetime import UTC, datetime

from rnncourse.grading.records.errors import RecordsBusy

LOCK, NOTE = "writer.lock", "writer.json"


class Writer:
    """The lock on the folder `folder`, taken at once or within `wait` seconds.

    Raises:
        RecordsBusy: another process holds it for longer; the message says which.
    """

    def __init__(self, folder, wait=10.0):
        from filelock import FileLock, Timeout

        self._note = os.path.join(folder, NOTE)
        self._lock = FileLock(os.path.join(folder, LOCK))
        try:
            self._lock.acquire(timeout=wait, poll_interval=0.1)
        except Timeout as error:
            raise RecordsBusy(self._sentence()) from error
        _write_note(self._note)

    def release(self):
        if self._lock.is_locked:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._note)
            self._lock.release()

    def _sentence(self):
        try:
            with open(self._note, encoding="utf-8") as file:
                holder = json.load(file)
            who = f"process {holder['pid']} on {holder['host']}, since {holder['since']}"
        except (OSError, ValueError, LookupError, TypeError):
            who = "which left no note of itself"
        return (
            f"another run is writing into this class's records ({who}). Wait until it has ended, or end it, and run "
            "the same command again; nothing is lost by either."
        )


def _write_note(path):
    holder = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }
    with contextlib.suppress(OSError), open(path, "w", encoding="utf-8") as file:  # only for the message
        json.dump(holder, file)
