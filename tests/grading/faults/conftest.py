"""Two classes with the same submissions: one that is graded in peace, one that meets with a fault."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from rnncourse.grading.records.audit import Audit
from tests.grading.class_room import environment, hand_in, make_class, scores

STEP = "1-sequence-data"
WRONG = "def last_valid(states, lengths):\n    return states[:, -1].copy()"


class Room:
    """A class's folder; `work(n)` gives it the n-th state of its students' work, the same in every room."""

    def __init__(self, folder, students):
        self.folder, self.students = make_class(folder), [f"student-{n:02}" for n in range(students)]

    def work(self, turn, who=None):
        for n, student in enumerate(self.students):
            if who is None or n in who:
                hand_in(self.folder, student, STEP, lambda sources, n=n: sources.update(_version(turn, n)))

    def start(self, *words):
        """The command, running."""
        command = [sys.executable, "-m", "rnncourse", "grade", STEP, "--workers", "2", *words]
        return subprocess.Popen(command, cwd=self.folder, env=environment(self.folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def grade(self, *words, good=True):
        """The command, to its end; what it printed."""
        running = self.start(*words)
        said = running.communicate(timeout=300)[0]
        assert (running.returncode == 0) == good, said
        return said

    @property
    def scores(self):
        return scores(self.folder, STEP)

    @property
    def events(self):
        """What the audit log holds, whose chain must be whole."""
        audit = Audit(self.folder / "grading" / "audit.jsonl")
        assert audit.verify() is None
        return list(audit.events())

    def results(self):
        """Student -> bytes of the verdict; keys differ between classes, whose secrets differ."""
        return {path.stem: path.read_bytes() for path in (self.folder / "grading" / "results" / STEP).glob("*.json")}


def _version(turn, n):
    """The n-th student's cells in a turn: now right, now wrong, never the same text twice."""
    mark = {"encode_text": f"mark = ({turn}, {n})\ndef encode_text(text, vocabulary):\n    return np.array([list(vocabulary).index(c) if c in vocabulary else fail(c) for c in text], dtype=np.int64)\ndef fail(c):\n    raise KeyError(c)"}
    return mark | ({"last_valid": WRONG} if (turn + n) % 2 else {})


def expected(turn, n):
    """The points of that state."""
    return 23.0 if (turn + n) % 2 else 25.0


@pytest.fixture
def room(tmp_path):
    """Make a room of so many students."""
    return SimpleNamespace(make=lambda students=6, name="class": Room(tmp_path / name, students), expected=expected)
