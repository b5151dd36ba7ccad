"""One folder a process for all that the sandboxes need on the host: closed to others, short, gone at the end."""

import contextlib
import itertools
import os
import re
import shutil
import subprocess
import tempfile
from multiprocessing.util import Finalize
from pathlib import Path

PREFIX = "rnncourse-sandbox"
ROOM = 50  # characters; a socket's path may have 103 on every system, and ours adds at most 52

_made = {}  # process id -> its folder; a forked child makes its own
_numbers = itertools.count(1)


def private_folder():
    """This process's folder; made on first use, removed when the process ends."""
    me = os.getpid()
    if me not in _made:
        sweep()
        _made[me] = Path(tempfile.mkdtemp(prefix=f"{PREFIX}-{me}-", dir=_parent()))
        Finalize(None, _remove, (me,), exitpriority=0)  # unlike atexit, also at the end of a pool's worker
    return _made[me]


def new_folder(name):
    """A new empty folder in it, such as kernel-3."""
    folder = private_folder() / f"{re.sub(r'[^A-Za-z0-9]', '-', name)[:6]}-{next(_numbers)}"
    folder.mkdir(mode=0o700)
    return folder


def remove(folder):
    """Remove a folder with all that is in it, however deep a learner's code made it."""
    with contextlib.suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)
    if os.path.lexists(folder):
        subprocess.run(["rm", "-rf", "--", str(folder)], stderr=subprocess.DEVNULL, check=False)


def _parent():
    parent = tempfile.gettempdir()
    return parent if len(parent) < ROOM else "/tmp"


def sweep(parent=None):
    """Remove what processes of this user left that were killed before they could."""
    for path in Path(parent or _parent()).glob(f"{PREFIX}-*-*"):
        owner = path.name.removeprefix(f"{PREFIX}-").split("-")[0]
        try:
            if owner.isdigit() and path.lstat().st_uid == os.geteuid() and not _alive(int(owner)):
                remove(path)
        except OSError:  # another process swept it
            continue


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _remove(owner):
    if os.getpid() == owner and owner in _made:
        remove(_made.pop(owner))
