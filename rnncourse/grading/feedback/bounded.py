"""Parsers that read a stranger's text get little time, and none of their errors gets any further."""

from rnncourse.checking.limit import TimeLimit, time_limit

SECONDS = 3.0  # a page of honest text takes hundredths of this


def bounded(work, otherwise, seconds=SECONDS):
    """`work()`; or `otherwise`, where it takes longer or stops with an error of any kind."""
    try:
        with time_limit(seconds):
            return work()
    except (TimeLimit, Exception):  # noqa: BLE001 - a parser's error on hostile text tells nobody anything
        return otherwise
