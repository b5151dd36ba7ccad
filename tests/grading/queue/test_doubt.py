"""What the machine may have caused is judged again, alone, before it is written down."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from rnncourse.grading.queue.grade import Grading
from rnncourse.grading.queue.local import LocalPool
from rnncourse.grading.queue.work import Done
from tests.grading.queue.test_grade import RIGHT, Clerk


def notebooks(job):
    return json.dumps({name: {} for name in job.release}).encode()


class Doubtful(Clerk):
    """Is in doubt about some students so many times; then the verdict is that of the clerk."""

    def __init__(self, doubt, fail=()):
        super().__init__(fail)
        self.doubt, self.alone = dict(doubt), []

    def run(self, tagged):
        for tag, job in tagged:
            student = tag.submission.student
            self.seen.append(student)
            self.alone += [student] if job.alone else []
            if self.fail.get(student, 0):
                self.fail[student] -= 1
                yield tag, Done(None, 0.1, "no kernel comes up")
            elif self.doubt.get(student, 0):
                self.doubt[student] -= 1
                empty = self.verdict(SimpleNamespace(**{**vars(job), "files": {}}))
                yield tag, Done(empty.to_json(), 0.1, "", True, notebooks(job), "a kernel that ended")
            else:
                yield tag, Done(self.verdict(job).to_json(), 0.1, "", True, notebooks(job))


def run(room, clerk):
    return Grading(room.root, room.step, room.records).run(clerk)


@pytest.fixture
def two(room):
    room.hand_in("anna", last_valid=RIGHT)
    room.hand_in("ben", last_valid=RIGHT + "  # ben")
    return room


def test_a_verdict_in_doubt_is_not_written_down_but_judged_alone(two):
    clerk = Doubtful({"anna": 1})
    tally = run(two, clerk)
    assert clerk.seen == ["anna", "ben", "anna"] and clerk.alone == ["anna"]
    assert {student: verdict.points for student, verdict in two.records.entered} == {"anna": 2.0, "ben": 2.0}
    assert not tally.failures


def test_what_happens_again_alone_is_the_verdict(two):
    tally = run(two, Doubtful({"anna": 2}))
    assert {student: verdict.points for student, verdict in two.records.entered} == {"anna": 0.0, "ben": 2.0}
    assert not tally.failures


def test_a_machine_that_fails_the_second_time_leaves_no_verdict(two):
    tally = run(two, Doubtful({"anna": 0}, fail={"anna": 2}))
    assert [student for student, _ in two.records.entered] == ["ben"]
    assert tally.failures == {"anna": "no kernel comes up"}


def counted(alone):
    """A job that says of itself whether it is to be alone."""
    return SimpleNamespace(alone=alone, limits=SimpleNamespace(wall_seconds=5.0))


@pytest.mark.parametrize("alone", [True, False])
def test_jobs_that_are_to_be_alone_never_run_side_by_side(alone, monkeypatch):
    together, most, lock = [], [0], threading.Lock()

    def busy(job):
        with lock:
            together.append(job)
            most[0] = max(most[0], len(together))
        time.sleep(0.05)
        with lock:
            together.remove(job)
        return Done(None, 0.0)

    pool, threads = LocalPool(3), ThreadPoolExecutor(3)
    monkeypatch.setattr(pool, "_submit", lambda job: threads.submit(busy, job))
    done = list(pool.run((n, counted(alone)) for n in range(6)))
    assert sorted(tag for tag, _ in done) == list(range(6))
    assert (most[0] == 1) == alone
