"""Machines of a cluster that lie: no code of theirs runs where grades are written, and no point of theirs counts."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("distributed")

from rnncourse.grading.queue import parcel
from rnncourse.grading.queue.certificate import make_cluster_files
from rnncourse.grading.queue.cluster import TRUSTED, ClusterPool
from rnncourse.grading.queue.grade import Grading
from rnncourse.grading.sandbox import isolation
from rnncourse.grading.submission import Remark
from rnncourse.grading.verdict import Verdict
from rnncourse.workers import NoCluster
from tests.grading.queue.rogue import KINDS, Code, honest, signed
from tests.grading.queue.test_grade import RIGHT

ROGUE = Path(__file__).with_name("rogue.py")
SECRET = b"s" * 32


def start(*words, key=None, program=(sys.executable, ROGUE), until="there at "):
    """A machine of the cluster as a process, and the last word of the line by which it says that it is there."""
    environment = os.environ | {"PYTHONPATH": str(ROGUE.parents[3])} | ({parcel.KEY_FILE: str(key)} if key else {})
    running = subprocess.Popen([*program, *map(str, words)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for line in running.stdout:
        if until in line:
            threading.Thread(target=running.stdout.read, daemon=True).start()  # so that it never waits for a reader
            return running, line.split()[-1]
    raise AssertionError(f"{words} did not begin")


def end(*machines):
    for machine in machines:
        machine.kill()
        machine.wait()


SCHEDULER = """
import asyncio
from distributed import Scheduler
async def main():
    async with Scheduler(host="127.0.0.1", port=0, dashboard=False) as one:
        print("there at", one.address, flush=True)
        await one.finished()
asyncio.run(main())
"""
WORKER = """
import asyncio, sys
from distributed import Worker
async def main():
    async with Worker(sys.argv[1], nthreads=1, dashboard=False) as one:
        print("there at", one.address, flush=True)
        await one.finished()
