"""The audit log: one line of JSON for each thing done to a grade, only ever added to, each line chained to the last.

A line carries the SHA-256 of the line before it and, where the class's secret is known, a signature by a key that is
made of the secret. Beside the log lies its head, signed too: how many lines there are, and the hash of the last. So
whatever somebody without the secret changes, takes out, puts in, adds or cuts off is noticed, and so is a log that is
gone. `Audit.verify` names the first such place. `Audit.resume`, with which writing begins, adds a line "break" that
says what was found: the log goes on, and the break stays in it.

What this cannot show: whoever can read the secret can write any log, and whoever may write in the folder can put back
an older state of log, head and grades together. Against both, note `Audit.head` somewhere else from time to time:
`rnncourse export --check-audit` prints it.

A line is on the disk before the head names it. A kill between the two, or a power cut, leaves the head some lines
behind. Those carry signatures, so they are known to be ours, and the next entry brings the head up to date.

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
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from rnncourse.grading.queue.keys import class_secret, derived_key, is_signature, signature
from rnncourse.grading.records.errors import RecordsError

START = "0" * 64  # what stands for the line before the first
BREAK = "break"  # the event of a line that names what was found wrong
NAME = "audit.jsonl"
_BLOCK = 2**16
_HEAD = 256  # bytes of the head's file, always the same: it is written in one go, in its place, and needs no room
_SIGNED = re.compile(rb',"signature":"([0-9a-f]{64})"}$')


@dataclass(frozen=True)
class Break:
    """Where the log stops being trustworthy: the number of the line, counted from 1, and what is wrong there.

    `named` says that nothing is left to be said of it: a later line of the log names it, or the next entry repairs it.
    """

    line: int
    why: str
    named: bool = False


def class_audit(root):
    """The log of the class in the folder `root`, signed by the class's secret, which is made if there is none.

    Raises:
        RecordsError: the secret cannot be read or made.
    """
    folder = os.path.join(root, "grading")
    try:
        return Audit(os.path.join(folder, NAME), derived_key(class_secret(folder), "audit"))
    except (OSError, ValueError) as error:
        raise RecordsError(f"the class's secret cannot be read: {error}") from error


def any_verdicts(root):
    """Whether a class was graded, so that there must be a log."""
    return any(True for _ in Path(root, "grading", "results").glob("*/*.json"))


class Audit:
    """The log in one file; there must be only one writer, which `Records` sees to.

    The lines are `event`, `time`, `who` and what `Records.enter` gives, in the order of happening. `key` signs them and
    the head; without a key the log is chained and nothing else.

    Raises, from whatever reads:
        RecordsError: the log is there and cannot be read.
    """

    def __init__(self, path, key=None):
        self.path, self._key = path, key
        self._end = None  # (size of the file, hash of its last line, number of lines), as of our last look
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
        size, previous, number = self._look()
        line = self._line({**event, "previous": previous})
        self._end = _write(self.path, size, line + b"\n"), _hash(line), number + 1
        _remember(last, event)
        if self._key:
            with contextlib.suppress(OSError):  # the line is there, and its signature says that it is ours
                self._write_head()
        return self._end[1]

    def resume(self, expected=False):
        """Begin to write: returns what is wrong with the log, as a sentence, if nothing in the log names it yet, else "".

        `expected` says that there must be lines, because there are grades. What is wrong is named by a line of its own.

        Raises:
            OSError: the log or its head cannot be written.
        """
        found = next((one for one in self._breaks(expected) if not one.named), None)
        if found:
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            self.append(event=BREAK, time=now, line=found.line, why=found.why)
        if self._key:
            self._write_head(sync=True)
        return f"{self.path}, line {found.line}: {found.why}" if found else ""

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

    def verify(self, expected=False):
        """The first `Break`, or None if every line is what was written, in the order it was written, and none is missing.

        A break that was named by `resume` is one still. `expected` as there.
        """
        return next(iter(self._breaks(expected)), None)

    def _breaks(self, expected):
        """Every `Break`, in the order of the lines; what concerns the head comes last."""
        chain = _Chain(self._key, self._read_head() if self._key else None)
        for number, line in self._lines():
            chain.add(number, line)
        return chain.breaks(expected)

    def _lines(self):
        with self._reading(), contextlib.suppress(FileNotFoundError), open(self.path, "rb") as file:
            yield from enumerate(file, 1)

    def _look(self):
        """(where the next line goes, hash of the line before it, number of that line)."""
        with self._reading():
            size = os.path.getsize(self.path) if os.path.exists(self.path) else 0
            if self._end is None or self._end[0] != size:
                where, last = _end(self.path, size)
                self._end = where, last, sum(1 for _, line in self._lines() if line.endswith(b"\n") or _parsed(line) is not None)
        return self._end

    @contextlib.contextmanager
    def _reading(self):
        try:
            yield
        except OSError as error:
            raise RecordsError(
                f"the audit log {self.path} cannot be read ({error.strerror or error}); expected a file that you may "
                "read and write. Put back the file, or move away what lies in its place, and run again."
            ) from error

    def _line(self, event):
        """An entry as bytes, signed where there is a key."""
        line = json.dumps(event, ensure_ascii=True, separators=(",", ":")).encode()
        return line[:-1] + b',"signature":"%s"}' % signature(self._key, line).encode() if self._key else line

    def _write_head(self, sync=False):
        _, last, number = self._look()
        head = json.dumps({"lines": number, "last": last, "signature": signature(self._key, *_named(number, last))})
        handle = os.open(f"{self.path}.head", os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.pwrite(handle, head.encode().ljust(_HEAD - 1) + b"\n", 0)
            if sync:  # later ones need not be on the disk at once: lines after the head are known by their signatures
                os.ftruncate(handle, _HEAD)
                os.fsync(handle)
        finally:
            os.close(handle)
        if sync:
            sync_folder(os.path.dirname(self.path))

    def _read_head(self):
        """(number of lines, hash of the last) that the head names; () if it names nothing of ours; None without a head."""
        try:
            with open(f"{self.path}.head", "rb") as file:
                head = json.loads(file.read(_HEAD))
            named = head["lines"], head["last"]
            return named if is_signature(head["signature"], self._key, *_named(*named)) else ()
        except FileNotFoundError:
            return None
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return ()


class _Chain:
    """The lines of a log, one after the other, and what is wrong with them.

    `head` is what `Audit._read_head` gave.
    """

    def __init__(self, key, head):
        self._key, self._head, self._found = key, head, []
        self._number, self._previous, self._named_hash = 0, START, START
        self._ours = True  # the signature of the line before
        self._signed = False  # whether any line was signed by us

    def add(self, number, line):
        event, bare = _parsed(line), line.rstrip(b"\n")
        if event is None and not line.endswith(b"\n"):
            self._found.append(Break(number, "the line is cut off, as a crash leaves it; the next entry repairs it", named=True))
            return
        ours = self._key is None or _is_ours(bare, self._key)
        why = self._wrong(event, ours)
        if why:
            self._found.append(Break(number, why))
        elif event.get("event") == BREAK and ours:
            self._name(event)
        self._number, self._previous, self._ours, self._signed = number, _hash(bare), ours, self._signed or ours
        if self._head and self._head[0] == number:
            self._named_hash = self._previous

    def breaks(self, expected):
        """All that is wrong, the head included."""
        why = "" if self._key is None else self._missing(expected)
        return [*self._found, Break(self._number + 1, why)] if why else self._found

    def _wrong(self, event, ours):
        if event is None:
            return "the line is no entry of this log"
        if event.get("previous") != self._previous:
            return "the line does not follow from the one before it: one was changed, or some are missing"
        if not ours and self._ours:  # said once of many
            if "signature" in event:
                return "the line is not as it was written, or it was signed with another secret than the class's"
            return "from here on the lines carry no signature: an earlier version of the course wrote them, or somebody put them there"
        return ""

    def _name(self, event):
        """A line that names what is wrong above it."""
        self._found = [replace(one, named=True) for one in self._found]
        line, why = event.get("line"), event.get("why")
        if (line, why) not in [(one.line, one.why) for one in self._found]:
            self._found.append(Break(line, why, named=True))

    def _missing(self, expected):
        """What the head shows to be missing at the end."""
        if self._head is None:
            if self._signed and self._number:
                return "the file beside the log that names its last line is gone, so lines may be missing from here on"
            return "the log is gone, although there are grades" if expected and not self._number else ""
        if not self._head:
            return "the file beside the log that names its last line was changed, so lines may be missing from here on"
        if self._head[0] > self._number:
            return f"the log ends before this line, and {self._head[0]} lines were written: some were cut off, or the log is gone"
        if self._named_hash != self._head[1]:
            return f"line {self._head[0]} is another one than was written there"
        return ""


def _is_ours(line, key):
    found = _SIGNED.search(line)
    return found is not None and is_signature(found[1].decode(), key, line[: found.start()] + b"}")


def _named(number, last):
    """What the head says, as bytes to be signed."""
    return b"head", str(number).encode(), str(last).encode()


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
    if {"student", "assignment", "verdict"} <= event.keys():  # that work was collected says nothing of its grade
        last[event["student"], event["assignment"]] = event.get("event"), event["verdict"]


def _parsed(line):
    """The event in a line, or None."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None


def _hash(line):
    return hashlib.sha256(line).hexdigest()
