"""What the machine does to a submission is no verdict on it: load, killed kernels, missing packages."""

import contextlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from rnncourse.checking.score import assess
from rnncourse.exercises import find
from rnncourse.grading.judge import machine, session
from rnncourse.grading.judge.judge import attempt, judge
from rnncourse.grading.judge.reading import read
from rnncourse.grading.judge.session import NoVerdict
from rnncourse.grading.queue.work import work
from rnncourse.grading.sandbox import Kernel
from tests.grading import class_room
from tests.grading.class_room import environment, hand_in
from tests.grading.judge.test_judge import job, pytestmark, reports, submission  # noqa: F401 - the mark

# Right, and it computes for 1.5 seconds: under the load below that takes longer than a call may.
SLOW = """
import time
slow = [1]
def last_valid(states, lengths):
    until = time.thread_time() + 1.5 * len(slow)
    slow.clear()
    while time.thread_time() < until:
        pass
    return np.asarray(states)[np.arange(len(lengths)), np.asarray(lengths) - 1]
"""
HOGS = """
import os, time
until, children = time.time() + 14, []
for _ in range(100):
    pid = os.fork()
    if pid == 0:
        while time.time() < until:
            pass
        os._exit(0)
    children.append(pid)
for pid in children:
    os.waitpid(pid, 0)
"""


def _spin():
    while True:
        pass


@contextlib.contextmanager
def load(processes=14):
    """So many processes compute without end."""
    hogs = [multiprocessing.get_context("fork").Process(target=_spin, daemon=True) for _ in range(processes)]
    for one in hogs:
        one.start()
    try:
        yield
    finally:
        for one in hogs:
            one.kill()
            one.join()


# ---------------------------------------------------------------- load


def test_a_busy_machine_gives_the_same_bytes():
    work = submission(last_valid=SLOW, next_step_pairs="def next_step_pairs(ids, length):\n    return ids, ids", pad_sequences="def pad_sequences(")
    alone = attempt(job(work), read(job(work)))
    with load():
        busy = attempt(job(work), read(job(work)))
    assert alone.verdict.to_json() == busy.verdict.to_json()
    assert reports(busy.verdict)["last_valid"].passed and not alone.doubt and not busy.doubt


def test_a_hundred_processes_of_one_student_cost_no_neighbour_a_point(room):
    room_ = room.make(2)
    for student, cells in zip(room_.students, ({"encode_text": HOGS}, {"last_valid": SLOW}), strict=True):
        hand_in(room_.folder, student, "1-sequence-data", lambda sources, cells=cells: sources.update(cells))
    room_.grade()
    assert room_.scores["student-01"] == 25.0


def test_a_stopped_sandbox_goes_on_with_the_time_that_it_had():
    """As if the machine had been busy with something else for a while: its time is not the submission's."""
    kernels = []

    def start():
        kernel = Kernel(job(b"").limits).__enter__()
        kernels.append(kernel)
        return kernel

    one = session.Session(start, replace(job(b"").limits, cell_seconds=2.0))
    one.begin()
    try:
        with load():
            ran = one.run("import time\nend = time.thread_time() + 1.0\nwhile time.thread_time() < end:\n    pass\nprint('done')", 2.0)
    finally:
        one.end()
    assert not ran.problem and ran.outputs[0]["text"] == "done\n"


# ---------------------------------------------------------------- killed kernels


def killing(at, every=False):
    """A way to start kernels of which the first (or each) is killed from outside when it is asked for the n-th time."""
    started = []

    def start():
        kernel = Kernel(job(b"").limits, files={}).__enter__()
        started.append(kernel)
        if len(started) > 1 and not every:
            return kernel
        send, asked = kernel.client.execute, []

        def execute(*given, **named):
            asked.append(1)
            if len(asked) == at:
                os.kill(kernel.pid, signal.SIGKILL)
            return send(*given, **named)

        kernel.client.execute = execute
        return kernel

    return start


@pytest.fixture(scope="module")
def undisturbed():
    return judge(job(submission())).to_json()


@pytest.mark.parametrize("at", [2, 3, 6, 9, 14])
def test_a_kernel_that_is_killed_once_costs_nothing(at, undisturbed):
    assert judge(job(submission()), killing(at)).to_json() == undisturbed


def test_the_first_verdict_after_a_death_is_in_doubt():
    found = attempt(job(submission()), read(job(submission())), killing(6))
    assert found.doubt and not all(one.passed for one in reports(found.verdict).values())


