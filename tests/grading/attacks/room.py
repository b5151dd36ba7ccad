"""One class of attackers, honest students with unusual work, and neighbours; and the host around it, which is watched."""

import ctypes
import hashlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from rnncourse.grading.intake.names import shown_name
from rnncourse.grading.verdict import Verdict
from tests.grading.attacks.attack import MARK, REPO, STEPS, Work

NEIGHBOURS = [f"{place}_{kind}" for place in ("aaa", "mmm", "zzz") for kind in ("right", "half")]
# Steps in which everybody has neighbours, and what the half of them solved.
HALF = {
    1: ("encode_text", "make_windows", "pad_sequences", "last_valid"),
    2: ("rnn_step", "softmax_cross_entropy", "clip_by_global_norm"),
    3: ("lstm_step", "gru_step", "memory_half_life"),
}
SUBREAPER = 36  # prctl: orphans of our children become ours, so that none is overlooked
AT_MOST = 2400  # seconds for the whole run: 700 on two quiet cores, of which the tests beside it may take one


class Ears:
    """Servers on the host's own addresses that nobody is to reach; `heard` says which were reached."""

    def __init__(self, folder):
        self.heard, self._stack = [], ExitStack()
        self.abstract, self.path = f"rnn-ear-{secrets.token_hex(4)}", str(folder / "ear")
        tcp, udp = self._listen(socket.AF_INET, ("127.0.0.1", 0)), self._listen(socket.AF_INET, ("127.0.0.1", 0), socket.SOCK_DGRAM)
        self._listen(socket.AF_UNIX, self.path)
        self._listen(socket.AF_UNIX, f"\0{self.abstract}")
        self.tcp, self.udp = tcp.getsockname()[1], udp.getsockname()[1]

    def _listen(self, family, address, kind=socket.SOCK_STREAM):
        ear = self._stack.enter_context(socket.socket(family, kind))
        ear.bind(address)
        if kind == socket.SOCK_STREAM:
            ear.listen(64)
        ear.settimeout(0.2)
        threading.Thread(target=self._wait, args=(ear, address, kind), daemon=True).start()
        return ear

    def _wait(self, ear, address, kind):
        while ear.fileno() >= 0:
            with suppress(TimeoutError, OSError):
                ear.accept()[0].close() if kind == socket.SOCK_STREAM else ear.recv(10)
                self.heard.append(address)

    def close(self):
        self._stack.close()


@dataclass
class Outcome:
    """What became of one student's submission."""

    room: object
    student: str
    step: int

    @property
    def verdict(self):
        return self.room.verdict(self.student, self.step)

    @property
    def points(self):
        return self.verdict.points

    @property
    def text(self):
        """All text of the verdict, as one."""
        return "\n".join(_strings(json.loads(self.verdict.to_json())))

    @property
    def printed(self):
        """What the submission's cells printed."""
        outputs = [output for one in self.verdict.notebooks for found in (one.outputs or {}).values() for output in found]
        return "\n".join(_strings(outputs))

    @property
    def findings(self):
        """What the reports say, of all exercises."""
        reports = [graded.report for one in self.verdict.notebooks for graded in one.graded]
        return "\n".join(text for report in reports for text in (*(f.text for f in report.findings), report.cause.text if report.cause else ""))

    @property
    def remarks(self):
        found = [one for run in self.room.runs for one in run["remarks"].get(self.student, ()) if run["assignment"] == STEPS[self.step][0]]
        return "\n".join(f"{one['kind']}: {one['text']} {one['cell']}" for one in found)

    @property
    def page(self):
        """The feedback page."""
        return self._file("feedback", ".html")

    @property
    def autograded(self):
        """The notebook that Formgrader shows, as parsed JSON."""
        return json.loads(self._file("autograded", ".ipynb"))

    def of(self, student):
        """Another student's."""
        return Outcome(self.room, student, self.step)

    def _file(self, folder, suffix):
        assignment, name = STEPS[self.step]
        return (self.room.root / "grading" / folder / self.student / assignment / f"{name}{suffix}").read_text(encoding="utf-8")


