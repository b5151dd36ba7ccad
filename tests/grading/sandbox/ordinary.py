"""Commands as an ordinary user of this machine, and as in the containers that people grade in."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

REPO = Path(__file__).parents[3]
NOBODY = 65534
# Docker's default for a container without CAP_SYS_ADMIN, whoever the user is in there.
CONTAINED = """
import errno, os, sys, pyseccomp as s
rules = s.SyscallFilter(s.ALLOW)
for name in ("unshare", "setns", "mount", "umount2", "pivot_root"):
    rules.add_rule(s.ERRNO(errno.EPERM), name)
for flag in (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
    rules.add_rule(s.ERRNO(errno.EPERM), "clone", s.Arg(0, s.MASKED_EQ, flag, flag))
rules.add_rule(s.ERRNO(errno.ENOSYS), "clone3")
rules.load()
os.execv(sys.argv[1], sys.argv[1:])
"""
# This Python may lie in a home folder that is closed: the user gets a view in which the way to it is open.
OPENED = """
set -e
hold=$1; shift
while [ "$1" != -- ]; do
    mkdir -p "$hold/$#"; mount --bind "$2" "$hold/$#"
    mount -t tmpfs -o mode=755 none "$1"; mkdir -p "$2"; mount --bind "$hold/$#" "$2"
    shift 2
done
shift
exec "$@"
"""


def run_in(place, words, folder, limit=240):
    """Run a Python command in a place: "root", "user", "container" (its root), "container user"; its output.

    `folder` is writable to whoever runs it.
    """
    command = [sys.executable, *words]
    if "container" in place:
        pytest.importorskip("pyseccomp")
        command = [sys.executable, "-c", CONTAINED, *command]
    if "user" in place:
        command = [*_as_user(folder), *command]
    home = Path(folder)
    environment = os.environ | {
        "HOME": str(home), "TMPDIR": str(home), "PYTHONPATH": str(REPO), "PYTHONDONTWRITEBYTECODE": "1",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }  # fmt: skip
    done = subprocess.run(
        command, cwd=home, env=environment, capture_output=True, text=True, timeout=limit, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


def _as_user(folder):
    if os.geteuid() != 0:
        return []
    os.chown(folder, NOBODY, NOBODY)
    needed = sorted({sys.base_prefix, os.path.realpath(sys.base_prefix), sys.prefix, str(REPO)})
    closed = {path: top for path in needed if (top := _closed(path))}
    pairs = [word for path, top in closed.items() for word in (top, path)]
    if len(set(closed.values())) != len(closed):
        pytest.skip("an ordinary user cannot reach this Python or this repository")
    hold = tempfile.mkdtemp(prefix="rnn-hold-")
    user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all", "--"]
    return ["unshare", "--mount", "sh", "-c", OPENED, "sh", hold, *pairs, "--", *user]


def _closed(path):
    """The outermost folder on the way that others may not enter; empty if there is none."""
    for folder in (*reversed(Path(path).parents), Path(path)):
        if not folder.stat().st_mode & 0o001:
            return str(folder)
    return ""
