"""Read a folder that a student filled: every name is opened from the folder that holds it, and none through a link.

A path is never handed to the system as a whole, so that no part of it can be, or become while it is read, a symbolic
link. What is no regular file is not opened at all, and what has become something else meanwhile is seen after opening.
The bytes are copied as they are: nothing here looks into them.
"""

import errno
import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass, field

from rnncourse.grading.intake.names import CHECKPOINTS, CLAIM, clean_part, is_archive, is_ignored, is_notebook
from rnncourse.grading.intake.notes import quoted
from rnncourse.grading.intake.shelf import Shelf

# What the system says where this machine fails, or the instructor's rights on it, and not what a student put there.
MACHINE = frozenset({errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ESTALE, errno.ETIMEDOUT})
CLOSED = frozenset({errno.EACCES, errno.EPERM})
_KINDS = {
    stat.S_IFLNK: "a symbolic link", stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device", stat.S_IFCHR: "a device", stat.S_IFDIR: "a folder",
}


@dataclass
class Taken:
    """What a folder held: its files, nbgrader's timestamp.txt if there is one, and what the system says of their age.

    `changed` is the latest inode change of any file taken and any folder passed (nobody can set that one back),
    `modified` the latest modification of a file taken (which its owner can set); both in seconds since 1970, or None.
    """

    files: dict = field(default_factory=dict)
    claim: bytes | None = None
    changed: float | None = None
    modified: float | None = None


def take(folder, limits, notes):
    """Everything in the open folder (a descriptor) that is content and within the limits; the rest is a remark."""
    walk = _Walk(limits, notes)
    walk.enter(folder, ())
    shelf = Shelf(limits, notes)
    taken = Taken(shelf.files, _claim(folder), walk.changed)
    for parts, size in sorted(walk.found, key=_importance):
        shelf.put(parts, size, lambda most, parts=parts: _content(folder, parts, most, taken, notes))
    if walk.checkpoints and not any(map(is_notebook, shelf.files)):
        notes.notice(f"no notebook was handed in, but a folder {CHECKPOINTS}; the copies that Jupyter keeps there are not graded")
    return taken


@contextmanager
def opened(name, at=None):
    """A descriptor of the folder `name` in the open folder `at`; a symbolic link is an OSError."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(name, flags, dir_fd=at)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def descended(folder, parts):
    """A descriptor of the folder at the path `parts` in the open folder, each opened from the one above it."""
    if not parts:
        yield folder
        return
    with opened(parts[0], at=folder) as inner, descended(inner, parts[1:]) as found:
        yield found


def kind(mode):
    """What something that is no regular file is, in words."""
    return _KINDS.get(stat.S_IFMT(mode), "no regular file")


def reason(error):
    """What the system says against it, in words."""
    return (error.strerror or type(error).__name__).lower()


class _Walk:
    """Names of all regular files under a folder, within the limits."""

    def __init__(self, limits, notes):
        self.found, self.changed, self.checkpoints = [], 0.0, False
        self._limits, self._notes, self._entries, self._several = limits, notes, 0, False

    def enter(self, folder, above):
        """Look at everything in the open folder, whose path is `above`."""
        self._see(os.fstat(folder))
        with os.scandir(folder) as entries:
            for entry in entries:
                self._entries += 1
                if self._entries > self._limits.entries:
                    self._notes.refused(f"more than {self._limits.entries} files and folders; the rest was not looked at")
                    return
                self.checkpoints |= entry.name == CHECKPOINTS
                if not is_ignored(entry.name):
                    self._look(folder, (*above, entry.name), entry)

    def _look(self, folder, parts, entry):
        try:
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode):
                self._descend(folder, parts)
            elif stat.S_ISREG(status.st_mode):
                self._take(parts, status)
            else:
                self._refuse(parts, f"it is {kind(status.st_mode)}; only regular files are")
        except OSError as error:
            if error.errno in MACHINE:
                raise
            self._refuse(parts, reason(error))

    def _descend(self, folder, parts):
        if len(parts) > self._limits.depth:
            self._refuse(parts, f"it lies {self._limits.depth} folders deep")
            return
        with opened(parts[-1], at=folder) as inner:
            self.enter(inner, parts)

    def _take(self, parts, status):
        if status.st_nlink > 1 and not self._several:
            self._several = True
            self._notes.notice(f"{_shown(parts)} is a hard link: the same file has another name elsewhere")
        self.found.append((parts, status.st_size))

    def _see(self, status):
        self.changed = max(self.changed, status.st_ctime)

    def _refuse(self, parts, why):
        self._notes.refused(f"{_shown(parts)} was not taken: {why}")


def _importance(item):
    """Notebooks come first, so that no pile of other files takes their room; then the order of names."""
    parts, _ = item
    return not is_notebook(parts[-1]), not parts[-1].lower().endswith(".py"), not is_archive(parts[-1]), parts


def _content(folder, parts, most, taken, notes):
    """At most `most` bytes of a regular file, or None with a remark."""
    try:
        with _file(folder, parts) as (descriptor, status):
            if not stat.S_ISREG(status.st_mode):
                raise OSError(0, f"it is {kind(status.st_mode)}; only regular files are")
            taken.changed = max(taken.changed or 0.0, status.st_ctime)
            taken.modified = max(taken.modified or 0.0, status.st_mtime)
            return _read(descriptor, most)
    except OSError as error:
        if error.errno in MACHINE | CLOSED:
            raise
        notes.refused(f"{_shown(parts)} was not taken: {reason(error)}")
        return None


@contextmanager
def _file(folder, parts):
    """(descriptor, status) of the file at the path `parts` in the open folder."""
    # Without O_NONBLOCK a pipe that nobody writes to would be waited for.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    with descended(folder, parts[:-1]) as inner:
        descriptor = os.open(parts[-1], flags, dir_fd=inner)
        try:
            yield descriptor, os.fstat(descriptor)
        finally:
            os.close(descriptor)


def _read(descriptor, most):
    """At most `most` bytes, whatever size the system announced."""
    pieces, missing = [], most
    while missing and (piece := os.read(descriptor, min(missing, 2**20))):
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


def _claim(folder):
    """The start of timestamp.txt in the folder itself, or None."""
    try:
        with _file(folder, (CLAIM,)) as (descriptor, status):
            return _read(descriptor, 200) if stat.S_ISREG(status.st_mode) else None
    except OSError:
        return None


def _shown(parts):
    return quoted("/".join(map(clean_part, parts)))
