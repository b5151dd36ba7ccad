"""Collect an assignment: each student's newest hand-in, and the last one in time where that is another.

What is newest is what arrived last by the exchange's own clock. A hand-in that cannot be taken is named, and the next
newest one is taken. Whatever goes wrong with one student's work, the others' is collected; run again, only what is new
is copied.
"""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from rnncourse.grading.collect.copying import Changed, copy, write_new
from rnncourse.grading.collect.place import Place, make_private
from rnncourse.grading.intake.collected import EVENT, Collection
from rnncourse.grading.intake.limits import INTAKE
from rnncourse.grading.intake.names import CLAIM
from rnncourse.grading.intake.notes import quoted
from rnncourse.grading.intake.snapshot import snapshot
from rnncourse.grading.intake.timestamp import parse_timestamp
from rnncourse.grading.records.facts import head
from rnncourse.grading.resubmission import InTime
from rnncourse.grading.submission import is_plain_name

TRIES = 3  # of a hand-in that changes while it is copied


class Refused(Exception):
    """A hand-in is not taken; the message says why."""


@dataclass
class Tally:
    """What a run did: students by what became of their work, and sentences for the instructor by student."""

    collected: list = field(default_factory=list)
    unchanged: list = field(default_factory=list)
    remarks: dict = field(default_factory=dict)
    failures: dict = field(default_factory=dict)  # of these nothing was collected

    def remark(self, student, text):
        self.remarks.setdefault(student, []).append(text)


@dataclass(frozen=True)
class Collecting:
    """One run for one assignment.

    `folder` is the class's, grading/; `audit` its audit log, whose writer's lock the caller holds; `collected` what that
    says was collected, a `Collected`; `due` the `DueDates`; `check_owner` refuses a hand-in of another user than the
    student, where the system knows a user of the student's name.
    """

    folder: Path
    assignment: str
    audit: object
    collected: object
    due: object
    check_owner: bool = True
    limits: object = INTAKE

    def run(self, inbound, students=()):
        """Collect from an open `Inbound`, all students or some; returns a `Tally`."""
        tally = Tally()
        make_private(self.folder / "submitted")
        hand_ins = inbound.students()
        for student in (*self.collected.students(), *hand_ins):
            if is_plain_name(student):
                self._attempt(tally, student, _Student(self, inbound, student, tally).complete)
        for student, names in hand_ins.items():
            if students and student not in students:
                continue
            if is_plain_name(student):
                self._attempt(tally, student, _Student(self, inbound, student, tally).collect, names)
            else:
                tally.failures[student] = f"{quoted(names[0], 120)} names no student that the gradebook could hold"
        return tally

    @staticmethod
    def _attempt(tally, student, work, *given):
        """Do this; whatever goes wrong with one student's files is told, and keeps nobody else's from being collected."""
        try:
            work(*given)
        except (Refused, OSError) as error:
            tally.failures[student] = _words(error)
        except Exception as error:  # noqa: BLE001 - see above
            tally.failures[student] = f"collecting itself failed with {type(error).__name__}: {str(error)[:200]}"


