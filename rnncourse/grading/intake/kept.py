"""The last valid submission of each student: one zip, replaced as a whole or not at all.

`KEPT/ASSIGNMENT/STUDENT.zip` holds the files, and its comment says whose they are, when they were received and their digest.
A crash at any moment leaves the zip that was there before; one that is damaged counts as none.
"""

import hashlib
import io
import json
import os
import re
import tempfile
import time
import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rnncourse.grading.submission import Submission

_LEFT_OVER = 3600  # seconds after which a half-written file is of no process that still runs


class Kept:
    """What is kept of one assignment, in the folder `kept`."""

    def __init__(self, kept, assignment):
        self.folder, self._assignment = Path(kept, file_name(assignment)), assignment

    def save(self, submission):
        """Keep a submission in place of the student's earlier one; nothing is written if it is that already.

        Raises OSError, and leaves the earlier one, if it cannot be written.
        """
        before = self._label(submission.student)
        if before is not None and before.digest == submission.digest:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        _replace(self._path(submission.student), _zipped(submission))

    def load(self, student):
        """The Submission that is kept of a student, or None."""
        label = self._label(student)
        if label is None:
            return None
        try:
            with zipfile.ZipFile(self._path(student)) as archive:
                files = {name: archive.read(name) for name in archive.namelist()}
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError):
            return None
        found = Submission(student, self._assignment, files, label.received)
        return found if found.digest == label.digest else None

    def _label(self, student):
        """Digest and time of receipt of what is kept of this student, or None."""
        try:
            with zipfile.ZipFile(self._path(student)) as archive:
                record = json.loads(archive.comment)
            if (record["student"], record["assignment"]) != (student, self._assignment):
                return None
            return _Label(record["digest"], datetime.fromisoformat(record["received"]).astimezone(UTC))
        except (zipfile.BadZipFile, OSError, ValueError, KeyError, TypeError):
            return None

    def _path(self, student):
        return self.folder / f"{file_name(student)}.zip"


@dataclass(frozen=True)
class _Label:
    digest: str
    received: datetime


def file_name(name):
    """A file name for a student or an assignment: the name itself if it is plain, else a part of it and a hash.

    Capital letters are not plain, because some file systems take `anna` and `Anna` for the same.

    >>> file_name("anna"), file_name("Anna/b")
    ('anna', 'Anna_b=...')
    """
    if re.fullmatch(r"[a-z0-9][a-z0-9._@-]{0,99}", name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{re.sub(r'[^A-Za-z0-9]+', '_', name)[:40]}={digest[:32]}"


def _zipped(submission):
    """The zip as bytes; the same submission gives the same bytes."""
    label = {"student": submission.student, "assignment": submission.assignment, "digest": submission.digest,
             "received": submission.received.isoformat()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(submission.files):
            archive.writestr(zipfile.ZipInfo(name), submission.files[name], zipfile.ZIP_DEFLATED)
        archive.comment = json.dumps(label).encode()
    return buffer.getvalue()


def _replace(path, content):
    """Put content in place of the file at once, on the disk before the name says so."""
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)
        raise
    _sync(path.parent)
    _tidy(path)


def _sync(folder):
    """The folder's own entry on the disk; some network file systems cannot, and then the name follows later."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _tidy(path):
    """Remove what a grader that was killed in the middle of writing has left."""
    for part in path.parent.glob(f".{path.name}.*.part"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > _LEFT_OVER:
                part.unlink()
