"""The time of receipt, where formgrader compares it with what lies in the submitted folder.

nbgrader's formgrader takes a submission for not yet autograded unless the time in the gradebook is, to the
microsecond, the one in submitted/STUDENT/ASSIGNMENT/timestamp.txt. That file is written by the student's nbgrader, a
moment before the files arrive. So where the two times say the same, the gradebook gets the one from the file; where
there is no file, one with the time of receipt is put there, as nbgrader's zip_collect does it. What lateness costs
always follows from the time of receipt.
"""

import contextlib
import os
import stat
from datetime import UTC, timedelta

TIMESTAMP, SECRET = "timestamp.txt", "submission_secret.txt"
SMALL = 2000  # bytes: nbgrader's time has 30, its secret 128
SAME = timedelta(minutes=1)  # handing in takes less


class Submitted:
    """The folder in which a submission was collected; nothing in it is trusted, no link is followed."""

    def __init__(self, root, submission):
        self._path = (os.path.join(root, "grading", "submitted"), submission.student, submission.assignment)
        self._received = submission.received.astimezone(UTC)

    @property
    def text(self):
        """The time of receipt, as nbgrader writes times."""
        return self._received.strftime("%Y-%m-%d %H:%M:%S.%f UTC")

    def time(self, due):
        """The time for the gradebook, in UTC without saying so; it is late if the receipt is, and only then.

        `due` is the due date with its time zone, or None.
        """
        claim = self._claim()
        same = claim is not None and abs(claim - self._received) <= SAME
        if same and (due is None or (claim > due) == (self._received > due)):
            return claim.replace(tzinfo=None)
        return self._received.replace(tzinfo=None)

    def secret(self):
        """The secret by which nbgrader's exchange gives the feedback to the student who handed this in, or b""."""
        return self._read(SECRET)

    def leave_time(self):
        """Put a timestamp.txt there, if there is none and the folder can be written."""
        with contextlib.suppress(OSError), self._folder() as folder:
            file = os.open(TIMESTAMP, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644, dir_fd=folder)
            with os.fdopen(file, "w") as opened:
                opened.write(self.text)

    def _claim(self):
        from nbgrader.utils import parse_utc

        try:
            return parse_utc(self._read(TIMESTAMP).decode().strip()).replace(tzinfo=UTC)
        except (ValueError, OverflowError):  # no time at all, or none that there is
            return None

    def _read(self, name):
        with contextlib.suppress(OSError), self._folder() as folder:
            file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
            with os.fdopen(file, "rb") as opened:
                content = opened.read(SMALL + 1) if stat.S_ISREG(os.fstat(file).st_mode) else b""
                return content if len(content) <= SMALL else b""
        return b""

    @contextlib.contextmanager
    def _folder(self):
        flags = os.O_RDONLY | os.O_DIRECTORY
        with contextlib.ExitStack() as opened:
            folder = None
            for part in self._path:
                folder = os.open(part, flags if folder is None else flags | os.O_NOFOLLOW, dir_fd=folder)
                opened.callback(os.close, folder)
            yield folder
