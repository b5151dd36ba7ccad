"""nbgrader's filesystem exchange as a witness: when did exactly these files arrive in the inbound folder?

nbgrader's submit makes `EXCHANGE/COURSE/inbound/STUDENT+ASSIGNMENT+TIMESTAMP+RANDOM/`. The timestamps in its name and
in its timestamp.txt come from the student's process. What the student cannot set back is the inode change time of
the folder and of the files in it: a file written over later shows it, and so does one moved in.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

from rnncourse.grading.intake.folder import opened, take
from rnncourse.grading.intake.notes import Notes

_MOST = 50  # hand-ins of one student that are compared, the newest by name first


class Exchange:
    """The inbound folders for one assignment in the exchange at `root`, in whichever course they lie."""

    def __init__(self, root, assignment, limits):
        self._limits, self._found = limits, {}
        # nbgrader's submit knows an assignment by the last name of its path only.
        middle = f"+{assignment.rpartition('/')[2]}+"
        for inbound in sorted(Path(root).glob("*/inbound")):
            for name in os.listdir(inbound):
                student, found, _ = name.partition(middle)
                if found:
                    self._found.setdefault(student, []).append((name, inbound))

    def handed_in(self, student, files):
        """When the exchange had received exactly these files of the student, in UTC; None if it holds no such hand-in.

        A hand-in may hold more files: collecting leaves out what the course's configuration ignores.
        """
        if not files:
            return None
        newest = sorted(self._found.get(student, ()), reverse=True)[:_MOST]
        hand_ins = [taken for name, inbound in newest if (taken := self._take(inbound / name)) is not None]
        times = [one.changed for one in hand_ins if all(one.files.get(path) == content for path, content in files.items())]
        return datetime.fromtimestamp(min(times), UTC) if times else None

    def _take(self, path):
        try:
            with opened(path) as folder:
                return take(folder, self._limits, Notes())
        except OSError:
            return None
