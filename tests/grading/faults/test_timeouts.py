"""A machine so busy that sandboxes start too late: such work is tried again, or has no verdict; it never gets points or a 0."""

import json
import shutil
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from rnncourse.grading.judge import session
from rnncourse.grading.judge.judge import Job
from rnncourse.grading.limits import Limits
from rnncourse.grading.queue.grade import Grading
from rnncourse.grading.queue.work import work
from rnncourse.grading.sandbox import Isolation, SandboxError, isolation, kernel, process, provisioner, trial
from rnncourse.grading.verdict import Verdict
from tests.grading.sandbox.greed import left

REPO = Path(__file__).parents[3]
STEP, NAME = "1-sequence-data", "sequence_data"
RELEASE = (REPO / "course" / STEP / f"{NAME}.ipynb").read_bytes()
SOLVED = (REPO / "solutions" / STEP / f"{NAME}.ipynb").read_bytes()
NOTHING_COMES = SimpleNamespace(select=lambda *ends: ([], [], []))
LATE = {**provisioner.PORTS, "one that nobody opens": 9}
# Each patience that a start has, used up for certain, however fast the machine is.
PATIENCE = {
    "bubblewrap says nothing in time": ((process, "select", NOTHING_COMES),),
    "the sockets do not open in time": ((provisioner, "PORTS", LATE), (provisioner, "OPENS_WITHIN", 0.1)),
    "the kernel does not answer in time": ((kernel, "ANSWERS_WITHIN", 0.0),),
    "the judge's own code does not load in time": ((session, "START_SECONDS", 0.0),),
}


def busy(monkeypatch, what="the sockets do not open in time"):
    """As if the machine were so busy that this patience is used up."""
    for change in PATIENCE[what]:
        monkeypatch.setattr(*change)


@pytest.fixture(autouse=True)
def patient():
    """With isolation here, found before any patience is taken away; and asked for anew by the next test."""
    if isolation().kind == "none":
        pytest.skip(f"no isolation here: {isolation().why}")
    yield
    trial.isolation.cache_clear()


def job(content=SOLVED):
    return Job(STEP, {f"{NAME}.ipynb": content}, "d" * 64, {NAME: RELEASE}, b"k" * 32, "key", Limits())


@pytest.mark.parametrize("what", PATIENCE)
def test_a_start_that_takes_too_long_is_no_verdict(what, monkeypatch):
    busy(monkeypatch, what)
    done = work(job())
    assert done.verdict is None and done.failure


def test_a_trial_that_takes_too_long_is_no_verdict_and_not_remembered(monkeypatch):
    """One slow second must not end all that this worker would judge afterwards."""
    trial.isolation.cache_clear()
    monkeypatch.setattr(trial, "select", NOTHING_COMES)
    assert work(job()).verdict is None
    monkeypatch.undo()
    assert Verdict.from_json(work(job()).verdict).points == 25.0


def test_a_second_kernel_that_starts_too_late_is_no_verdict(monkeypatch):
    """The first died of the learner's code; that the second comes too late is still the machine's fault."""
    notebook = json.loads(SOLVED)
    cell = next(one for one in notebook["cells"] if one["id"] == "encode_text")
    cell["source"] = "import os\nos._exit(1)\n"
    opened, starts = provisioner.SandboxProvisioner._opened, []

    async def late(self):
        starts.append(self)
        if len(starts) > 1:
            raise SandboxError("the kernel did not come up: no sign of it within 60 seconds")
        return await opened(self)

    monkeypatch.setattr(provisioner.SandboxProvisioner, "_opened", late)
    done = work(job(json.dumps(notebook).encode()))
    assert len(starts) > 1 and done.verdict is None and "did not come up" in done.failure


# ---------------------------------------------------------------- the whole run


class Pool:
    """One worker in this process, before each of whose jobs `before(number of the job)` is called."""

    elsewhere, notice = False, ""

    def __init__(self, before):
        self.before, self.count = before, 0

    def run(self, tagged):
        for tag, one in tagged:
            self.count += 1
            self.before(self.count)
            yield tag, work(one)


@pytest.fixture
def room(tmp_path):
    """A class of two with solved notebooks, and records that remember."""
    shutil.copytree(REPO / "course" / STEP, tmp_path / "course" / STEP)
    for student in ("ada", "bob"):
        folder = tmp_path / "grading" / "submitted" / student / STEP
        folder.mkdir(parents=True)
        (folder / f"{NAME}.ipynb").write_bytes(SOLVED)
    entered = {}
    records = SimpleNamespace(
        prepare=lambda assignment: None,
        enter=lambda submission, verdict, *rest, **more: entered.update({submission.student: verdict.points}),
    )
    return SimpleNamespace(root=tmp_path, records=records, entered=entered)


def test_work_that_met_a_busy_moment_is_tried_again_and_gets_its_points(room, monkeypatch):
    def busy_once(number):
        busy(monkeypatch) if number == 1 else monkeypatch.undo()

    tally = Grading(room.root, STEP, room.records).run(Pool(busy_once))
    assert room.entered == {"ada": 25.0, "bob": 25.0} and not tally.failures


def test_a_machine_that_stays_busy_gives_no_verdict_and_the_next_run_gives_the_points(room, monkeypatch):
    pool = Pool(lambda number: busy(monkeypatch))
    tally = Grading(room.root, STEP, room.records).run(pool)
    assert set(tally.failures) == {"ada", "bob"} and pool.count == 4 and not room.entered
    assert not list((room.root / "grading" / "results").rglob("*.json"))
    monkeypatch.undo()
    Grading(room.root, STEP, room.records).run(Pool(lambda number: None))
    assert room.entered == {"ada": 25.0, "bob": 25.0}


def test_a_machine_whose_trial_failed_grades_nothing_and_says_what_to_do(room, monkeypatch):
    from rnncourse.grading.queue.grade import CannotGrade

    monkeypatch.setattr(
        trial, "isolation", lambda: Isolation("none", "No sandbox can be made here: too slow.", ("Wait.",))
    )
    with pytest.raises(CannotGrade, match="nothing is graded"):
        Grading(room.root, STEP, room.records).run(Pool(lambda number: None))
    assert not room.entered


@pytest.mark.parametrize("moment", [0.0, 0.3])
def test_nothing_runs_on_of_a_sandbox_that_was_given_up(moment, monkeypatch):
    """bubblewrap was slow to speak, and is given up at some moment of its start: neither it nor its child lives on."""
    born, popen = [], process.subprocess.Popen

    def start(*words, **options):
        started = popen(*words, **options)
        time.sleep(moment)
        first = psutil.Process(started.pid)
        born.extend((first, *first.children(recursive=True)))
        return started

    monkeypatch.setattr(process.subprocess, "Popen", start)
    busy(monkeypatch, "bubblewrap says nothing in time")
    assert work(job()).verdict is None and born
    until = time.monotonic() + 30
    while left(born) and time.monotonic() < until:
        time.sleep(0.05)
    assert left(born) == 0