asyncio.run(main())
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A scheduler and one worker, which does as `file` says and knows the worker key of a class with the secret SECRET."""
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "grading").mkdir()
    (folder / "grading" / "secret").write_text(SECRET.hex())
    key = make_cluster_files(folder / "grading") / "worker.key"
    machines = []
    try:
        scheduler, address = start(program=(sys.executable, "-c", SCHEDULER))
        machines.append(scheduler)
        machines.append(start("worker", address, folder / "what", key=key)[0])
        yield type("Cluster", (), {"address": address, "file": folder / "what", "key": key, "rogue": machines[-1].pid})
    finally:
        end(*machines[::-1])


@pytest.fixture
def class_(room):
    """A class of two: anna has one exercise right, ben none."""
    (room.root / "grading").mkdir(exist_ok=True)
    (room.root / "grading" / "secret").write_text(SECRET.hex())
    room.hand_in("anna", last_valid=RIGHT)
    room.hand_in("ben")
    room.marks = room.root / "marks"
    room.marks.mkdir()
    return room


def grade(room, address):
    pool = ClusterPool(address, room.root / "grading")
    return Grading(room.root, room.step, room.records).run(pool)


def _job(room):
    from rnncourse.grading.judge.judge import Job

    release = {room.name: (room.root / "course" / room.step / f"{room.name}.ipynb").read_bytes()}
    return Job(room.step, {}, "d", release, b"seed", "k")


def test_the_code_of_these_tests_does_run_where_it_is_unpickled(tmp_path):
    """Without this, the tests below would show nothing."""
    import pickle

    pickle.loads(pickle.dumps(Code(str(tmp_path))))
    assert [path.name for path in tmp_path.iterdir()] == [f"ran-in-{os.getpid()}"]


NO_SIGNATURE, ON_ANOTHER, EXERCISES = "carries no signature by this class's key", "on something else: expected ", "is not on this notebook's exercises"
ANSWERS = {
    "full points with another key": NO_SIGNATURE,
    "full points without a signature": NO_SIGNATURE,
    "an honest answer to another job": NO_SIGNATURE,
    "half of an answer": NO_SIGNATURE,
    "a verdict on another submission": f"{ON_ANOTHER}digest",
    "a verdict of another key": f"{ON_ANOTHER}key",
    "a verdict on another assignment": f"{ON_ANOTHER}assignment",
    "a verdict without isolation": f"{ON_ANOTHER}isolation",
    "more points than there are": EXERCISES,
    "fewer exercises": EXERCISES,
    "no verdict at all": "its answer is none",
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_an_answer_counts_only_for_its_job_and_from_who_has_the_key(cluster, class_, kind, monkeypatch):
    monkeypatch.setenv(parcel.KEY_FILE, str(cluster.key))
    job = _job(class_)
    content, other = parcel.pack(job), parcel.pack(replace(job, digest="e"))
    answer = KINDS[kind](content, {"answer": signed(other, honest(other), parcel.worker_key()).hex()})
    with pytest.raises(parcel.DistrustError, match=ANSWERS[kind]):
        parcel.open_answer(answer, job, content, parcel.worker_key())
    good = parcel.open_answer(signed(content, honest(content), parcel.worker_key()), job, content, parcel.worker_key())
    assert good.verdict == honest(content).to_json()


def test_a_job_is_the_same_after_its_way_to_a_worker(class_):
    job = replace(_job(class_), files={"a/é.ipynb": b"\0\xff", "b": b""}, seed_key=bytes(range(32)), isolated=False)
    assert parcel.unpack(parcel.pack(job)) == job


def test_what_a_worker_says_is_no_command_to_the_terminal(class_):
    content, job = parcel.pack(_job(class_)), _job(class_)
    loud = replace(honest(content), remarks=(Remark("tampered", "\x1b[2J\rall is well" * 500),))
    done = parcel.open_answer(signed(content, loud, b"k"), job, content, b"k")
    (remark,) = Verdict.from_json(done.verdict).remarks
    assert remark.text.isprintable() and len(remark.text) <= parcel.LONGEST_TEXT


REASONS = {
    "an object that runs code": "the cluster gave no result",
    "an error that runs code": "the cluster gave no result",
    "no bytes": "the cluster gave no result",
    "full points with another key": NO_SIGNATURE,
    "full points with the key": "gave 25 points to work that gets",
}


@pytest.mark.parametrize("kind", REASONS)
def test_a_lying_worker_gives_no_points_and_runs_no_code_here(cluster, class_, kind):
    if isolation().kind == "none":
        pytest.skip("needs bubblewrap: code of the cluster's is confined, and verdicts are judged again, only there")
    cluster.file.write_text(json.dumps({"kind": kind, "folder": str(class_.marks)}))
    tally = grade(class_, cluster.address)
    # Dask loads an error in the worker that raises it, to see whether it can be sent
    assert {path.name for path in class_.marks.iterdir()} <= {f"ran-in-{cluster.rogue}"}, "code from the cluster ran"
    assert tally.judged == [] and class_.records.entered == []
    assert set(tally.failures) == {"anna", "ben"}
    assert all(REASONS[kind] in why for why in tally.failures.values()), tally.failures


def test_an_honest_worker_beside_a_lying_one_judges_all(cluster, class_):
    cluster.file.write_text(json.dumps({"kind": "full points with another key"}))
    for number in range(4):
        class_.hand_in(f"more-{number}", last_valid=RIGHT)
    honest_one, _ = start(cluster.address, key=cluster.key, program=(sys.executable, "-c", WORKER))
    try:
        tally = grade(class_, cluster.address)
    finally:
        end(honest_one)
    assert tally.failures == {}
    points = {student: verdict.points for student, verdict in class_.records.entered}
    assert points == {"anna": 2.0, "ben": 0.0} | {f"more-{number}": 2.0 for number in range(4)}


def test_a_worker_without_the_key_is_told_how_to_get_it(cluster, class_):
    scheduler, address = start(program=(sys.executable, "-c", SCHEDULER))
    keyless, _ = start(address, program=(sys.executable, "-c", WORKER))
    try:
        tally = grade(class_, address)
    finally:
        end(keyless, scheduler)
    assert class_.records.entered == [] and all(parcel.KEY_FILE in why for why in tally.failures.values())


def test_a_lying_scheduler_runs_no_code_here(class_):
    rogue, address = start("scheduler", class_.marks)
    try:
        with contextlib.suppress(NoCluster):  # it may look like a scheduler without workers
            ClusterPool(address, class_.root / "grading").close()
    finally:
        end(rogue)
    assert list(class_.marks.iterdir()) == []


@pytest.mark.parametrize("address", ["tcp://10.1.2.3:8786", "tcp://example.org:8786", "10.1.2.3:8786", "tcp://127.0.0.1.example.org:1", "ws://10.1.2.3:1", "ucx://10.1.2.3:1"])
def test_a_network_is_not_trusted_unless_that_is_said(class_, monkeypatch, address):
    with pytest.raises(NoCluster, match="whoever reaches"):
        ClusterPool(address, class_.root / "grading", seconds=0.2)
    monkeypatch.setenv(TRUSTED, "tcp://10.9.9.9:8786")
    with pytest.raises(NoCluster, match="whoever reaches"):
        ClusterPool(address, class_.root / "grading", seconds=0.2)
    monkeypatch.setenv(TRUSTED, address)
    with pytest.raises(NoCluster, match="no scheduler answers"):
        ClusterPool(address, class_.root / "grading", seconds=0.2)


def test_tls_needs_the_certificate(class_):
    with pytest.raises(NoCluster, match="make it with: rnncourse cluster"):
        ClusterPool("tls://127.0.0.1:9", class_.root / "grading")


def test_over_tls_the_class_is_graded_and_a_stranger_cannot_join(class_):
    place = make_cluster_files(class_.root / "grading")
    words = ["--tls-ca-file", place / "certificate.pem", "--tls-cert", place / "certificate.pem", "--tls-key", place / "key.pem"]
    dask = (sys.executable, "-m", "dask")
    scheduler, address = start("scheduler", "--protocol", "tls", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", *words, program=dask, until="Scheduler at:")
    machines = [scheduler]
    try:
        worker = ("worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny", *words)
        machines.append(start(*worker, program=dask, key=place / "worker.key", until="Registered to")[0])
        other = make_cluster_files(class_.root / "other")
        (class_.root / "other" / "secret").write_text(SECRET.hex())
        with pytest.raises(NoCluster, match="no scheduler answers"):
            ClusterPool(address, other.parent, seconds=3)
        tally = grade(class_, address)
    finally:
        end(*machines[::-1])
    assert tally.failures == {}
    assert {student: verdict.points for student, verdict in class_.records.entered} == {"anna": 2.0, "ben": 0.0}
