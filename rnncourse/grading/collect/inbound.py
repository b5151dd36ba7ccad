"""The inbound folder of a course in nbgrader's exchange: whose hand-ins there are, the newest first."""

import os
import stat
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rnncourse.grading.intake.folder import descended, kind, opened, reason
from rnncourse.grading.intake.notes import quoted

MOST = 20  # hand-ins of one student that are looked at, the newest first


class NoExchange(Exception):
    """There is nothing to collect from; the message says why and what to do."""


class Inbound:
    """`root`/`course`/inbound, open; a context. Neither `course` nor inbound may be a symbolic link.

    Raises, on entering:
        NoExchange: it is not there, or may not be read.
    """

    def __init__(self, root, course, assignment):
        self._root, self._course = Path(root), course
        # nbgrader's submit knows an assignment by the last name of its path only.
        self._middle = f"+{assignment.rpartition('/')[2]}+"
        self._stack, self._folder = ExitStack(), None

    def __enter__(self):
        if not self._root.is_dir():
            raise NoExchange(f"there is no exchange at {self._root}")
        try:
            root = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            self._stack.callback(os.close, root)
            self._folder = self._stack.enter_context(descended(root, (self._course, "inbound")))
            self._names = os.listdir(self._folder)
        except OSError as error:
            self._stack.close()
            raise NoExchange(self._sentence(error)) from error
        return self

    def __exit__(self, *error):
        self._stack.close()

    def students(self):
        """Student -> names of the hand-ins for this assignment, in the order of the students' names."""
        found = {}
        for name in self._names:
            student, middle, _ = name.partition(self._middle)
            if middle:
                found.setdefault(student, []).append(name)
        return dict(sorted(found.items()))

    def newest(self, names):
        """([name, …], [sentence, …]): the newest hand-ins by the time at which their folder changed last, and what is none."""
        times, odd = {}, []
        for name in names:
            try:
                status = os.stat(name, dir_fd=self._folder, follow_symlinks=False)
            except FileNotFoundError:
                continue
            if not stat.S_ISDIR(status.st_mode):
                odd.append(f"{quoted(name, 120)} is {kind(status.st_mode)} and no folder")
            else:
                times[name] = status.st_ctime_ns
        return sorted(times, key=times.get, reverse=True)[:MOST], odd

    @contextmanager
    def opened(self, name):
        """A descriptor of one hand-in; a symbolic link is an OSError."""
        with opened(name, at=self._folder) as folder:
            yield folder

    def _sentence(self, error):
        for path in (self._root / self._course, self._root / self._course / "inbound"):
            if path.is_symlink():
                return f"{path} is a symbolic link, which no command of nbgrader's makes; nothing is collected through it"
        if isinstance(error, FileNotFoundError):
            return (
                f"the exchange has no {self._course}/inbound in {self._root}: no assignment of this course was released "
                "there yet (nbgrader release_assignment makes it)"
            )
        return f"the folder {self._root / self._course / 'inbound'} cannot be read: {reason(error)}"
