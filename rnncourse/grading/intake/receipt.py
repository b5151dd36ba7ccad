"""When a submission was handed in: the earliest moment that somebody other than the student bears witness to.

In this order:

1. The exchange. The operating system noted when exactly these files had arrived in an inbound folder; the student
   cannot set that back. (An exchange that was restored from a backup knows the time of the restoring only.)
2. The student's claim, in nbgrader's timestamp.txt or else the modification time of the newest file, because an
   instructor who collects after the deadline must not make everybody late. It is bounded from both sides by what the
   ledger of sightings knows: not after these files were first seen here, and not before other files of the student
   were last seen in their place. What counts is the claim that was made when the files were first seen: rewriting
   timestamp.txt afterwards changes nothing, and one that lay there with the files before is no claim for these.
3. Without a claim, when the files were first seen here.

Whatever is not from the exchange comes with a remark that says so.
"""

from contextlib import suppress
from datetime import UTC, datetime

from rnncourse.grading.intake.ledger import first_sighting
from rnncourse.grading.intake.names import CLAIM
from rnncourse.grading.intake.notes import quoted
from rnncourse.grading.intake.timestamp import parse_timestamp

_FILES = "the modification time of the newest file"


def time_of_receipt(taken, notes, *, now, sight=None, handed_in=None, exchange=False):
    """The time of receipt, in UTC, of what was taken from a folder.

    `sight(claims)` gives the ledger's Sighting of these files, `handed_in` is when the exchange had them, or None;
    `exchange` says that there is one that was asked.
    """
    claims = _claims(taken, notes)
    seen = sight(claims) if sight else first_sighting(now, claims)
    if handed_in is not None:
        return min(handed_in, seen.first)
    if exchange:
        notes.receipt("the exchange holds no hand-in with these files, so the time of receipt is not from there")
    if seen.claim is None:
        notes.receipt(f"received at {shown_time(seen.first)} at the latest: then these files were first seen here, "
                     "and nothing says that they came earlier")
        return seen.first
    if seen.by == CLAIM and any(by == CLAIM and claim != seen.claim for claim, by in claims):
        notes.receipt(f"{CLAIM} was changed after these files were first seen; what it said then counts")
    return _bounded(seen, notes)


def shown_time(moment):
    """A moment as instructors read it."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _claims(taken, notes):
    """(time, what names it) of the times that the submission itself names, the better first."""
    claims = []
    if taken.claim is not None:
        if (claim := parse_timestamp(taken.claim)) is not None:
            claims.append((claim, CLAIM))
        else:
            notes.receipt(f"{CLAIM} names no time: {quoted(taken.claim.decode('utf-8', 'replace'), 40)}")
    if taken.modified is not None:
        with suppress(ValueError, OverflowError, OSError):  # beyond the year 9999
            claims.append((datetime.fromtimestamp(taken.modified, UTC), _FILES))
    return claims


def _bounded(seen, notes):
    """The claim that was made first, between the two times that the ledger knows."""
    lowest = seen.claim if seen.other is None else max(seen.claim, seen.other)
    received = min(lowest, seen.first)
    told = f"received at {shown_time(received)}"
    if seen.claim > seen.first:
        notes.receipt(f"{told}, when these files were first seen here; {seen.by} names a later time, {shown_time(seen.claim)}")
    elif lowest > seen.claim:
        notes.receipt(f"{told}: until then other files of this student lay here; {seen.by} claims {shown_time(seen.claim)}. "
                     "If these were collected only later, the claim may be right")
    else:
        notes.receipt(f"{told}: so says {seen.by}, which the student can set; nothing else bears witness to it")
    return received
