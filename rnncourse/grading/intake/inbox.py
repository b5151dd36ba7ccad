"""A student's folder, or a whole class's, as submissions; one bad folder never touches another.

Files are copied and hashed here, and nothing looks into them: whatever does runs in a bounded process (see
`rnncourse.grading.judge.reading`).
"""

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import accumulate
from pathlib import Path

from rnncourse.grading.intake.exchange import Exchange
from rnncourse.grading.intake.folder import CLOSED, MACHINE, Taken, descended, kind, opened, reason, take
from rnncourse.grading.intake.kept import file_name
from rnncourse.grading.intake.ledger import Ledger
from rnncourse.grading.intake.limits import INTAKE
from rnncourse.grading.intake.names import clean_part, is_ignored, shown_name
from rnncourse.grading.intake.notes import Notes, quoted
from rnncourse.grading.intake.receipt import note_oddities, time_of_receipt
from rnncourse.grading.submission import Submission

@dataclass(frozen=True)
class Unread:
    """A student whose folder this machine could not read, and why; that is no submission, and no fault of the student's."""

    student: str
    why: str


def read(folder, *, student, assignment, received=None, limits=INTAKE):
    """The Submission in one folder; what is not taken of it is a remark, and nothing that lies there raises.

    `folder` itself must be no symbolic link; the folders above it are the caller's. `received` is when it was handed
    in, if somebody knows (an aware datetime); else it is what the submission says, with a notice.
    """
    notes, taken = Notes(), Taken()
    try:
        with opened(folder) as descriptor:
            taken = take(descriptor, limits, notes)
    except OSError as error:
        notes.refused(f"the folder was not read: {_why(folder, (), error)}")
    when = time_of_receipt(taken, notes, now=datetime.now(UTC)) if received is None else _in_utc(received)
    return Submission(student, assignment, taken.files, when, notes.remarks(limits.remarks))


def submissions(root, assignment, *, kept=None, exchange=None, collected=None, limits=INTAKE, now=None):
    """Iterate over the Submissions in `root`/STUDENT/`assignment`, in the order of the students' names.

    Where the machine fails over a folder, there is an `Unread` in its place.

    Args:
        root: the folder of all students, nbgrader's submitted directory.
        assignment: its name, which may hold slashes.
        kept: folder for what is kept of an assignment, the ledger of sightings among it, which bounds the time of
            receipt (see `receipt`). It is left out if it is None.
        exchange: root of nbgrader's filesystem exchange, a good witness for the time of receipt.
        collected: what was collected, a `Collected`, the best witness.
        limits: an IntakeLimits.
        now: the time of this reading, an aware datetime; the clock's if it is None.

    Raises:
        ValueError: a name of an assignment that leads out of the student's folder.
        OSError: `root`, `kept` or `exchange`, the instructor's own folders, cannot be read.
    """
    room = _Class(root, assignment, limits, now)
    if kept is not None:
        room.ledger = Ledger(Path(kept, file_name(assignment), "received.jsonl"))
    if exchange is not None:
        room.exchange = Exchange(exchange, assignment, limits)
    room.collected = collected
    names = sorted(name for name in os.listdir(root) if not is_ignored(name))
    return (found for name in names if (found := _found(room, name)) is not None)


def _found(room, name):
    try:
        return room.submission(name)
    except Exception as error:  # noqa: BLE001 - a failure over one folder must not stop the class
        return Unread(shown_name(name), f"the folder could not be read here: {type(error).__name__}: {str(error)[:300]}")


class _Class:
    """All that is needed to read one student after the other."""

    def __init__(self, root, assignment, limits, now):
        self.root, self.assignment, self.limits = Path(root), assignment, limits
        self.ledger = self.exchange = self.collected = None
        self._now = None if now is None else _in_utc(now)
        self._parts = tuple(assignment.split("/"))
        if not all(part not in ("", ".", "..") and "\0" not in part for part in self._parts):
            raise ValueError(f"assignment: expected a name such as 1-sequence-data or week1/data, got {assignment!r}")

    def submission(self, name):
        """The Submission of the student whose folder has this name; None if there is none."""
        notes, student = Notes(), shown_name(name)
        taken = self._taken(name, student, notes)
        if taken is None:
            return None
        received = self._received(student, taken, notes)
        return Submission(student, self.assignment, taken.files, received, notes.remarks(self.limits.remarks))

    def _taken(self, name, student, notes):
        """What the student's folder holds; empty, with a remark, if it cannot be read; None if it is not there."""
        try:
            with opened(self.root / name) as above, descended(above, self._parts) as folder:
                if name == student:
                    return take(folder, self.limits, notes)
                notes.refused("the name of the student's folder holds characters that cannot be shown; rename it")
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno in MACHINE | CLOSED:
                raise
            if _is_no_student(self.root / name):
                return None
            notes.refused(f"the folder was not read: {_why(self.root / name, self._parts, error)}")
        return Taken()

    def _received(self, student, taken, notes):
        now = self._now or datetime.now(UTC)
        digest = Submission(student, self.assignment, taken.files, now).digest
        collection = self.collected.find(student, digest) if self.collected else None
        note_oddities(collection, self.exchange, student, notes)
        handed_in = self.exchange.handed_in(student, taken.files) if self.exchange and not collection else None
        sight = partial(self._sight, notes, student, digest, now) if self.ledger is not None and taken.files else None
        asked = "" if self.exchange is None else "others" if self.exchange.knows(student) else "nothing"
        return time_of_receipt(taken, notes, now=now, sight=sight, handed_in=handed_in, exchange=asked, collected=collection)

    def _sight(self, notes, student, digest, now, claims):
        try:
            return self.ledger.see(student, digest, now, claims)
        except OSError as error:
            notes.notice(f"the time at which these files were seen could not be written down: {reason(error)}")
            return self.ledger.known(student, digest)


def _is_no_student(path):
    """Whether this is a file among the students' folders, such as a list that somebody put there."""
    mode = os.lstat(path).st_mode
    return not stat.S_ISDIR(mode) and not stat.S_ISLNK(mode)


def _why(folder, below, error):
    """Why a folder was not read: the first on the way that is none, or what the system says."""
    with suppress(OSError):
        for path in accumulate((Path(folder), *below), Path.joinpath):
            mode = os.lstat(path).st_mode
            if not stat.S_ISDIR(mode):
                return f"{quoted(clean_part(path.name))} is {kind(mode)}"
    return reason(error)


def _in_utc(moment):
    if moment.tzinfo is None:
        raise ValueError(f"expected a time with its zone, such as datetime.now(UTC), got {moment!r}")
    return moment.astimezone(UTC)
