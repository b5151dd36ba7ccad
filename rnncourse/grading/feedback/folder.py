"""Where nbgrader's release_feedback looks for pages: feedback/STUDENT/ASSIGNMENT/NOTEBOOK.html, two files beside them.

`timestamp.txt` and `submission_secret.txt` came with the submission; the secret tells whose page is whose when students
fetch feedback. nbgrader stops for the whole class where one is missing or the secret empty, so both are always there.
"""

import contextlib
import os
import secrets
import stat
from pathlib import Path

from rnncourse.grading.queue.results import write_whole

SMALL = 2_000  # bytes; nbgrader's own secret has 128
FOLDERS = ("autograded", "submitted")  # the copy that was graded comes before a newer one that was not


def write(root, student, assignment, pages):
    """Write the pages of one submission and return their folder; each file appears whole or not at all.

    Args:
        root: the course's folder, in which `grading` lies.
        pages: notebook name -> HTML. A page of another name, of an earlier time, is taken away.

    Raises:
        ValueError: a name that is no single part of a path.
        OSError: the folder cannot be written.
    """
    grading, place = Path(root) / "grading", Path(part(student), part(assignment))
    folder = grading / "feedback" / place
    folder.mkdir(parents=True, exist_ok=True)
    for name, otherwise in (("timestamp.txt", str), ("submission_secret.txt", lambda: secrets.token_hex(64))):
        copies = (small_text(grading / one / place / name) for one in FOLDERS)
        text = next(filter(None, copies), "") or small_text(folder / name) or otherwise()
        _write(folder / name, text)
    for name, html in pages.items():
        _write(folder / f"{part(name)}.html", html)
    for old in folder.glob("*.html"):
        if old.stem not in pages:
            old.unlink()
    return folder


def part(name):
    """The name, if it is one part of a path and nothing more.

    Raises:
        ValueError: it is empty, has a separator, or leads elsewhere.
    """
    if not isinstance(name, str) or name in ("", ".", "..") or any(sign in name for sign in "/\\\0") or len(name) > 240:
        raise ValueError(f"expected a plain name of a student, an assignment or a notebook, got {name!r:.80}")
    return name


def small_text(path):
    """The text of a small regular file without following links; "" for whatever else is there."""
    with contextlib.suppress(OSError, ValueError):
        file = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(file, "rb") as opened:
            if stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
                content = opened.read(SMALL + 1)
                return content.decode("utf-8") if len(content) <= SMALL else ""
    return ""


def _write(path, text):
    write_whole(path, text.encode("utf-8"))
    path.chmod(0o644)  # as nbgrader's own: release_feedback copies the rights too, and students must read it
