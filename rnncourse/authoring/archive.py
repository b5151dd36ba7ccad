"""The course as one file for students: the notebooks and the package, without solutions, tests and anything of a class.

What the checks need cannot be left out: a check compares with a reference, and runs on the student's own machine. So
the references of `rnncourse/exercises` are in the archive, as they are in every install of the package.
"""

import subprocess
import zipfile
from pathlib import Path

from rnncourse.authoring.lint import lint_release

# Named one by one, so that whatever else lies in the instructor's folder stays there.
PARTS = (
    "course", "rnncourse", ".ci/setup", ".ci/environment.py", "Makefile", "README.md", "pyproject.toml",
    "requirements.lock", "environment.yml", "LICENSE", "LICENSE-CONTENT", "CITATION.cff",
)  # fmt: skip
FOLDER = "rnncourse-course"  # in which the archive unpacks
DATE = (1980, 1, 1, 0, 0, 0)  # the same files, the same bytes
LEAKS = ("solution-in-release", "source-in-release")


class ArchiveError(Exception):
    """The archive would hold what students must not get, or lacks a part; the message names it."""


def write_archive(root, path):
    """Write the archive of the clone in the folder `root` to `path`; the names of the files in it.

    Raises:
        ArchiveError: a student notebook holds a line of a solution, or there is nothing to pack.
    """
    root = Path(root)
    if leaks := [str(fault) for fault in lint_release(root, root / "course") if fault.rule in LEAKS]:
        raise ArchiveError("\n".join(["course/ holds solutions; build it again with rnncourse build:", *leaks]))
    names = [name for name in _names(root) if (root / name).is_file()]
    if not any(name.startswith("course/") for name in names):
        raise ArchiveError(f"{root} holds no student notebooks in course/")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            entry = zipfile.ZipInfo(f"{FOLDER}/{name}", DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if (root / name).stat().st_mode & 0o100 else 0o644) << 16
            archive.writestr(entry, (root / name).read_bytes())
    return names


def _names(root):
    """The files of the parts: those that git knows, so that a draft stays out; without git, all but caches."""
    listed = (
        subprocess.run(["git", "ls-files", "-z", "--", *PARTS], cwd=root, capture_output=True, check=False)
        if (root / ".git").exists()
        else None
    )
    if listed and listed.returncode == 0 and listed.stdout:
        return sorted(listed.stdout.decode().rstrip("\0").split("\0"))
    found = [one for part in PARTS for one in ((root / part), *(root / part).rglob("*"))]
    return sorted(one.relative_to(root).as_posix() for one in found if not _is_cache(one.relative_to(root)))


def _is_cache(name):
    return name.suffix in (".pyc", ".pyo") or bool({"__pycache__", ".ipynb_checkpoints"} & set(name.parts))
