"""Where collected work goes: submitted/STUDENT/ASSIGNMENT, replaced as a whole, and what was there before is kept.

A hand-in is first copied whole into a folder of its own, `.collecting/ASSIGNMENT/STUDENT`. Then its line goes into the
audit log, then two renames put it in place and the work of before into `earlier/`. A run that was killed between these
is completed by the next one, which knows from the log that the waiting copy is whole.
"""

import os
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from rnncourse.grading.intake import read
from rnncourse.grading.intake.kept import file_name
from rnncourse.grading.intake.names import CLAIM
from rnncourse.grading.intake.snapshot import snapshot
from rnncourse.grading.records.audit import sync_folder

STAGE, EARLIER = ".collecting", "earlier"


class Place:
    """The folders of one student's work for one assignment; `folder` is the class's, grading/."""

    def __init__(self, folder, student, assignment):
        self._folder, self._student, self._assignment = Path(folder), student, assignment
        self.path = self._folder / "submitted" / student / assignment
        self.stage = self._folder / STAGE / file_name(assignment) / file_name(student)

    def clear(self):
        """Take away a copy that waits."""
        shutil.rmtree(self.stage, ignore_errors=True)

    def submission(self, path, received):
        """The Submission in one of these folders, as grading will read it."""
        return read(path, student=self._student, assignment=self._assignment, received=received)

    def digest(self, path):
        """The digest of the files in one of these folders; "" if it is not there."""
        return self.submission(path, datetime.now(UTC)).digest if path.is_dir() and not path.is_symlink() else ""

    @property
    def timestamp(self):
        """What is written in the timestamp.txt that is in place, or b""."""
        with suppress(OSError):
            return (self.path / CLAIM).read_bytes()
        return b""

    def changed(self, limits):
        """When anything in place changed last, in nanoseconds since 1970."""
        folder = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            return snapshot(folder, limits).changed
        finally:
            os.close(folder)

    def swap(self):
        """Put the copy that waits in place; the work of before moves to earlier/. Raises OSError."""
        for folder, _, _ in os.walk(self.stage):
            sync_folder(folder)
        make_private(self.path.parent)
        if os.path.lexists(self.path):
            earlier = self._folder / EARLIER / self._student / self._assignment / f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%S.%fZ}"
            make_private(earlier.parent)
            os.rename(self.path, earlier)
            sync_folder(earlier.parent)
        os.rename(self.stage, self.path)
        sync_folder(self.path.parent)


def make_private(folder):
    """Make a folder, and those above it that are missing, for their owner's eyes."""
    for one in reversed([folder, *folder.parents]):
        if not one.is_dir():
            one.mkdir(mode=0o700)