class _Student:
    """The hand-ins of one student."""

    def __init__(self, run, inbound, student, tally):
        self._run, self._inbound, self._student, self._tally = run, inbound, student, tally
        self._place = Place(run.folder, student, run.assignment)
        self._in_time = InTime(run.folder, run.assignment, run.due)

    def complete(self):
        """Complete what a run that was killed between its line in the log and the renames has left, or take it away."""
        digest = self._place.digest(self._place.stage)
        if digest and digest != self._place.digest(self._place.path) and self._run.collected.find(self._student, digest):
            self._save_former(self._place.digest(self._place.path))
            self._place.swap()
        self._place.clear()

    def collect(self, names):
        """Have the newest hand-in in place, and the last one in time kept. Raises Refused where none can be taken."""
        hand_ins = self._newest(names)
        while hand_ins:
            name, seen = hand_ins.pop(0)
            try:
                changed = self._take_newest(name, seen)
            except Refused as error:
                self._tally.remark(self._student, f"the hand-in {quoted(name, 120)} was not taken: {error}")
                continue
            (self._tally.collected if changed else self._tally.unchanged).append(self._student)
            if self._run.due.is_late(self._student, seen.received):
                self._try_to_keep_in_time(hand_ins)
            return
        raise Refused("none of the hand-ins could be taken; what was collected before stays")

    def _newest(self, names):
        """(name, Snapshot) of each hand-in, the newest first."""
        names, odd = self._inbound.newest(names)
        for what in odd:
            self._tally.remark(self._student, f"the hand-in {what}; it was not taken")
        found = []
        for name in names:
            try:
                with self._inbound.opened(name) as folder:
                    found.append((name, snapshot(folder, self._run.limits)))
            except OSError as error:
                self._tally.remark(self._student, f"the hand-in {quoted(name, 120)} was not taken: {_words(error)}")
        return sorted(found, key=lambda one: one[1].changed, reverse=True)

    def _take_newest(self, name, seen):
        """Have this hand-in in place; whether anything had to be done."""
        place, known = self._place, self._known(name, seen)
        there = place.digest(place.path)
        if known and there:
            if there != known.digest:
                self._left(name)
            return False
        collection, stamp = self._copy(name, place.stage)
        if there == collection.digest:
            place.clear()
            return self._log(collection)
        if there and not self._may_replace(there, stamp, collection):
            place.clear()
            self._left(name)
            return False
        self._log(collection)
        self._save_former(there)
        place.swap()
        return True

    def _try_to_keep_in_time(self, hand_ins):
        try:
            self._keep_in_time(hand_ins)
        except OSError as error:
            self._tally.remark(self._student, f"the last hand-in in time could not be kept ({_words(error)}); collect again")

    def _keep_in_time(self, hand_ins):
        """Keep the newest of these that arrived in time, for the comparison with the late one."""
        stage = self._place.stage.with_name(f"{self._place.stage.name}.in-time")
        for name, seen in hand_ins:
            if self._run.due.is_late(self._student, seen.received):
                continue
            known, kept = self._known(name, seen), self._in_time.load(self._student)
            if known and kept and known.digest == kept.digest:
                return
            try:
                collection, _ = self._copy(name, stage)
            except Refused as error:
                self._tally.remark(self._student, f"the hand-in {quoted(name, 120)} was not taken: {error}")
                continue
            self._in_time.save(self._place.submission(stage, collection.received))
            self._log(collection)
            _remove(stage)
            return

    def _copy(self, name, stage):
        """Copy a hand-in to `stage`: (its Collection, what its timestamp.txt says, b"" without one)."""
        for _ in range(TRIES):
            _remove(stage)
            make_private(stage.parent)
            try:
                with self._inbound.opened(name) as folder:
                    self._check_owner(folder)
                    return self._collection(name, stage, copy(folder, stage, self._run.limits))
            except Changed:
                continue
            except BaseException:
                _remove(stage)
                raise
        _remove(stage)
        raise Refused("it was changed again and again while it was copied; collect again when the student has finished")

    def _collection(self, name, stage, copied):
        if copied.is_empty:
            raise Refused("; ".join(("it holds no file that could be taken", *copied.refused[:3])))
        received = copied.seen.received
        stamp = (stage / CLAIM).read_bytes() if (CLAIM,) in copied.paths else b""
        claim = parse_timestamp(stamp) if stamp else None
        if claim is None:  # formgrader and nbgrader's collect want one
            (stage / CLAIM).unlink(missing_ok=True)
            write_new(stage / CLAIM, received.strftime("%Y-%m-%d %H:%M:%S.%f UTC").encode())
        digest = self._place.digest(stage)
        refused = copied.refused[:20]
        return Collection(self._student, self._run.assignment, digest, name, copied.seen.changed, received, claim, refused), stamp

    def _check_owner(self, folder):
        if self._run.check_owner and (why := _owner_doubt(folder, self._student)):
            raise Refused(why)

    def _log(self, collection):
        """Write a collection into the audit log; False if it is there already."""
        if self._known(collection.source, collection):
            return False
        self._run.audit.append(**head(EVENT), **collection.as_event())
        self._run.collected.add(collection)
        for what in collection.refused:
            self._tally.remark(self._student, f"in the hand-in {quoted(collection.source, 120)}, {what}")
        return True

    def _known(self, source, seen):
        """The Collection of a hand-in as it is now, or None."""
        of_it = (one for one in self._run.collected.of(self._student) if one.source == source and one.changed == seen.changed)
        return next(of_it, None)

    def _may_replace(self, there, stamp, collection):
        """Whether what is in place was collected, by us or by nbgrader, or is older than this hand-in."""
        known = {one.digest for one in self._run.collected.of(self._student)}
        return there in known or (stamp and stamp == self._place.timestamp) or collection.changed > self._place.changed(self._run.limits)

    def _save_former(self, digest):
        """Keep what is in place for comparison, if it is known to have come in time."""
        former = digest and self._run.collected.find(self._student, digest)
        if former:
            self._in_time.save(self._place.submission(self._place.path, former.received))

    def _left(self, name):
        self._tally.remark(
            self._student,
            f"what is in {self._place.path.relative_to(self._run.folder.parent)} is not the hand-in {quoted(name, 120)}, as if it "
            "had been put there or changed by hand; it was left as it is. To collect the hand-in, move that folder away",
        )


def _remove(folder):
    shutil.rmtree(folder, ignore_errors=True)


def _owner_doubt(folder, student):
    """Why a hand-in is not this student's, as far as the system knows; "" if it may be."""
    try:
        import pwd

        wanted = pwd.getpwnam(student).pw_uid
    except (ImportError, KeyError):  # no such user: the exchange knows students by other names than the system
        return ""
    owner = os.fstat(folder).st_uid
    if owner == wanted:
        return ""
    try:
        name = pwd.getpwuid(owner).pw_name
    except KeyError:
        name = str(owner)
    return (
        f"it belongs to the user {name} and not to {student}. If students have other names here than on this system, set "
        "check_owner = false in grading/class.toml"
    )


def _words(error):
    if isinstance(error, Refused):
        return str(error)
    return (getattr(error, "strerror", None) or type(error).__name__).lower()
