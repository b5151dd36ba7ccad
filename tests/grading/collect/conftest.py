"""A class with an exchange: students hand in as nbgrader's submit does, the commands are the real ones, the judge is not.

The clerk, who stands for the workers, gives full points for every solution cell that says "solved".
"""

import json
import os
import shutil
import tempfile
import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

pytest.importorskip("nbgrader")

REPO = Path(__file__).parents[3]
STEP, NAME = "1-sequence-data", "sequence_data"
RELEASE = REPO / "course" / STEP / f"{NAME}.ipynb"
FORMAT = "%Y-%m-%d %H:%M:%S.%f UTC"


@cache
def reports(solved):
    """Name of each exercise of step 1 -> its report, with the right answer or not started."""
    from rnncourse.checking.score import assess, not_started
    from rnncourse.exercises import exercises

    step = [one for one in exercises() if one.id.startswith("1.")]
    return {one.name: assess(one, one.reference) if solved else not_started(one) for one in step}


@cache
def gradebook():
    """The bytes of a gradebook that knows the assignment: making one takes longer than all else in a test."""
    from rnncourse.grading.records import Records

    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(REPO / "course" / STEP, Path(folder, "course", STEP))
        file = Path(folder, "gradebook.db")
        with Records(folder, db_url=f"sqlite:///{file}") as records:
            records.prepare(STEP)
        return file.read_bytes()


class Clerk:
    """A pool of one worker; stops with Ctrl-C after `patience` jobs."""

    elsewhere, notice = True, ""

    def __init__(self):
        self.judged, self.patience = [], None

    def run(self, tagged):
        from rnncourse.grading.queue.work import Done

        for tag, job in tagged:
            if self.patience is not None and len(self.judged) >= self.patience:
                raise KeyboardInterrupt
            self.judged.append(tag[0].student)
            yield tag, Done(self._verdict(job).to_json(), 0.1, "", True, json.dumps({name: json.loads(content) for name, content in job.release.items()}).encode())

    def _verdict(self, job):
        from rnncourse.grading.verdict import Graded, NotebookVerdict, Verdict

        content = job.files.get(f"{NAME}.ipynb", b"{}")
        solved = {cell["id"] for cell in json.loads(content).get("cells", ()) if "solved" in "".join(cell["source"])}
        graded = tuple(Graded(f"check_{name}", reports(name in solved)[name]) for name in reports(True))
        return Verdict(job.assignment, job.key, job.digest, "0", "bubblewrap", (NotebookVerdict(NAME, graded, {}, {}),))


def notebook(*solved, mark=""):
    """A student's notebook in which these exercises are solved."""
    content = json.loads(RELEASE.read_text(encoding="utf-8"))
    for cell in content["cells"]:
        if cell["id"] in solved:
            cell["source"] = f"# solved {mark}"
    return json.dumps(content).encode()


ALL = tuple(reports(True))


class Room:
    """The folder of a class, `exchange` outside of it, and what students and instructor do."""

    def __init__(self, folder, monkeypatch):
        self.root, self.exchange, self.elsewhere = folder / "class", folder / "exchange", folder / "elsewhere"
        shutil.copytree(REPO / "course" / STEP, self.root / "course" / STEP)
        shutil.copy(REPO / "nbgrader_config.py", self.root)
        self.inbound = self.exchange / "rnncourse" / "inbound"
        self.inbound.mkdir(parents=True)
        self.elsewhere.mkdir()
        (self.root / "grading").mkdir(mode=0o700)
        (self.root / "grading" / "gradebook.db").write_bytes(gradebook())
        self.clerk = Clerk()
        monkeypatch.chdir(self.root)
        monkeypatch.setenv("RNNCOURSE_EXCHANGE", str(self.exchange))
        monkeypatch.delenv("RNNCOURSE_DATABASE", raising=False)
        monkeypatch.delenv("RNNCOURSE_COURSE", raising=False)
        monkeypatch.setattr("rnncourse.grading.queue.local.LocalPool", lambda workers: self.clerk)

    # ---- students

    def hand_in(self, student, *solved, files=None, claim=None, mark="", name=None):
        """What nbgrader's submit makes; returns the folder in the exchange."""
        claim = claim or datetime.now(UTC)
        folder = self.inbound / (name or f"{student}+{STEP}+{claim.strftime(FORMAT)}+{os.urandom(4).hex()}")
        tick(self.exchange)
        folder.mkdir()
        for path, content in ({f"{NAME}.ipynb": notebook(*solved, mark=mark)} | (files or {})).items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            if content is not None:
                place.write_bytes(content)
        (folder / "timestamp.txt").write_text(claim.strftime(FORMAT))
        (folder / "submission_secret.txt").write_text("a" * 128)
        folder.chmod(0o777)
        return folder

    # ---- the instructor

    def collect(self, *words, code=0):
        return self._call("collect", STEP, *words, code=code)

    def grade(self, *words, code=0):
        return self._call("grade", STEP, *words, code=code)

    def due(self, moment):
        """Set the due date, as Formgrader does."""
        with self.gradebook() as gradebook:
            gradebook.update_or_create_assignment(STEP, duedate=moment.astimezone(UTC).replace(tzinfo=None))

    def settings(self, text):
        (self.root / "grading" / "class.toml").write_text(text)

    def gradebook(self):
        from nbgrader.api import Gradebook

        return Gradebook(f"sqlite:///{self.root / 'grading' / 'gradebook.db'}", course_id="rnncourse")

    def score(self, student):
        """(points, penalty) in the gradebook."""
        with self.gradebook() as gradebook:
            found = gradebook.find_submission(STEP, student)
            return found.score, found.late_submission_penalty

    def place(self, student):
        return self.root / "grading" / "submitted" / student / STEP

    def files(self, student):
        """Path -> content of what was collected, without nbgrader's own files."""
        found = [path for path in self.place(student).rglob("*") if path.is_file()]
        content = {path.relative_to(self.place(student)).as_posix(): path.read_bytes() for path in found}
        return {name: what for name, what in content.items() if name not in ("timestamp.txt", "submission_secret.txt")}

    def events(self, kind="collected", student=None):
        from rnncourse.grading.records.audit import Audit

        audit = Audit(self.root / "grading" / "audit.jsonl")
        assert audit.verify() is None
        return [one for one in audit.events() if one["event"] == kind and student in (None, one["student"])]

    def _call(self, *words, code):
        from rnncourse.cli import main

        done = CliRunner().invoke(main, list(words), catch_exceptions=not isinstance(code, int))
        assert done.exit_code == code, done.output
        return done.output


def changed(folder):
    """When the operating system noted the last change of a folder or anything in it, in UTC, to the microsecond."""
    times = [path.lstat().st_ctime_ns for path in (folder, *folder.rglob("*"))]
    return datetime.fromtimestamp(max(times) // 10**9, UTC).replace(microsecond=max(times) % 10**9 // 1000)


def tick(folder):
    """Wait until the file system's clock, which is coarse, has moved on."""
    probe = folder / ".tick"
    probe.touch()
    before = probe.stat().st_ctime_ns
    while probe.stat().st_ctime_ns // 1000 == before // 1000:
        time.sleep(0.001)
        probe.touch()


@pytest.fixture
def room(tmp_path, monkeypatch):
    return Room(tmp_path, monkeypatch)
