"""What the audit log says of the hand-ins that were collected: it is the best witness of when work was received.

`rnncourse collect` writes an event for each hand-in, with the exchange's own time and a digest of the files. Whatever
happens afterwards to the exchange or to the collected files, the event stays as it is.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

EVENT = "collected"


@dataclass(frozen=True)
class Collection:
    """One hand-in as it was collected.

    `source` is its name in the exchange, `changed` when anything in it had changed last (inode change time, nanoseconds
    since 1970), `received` the same in UTC. `claim` is the time in the student's timestamp.txt, or None; `refused` says
    what in it was not taken.
    """

    student: str
    assignment: str
    digest: str
    source: str
    changed: int
    received: datetime
    claim: datetime | None = None
    refused: tuple[str, ...] = ()

    def as_event(self):
        """What the audit log keeps."""
        return {
            "student": self.student,
            "assignment": self.assignment,
            "digest": self.digest,
            "source": self.source,
            "changed": self.changed,
            "received": self.received.isoformat(),
            "claim": None if self.claim is None else self.claim.isoformat(),
            "refused": list(self.refused),
        }

    @classmethod
    def from_event(cls, event):
        """The Collection of a line of the audit log."""
        claim = event["claim"]
        return cls(
            event["student"], event["assignment"], event["digest"], event["source"], event["changed"], _time(event["received"]),
            None if claim is None else _time(claim), tuple(event["refused"]),
        )  # fmt: skip


class Collected:
    """All that was collected of one assignment, from the events of the audit log, oldest first."""

    def __init__(self, events, assignment):
        self._of = {}
        for event in events:
            if event.get("event") == EVENT and event.get("assignment") == assignment:
                self.add(Collection.from_event(event))

    def add(self, collection):
        """Take in one that was collected just now."""
        self._of.setdefault(collection.student, []).append(collection)

    def students(self):
        """Students of whom anything was collected."""
        return tuple(self._of)

    def of(self, student):
        """Every Collection of a student, oldest first."""
        return tuple(self._of.get(student, ()))

    def find(self, student, digest):
        """The Collection of these files that was received first, or None: handing in the same again is not later work."""
        same = [one for one in self.of(student) if one.digest == digest]
        return min(same, key=lambda one: one.received, default=None)


def _time(text):
    return datetime.fromisoformat(text).astimezone(UTC)
