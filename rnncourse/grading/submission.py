"""What a student handed in, as bytes in memory: from here on nothing reads the student's folder again."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rnncourse.grading.characters import one_line

LONGEST_NAME = 128  # of a student or an assignment, in nbgrader's tables
KINDS = ("receipt", "notice", "repaired", "tampered", "refused")


@dataclass(frozen=True)
class Remark:
    """One thing that an instructor should know of a submission.

    `kind` is "receipt" (from where the time of receipt is known: for the instructor alone), "notice" (nothing to do),
    "repaired" (clumsy, mended, costs nothing), "tampered" (something that only a hand changes, undone), "refused" (a
    file or the whole submission was not taken). `text` is one plain sentence, `cell` the id of the cell that it is
    about, empty where it is about a file. Both are shown on terminals and in pages, and names in them are a student's:
    they are one line each, with every character visible.
    """

    kind: str
    text: str
    cell: str = ""

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"kind: expected one of {', '.join(KINDS)}, got {self.kind!r}")
        object.__setattr__(self, "text", one_line(self.text))
        object.__setattr__(self, "cell", one_line(self.cell))


@dataclass(frozen=True)
class Submission:
    """One student's work for one assignment: `files` maps a relative POSIX path to its content.

    `received` is when it was received, in UTC; `remarks` is what intake noticed on the way.
    """

    student: str
    assignment: str
    files: Mapping[str, bytes]
    received: datetime
    remarks: tuple[Remark, ...] = field(default=(), compare=False)

    @property
    def digest(self):
        """SHA-256 over the names and contents of all files, as hexadecimal digits; the student's name is no part of it."""
        total = hashlib.sha256()
        for name in sorted(self.files):
            total.update(hashlib.sha256(name.encode()).digest() + hashlib.sha256(self.files[name]).digest())
        return total.hexdigest()


def is_plain_name(name):
    """Whether a student, an assignment or a notebook may be called so: one part of a path, short, visible in every place.

    >>> is_plain_name("anna"), is_plain_name("../anna"), is_plain_name(" anna"), is_plain_name(".anna")
    (True, False, False, False)
    """
    plain = isinstance(name, str) and name and name == name.strip() and name.isprintable() and len(name) <= LONGEST_NAME
    return bool(plain) and not name.startswith(".") and not set(name) & set("/\\")
