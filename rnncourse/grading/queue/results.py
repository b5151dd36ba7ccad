"""The verdicts that are there: one file a student, written whole or not at all, kept until another takes its place.

A file is `Verdict.to_json` with one more entry, a keyed checksum. The key comes from the class's secret and
from nothing else, so that points changed by hand, a verdict taken from another student or assignment, and a file from
another class are no verdict: the submission is judged again. Whoever reads the secret can sign what they like.
"""

import os
import re
import tempfile
from pathlib import Path

from rnncourse.grading.queue.keys import class_secret, derived_key, is_signature, signature
from rnncourse.grading.verdict import Verdict

HEAD = b'{\n "signature": "%s",'
FOUND = re.compile(re.escape(HEAD) % b"([0-9a-f]{64})")
UNSIGNED = "a verdict was kept without a checksum, as an earlier version did; it was not used, and the work judged again"
ALTERED = (
    "a kept verdict is not as it was written: its file was changed or damaged, or comes from another class or version; "
    "it was not used, and the work judged again"
)


class Results:
    """`folder`/<assignment>/<student>.json.

    `secret` is the class's, by default the one beside `folder`.
    """

    def __init__(self, folder, assignment, secret=None):
        self.folder, self._assignment = Path(folder) / assignment, assignment
        self._class, self._secret = Path(folder).parent, secret

    def get(self, student, key=None):
        """The student's verdict; None if there is none (of this key), or if the file is not as it was written."""
        verdict = self._look(student)[0]
        return verdict if verdict is not None and key in (None, verdict.key) else None

    def distrust(self, student):
        """Why a file that is there is no verdict, in one sentence; "" where there is one, or no file."""
        return self._look(student)[1]

    def put(self, student, verdict):
        """Keep a verdict in place of the one before it."""
        content = verdict.to_json()
        head = HEAD % signature(*self._signed(student, content)).encode()
        write_whole(self._path(student), head + content.removeprefix(b"{"))

    def students(self):
        """Students who have a verdict, in order."""
        return sorted(path.name.removesuffix(".json") for path in self.folder.glob("*.json"))

    def _look(self, student):
        """(verdict or None, why a file that is there was not used)."""
        try:
            content = self._path(student).read_bytes()
        except FileNotFoundError:
            return None, ""
        except OSError:
            return None, ALTERED
        found = FOUND.match(content)
        try:
            verdict = Verdict.from_json(content)
        except ValueError:
            return None, ALTERED
        if found is None:
            return None, UNSIGNED
        signed = self._signed(student, b"{" + content[found.end() :])
        return (verdict, "") if is_signature(found[1].decode(), *signed) else (None, ALTERED)

    def _signed(self, student, content):
        """The key, and all that it signs."""
        self._secret = self._secret or class_secret(self._class)
        who = (self._assignment.encode(), student.encode("utf-8", "surrogateescape"))
        return derived_key(self._secret, "results"), *who, content

    def _path(self, student):
        if student in ("", ".", "..") or "/" in student or "\0" in student:
            raise ValueError(f"student: expected the name of a folder, got {student!r}")
        return self.folder / f"{student}.json"


def write_whole(path, content, durable=True):
    """Write a file so that nobody ever reads half of it; if it is `durable`, also not after the machine stopped."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
