"""A machine of a cluster that does as a file tells it: `python rogue.py worker ADDRESS FILE`, or `scheduler FOLDER`.

The file holds {"kind": one of KINDS, "folder": where code that gets to run leaves its mark, ...}.
"""

import asyncio
import json
import os
import sys
from dataclasses import asdict, replace
from pathlib import Path

from rnncourse.grading.queue import parcel
from rnncourse.grading.queue.keys import signature
from rnncourse.grading.verdict import Verdict


class Code:
    """Whoever unpickles this runs what it says."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return exec, (f"import os, pathlib; pathlib.Path({self.folder!r}, f'ran-in-{{os.getpid()}}').touch()",)


class Failure(Exception):
    def __init__(self, folder):
        super().__init__(folder)
        self.folder = folder

    def __reduce__(self):
        return Code(self.folder).__reduce__()


def full(verdict):
    """The verdict with all points."""

    def best(one):
        return replace(one, report=replace(one.report, points=one.report.max_points, status="passed"))

    return replace(verdict, notebooks=tuple(replace(book, graded=tuple(map(best, book.graded))) for book in verdict.notebooks))


def honest(content):
    """What the judge says without judging: nothing was written."""
    from rnncourse.checking.score import not_started
    from rnncourse.grading.judge.judge import checks_of
    from rnncourse.grading.verdict import Graded, NotebookVerdict

    job = parcel.unpack(content)
    books = tuple(
        NotebookVerdict(name, tuple(Graded(cell, not_started(one)) for cell, one in checks_of(json.loads(release))), {}, {})
        for name, release in job.release.items()
    )
    return Verdict(job.assignment, job.key, job.digest, "0", "bubblewrap", books)


def signed(content, verdict, by, **change):
    data = asdict(verdict) | change
    told = {"seconds": 0.1, "failure": "", "readable": True, "doubt": "", "notebooks": ""}
    body = json.dumps(told | {"verdict": json.dumps(data)}).encode()
    return signature(by, *parcel._signed(content, body)).encode() + b"\n" + body


def more_points_than_there_are(verdict):
    book = verdict.notebooks[0]
    first = replace(book.graded[0], report=replace(book.graded[0].report, points=500.0, max_points=500.0))
    return replace(verdict, notebooks=(replace(book, graded=(first, *book.graded[1:])),))


def fewer_exercises(verdict):
    book = verdict.notebooks[0]
    return replace(verdict, notebooks=(replace(book, graded=book.graded[:1]),))


KINDS = {
    # without the key
    "an object that runs code": lambda content, told: Code(told["folder"]),
    "an error that runs code": lambda content, told: _raise(Failure(told["folder"])),
    "full points with another key": lambda content, told: signed(content, full(honest(content)), b"guess".ljust(32)),
    "full points without a signature": lambda content, told: signed(content, full(honest(content)), b"").partition(b"\n")[2],
    "an honest answer to another job": lambda content, told: bytes.fromhex(told["answer"]),
    "no bytes": lambda content, told: {"verdict": "25 points"},
    "half of an answer": lambda content, told: signed(content, honest(content), parcel.worker_key())[:300],
    # with the key
    "a verdict on another submission": lambda content, told: signed(content, full(honest(content)), parcel.worker_key(), digest="0" * 64),
    "a verdict of another key": lambda content, told: signed(content, full(honest(content)), parcel.worker_key(), key="0" * 64),
    "a verdict on another assignment": lambda content, told: signed(content, full(honest(content)), parcel.worker_key(), assignment="9-x"),
    "a verdict without isolation": lambda content, told: signed(content, full(honest(content)), parcel.worker_key(), isolation="none"),
    "more points than there are": lambda content, told: signed(content, more_points_than_there_are(honest(content)), parcel.worker_key()),
    "fewer exercises": lambda content, told: signed(content, fewer_exercises(full(honest(content))), parcel.worker_key()),
    "no verdict at all": lambda content, told: signed(content, honest(content), parcel.worker_key(), notebooks=None),
    "full points with the key": lambda content, told: signed(content, full(honest(content)), parcel.worker_key()),
}  # fmt: skip


def _raise(error):
    raise error


async def worker(address, file):
    from distributed import Worker

    def judge_parcel(content):
        told = json.loads(Path(file).read_text())
        return KINDS[told["kind"]](content, told)

    parcel.judge_parcel = judge_parcel  # found by its name, as Dask sends functions
    async with Worker(address, nthreads=1, dashboard=False) as one:
        print("there at", one.address, flush=True)
        await one.finished()


async def scheduler(folder):
    """A scheduler that answers who it is with a pickle."""
    from distributed import Scheduler
    from distributed.protocol.serialize import ToPickle

    async with Scheduler(host="127.0.0.1", port=0, dashboard=False) as one:
        identity = one.handlers["identity"]
        one.handlers["identity"] = lambda *args, **more: identity(**more) | {"more": ToPickle(Code(folder))}
        print("there at", one.address, flush=True)
        await one.finished()


if __name__ == "__main__":
    os.environ.setdefault("DASK_DISTRIBUTED__WORKER__DAEMON", "False")
    asyncio.run({"worker": worker, "scheduler": scheduler}[sys.argv[1]](*sys.argv[2:]))
