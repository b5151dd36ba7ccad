"""The whole comparison: killed and started again it repeats nothing, and workers elsewhere give the same rows."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from rnncourse.benchmark.comparison import compare
from rnncourse.benchmark.plan import Plan, Run
from rnncourse.benchmark.pool import LocalPool
from rnncourse.benchmark.table import Table

TINY = Plan((("copy", 4000),), rates=(3e-3, 1e-2), checkpoints=2, arms=("RNN", "GRU"), cost_lengths=(), positions=(64,), race_iterations=0)
TIMES = ("seconds", "peak_mib", "microseconds", "environment")


def told(table):
    """What rows say, without times, in one order."""
    rows = [tuple((name, str(value)) for name, value in row.items() if name not in TIMES) for row in table.rows]
    return sorted(rows)


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """The tiny comparison, done by two processes."""
    table = Table(tmp_path_factory.mktemp("bench") / "rows.jsonl")
    done = []
    assert compare(TINY, table, LocalPool(2), lambda run, rows: done.append(run)) == {}
    assert len(done) == len(table) == TINY.count() == 12
    return table


def test_a_second_start_measures_nothing(local):
    class Idle:
        workers = 2

        def start(self, run):
            raise AssertionError(f"{run} is measured again")

        def close(self):
            pass

    before = local.path.read_bytes()
    assert compare(TINY, Table(local.path), Idle()) == {}
    assert local.path.read_bytes() == before


def test_a_dask_cluster_gives_the_same_rows(local, tmp_path):
    distributed = pytest.importorskip("distributed", reason="needs the instructors' extra")
    from rnncourse.benchmark.cluster import ClusterPool

    table = Table(tmp_path / "rows.jsonl")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", host="127.0.0.1") as cluster:
        assert compare(TINY, table, ClusterPool(cluster.scheduler_address)) == {}
    assert told(Table(table.path)) == told(local)


def test_no_scheduler_is_told_and_missing_workers_are_waited_for(tmp_path):
    distributed = pytest.importorskip("distributed", reason="needs the instructors' extra")
    from rnncourse.benchmark.cluster import ClusterPool
    from rnncourse.workers import NoCluster

    with pytest.raises(NoCluster, match="no scheduler answers at tcp://127.0.0.1:9"):
        ClusterPool("tcp://127.0.0.1:9", seconds=2)
    with distributed.LocalCluster(n_workers=0, threads_per_worker=1, processes=True, dashboard_address=":0", host="127.0.0.1") as cluster:
        pool = ClusterPool(cluster.scheduler_address)
        assert f"no workers yet; this waits until there are some. To start one: dask worker {cluster.scheduler_address}" in pool.notice
        later = threading.Timer(2, cluster.scale, (1,))
        later.start()
        plan = replace(TINY, arms=("RNN",), positions=())
        assert compare(plan, Table(tmp_path / "rows.jsonl"), pool) == {}
        later.join()


def command(path):
    """The command on two networks and one task, as a process of its own."""
    words = ["bench", "--reduced", "--task", "copy", "--arm", "RNN", "--arm", "LSTM", "--workers", "2", "--to", str(path)]
    return subprocess.Popen([sys.executable, "-m", "rnncourse", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def wait(true, seconds, what):
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, what
        time.sleep(0.05)


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_killed_half_way_it_goes_on_from_there(tmp_path):
    path = tmp_path / "rows.jsonl"
    first = command(path)
    try:
        wait(lambda: len(Table(path)) >= 6 or first.poll() is not None, 240, "no six runs in four minutes")
        assert first.poll() is None, first.communicate()[0]
        workers = psutil.Process(first.pid).children(recursive=True)
    finally:
        os.kill(first.pid, signal.SIGKILL)
        first.communicate(timeout=60)
    wait(lambda: not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in workers), 30, "workers outlive the comparison")
    before, content = set(Table(path)._runs), path.read_bytes()
    second = command(path)
    said = second.communicate(timeout=400)[0]
    assert second.returncode == 0, said
    assert f"{len(before)} of 14 runs are in the table already" in said
    assert path.read_bytes().startswith(content)
    after = Table(path)
    assert len(after) == 14
    added = [line.split("]")[1] for line in said.splitlines() if line.startswith("[")]
    assert len(added) == len(set(added)) == 14 - len(before)
    begun = [row["key"] for row in map(_json, path.read_bytes().splitlines()) if row.get("row") == 0]
    assert len(begun) == len(set(begun)), "a run is in the table twice"
    assert Path(path.with_suffix(".html")).stat().st_size > 10_000


def _json(line):
    import json

    try:
        return json.loads(line)
    except ValueError:
        return {}


class Scripted:
    """A pool whose runs end as they are told: rows, or a failure."""

    def __init__(self, workers, fails=()):
        self.workers, self.fails, self.flying, self.most = workers, fails, [], []

    def start(self, run):
        self.flying.append(run)
        self.most.append(list(self.flying))

    def ended(self):
        run = self.flying.pop(0)
        if run.part in self.fails:
            return [(run, None, "no memory")]
        return [(run, [{"row": 0, "of": 1, "key": run.key, "measure": "learning", "loss": 1.0, "seconds": 1.0}], "")]

    def close(self):
        self.flying.clear()


def test_timed_runs_are_alone_and_others_fill_the_workers(tmp_path):
    pool = Scripted(3)
    assert compare(TINY, Table(tmp_path / "rows.jsonl"), pool) == {}
    assert all(len(flying) == 1 for flying in pool.most if any(run.alone for run in flying))
    assert max(map(len, pool.most)) == 3


def test_what_fails_is_told_and_tried_again_at_the_next_start(tmp_path):
    table = Table(tmp_path / "rows.jsonl")
    failed = compare(TINY, table, Scripted(2, fails=("final",)))
    assert len(failed) == 6 and set(failed.values()) == {"no memory"} and len(table) == 6
    assert compare(TINY, table, Scripted(2)) == {} and len(table) == 12


def test_a_run_that_fails_in_a_worker_has_a_reason():
    pool = LocalPool(1)
    try:
        pool.start(Run("final", "no such network", "copy", 0, 1e-3, 1000))
        [(run, rows, failure)] = pool.ended()
    finally:
        pool.close()
    assert rows is None and "KeyError" in failure and run.arm == "no such network"


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_the_death_of_a_worker_costs_nothing_but_time():
    pool = LocalPool(1)
    run = Run("search", "RNN", "copy", 0, 1e-3, 2000)
    try:
        pool.start(run)
        os.kill(next(iter(pool._pool._processes)), signal.SIGKILL)
        found = []
        while not found:
            found = pool.ended()
        [(same, rows, failure)] = found
    finally:
        pool.close()
    assert same == run and failure == "" and rows[-1]["loss"] > 0
