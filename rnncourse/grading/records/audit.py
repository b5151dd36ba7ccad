"""The audit log: one line of JSON for each thing done to a grade, only ever added to, each line chained to the last.

A line carries the SHA-256 of the line before it, so that a line that is changed, taken out or put in breaks the chain
at that place, and `Audit.verify` names it. Whoever may write the file could compute a whole new chain; to be safe from
that, note `Audit.head` somewhere else from time to time: `rnncourse export --check-audit` prints it.

A grade is entered between two lines. "entering" holds all there is to say and is on the disk before the gradebook
commits, so that no grade is without its line; "entered" points to it and follows when everything is in place.
An "entering" without its "entered" is an attempt that was cut short, and running again completes it. "withdrawn"
follows an attempt that the database refused. (If the connection broke in the very moment of the commit, only the
database knows what became of it; running again settles that too.)
"""

import contextlib
import hashlib
import json
import os
from dataclasses import dataclass

START = "0" * 64  # what stands for the line before the first
_BLOCK = 2**16


@dataclass(frozen=True)
class Break:
    """Where the log stops being trustworthy: the number of the line, counted from 1, and what is wrong there."""

    line: int
    why: str


class Audit:
    """The log in one file; there must be only one writer, which `Records` sees to.

    The lines are `event`, `time`, `who` and what `Records.enter` gives, in the order of happening.
    """

    def __init__(self, path):
        self.path = path
        self._end = None  # (size of the file, hash of its last line), as of our last look
        self._last = None  # (student, assignment) -> (event, verdict hash)

    @property
    def head(self):
        """The hash of the last whole line: whoever knows it can tell later whether anything before it was changed."""
        return self._look()[1]

    def append(self, **event):
        """Add one line and see it onto the disk; returns its hash.

        A last line that a crash cut off is repaired first: a whole one gets its missing end, the beginning of one goes.

        Raises:
            OSError: the line could not be written; the log is as it was.
        """
        last = self.last()
        size, previous = self._look()
        line = json.dumps({**event, "previous": previous}, ensure_ascii=True, separators=(",", ":")).encode()
        self._end = _write(self.path, size, line + b"\n"), _hash(line)
        _remember(last, event)
        return self._end[1]

    def last(self):
        """(student, assignment) -> (event, verdict hash) of the last line about them."""
        if self._last is None:
            self._last = {}
            for _, line in self._lines():
                _remember(self._last, _parsed(line) or {})
        return self._last

    def events(self):
        """All lines that can be read, as dictionaries, oldest first."""
        for _, line in self._lines():
            event = _parsed(line)
            if event is not None:
                yield event

    def verify(self):
        """The first `Break` of the chain, or None if every line is what was written, in the order it was written."""
        previous = START
        for number, line in self._lines():
            event = _parsed(line)
            if not line.endswith(b"\n") and event is None:
                return Break(number, "the line is cut off, as a crash leaves it; the next entry repairs it")
            if event is None:
                return Break(number, "the line is no entry of this log")
            if event.get("previous") != previous:
                return Break(
                    number, "the line does not follow from the one before it: one was changed, or some are missing"
                )
            previous = _hash(line.rstrip(b"\n"))
        return None

    def _lines(self):
        with contextlib.suppress(FileNotFoundError), open(self.path, "rb") as file:
            yield from enumerate(file, 1)

    def _look(self):
        """(where the next line goes, hash of the line before it)."""
        size = os.path.getsize(self.path) if os.path.exists(self.path) else 0
        if self._end is None or self._end[0] != size:
            self._end = _end(self.path, size)
        return self._end


def _end(path, size):
    """(size up to the last whole line, its hash); a torn line after it is not counted."""
    if not size:
        return 0, START
    tail = _tail(path, size)
    last = tail.rstrip(b"\n").rsplit(b"\n", 1)[-1]
    if tail.endswith(b"\n") or _parsed(last) is not None:
        return size, _hash(last)
    return _end(path, size - len(last))


def _tail(path, size):
    """The end of the file's first `size` bytes, with its last line whole."""
    with open(path, "rb") as file:
        start, tail = size, b""
        while start and b"\n" not in tail[:-1]:
            start = max(0, start - _BLOCK)
            file.seek(start)
            tail = file.read(size - start)
        return tail


def _write(path, size, content):
    """Put this after the first `size` bytes of the file, whole or not at all; returns where it ends."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fresh = os.fstat(handle).st_size == 0
        os.ftruncate(handle, size)
        if size and os.pread(handle, 1, size - 1) != b"\n":
            content = b"\n" + content
        _write_all(handle, size, content)
    finally:
        os.close(handle)
    if fresh:
        sync_folder(os.path.dirname(path))
    return size + len(content)


def _write_all(handle, size, content):
    try:
        done = 0
        while done < len(content):
            done += os.pwrite(handle, content[done:], size + done)
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, size)  # a full disk may take half a line
        raise


def sync_folder(folder):
    """See the names in a folder onto the disk, after a file was made or renamed in it."""
    handle = os.open(folder or ".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remember(last, event):
    if "student" in event and "assignment" in event:
        last[event["student"], event["assignment"]] = event.get("event"), event.get("verdict")


def _parsed(line):
    """The event in a line, or None."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None


def _hash(line):
    return hashlib.sha256(line).hexdigest()
