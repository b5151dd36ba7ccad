"""The verdicts that are there: one file a student, written whole or not at all, kept until another takes its place."""

import os
import tempfile
from pathlib import Path

from rnncourse.grading.verdict import Verdict


class Results:
    """`folder`/<assignment>/<student>.json, the bytes of `Verdict.to_json`."""

    def __init__(self, folder, assignment):
        self.folder = Path(folder) / assignment

    def get(self, student, key=None):
        """The student's verdict; None if there is none (of this key), or if the file is damaged."""
        try:
            verdict = Verdict.from_json(self._path(student).read_bytes())
        except (OSError, ValueError):
            return None
        return verdict if key in (None, verdict.key) else None

    def put(self, student, verdict):
        """Keep a verdict in place of the one before it."""
        write_whole(self._path(student), verdict.to_json())

    def students(self):
        """Students who have a verdict, in order."""
        return sorted(path.name.removesuffix(".json") for path in self.folder.glob("*.json"))

    def _path(self, student):
        if student in ("", ".", "..") or "/" in student or "\0" in student:
            raise ValueError(f"student: expected the name of a folder, got {student!r}")
        return self.folder / f"{student}.json"


def write_whole(path, content):
    """Write a file so that nobody ever reads half of it, also not after a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
