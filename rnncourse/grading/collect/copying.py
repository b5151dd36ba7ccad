"""One hand-in, copied as it was at one moment: what changes meanwhile is noticed, what is no file of its own is left.

The hand-in is looked at before and after, and each file when it is opened and when it was read. If any of these differ
in anything, inode change times included, the copy is worth nothing and `Changed` is raised.
"""

import errno
import os
import stat
from dataclasses import dataclass

from rnncourse.grading.intake.folder import descended, reason
from rnncourse.grading.intake.names import CLAIM, is_archive, is_notebook
from rnncourse.grading.intake.snapshot import SECRET, Entry, path_shown, snapshot

_SMALL = 2000  # bytes of nbgrader's own two files
_MB = 2**20
_OTHER = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)  # gone, no folder any more, a link by now


class Changed(Exception):
    """The hand-in was changed while it was copied."""


@dataclass(frozen=True)
class Copy:
    """What was copied: the hand-in's `Snapshot`, the paths of its files, and what was not taken, in sentences."""

    seen: object
    paths: tuple
    refused: tuple[str, ...]

    @property
    def is_empty(self):
        """Whether nothing but nbgrader's own files was copied."""
        return not any(parts not in ((CLAIM,), (SECRET,)) for parts in self.paths)


def copy(folder, target, limits):
    """Copy the regular files in the open folder (a descriptor) into the new folder `target`; returns a `Copy`.

    Raises:
        Changed: it was not at rest.
        OSError: the target cannot be written, or the folder not read.
    """
    seen = snapshot(folder, limits)
    refused, paths, room = list(seen.refused), [], limits.total
    os.makedirs(target, mode=0o700)
    for entry in sorted(seen.files, key=_importance):
        why = _reason_against(entry, len(paths), room, limits)
        if not why:
            content, why = _content(folder, entry)
        if why:
            refused.append(f"{path_shown(entry.parts)} {why}")
            continue
        write_new(target.joinpath(*entry.parts), content)
        paths.append(entry.parts)
        room -= entry.size
    if snapshot(folder, limits) != seen:
        raise Changed
    return Copy(seen, tuple(paths), tuple(refused))


def write_new(path, content):
    """Write a new file for its owner's eyes and see it onto the disk; its folders are made as needed."""
    missing = [folder for folder in path.parents if not folder.is_dir()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _importance(entry):
    """nbgrader's own files and notebooks first, so that no pile of other files takes their room."""
    name = entry.parts[-1]
    return entry.parts not in ((CLAIM,), (SECRET,)), not is_notebook(name), not name.endswith(".py"), not is_archive(name), entry.parts


def _reason_against(entry, count, room, limits):
    """Why a file is not copied, or an empty string."""
    most = _SMALL if entry.parts in ((CLAIM,), (SECRET,)) else limits.file_size
    if count >= limits.files + 2:
        return f"was not taken: a hand-in may have {limits.files} files"
    if entry.size > most:
        return f"was not taken: it has {entry.size / _MB:.1f} MB, this file may have {most / _MB:.3g}"
    if entry.size > room:
        return f"was not taken: all files together may have {limits.total / _MB:g} MB"
    return ""


def _content(folder, entry):
    """(content, "") of a file that is still what was seen, or (None, why it cannot be read)."""
    # Without O_NONBLOCK a pipe that came in its place would be waited for.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    try:
        with descended(folder, entry.parts[:-1]) as inner:
            descriptor = os.open(entry.parts[-1], flags, dir_fd=inner)
            try:
                return _read(descriptor, entry), ""
            finally:
                os.close(descriptor)
    except OSError as error:
        if error.errno in _OTHER:
            raise Changed from error
        return None, f"cannot be read: {reason(error)}"


def _read(descriptor, entry):
    _check(descriptor, entry)
    pieces, missing = [], entry.size + 1
    while missing and (piece := os.read(descriptor, min(missing, _MB))):
        pieces.append(piece)
        missing -= len(piece)
    _check(descriptor, entry)
    content = b"".join(pieces)
    if len(content) != entry.size:
        raise Changed
    return content


def _check(descriptor, entry):
    """Raise Changed unless the open file is the one that was seen, unchanged."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1 or Entry.of(entry.parts, status) != entry:
        raise Changed
