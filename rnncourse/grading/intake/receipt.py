"""When a submission was handed in: the earliest moment that somebody other than the student bears witness to.

In this order:

1. The audit log, where `rnncourse collect` wrote down the exchange's time of exactly these files. Nothing that happens
   in the exchange or to the files afterwards changes it.
2. The exchange. The operating system noted when exactly these files had arrived in an inbound folder; the student
   cannot set that back. (An exchange that was restored from a backup knows the time of the restoring only.)
3. The student's claim, in nbgrader's timestamp.txt or else the modification time of the newest file, because an
   instructor who collects after the deadline must not make everybody late. It is bounded from both sides by what the
   ledger of sightings knows: not after these files were first seen here, and not before other files of the student
   were last seen in their place. What counts is the claim that was made when the files were first seen: rewriting
   timestamp.txt afterwards changes nothing, and one that lay there with the files before is no claim for these.
4. Without a claim, when the files were first seen here.

Whatever is not from the exchange comes with a remark that says so; where two witnesses disagree, or
a hand-in is not what it seems, the remark begins with `DOUBT`, so that whoever reports can show it.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from rnncourse.grading.intake.ledger import first_sighting
from rnncourse.grading.intake.names import CLAIM
from rnncourse.grading.intake.notes import quoted
from rnncourse.grading.intake.timestamp import parse_timestamp

DOUBT = "in doubt: "
_FILES = "the modification time of the newest file"
_SLACK = timedelta(minutes=5)  # between the clock of a student's computer and that of the exchange


def time_of_receipt(taken, notes, *, now, sight=None, handed_in=None, exchange="", collected=None):
    """The time of receipt, in UTC, of what was taken from a folder.

    `sight(claims)` gives the ledger's Sighting of these files, `collected` is the audit log's Collection of them,
    `handed_in` is when the exchange had them, or None; `exchange` says whether one was asked: "" no, "nothing" it holds
    no hand-in of the student's, "others" it does.
    """
    claims = _claims(taken, notes)
    seen = sight(claims) if sight else first_sighting(now, claims)
    known = collected.received if collected else handed_in
    if known is not None:
        named = [claim for claim, by in claims if by == CLAIM]
        _compare(known, named + ([collected.claim] if collected and collected.claim else []), notes)
        return min(known, seen.first)
    if exchange:
        doubt = DOUBT if exchange == "others" else ""
        notes.receipt(f"{doubt}the exchange holds no hand-in with these files, so the time of receipt is not from there")
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


def is_doubt(remark):
    """Whether a remark is about a time of receipt or a hand-in that a person should look at."""
    return remark.kind == "receipt" and remark.text.startswith(DOUBT)


def note_oddities(collection, exchange, student, notes):
    """Remarks on what is wrong with a student's hand-ins; `collection` is that of the files at hand, or None."""
    found = list(exchange.oddities(student)) if exchange else []
    if collection:
        found += [f"in the hand-in {quoted(collection.source, 120)}, {what}" for what in collection.refused]
        if exchange and exchange.changed_since(student, collection.source, collection.changed):
            found.append(f"the hand-in {quoted(collection.source, 120)} in the exchange was changed after it was collected; "
                         "what was collected counts")
    for what in found:
        notes.receipt(DOUBT + what)


def _compare(known, claims, notes):
    """A remark for each claim that is not what the exchange says."""
    for claim in claims:
        if abs(claim - known) > _SLACK:
            notes.receipt(f"{DOUBT}{CLAIM} says {shown_time(claim)}, the exchange received these files at "
                         f"{shown_time(known)}, and that counts")


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
