"""Which files of whom were seen when: one line of JSON a sighting, and no line is ever changed.

A line that was cut off by a crash is passed over, and the next one starts on a line of its own.
"""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Sighting:
    """What is known of when one student's files were handed in; all times in UTC.

    `first` is when they were first seen here. `claim` is the time that was claimed for them then, by the file
    named `by`; a claim made later is no claim. `other` is when other files of the student lay in their place for
    the last time before `first`, or None.
    """

    first: datetime
    claim: datetime | None = None
    by: str = ""
    other: datetime | None = None


def first_sighting(now, claims, other=None):
    """The Sighting of files that are new: of the claims, the first that does not fall in the time of other files."""
    fitting = [one for one in claims if other is None or one[0] >= other]
    return Sighting(now, *next(iter(fitting or claims), (None, "")), other)


class Ledger:
    """The sightings of one assignment, in a file that only grows."""

    def __init__(self, path):
        self._path = Path(path)
        self._known, self._latest = {}, {}  # (student, digest) -> Sighting; student -> {digest: when it was seen last}
        for line in self._path.read_bytes().splitlines() if self._path.exists() else ():
            self._take_in(line)

    def see(self, student, digest, now, claims=()):
        """The Sighting of these files, which are entered if they are new; the ledger notes that they are here `now`.

        `claims` are pairs (time, what names it), the better first. Raises OSError, after the sighting was noted in
        memory, if the file cannot be written.
        """
        seen = self.known(student, digest)
        record = {"at": now.isoformat(), "student": student, "digest": digest}
        if seen is None:
            others = [when for known, when in self._latest.get(student, {}).items() if known != digest and when <= now]
            seen = first_sighting(now, claims, max(others, default=None))
            record |= {"claim": _text(seen.claim), "by": seen.by, "other": _text(seen.other), "first": True}
        self._note(student, digest, now, seen)
        self._append(json.dumps(record, sort_keys=True).encode(), durable="first" in record)
        return seen

    def known(self, student, digest):
        """The Sighting of these files, or None."""
        return self._known.get((student, digest))

    def _note(self, student, digest, when, seen):
        self._known.setdefault((student, digest), seen)
        latest = self._latest.setdefault(student, {})
        latest[digest] = max(when, latest.get(digest, when))

    def _take_in(self, line):
        try:
            record = json.loads(line)
            when = datetime.fromisoformat(record["at"]).astimezone(UTC)
            claim, other = (_time(record.get(key)) for key in ("claim", "other"))
            self._note(record["student"], record["digest"], when, Sighting(when, claim, record.get("by", ""), other))
        except (ValueError, KeyError, TypeError, AttributeError):
            pass  # cut off, or nothing of ours

    def _append(self, line, durable):
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # One write to a file opened for appending: two graders at once do not mix their lines.
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, b"\n" + line + b"\n")
            if durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _text(moment):
    return None if moment is None else moment.isoformat()


def _time(text):
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)