class Room:
    """The class in `folder`, to be run once; then everything about it can be looked at."""

    def __init__(self, folder, attacks):
        self.folder, self.attacks = folder, attacks
        self.root, self.home, self.outside, self.temp = (folder / name for name in ("class", "home", "outside", "temp"))
        for path in (self.root, self.home, self.outside, self.temp):
            path.mkdir()
        self.secrets = {name: secrets.token_hex(16) for name in ("file", "variable")}
        self.ears = Ears(folder)
        self._make_class()
        self.before = self._held()

    def _make_class(self):
        for name in ("solutions", "course"):
            shutil.copytree(REPO / name, self.root / name)
        shutil.copy(REPO / "nbgrader_config.py", self.root)
        for place in (self.root, self.home, self.outside):
            (place / "canary").write_text(self.secrets["file"])
        (self.root / "linked").write_text(self.secrets["file"])
        for student in NEIGHBOURS:
            for step in HALF:
                self._hand_in(student, step, lambda work, student=student: work.solve(*(() if "right" in student else HALF[work.step])))
        for one in self.attacks:
            self._hand_in(one.student or one.name, one.step, one.build)

    def _hand_in(self, student, step, build):
        folder = os.path.join(os.fsencode(self.submitted), student if isinstance(student, bytes) else student.encode(), STEPS[step][0].encode())
        work = Work(os.fsdecode(folder), step, self.targets)
        build(work)
        work.save()

    @property
    def submitted(self):
        return self.root / "grading" / "submitted"

    @property
    def targets(self):
        """What an attacker may know of the host."""
        return {
            "class": str(self.root), "home": str(self.home), "outside": str(self.outside), "repository": str(REPO), "variable": "GRADER_TOKEN",
            "pid": os.getpid(), "tcp": self.ears.tcp, "udp": self.ears.udp, "socket": self.ears.path, "abstract": self.ears.abstract,
        }  # fmt: skip

    # ---------------------------------------------------------------- the run

    def run(self):
        """Grade the class, and two neighbours alone in another class with the same secret."""
        _prctl(SUBREAPER, 1)
        mounts, others = _mounts(), _children()
        started = time.monotonic()
        try:
            self.said = self._grade(self.root, self._plan())
            self.seconds = time.monotonic() - started
            self.left_over = _left_over(others)
        finally:
            _prctl(SUBREAPER, 0)
        self.new_mounts = _mounts() - mounts
        self.runs = json.loads((self.root / "run.json").read_text())["runs"]
        self._run_alone()
        self.ears.close()
        return self

    def _plan(self):
        """Runs of the command: one for each assignment, and one for those that would take long."""
        plan = []
        for step, wall in sorted({(one.step, one.wall) for one in self.attacks}, key=str):
            students = [shown_name(os.fsdecode(one.student or one.name)) for one in self.attacks if (one.step, one.wall) == (step, wall)]
            plan.append({"assignment": STEPS[step][0], "wall": wall, "students": students + (NEIGHBOURS if wall is None and step in HALF else [])})
        return plan

    def _grade(self, root, plan):
        environment = os.environ | {
            "HOME": str(self.home), "TMPDIR": str(self.temp), "GRADER_TOKEN": self.secrets["variable"], "COLUMNS": "200",
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]), "PYTHONPATH": str(REPO),
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "tests.grading.attacks.grade_class", str(root)], input=json.dumps(plan), env=environment, cwd=self.folder,
            capture_output=True, text=True, errors="surrogateescape", timeout=AT_MOST, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"the class was not graded to its end:\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
        return done.stdout + done.stderr

    def _run_alone(self):
        """The neighbours in a class without attackers."""
        self.alone = self.folder / "alone"
        for name in ("solutions", "course"):
            shutil.copytree(self.root / name, self.alone / name)
        shutil.copy(self.root / "nbgrader_config.py", self.alone)
        for student in NEIGHBOURS[:2]:
            shutil.copytree(self.submitted / student, self.alone / "grading" / "submitted" / student)
        shutil.copy(self.root / "grading" / "secret", self.alone / "grading" / "secret")
        self._grade(self.alone, [{"assignment": assignment, "wall": None, "students": NEIGHBOURS[:2]} for assignment in (STEPS[step][0] for step in HALF)])

    # ---------------------------------------------------------------- what came of it

    def outcome(self, one):
        return Outcome(self, shown_name(os.fsdecode(one.student or one.name)), one.step)

    def verdict(self, student, step, root=None):
        return Verdict.from_json(self.result(student, step, root))

    def result(self, student, step, root=None):
        """The bytes of a verdict."""
        return ((root or self.root) / "grading" / "results" / STEPS[step][0] / f"{student}.json").read_bytes()

    def scores(self, step):
        """Student -> points in the gradebook."""
        from nbgrader.api import Gradebook

        with Gradebook(f"sqlite:///{self.root}/grading/gradebook.db", course_id="rnncourse") as gradebook:
            return {one.student.id: one.score for one in gradebook.assignment_submissions(STEPS[step][0])}

    def changes(self):
        """Paths outside grading's own folders that are not as they were before the run."""
        now = self._held()
        return sorted(path for path in self.before.keys() | now.keys() if self.before.get(path) != now.get(path))

    def marks(self):
        """Files with an attack's mark in their names, anywhere that attacks tried to put them."""
        deep = [path for place in (self.root, self.home, self.outside, self.temp) for path in place.rglob(f"*{MARK}*")]
        places = ("/", "/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/etc", "/usr", "/run", "/root", sys.prefix, REPO / "rnncourse", REPO)
        return [path for path in deep if self.submitted not in path.parents] + [p for place in places for p in _glob(Path(place), f"*{MARK}*")]

    def _held(self):
        """Path -> kind and content of all that the run has no business to change: everything but its own files."""
        own = [self.root / "grading" / name for name in os.listdir(self.root / "grading") if name != "submitted"]
        own += [*self.root.glob("*.csv"), self.root / "run.json", *self.submitted.glob("*/*/timestamp.txt")]  # Records writes the last
        return {str(path): _content(path) for top in (self.root, self.home, self.outside) for path in _walk(top, own)}


