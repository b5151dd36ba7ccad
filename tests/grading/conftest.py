"""A real PostgreSQL server on this machine, for all tests of grading that want one."""

import glob
import os
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest


class Postgres:
    """A server of its own in a temporary folder, reached through a socket there.

    `url()` is a new, empty database, `url(of)` a copy of another one that nobody is connected to.
    """

    def __init__(self, programs, folder):
        self._programs, self.folder = programs, folder
        self._as_user = _as_ordinary_user(folder)
        self._run(
            "initdb",
            "-D",
            folder / "data",
            "-U",
            "tester",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        )
        self.start()

    def start(self):
        """Start the server, or start it again."""
        options = f"-k {self.folder} -c listen_addresses='' -c fsync=off -c max_connections=20 -c shared_buffers=8MB"
        self._run(
            "pg_ctl", "-D", self.folder / "data", "-w", "-t", "60", "-l", self.folder / "log", "-o", options, "start"
        )

    def stop(self):
        """Stop the server at once, as if its machine had gone."""
        self._run("pg_ctl", "-D", self.folder / "data", "-w", "-t", "60", "-m", "immediate", "stop")

    def url(self, of=""):
        name = f"class_{secrets.token_hex(4)}"
        self.sql(f"CREATE DATABASE {name}" + (f" TEMPLATE {_name(of)}" if of else ""))
        return f"postgresql+psycopg://tester@/{name}?host={self.folder}"

    def sql(self, statement):
        import psycopg

        with psycopg.connect(host=str(self.folder), user="tester", dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)

    def disconnect(self, url):
        """End all connections to a database of `url()` from the server's side."""
        self.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{_name(url)}'")

    def _run(self, program, *words):
        # The server keeps what it inherits open, so its output goes to files, not into a pipe that would never end.
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(
                [*self._as_user, self._programs / program, *map(str, words)],
                stdout=said,
                stderr=said,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                timeout=120,
                check=False,
            )
            said.seek(0)
            assert done.returncode == 0, f"{program}: {said.read().decode(errors='replace')}"


def _name(url):
    return url.split("@/")[1].split("?")[0]


def _as_ordinary_user(folder):
    """How to start a program that refuses to run as root; the folder is given to that user."""
    if os.geteuid() != 0:
        return []
    user = next((name for name in ("postgres", "nobody") if _known(name)), None)
    if user is None or not shutil.which("setpriv"):
        pytest.skip(
            "PostgreSQL refuses to run as root, and there is no user postgres or nobody, or no setpriv, to run it"
        )
    shutil.chown(folder, user)
    return ["setpriv", f"--reuid={user}", "--clear-groups", "--"]


def _known(user):
    import pwd

    try:
        return bool(pwd.getpwnam(user))
    except KeyError:
        return False


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server for this session of tests; skips where it is not installed."""
    pytest.importorskip("psycopg")
    found = shutil.which("initdb") or max(glob.glob("/usr/lib/postgresql/*/bin/initdb"), default=None)
    if not found:
        pytest.skip("PostgreSQL's server programs are not installed (Debian: apt install postgresql)")
    # Not pytest's own folder: only its owner may enter that, and a socket's path has to be short.
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as folder:
        server = Postgres(Path(found).resolve().parent, Path(folder))
        try:
            yield server
        finally:
            server.stop()
