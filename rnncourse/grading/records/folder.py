"""The autograded folder of one submission: its files change together, after everything that can fail has been done.

The new files are written beside the class's autograded folders and seen onto the disk first. What is left then is to
rename them, which needs no space. Whoever reads the folder finds the old file or the new one, never half of one.
"""

import contextlib
import os
import shutil
import tempfile

from rnncourse.grading.records.audit import sync_folder

STAGE = ".entering"  # nbgrader looks for folders with *, which does not match a name with a dot
MODE = 0o444  # as nbgrader leaves autograded files


class Staged:
    """New files for one folder, written and waiting; a context that leaves nothing behind if they are not published.

    `files` maps names to bytes. `folder` is `root`/student/assignment. `same` says, once the context is entered,
    whether the folder already holds just these files.
    """

    def __init__(self, root, folder, files):
        self.folder, self.same = folder, False
        self._root, self._files = root, files
        self._stage, self._made = None, []

    def __enter__(self):
        try:
            self._make_folder()
            self.same = not self._superseded() and all(_content(self._place(n)) == c for n, c in self._files.items())
            if not self.same:
                self._write()
        except BaseException:
            self._clear()
            raise
        return self

    def __exit__(self, kind, error, trace):
        self._clear()

    def publish(self):
        """Put the new files in place of the old ones, and take away notebooks that are no longer handed in."""
        if self._stage is None:
            return
        for name in self._files:
            os.replace(os.path.join(self._stage, name), self._place(name))
        for name in self._superseded():
            os.unlink(self._place(name))
        sync_folder(self.folder)
        self._made = []

    def _place(self, name):
        return os.path.join(self.folder, name)

    def _superseded(self):
        return [name for name in os.listdir(self.folder) if name.endswith(".ipynb") and name not in self._files]

    def _make_folder(self):
        """The folder itself, before the gradebook changes: making one may need space."""
        missing, folder = [], self.folder
        while not os.path.isdir(folder):
            missing.append(folder)
            folder = os.path.dirname(folder)
        for one in reversed(missing):
            os.mkdir(one)
            self._made.insert(0, one)
            sync_folder(os.path.dirname(one))

    def _write(self):
        area = os.path.join(self._root, STAGE)
        os.makedirs(area, exist_ok=True)
        self._stage = tempfile.mkdtemp(dir=area)
        for name, content in self._files.items():
            with open(os.path.join(self._stage, name), "xb") as file:
                file.write(content)
                file.flush()
                os.fchmod(file.fileno(), MODE)
                os.fsync(file.fileno())

    def _clear(self):
        if self._stage is not None:
            shutil.rmtree(self._stage, ignore_errors=True)
        with contextlib.suppress(OSError):  # not empty: published, or somebody else's
            for folder in self._made:
                os.rmdir(folder)


def sweep(root):
    """Take away what a run that was killed left waiting; only for the one who holds the writer's lock."""
    shutil.rmtree(os.path.join(root, STAGE), ignore_errors=True)


def _content(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None