def _walk(top, but=()):
    for path in top.iterdir():
        if path not in but:
            yield path
            if path.is_dir() and not path.is_symlink():
                yield from _walk(path, but)


def _content(path):
    status = path.lstat()
    with suppress(OSError):
        if path.is_symlink():
            return status.st_mode, os.readlink(path)
        if path.is_file() and status.st_size < 2**30:
            return status.st_mode, hashlib.sha256(path.read_bytes()).hexdigest()
    return status.st_mode, status.st_size if path.is_file() else 0


def _glob(folder, pattern):
    try:
        return list(folder.glob(pattern))
    except OSError:
        return []


def _strings(data):
    if isinstance(data, str):
        yield data
    elif isinstance(data, (list, dict)):
        for item in data.values() if isinstance(data, dict) else data:
            yield from _strings(item)


def _prctl(option, value):
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _mounts():
    return set(Path("/proc/self/mountinfo").read_text().splitlines())


def _left_over(others, seconds=20.0):
    """The command lines of our children, but the `others`, that are still there after a while."""
    until = time.monotonic() + seconds
    while True:
        ours = {pid: words for pid, words in _children().items() if pid not in others}
        for pid in ours:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        if not ours or time.monotonic() > until:
            return list(ours.values())
        time.sleep(0.1)


def _children():
    """Our children: process id -> command line."""
    found = {}
    for task in Path("/proc/self/task").iterdir():
        for pid in map(int, (task / "children").read_text().split()):
            with suppress(OSError):
                found[pid] = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return found
