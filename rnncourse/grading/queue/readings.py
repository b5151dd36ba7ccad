"""What was read of the submission behind each student's verdict, so that entering it once more needs nobody to read it again.

One file a student: a line with a keyed checksum, one of JSON, and the notebooks packed. It may be lost, damaged or changed
by hand; then the submission is judged again.
"""

import json
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

from rnncourse.grading.queue.keys import derived_key, is_signature, signature
from rnncourse.grading.queue.results import write_whole
from rnncourse.grading.submission import Remark

MOST = 512 * 2**20  # bytes of one student's notebooks


@dataclass(frozen=True)
class LastReading:
    """What is known of the submission whose verdict counts.

    `key` is that of its job, `content` the repaired notebooks by name, as JSON; `readable` says whether a notebook of
    the assignment was among its files. If it stands in for a later submission that holds none, `instead_of` is the key
    of that one, and `why` are the remarks on what is wrong with it.
    """

    key: str
    content: bytes
    readable: bool
    instead_of: str = ""
    why: tuple[Remark, ...] = ()

    def notebooks(self, names):
        """Name -> repaired notebook; ValueError if they are not those of these names."""
        try:
            found = json.loads(self.content.decode("utf-8", "surrogatepass"))
        except RecursionError:
            found = None
        if not isinstance(found, dict) or found.keys() != set(names) or not all(isinstance(one, dict) for one in found.values()):
            raise ValueError(f"the repaired notebooks are not those of the assignment ({', '.join(names)})")
        return found


class Readings:
    """`folder`/<assignment>/<student>.read, signed with a key from the class's `secret`."""

    def __init__(self, folder, assignment, secret):
        self.folder, self._assignment = Path(folder) / assignment, assignment
        self._key = derived_key(secret, "readings")

    def get(self, student):
        """The student's `LastReading`, or None."""
        try:
            signed, _, body = self._path(student).read_bytes().partition(b"\n")
            if not is_signature(signed.decode("ascii", "replace"), self._key, *self._about(student), body):
                return None
            head, _, packed = body.partition(b"\n")
            known = json.loads(head)
            why = tuple(Remark(**one) for one in known.pop("why"))
            return LastReading(content=zlib.decompressobj().decompress(packed, MOST), why=why, **known)
        except (OSError, ValueError, TypeError, KeyError, AttributeError, zlib.error):
            return None

    def put(self, student, reading):
        """Keep it in place of the one before."""
        known = {"key": reading.key, "readable": reading.readable, "instead_of": reading.instead_of}
        head = json.dumps(known | {"why": [asdict(one) for one in reading.why]}).encode()
        # It need not outlast a power cut, which would cost the class a wait for the disk at each student.
        body = head + b"\n" + zlib.compress(reading.content, 1)
        signed = signature(self._key, *self._about(student), body).encode()
        write_whole(self._path(student), signed + b"\n" + body, durable=False)

    def _about(self, student):
        return self._assignment.encode(), student.encode("utf-8", "surrogateescape")

    def _path(self, student):
        return self.folder / f"{student}.read"
