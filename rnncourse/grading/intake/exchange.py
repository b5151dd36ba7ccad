"""nbgrader's filesystem exchange as a witness: when did exactly these files arrive in the inbound folder?

nbgrader's submit makes `EXCHANGE/COURSE/inbound/STUDENT+ASSIGNMENT+TIMESTAMP+RANDOM/`. The timestamps in its name and
in its timestamp.txt come from the student's process. What the student cannot set back is the inode change time of
the folder and of the files in it: a file written over later shows it, and so does one moved in.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

from rnncourse.grading.intake.folder import opened, take
from rnncourse.grading.intake.notes import Notes, quoted
from rnncourse.grading.intake.snapshot import snapshot

_MOST = 20  # hand-ins of one student that are compared, the newest by name first


class Exchange:
    """The inbound folders for one assignment in the exchange at `root`, in whichever course they lie.

    Those of other courses may be closed to this instructor; they are passed over.
    """

    def __init__(self, root, assignment, limits):
        self._limits, self._found = limits, {}
        # nbgrader's submit knows an assignment by the last name of its path only.
        middle = f"+{assignment.rpartition('/')[2]}+"
        for inbound in sorted(Path(root).glob("*/inbound")):
            for name in _names(inbound):
                student, found, _ = name.partition(middle)
                if found:
                    self._found.setdefault(student, []).append(inbound / name)

    def handed_in(self, student, files):
        """When the exchange had received exactly these files of the student, in UTC; None if it holds no such hand-in.

        A hand-in may hold more files: collecting leaves out what the course's configuration ignores.
        """
        times = [when for path in self._newest(student) if files and (when := self._arrived(path, files)) is not None]
        return datetime.fromtimestamp(min(times), UTC) if times else None

    def knows(self, student):
        """Whether the student handed in anything at all here."""
        return bool(self._found.get(student))

    def oddities(self, student):
        """Sentences on what the student's hand-ins hold beside regular files of their own, such as a symbolic link."""
        for path in self._newest(student):
            if path.is_symlink():
                yield f"the hand-in {quoted(path.name, 120)} is a symbolic link"
            else:
                for what in self._refused(path):
                    yield f"in the hand-in {quoted(path.name, 120)}, {what}"

    def changed_since(self, student, source, changed):
        """Whether anything in the hand-in named `source` changed after this time, in nanoseconds; not if it is gone."""
        for path in self._found.get(student, ()):
            if path.name == source:
                try:
                    with opened(path) as folder:
                        return snapshot(folder, self._limits).changed > changed
                except OSError:
                    return path.is_symlink()
        return False

    def _newest(self, student):
        return sorted(self._found.get(student, ()), key=lambda path: path.name, reverse=True)[:_MOST]

    def _refused(self, path):
        try:
            with opened(path) as folder:
                return snapshot(folder, self._limits).refused
        except OSError:
            return ()

    def _arrived(self, path, files):
        """When the last of the files had arrived in a hand-in, in seconds since 1970; None if it does not hold them all."""
        try:
            with opened(path) as folder:
                taken = take(folder, self._limits, Notes())
        except OSError:
            return None
        return taken.changed if all(taken.files.get(name) == content for name, content in files.items()) else None


def _names(folder):
    try:
        return os.listdir(folder)
    except OSError:
        return []
