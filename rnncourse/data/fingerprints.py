"""Is this file the one its package shipped, and the one this course was written with?"""

import hashlib
from base64 import urlsafe_b64encode
from importlib import metadata

from rnncourse.data.packages import data_file, install_line

# SHA-256 of the one file, or of the SHA-256 lines of several files (see `fingerprint`).
KNOWN = {
    "addresses": "7f7af21d92852d85463b078fc86de0d1042e812e3049ebad0bac12bf73d42e8d",
    "japanese vowels": "cb8a4883cc49db7dc5ba312ec0c3ea2664a67f3e498f04605274990091141492",
    "hourly power": "5a94c0adc20368c2d8fae180a423be1fd2cc1b3ac195192bb9a44c68736bb731",
    "stocks": "5abadf99b2d394f920120a27de6f0df129859d71d4cfb0bf661bcc99446ab1fd",
    "glucose": "91fdad8325541a4487d88cb59b2fc9f6ed821c7c01eaabed0606bbb7089be8de",
    "goog": "400917cf30e6b664f7b0da93d7c745860d3aa9008da8b7f160d2dd12e6a318b1",
}


class DamagedData(ValueError):
    """A data file differs from the one its package shipped."""

    def __init__(self, distribution, path):
        self.distribution, self.path = distribution, path
        super().__init__(
            f"{path} is not as {distribution} shipped it (its SHA-256 differs from the package's own record): "
            f"it was cut short or edited. To mend it: {install_line(distribution, again=True)}"
        )


def fingerprint(digests):
    """One SHA-256 for a list of them: the digest itself if there is one, else that of their lines."""
    if len(digests) == 1:
        return digests[0].hex()
    return hashlib.sha256("\n".join(d.hex() for d in digests).encode()).hexdigest()


def verify(name, distribution, paths):
    """Return '' if these files are the known ones, or a note of what is different; raise DamagedData if damaged.

    A file that its package's RECORD confirms is accepted, even if a newer release changed it;
    conda and editable installs may keep no hashes there, and then nothing can tell.
    """
    digests = [hashlib.sha256(data_file(distribution, path).read_bytes()).digest() for path in paths]
    if fingerprint(digests) == KNOWN[name]:
        return ""
    shipped = recorded_hashes(distribution)
    for path, digest in zip(paths, digests, strict=True):
        if path in shipped and shipped[path] != urlsafe_b64encode(digest).decode().rstrip("="):
            raise DamagedData(distribution, path)
    if all(path in shipped for path in paths):
        return "another edition than the one this course was written with"
    return "not the edition this course was written with, and the package keeps no hash to check it by"


def recorded_hashes(distribution):
    """Map each path of a package to its SHA-256 as the RECORD file writes it (URL-safe base 64, no padding)."""
    files = metadata.distribution(distribution).files or []
    return {file.as_posix(): file.hash.value for file in files if file.hash and file.hash.mode == "sha256"}
