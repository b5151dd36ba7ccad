"""Pages of many submissions, made in child processes with bounds: many in one child, since it begins with empty caches."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

from rnncourse.grading.bounded import Bounds, Unreadable, call
from rnncourse.grading.feedback.bounded import PAGE

BATCH = 25  # submissions
BOUNDS = Bounds(cpu_seconds=int(2 * PAGE))


@dataclass(frozen=True)
class Sheets:
    """All pages of one submission to be made: the arguments of `document.page`, `notebooks` the files' contents by name."""

    student: str
    assignment: str
    verdict: object
    notebooks: dict
    marks: dict = field(default_factory=dict)
    received: object = None
    late: dict = field(default_factory=dict)


def pages(sheets):
    """(sheets, notebook name -> HTML) of each; in place of the pages the exception, where there are none.

    Work that stops a child is tried alone, then with everything that the student wrote as plain text.

    Raises:
        NoReader: this machine has no child to make them in.
    """
    sheets, before = iter(sheets), None
    with ThreadPoolExecutor(1) as ahead:  # the next batch is made while this one is written
        while batch := list(islice(sheets, BATCH)):
            made = ahead.submit(_batch, batch)
            if before:
                yield from zip(before[0], before[1].result(), strict=True)
            before = batch, made
        if before:
            yield from zip(before[0], before[1].result(), strict=True)


def _batch(batch):
    try:
        return call("rnncourse.grading.feedback.rendering:render", batch, bounds=BOUNDS)
    except Unreadable:
        return [_alone(one) for one in batch]


def _alone(sheets):
    for plain in (False, True):
        try:
            return call("rnncourse.grading.feedback.rendering:render", [sheets], plain, bounds=BOUNDS)[0]
        except Unreadable as error:
            why = error
    return why
