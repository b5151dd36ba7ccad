"""A job and its answer as bytes for another machine: plain JSON both ways, the answer signed with the class's worker key.

The signature covers the bytes of the job that the worker got. So an answer fits one job and no other, and it comes from
somebody who has the key. Whether that somebody judged honestly is another matter: see `cluster`.
"""

import base64
import hashlib
import json
import os
from dataclasses import fields, replace
from pathlib import Path

from rnncourse.grading.intake.notes import printable
from rnncourse.grading.judge.judge import Job, graded_in
from rnncourse.grading.limits import Limits
from rnncourse.grading.queue.keys import is_signature, signature
from rnncourse.grading.queue.work import Done, work
from rnncourse.grading.verdict import Verdict

KEY_FILE = "RNNCOURSE_WORKER_KEY"  # on a worker, names the file with the key
LARGEST = 256 * 2**20  # bytes of an answer, the notebooks in it
LONGEST_TEXT = 2000  # characters of a remark or a failure, which go to the terminal
NO_KEY = f"the worker has no key of this class: have {KEY_FILE} name the file with the key where the worker is started"


class DistrustError(ValueError):
    """An answer that no worker of this class gave to this job; the message says in what way."""


def pack(job):
    """A job as bytes."""
    data = {field.name: getattr(job, field.name) for field in fields(job)}
    data["files"], data["release"] = _texts(job.files), _texts(job.release)
    data["seed_key"], data["limits"] = _text(job.seed_key), job.limits.as_dict()
    return json.dumps(data).encode()


def unpack(content):
    """The job in these bytes."""
    data = json.loads(content)
    data["files"], data["release"] = _contents(data["files"]), _contents(data["release"])
    data["seed_key"], data["limits"] = _content(data["seed_key"]), Limits(**data["limits"])
    return Job(**data)


def judge_parcel(content):
    """On a worker: judge the job in these bytes, and sign what comes of it; bytes too."""
    key = worker_key()
    done = work(unpack(content)) if key else Done(None, 0.0, NO_KEY)
    told = {"seconds": done.seconds, "failure": done.failure, "readable": done.readable, "doubt": done.doubt}
    body = json.dumps(told | {"verdict": done.verdict and done.verdict.decode(), "notebooks": _text(done.notebooks)}).encode()
    return (signature(key, *_signed(content, body)) if key else "").encode() + b"\n" + body


def worker_key():
    """The key in the file that the worker's environment names, or b""."""
    try:
        return bytes.fromhex(Path(os.environ[KEY_FILE]).read_text().strip())
    except (KeyError, OSError, ValueError):
        return b""


def open_answer(answer, job, content, key):
    """The `Done` in an answer to a job, which was sent as the bytes `content`.

    Raises:
        DistrustError: it is none, was not signed with this key, or its verdict is not one on this job.
    """
    found, _, body = bytes(answer[:LARGEST]).partition(b"\n")
    if not is_signature(found.decode("ascii", "replace"), key, *_signed(content, body)):
        raise DistrustError(NO_KEY if NO_KEY.encode() in body[:500] else "its answer carries no signature by this class's key for this job")
    try:
        data = json.loads(body)
        verdict, seconds, failure, doubt = data["verdict"], float(data["seconds"]), str(data["failure"]), str(data["doubt"])
        readable, notebooks = data["readable"] if data["readable"] is None else bool(data["readable"]), _content(data["notebooks"])
        verdict = None if verdict is None else Verdict.from_json(verdict)
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError) as error:
        raise DistrustError(f"its answer is none: {printable(str(error), 200)}") from error
    if verdict is None:
        return Done(None, seconds, printable(failure, LONGEST_TEXT), readable)
    demand_fit(verdict, job)
    remarks = tuple(replace(one, text=printable(one.text, LONGEST_TEXT)) for one in verdict.remarks)
    return Done(replace(verdict, remarks=remarks).to_json(), seconds, "", readable, notebooks, printable(doubt, LONGEST_TEXT))


def demand_fit(verdict, job):
    """Raise DistrustError unless a verdict is one on this job: its names, and all exercises with the points they are worth."""
    isolation = "bubblewrap" if job.isolated else "none"
    for name, got, expected in (
        ("assignment", verdict.assignment, job.assignment), ("key", verdict.key, job.key), ("digest", verdict.digest, job.digest),
        ("isolation", verdict.isolation, isolation), ("notebooks", [one.name for one in verdict.notebooks], list(job.release)),
    ):  # fmt: skip
        if got != expected:
            raise DistrustError(f"its verdict is on something else: expected {name} {expected!r:.90}, got {got!r:.90}")
    for notebook in verdict.notebooks:
        expected = graded_in(json.loads(job.release[notebook.name]))
        got = [(one.cell, one.report.id, one.report.name, one.report.max_points) for one in notebook.graded]
        if got != expected:
            odd = next((pair for pair in zip(got, expected, strict=False) if pair[0] != pair[1]), (len(got), len(expected)))
            raise DistrustError(f"its verdict on {notebook.name} is not on this notebook's exercises: got {odd[0]!r:.90}, expected {odd[1]!r:.90}")


def _signed(content, body):
    return b"answer", hashlib.sha256(content).digest(), body


def _texts(files):
    return {name: _text(content) for name, content in files.items()}


def _contents(texts):
    return {name: _content(text) for name, text in texts.items()}


def _text(content):
    return base64.b64encode(content).decode()


def _content(text):
    return base64.b64decode(text)
