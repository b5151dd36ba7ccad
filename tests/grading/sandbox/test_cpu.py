"""A sandbox with a hundred busy processes gets no more of the machine than one with a single one.

Only upper bounds are measured: on a busy machine everybody gets less, and a share can only shrink.
"""

import os
import time
from dataclasses import replace

import pytest

from rnncourse.grading.limits import Limits
from rnncourse.grading.sandbox import bounds, box, cgroup, process, processor, watch
from tests.grading.sandbox.greed import BURN, BURNERS, LIMITS, burn, cpu_share, family

CROWD = BURN.replace(str(BURNERS), "8")
SPEND = """
import os, time
for _ in range(8):
    if os.fork() == 0:
        while time.process_time() < 1.5:
            pass
        time.sleep(30)
        os._exit(0)
"""
AWAY = "import os, time\nos.sched_setaffinity(0, range(os.cpu_count()))\nprint(len(os.sched_getaffinity(0)))"
several = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one processor: nothing to choose from")


@pytest.fixture(params=["as the machine allows", "no control group", "no isolation"])
def begin(request, isolated, monkeypatch):
    """Start a kernel, in each of the ways in which one can be bounded."""
    from rnncourse.grading.sandbox import Kernel

    started = []

    def start(limits=LIMITS):
        started.append(Kernel(limits, isolated=request.param != "no isolation"))
        started[-1].start()
        return started[-1]

    if request.param != "as the machine allows":
        monkeypatch.setattr(bounds, "new_group", lambda limits: None)
    yield start
    for kernel in started:
        kernel.kill()


@pytest.fixture
def ungrouped(monkeypatch):
    """As where the system lends no control group."""
    monkeypatch.setattr(bounds, "new_group", lambda limits: None)


def until(true, seconds=120.0):
    """Wait for something; whether it came."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    return true()


def where(kernel):
    """The sets of processors on which the kernel's processes may run."""
    found = set()
    for one in family(kernel):
        for task in os.listdir(f"/proc/{one.pid}/task") if os.path.isdir(f"/proc/{one.pid}/task") else ():
            found.add(frozenset(os.sched_getaffinity(int(task))))
    return found


def test_many_burners_get_no_more_than_one_processor(begin):
    kernel = begin()
    assert len(burn(kernel)) > BURNERS
    assert cpu_share(kernel) < 1.3


def test_the_cpu_time_of_all_processes_together_ends_a_sandbox(begin):
    """Each stays below the limit of one process, and their sum does not."""
    kernel = begin(replace(LIMITS, cpu_seconds=3))
    kernel.client.execute(SPEND)
    assert until(lambda: not kernel.alive() or kernel.why), kernel.cpu_seconds()
    assert kernel.why == "its processes together computed for more than 6 seconds"


def test_cpu_seconds_are_those_of_all_processes_and_are_known_after_the_end(begin, run):
    kernel = begin()
    before = kernel.cpu_seconds()
    run(
        kernel,
        "import os\n"
        + SPEND.replace("range(8)", "range(2)").replace("        time.sleep(30)\n", "")
        + "for _ in range(2): os.wait()",
        120,
    )
    assert 2.9 <= kernel.cpu_seconds() - before < 4.5
    last = kernel.cpu_seconds()
    kernel.kill()
    assert kernel.cpu_seconds() >= last


@several
@pytest.mark.usefixtures("ungrouped")
def test_neighbours_are_kept_on_processors_of_their_own(start, run):
    crowd, neighbour = start(LIMITS), start(LIMITS)
    run(crowd, CROWD)  # whose burners begin two seconds later
    [one], [other] = where(crowd), where(neighbour)
    assert len(one) == len(other) == 1 and one != other


@several
@pytest.mark.usefixtures("ungrouped")
def test_a_process_that_asks_for_all_processors_stays_where_it_is(start, run):
    kernel = start(LIMITS)
    assert run(kernel, AWAY).text == "1\n"  # and no error, so that an honest library goes on


@several
@pytest.mark.usefixtures("ungrouped")
def test_without_a_filter_the_watch_puts_it_back(start, run, monkeypatch):
    monkeypatch.setattr(process.seccomp, "program", lambda: b"")
    kernel = start(LIMITS)
    assert int(run(kernel, AWAY).text) > 1
    assert until(lambda: len(where(kernel)) == 1 and len(next(iter(where(kernel)))) == 1)