def test_work_that_ends_its_own_kernel_keeps_its_verdict():
    verdict = judge(job(submission(last_valid="import os\nos._exit(1)")))
    assert verdict.points == 23.0 and reports(verdict)["last_valid"].status == "error"


def test_what_the_machine_s_memory_killed_is_never_a_verdict(monkeypatch):
    count = iter(range(10**6))
    monkeypatch.setattr(session, "_killed_for_memory", lambda: next(count))
    assert attempt(job(submission()), read(job(submission())), killing(6)).doubt
    with pytest.raises(NoVerdict, match="want of memory"):
        attempt(replace(job(submission()), alone=True), read(job(submission())), killing(6, every=True))


def test_a_machine_without_end_of_work_is_no_verdict(monkeypatch):
    monkeypatch.setattr(session, "BUSY", -10**6)
    done = work(job(submission()))
    assert done.verdict is None and "the machine was so busy" in done.failure


# ---------------------------------------------------------------- what the machine lacks


def test_a_reference_that_cannot_run_is_no_verdict(monkeypatch):
    exercise = find("last_valid")

    def lacks(states, lengths):
        import a_package_of_no_one  # noqa: F401

    before = exercise.reference
    object.__setattr__(exercise, "reference", lacks)
    exercise.__dict__.pop("_answers", None)
    machine._sound.clear()
    try:
        done = work(job(submission()))
        assert done.verdict is None and "1.7 last_valid" in done.failure and "a_package_of_no_one" in done.failure
        machine._sound.add(("1-sequence-data", hash(tuple(sorted(job(b"").release.items()))), job(b"").limits, True))
        done = work(job(submission()))  # it came only while it was judging
        assert done.verdict is None and "1.7 last_valid" in done.failure
        assert "the check itself cannot run here" in assess(exercise, before).message  # in self-study it is told, and costs nothing
    finally:
        object.__setattr__(exercise, "reference", before)
        exercise.__dict__.pop("_answers", None)
        machine._sound.clear()


@pytest.mark.parametrize(("version", "words"), [(None, "lacks the package sktime>=1.2"), ("0.1", "has sktime 0.1, and 1-sequence-data needs sktime>=1.2")])
def test_a_package_that_is_missing_or_old_is_named_with_the_machine(monkeypatch, version, words):
    found = machine.metadata.version

    def fake(name):
        if name != "sktime":
            return found(name)
        if version is None:
            raise machine.metadata.PackageNotFoundError(name)
        return version

    monkeypatch.setattr(machine.metadata, "version", fake)
    monkeypatch.setattr(machine.platform, "node", lambda: "grader-7")
    with pytest.raises(NoVerdict) as told:
        machine.demand_packages("1-sequence-data", job(b"").release)
    assert words in str(told.value) and "grader-7" in str(told.value)


def test_a_sandbox_that_cannot_import_is_no_verdict():
    release = {"n": json.dumps({"cells": [{"cell_type": "code", "source": "import a_package_of_no_one\n", "metadata": {}}]}).encode()}
    with pytest.raises(NoVerdict, match="cannot import what x needs"):
        machine._demand_imports(replace(job(b""), assignment="x", release=release), lambda: Kernel(job(b"").limits).__enter__())


BLOCK = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")
sys.meta_path.insert(0, Absent())
"""


def test_without_torch_nobody_is_graded_and_nothing_is_kept(room, tmp_path, monkeypatch):
    monkeypatch.setitem(class_room.STEPS, "3-lstm-gru", "lstm_gru")
    folder = room.make(0).folder
    for student in ("anna", "ben"):
        hand_in(folder, student, "3-lstm-gru", lambda sources: None, solved=student == "anna")
    (tmp_path / "sitecustomize.py").write_text(BLOCK)

    def grade(**more):
        command = [sys.executable, "-m", "rnncourse", "grade", "3-lstm-gru", "--workers", "1"]
        done = subprocess.run(command, cwd=folder, env=environment(folder) | more, capture_output=True, text=True, timeout=300)
        return done.returncode, done.stdout + done.stderr

    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    code, said = grade(PYTHONPATH=path)
    assert code == 1 and "torch" in said and "the machine" in said and "Traceback" not in said, said
    assert not list((folder / "grading" / "results").rglob("*.json"))
    code, said = grade()
    assert code == 0 and "2 judged, 0 as before, 0 without a verdict" in said, said
