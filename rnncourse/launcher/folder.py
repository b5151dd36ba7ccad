"""The learner's folder: the released notebooks are copied in, and nothing that is there is ever overwritten.

A small manifest in the folder remembers, for every file, which release of it the learner was given last.
So a later run can tell a notebook that the learner has worked on from one that has a newer release.
"""

import hashlib
import json
import os
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from rnncourse.launcher import LauncherError
from rnncourse.launcher.release import released_files

PRIVATE = ".rnncourse"  # the launcher's own things in the learner's folder


@dataclass
class Update:
    """What one run of the launcher does to a learner's folder; all paths are relative to it."""

    folder: Path
    new_folder: bool = False
    added: list = field(default_factory=list)  # was not there before
    restored: list = field(default_factory=list)  # had been given before, and was deleted
    beside: dict = field(default_factory=dict)  # learner's file -> where its new release was put
    kept: list = field(default_factory=list)  # the learner's, untouched
    retired: list = field(default_factory=list)  # no longer in the release, untouched
    given: dict = field(default_factory=dict)  # path -> sha256 of the release that the learner has been given

    @property
    def copies(self):
        """Pairs (released file, where its copy goes), in the order of the release."""
        whole = [(path, path) for path in [*self.added, *self.restored]]
        return sorted([*whole, *self.beside.items()])


def plan_update(course, folder):
    """Compare the release with the learner's folder, change nothing, and return the Update.

    Raises LauncherError if the folder cannot be the learner's.
    """
    folder = Path(folder).expanduser().absolute()
    refuse_unfit(course, folder)
    with clear_messages(folder):
        update = Update(folder, new_folder=not folder.exists(), given=read_manifest(folder))
        seen = dict(update.given)
        for path in released_files(course):
            place(update, path, sha256(course / path), seen)
        update.retired = [Path(path) for path in seen if (folder / path).exists() and not (course / path).exists()]
    return update


def place(update, path, release, seen):
    """Enter one released file, whose sha256 is `release`, in the plan."""
    mine, known = update.folder / path, seen.get(path.as_posix())
    update.given[path.as_posix()] = release
    if not os.path.lexists(mine):
        (update.restored if known else update.added).append(path)
    elif known == release or sha256(mine) == release or release in earlier_updates(mine):
        update.kept.append(path)
    else:
        update.beside[path] = free_name(mine).relative_to(update.folder)


def earlier_updates(mine):
    """The sha256 of every new release that was put beside the learner's file before."""
    return {sha256(path) for path in mine.parent.glob(f"{mine.stem}-update-*{mine.suffix}")}


def free_name(mine):
    """The first of NAME-update-1, NAME-update-2, … that is not taken."""
    number = 1
    while os.path.lexists(name := mine.with_stem(f"{mine.stem}-update-{number}")):
        number += 1
    return name


def carry_out(update, course):
    """Copy what the plan says into the learner's folder, then remember it in the manifest.

    Raises LauncherError if the folder cannot be written to; what is in it stays as it is.
    """
    with clear_messages(update.folder):
        (update.folder / PRIVATE).mkdir(parents=True, exist_ok=True)
        for source, target in update.copies:
            copy_new(course / source, update.folder / target, update.folder / PRIVATE)
        write_manifest(update)


def copy_new(source, target, private):
    """Copy a file to a name that is free: complete or not at all, and never over another file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = private / f"{target.name}.part"
    shutil.copyfile(source, part)
    try:
        os.link(part, target)  # fails if somebody has made `target` meanwhile
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        with target.open("xb") as copy:
            copy.write(part.read_bytes())
    finally:
        part.unlink()


def read_manifest(folder):
    """Return {path: sha256 of the release last given}; empty for a new folder or a damaged manifest."""
    with suppress(FileNotFoundError, NotADirectoryError, ValueError, AttributeError):
        given = json.loads((folder / PRIVATE / "manifest.json").read_text(encoding="utf-8")).get("given")
        if isinstance(given, dict):
            return given
    return {}


def write_manifest(update):
    """Write the manifest in one step, so that an interruption leaves the old one."""
    from rnncourse import __version__

    manifest = update.folder / PRIVATE / "manifest.json"
    part = manifest.with_suffix(".part")
    text = json.dumps({"rnncourse": __version__, "given": update.given}, indent=1, sort_keys=True)
    part.write_text(text + "\n", encoding="utf-8")
    part.replace(manifest)


def refuse_unfit(course, folder):
    """Raise LauncherError for a place that is no folder, or that is the course's own."""
    for level in (folder, *folder.parents):
        if level.exists() and not level.is_dir():
            raise LauncherError(f"{level} is a file, not a folder. Choose another: rnncourse lab my-folder")
    if folder.resolve().is_relative_to(course.resolve()):
        raise LauncherError(
            f"{folder} belongs to the course itself: your work would be mixed with its files. "
            "Choose a folder of your own: rnncourse lab my-folder"
        )


@contextmanager
def clear_messages(folder):
    """Turn what the operating system says about the learner's folder into one clear message."""
    try:
        yield
    except PermissionError as error:
        raise LauncherError(
            f"{error.filename or folder} cannot be read or written: you lack the permission, or the disk is "
            "read-only. Nothing was changed. Choose another folder: rnncourse lab my-folder"
        ) from error
    except OSError as error:
        reason = error.strerror or error
        raise LauncherError(f"{folder} could not be used ({reason}). Your own files are unchanged.") from error


def sha256(path):
    """The sha256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
