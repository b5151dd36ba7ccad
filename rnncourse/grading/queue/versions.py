"""The versions of a release that a class has seen: a submission is graded by the one that it was made from.

Each version is kept, from the first run that meets it, in `releases/ASSIGNMENT/DIGEST/`. So course/ may change at any
time: who handed in before keeps verdict and points.
"""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from rnncourse.grading.bounded import Bounds, Unreadable, call

BOUNDS = Bounds(cpu_seconds=10, answer=1000)
OLDER = "made from an earlier version of the release, and graded by that one"


class Versions:
    """`folder` holds the versions of all assignments; `current` maps notebook names to contents, as released now.

    Raises:
        OSError: the folder cannot be read or written.
    """

    def __init__(self, folder, assignment, current):
        self._folder, self._numbers = Path(folder) / assignment, {}  # digest of a submission -> number of its version
        _keep(self._folder, current)
        self._versions = [current, *_others(self._folder, digest(current))]

    def of(self, submission):
        """The release that a submission was made from: notebook name -> content."""
        return self._versions[self._number(submission)]

    def is_older(self, submission):
        """Whether that is not the current one."""
        return self._number(submission) > 0

    def _number(self, submission):
        if len(self._versions) == 1:
            return 0
        name = submission.digest
        if name not in self._numbers:
            self._numbers[name] = _version(submission.files, self._versions)
        return self._numbers[name]


def _version(files, versions):
    """Which of the versions these files were made from; the current one for files that cannot be read.

    Raises:
        NoReader: this machine let nobody read them.
    """
    try:
        return call("rnncourse.grading.intake.version:version_of", dict(files), versions, bounds=BOUNDS)
    except Unreadable:
        return 0


def digest(release):
    """The name of a version, by all that is in it."""
    total = hashlib.sha256()
    for name in sorted(release):
        total.update(hashlib.sha256(name.encode()).digest() + hashlib.sha256(release[name]).digest())
    return total.hexdigest()


def _keep(folder, release):
    """Keep a version, whole or not at all."""
    place = folder / digest(release)
    if place.is_dir():
        return
    folder.mkdir(parents=True, exist_ok=True)
    half = Path(tempfile.mkdtemp(dir=folder, prefix=".half."))
    try:
        for name, content in release.items():
            with open(half / f"{name}.ipynb", "xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        os.rename(half, place)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise


def _others(folder, current):
    """The other versions, the latest first; a folder that does not hold what its name says is none."""
    found = []
    for place in folder.iterdir():
        if place.name.startswith(".") or place.name == current or not place.is_dir():
            continue
        release = {path.stem: path.read_bytes() for path in sorted(place.glob("*.ipynb"))}
        if digest(release) == place.name:
            found.append((place.stat().st_mtime_ns, release))
    return [release for _, release in sorted(found, key=lambda one: one[0], reverse=True)]
