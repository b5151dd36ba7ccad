"""What is in a hand-in, by the system's own records: taken twice, it shows whether anything changed in between.

Only names and numbers are looked at, no content. Every name is asked for in the folder that holds it, and nothing is
reached through a link. What is no regular file of the student's alone is refused, with a sentence that names it.
"""

import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime

from rnncourse.grading.intake.folder import kind, opened, reason
from rnncourse.grading.intake.names import clean_part, is_ignored
from rnncourse.grading.intake.notes import quoted

SECRET = "submission_secret.txt"  # nbgrader's, by which feedback finds its student; no content, and yet to be copied


@dataclass(frozen=True)
class Entry:
    """A file or folder: its path, the numbers that identify it, its size, owner, and when it changed last in any way.

    `changed` is the inode change time in nanoseconds since 1970, which nobody can set.
    """

    parts: tuple[str, ...]
    inode: tuple[int, int]
    size: int
    owner: int
    changed: int

    @classmethod
    def of(cls, parts, status):
        return cls(parts, (status.st_dev, status.st_ino), status.st_size, status.st_uid, status.st_ctime_ns)


@dataclass(frozen=True)
class Snapshot:
    """Regular files and folders of a hand-in, the first of them itself; `refused` says what else there is, and why not."""

    folders: tuple[Entry, ...]
    files: tuple[Entry, ...]
    refused: tuple[str, ...]

    @property
    def changed(self):
        """When anything in it changed last, in nanoseconds since 1970."""
        return max(one.changed for one in (*self.folders, *self.files))

    @property
    def received(self):
        """The same as a moment in UTC, to the microsecond."""
        return moment(self.changed)


def moment(nanoseconds):
    """A time in nanoseconds since 1970 as a moment in UTC."""
    return datetime.fromtimestamp(nanoseconds // 10**9, UTC).replace(microsecond=nanoseconds % 10**9 // 1000)


def snapshot(folder, limits):
    """The `Snapshot` of an open folder (a descriptor), within the limits.

    Raises:
        OSError: the folder itself cannot be read.
    """
    walk = _Walk(os.fstat(folder).st_uid, limits)
    walk.enter(folder, ())
    return Snapshot(tuple(walk.folders), tuple(sorted(walk.files, key=lambda one: one.parts)), tuple(sorted(walk.refused)))


def path_shown(parts):
    """A path in a hand-in as it may be written in a message."""
    return quoted("/".join(map(clean_part, parts)))


class _Walk:
    def __init__(self, owner, limits):
        self.folders, self.files, self.refused = [], [], []
        self._owner, self._limits, self._entries = owner, limits, 0

    def enter(self, folder, above):
        """Look at everything in the open folder, whose path is `above`."""
        self.folders.append(Entry.of(above, os.fstat(folder)))
        for name in sorted(os.listdir(folder)):
            self._entries += 1
            if self._entries > self._limits.entries:
                self.refused.append(f"more than {self._limits.entries} files and folders; the rest was not looked at")
                return
            if (name == SECRET and not above) or not is_ignored(name):
                self._look(folder, (*above, name))

    def _look(self, folder, parts):
        try:
            status = os.stat(parts[-1], dir_fd=folder, follow_symlinks=False)
            if why := self._reason_against(parts, status):
                self.refused.append(f"{path_shown(parts)} {why}")
            elif stat.S_ISDIR(status.st_mode):
                with opened(parts[-1], at=folder) as inner:
                    self.enter(inner, parts)
            else:
                self.files.append(Entry.of(parts, status))
        except OSError as error:
            self.refused.append(f"{path_shown(parts)} cannot be read: {reason(error)}")

    def _reason_against(self, parts, status):
        """Why this is not taken, or an empty string."""
        is_folder = stat.S_ISDIR(status.st_mode)
        if not is_folder and not stat.S_ISREG(status.st_mode):
            return f"is {kind(status.st_mode)}; only regular files are taken"
        if status.st_uid != self._owner:
            return "belongs to another user than the hand-in"
        if not is_folder and status.st_nlink > 1:
            return "is a hard link: the same file has another name elsewhere"
        if is_folder and len(parts) > self._limits.depth:
            return f"is more than {self._limits.depth} folders deep"
        return ""
