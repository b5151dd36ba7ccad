"""Who can read what belongs to a class on a machine with several users: its owner alone.

The mode 0700 of `grading/` is the wall: nobody else can pass it, whatever the modes of the files below. What lies
directly in it (the gradebook, the secret, the audit log, the folders of submissions and feedback) is closed as well, so
that a folder or a file that is moved elsewhere stays closed. Deeper modes stay as nbgrader left them, for it copies
them when it gives work and feedback out. A folder with the set-group-id bit is shared on purpose (nbgrader's
`groupshared`): there the group keeps its rights.
"""

import contextlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

GROUP_AND_OTHERS, OTHERS = 0o077, 0o007
EXCHANGE = "exchange"  # which nbgrader gives its own modes


@dataclass(frozen=True)
class Opening:
    """Something that others can read and should not, or cannot reach and should: `what` it is, and a `remedy`."""

    what: str
    remedy: str


def close_class(root):
    """Make the folder `grading` of a class's folder if it is missing, and take the rights of others off it."""
    grading = Path(root) / "grading"
    with contextlib.suppress(OSError):  # a read-only clone has no class
        grading.mkdir(mode=0o700, exist_ok=True)
        rights = _others(grading)
        for path in (grading, *_closable(grading)):
            _close(path, rights)


def _closable(grading):
    return [path for path in grading.iterdir() if path.name != EXCHANGE and not path.is_symlink()]


def _others(grading):
    """The rights that are taken."""
    return OTHERS if grading.stat().st_mode & stat.S_ISGID else GROUP_AND_OTHERS


def _close(path, rights):
    with contextlib.suppress(OSError):  # another's, or gone meanwhile
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & rights:
            path.chmod(mode & ~rights)


def openings(root, exchange=None, database=""):
    """What is open in a class's folder: a list of `Opening`; empty where there is no class yet.

    Args:
        root: the folder with nbgrader_config.py.
        exchange: the folder through which students hand in; None for the one in `grading`.
        database: the URL of the gradebook, empty for the one in `grading`.
    """
    root = Path(root).resolve()
    grading = root / "grading"
    if not any((grading / name).exists() for name in ("submitted", "gradebook.db", "secret")):
        return []
    return [*_open_class(grading), *_open_database(database), *_open_solutions(root), *_misplaced(root, exchange)]


def _open_class(grading):
    rights = _others(grading)
    if _mode(grading) & rights:
        yield Opening(
            "other users of this machine can enter grading/, with the gradebook, submissions and feedback",
            f"chmod {'o=' if rights == OTHERS else 'go='} {grading}",
        )
    if _mode(grading / "secret") & rights:
        yield Opening(
            "other users can read grading/secret once they can enter its folder: the cases of the checks are drawn from it",
            f"chmod 600 {grading / 'secret'}",
        )


def _open_database(url):
    path = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None
    if path and _mode(path) & GROUP_AND_OTHERS and _passable(path.parent):
        yield Opening(f"other users can read the gradebook, {path}", f"chmod 600 {path}")


def _open_solutions(root):
    folder = root / "solutions"
    if _mode(folder) & 0o005 == 0o005 and _passable(root):
        yield Opening("other users of this machine can read solutions/", f"chmod -R go= {folder}")


def _misplaced(root, exchange):
    if exchange is None or Path(exchange).resolve().is_relative_to(root):
        yield Opening(
            "the exchange lies in the class's folder, which students cannot enter: it serves for trying things out",
            "for students on this machine: export RNNCOURSE_EXCHANGE=/srv/nbgrader/exchange, or another folder outside",
        )


def _mode(path):
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except OSError:
        return 0


def _passable(folder):
    """Whether others can pass through a folder and all folders above it."""
    return all(_mode(one) & 0o001 for one in (folder, *folder.parents))