@several
@pytest.mark.usefixtures("ungrouped")
def test_a_crowd_that_shares_a_processor_yields_to_others(start, run):
    kernel = start(LIMITS)
    assert {one.nice() for one in family(kernel)} == {os.getpriority(os.PRIO_PROCESS, 0)}
    run(kernel, CROWD)
    assert until(lambda: {one.nice() for one in family(kernel)} == {watch.LOWEST})


@several
def test_processors_are_handed_out_once_and_come_back():
    count = len(os.sched_getaffinity(0))
    taken = [processor.Processor() for _ in range(count)]
    try:
        owners = {one.number for one in taken if one._mark is not None}
        assert len(owners) == sum(one._mark is not None for one in taken)
        assert processor.Processor().number in os.sched_getaffinity(0)  # all are taken: it shares one
    finally:
        for one in taken:
            one.close()
    again = processor.Processor()
    assert again.number is not None
    again.close()


def test_a_sandbox_that_cannot_be_made_gives_its_processor_back(isolated, monkeypatch):
    """Whatever fails between the choice of a processor and the kernel, nothing stays taken."""
    closed = []
    monkeypatch.setattr(bounds, "new_group", lambda limits: None)
    monkeypatch.setattr(bounds.Processor, "close", lambda self: closed.append(self))
    monkeypatch.setattr(bounds.Processor, "keep", lambda self, pid: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        box.Box(isolated.flavour, Limits(), package=".")
    assert len(closed) == 1


# ---------------------------------------------------------------- control groups, on a folder that looks like the system's


class Groups:
    """A made-up tree: each new folder in it has these files."""

    def __init__(self, folder, monkeypatch, files):
        self.folder, mkdir = folder, type(folder).mkdir

        def made(path, *rest, **options):
            mkdir(path, *rest, **options)
            for name, text in files.items():
                (path / name).write_text(text, encoding="ascii")

        monkeypatch.setattr(type(folder), "mkdir", made)


NEEDED = {"memory.max": "", "pids.max": "", "cgroup.procs": ""}


def test_the_new_form_gets_a_quota_of_one_processor(tmp_path, monkeypatch):
    Groups(tmp_path, monkeypatch, {**NEEDED, "cpu.max": "max 100000", "cpu.stat": "usage_usec 2500000\nuser_usec 1\n"})
    group = cgroup.Group([tmp_path / "one"], Limits())
    assert (tmp_path / "one" / "cpu.max").read_text() == "100000 100000"
    assert group.bounds_cpu and group.cpu_seconds() == 2.5


def test_the_old_form_gets_its_quota_in_a_tree_of_its_own(tmp_path, monkeypatch):
    files = {
        "memory.limit_in_bytes": "",
        "pids.max": "",
        "cgroup.procs": "",
        "cpu.cfs_quota_us": "-1",
        "cpu.cfs_period_us": "",
        "cpuacct.usage": "1500000000\n",
    }
    Groups(tmp_path, monkeypatch, files)
    group = cgroup.Group([tmp_path / "memory"], Limits(processors=2), [tmp_path / "cpu"])
    assert (tmp_path / "cpu" / "cpu.cfs_quota_us").read_text() == "200000"
    assert group.bounds_cpu and group.cpu_seconds() == 1.5


def test_a_system_that_hands_no_cpu_on_gives_a_group_all_the_same(tmp_path, monkeypatch):
    Groups(tmp_path, monkeypatch, NEEDED)
    group = cgroup.Group([tmp_path / "one"], Limits(), [tmp_path / "missing" / "cpu"])
    assert not group.bounds_cpu and group.cpu_seconds() is None
    group.enter([7])
    assert group.folders == [tmp_path / "one"]


def test_a_group_without_a_bound_on_processes_is_none(tmp_path, monkeypatch):
    Groups(tmp_path, monkeypatch, {"memory.max": "", "cgroup.procs": ""})
    with pytest.raises(OSError, match="processes"):
        cgroup.Group([tmp_path / "one"], Limits())
