"""The time in nbgrader's timestamp.txt: what the student's own computer says that it was."""

import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

# Abbreviations that the zone database does not know as names, with their hours from UTC.
_HOURS = {"WEST": 1, "BST": 1, "CEST": 2, "EEST": 3, "MSK": 3, "EDT": -4, "CDT": -5, "CST": -6, "MDT": -6, "PST": -8, "PDT": -7,
          "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11}
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")


def parse_timestamp(content):
    """The moment in UTC that the bytes of a timestamp.txt name, or None if they name none.

    Knows nbgrader's format (`2026-03-01 17:05:09.123456 UTC`, other zones by abbreviation, name or offset) and
    ISO 8601. A time without zone, or with one that nobody knows, counts as UTC, as nbgrader counts it.

    >>> print(parse_timestamp(b"2026-03-01 17:05:09.5 CET"), parse_timestamp(b"2026-03-01T17:05+01:00"))
    2026-03-01 16:05:09.500000+00:00 2026-03-01 16:05:00+00:00
    """
    try:
        words = content.decode("ascii").split()
        moment = datetime.fromisoformat(" ".join(words[:2]))
        zone = moment.tzinfo or _zone(words[2] if len(words) > 2 else "UTC")
        return moment.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(name):
    if found := _OFFSET.fullmatch(name):
        minutes = int(found[2]) * 60 + int(found[3])
        return timezone(timedelta(minutes=-minutes if found[1] == "-" else minutes))
    if name in _HOURS:
        return timezone(timedelta(hours=_HOURS[name]))
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # no such zone, a name that is none, a folder of the database
        return UTC
