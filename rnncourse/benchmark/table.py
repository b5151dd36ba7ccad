"""The rows that are there: one file of JSON lines that only grows.

A run's rows are written together and flushed to the disk before anything else is begun. A run counts as done when all
its rows are there; what a kill cut short stays in the file as it is, is not read, and is measured anew.
"""

import json
import os
from contextlib import contextmanager
from pathlib import Path


class Busy(Exception):
    """Another comparison writes to this table."""


class Table:
    """The rows of a file, by run: `run.key in table`, `table[run.key]`, `table.rows`; `add` appends.

    A file that is not there is an empty table.
    """

    def __init__(self, path):
        self.path, self._runs = Path(path), {}
        unfinished = {}
        for row in _lines(self.path):
            held = unfinished.setdefault(row["key"], [])
            if row["row"] == 0:
                held.clear()
            held.append(row)
            if [each["row"] for each in held] == list(range(row["of"])):
                self._runs.setdefault(row["key"], unfinished.pop(row["key"]))

    def __contains__(self, key):
        return key in self._runs

    def __getitem__(self, key):
        return self._runs[key]

    def __len__(self):
        return len(self._runs)

    @property
    def rows(self):
        """Every row of every whole run, a list of dicts."""
        return [row for rows in self._runs.values() for row in rows]

    def add(self, rows):
        """Append the rows of one run, whole, and wait until the disk has them."""
        text = "".join(json.dumps(row, separators=(",", ":"), ensure_ascii=False) + "\n" for row in rows)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path, "ab+") as file:
            if file.tell() and not _ends_a_line(file):
                text = "\n" + text
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        self._runs.setdefault(rows[0]["key"], rows)

    @contextmanager
    def alone(self):
        """Keep other comparisons from writing to this table inside the block; raises Busy if one does."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path, "ab") as file:
            try:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except ImportError:  # Windows: nothing to lock with
                pass
            except OSError as error:
                raise Busy(f"another comparison writes to {self.path}; wait for it, or name another file") from error
            yield self


def _ends_a_line(file):
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _lines(path):
    """Each row of the file; lines that a kill cut short are left out."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    for line in content.split(b"\n"):
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and {"key", "row", "of"} <= row.keys():
            yield row
