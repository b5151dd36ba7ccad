"""One job in a worker, here or on another machine: bytes in, bytes out, so that a worker needs no shared folder."""

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Done:
    """What a worker gives back: the verdict as bytes, or the reason why there is none; and the seconds it took.

    `readable` says whether the submission holds a notebook of the assignment that can be read, None if nobody knows;
    `notebooks` are those of the release with its work in them, as JSON.
    `doubt` says what in the verdict the machine may have caused; then it counts only if the job was judged alone.
    """

    verdict: bytes | None
    seconds: float
    failure: str = ""
    readable: bool | None = None
    notebooks: bytes = b""
    doubt: str = ""


def work(job):
    """Judge one job; a failure that is no fault of the submission is told, not raised."""
    from rnncourse.grading.bounded import NoReader
    from rnncourse.grading.judge.judge import attempt
    from rnncourse.grading.judge.reading import read
    from rnncourse.grading.judge.session import NoVerdict

    started, readable = time.monotonic(), None
    try:
        reading = read(job)
        readable = reading.readable
        found, notebooks = attempt(job, reading), reading.to_json()
    except (NoVerdict, NoReader, OSError, MemoryError) as error:
        return Done(None, time.monotonic() - started, f"{type(error).__name__}: {error}", readable)
    except Exception as error:  # noqa: BLE001 - a fault of ours with one submission must not stop the class
        failure = f"the judge itself failed with {type(error).__name__}: {str(error)[:300]}"
        return Done(None, time.monotonic() - started, failure, readable)
    return Done(found.verdict.to_json(), time.monotonic() - started, "", readable, notebooks, found.doubt)


def prepare():
    """Load what every job needs, once a worker, and keep its mathematics to one thread."""
    import os

    os.environ.setdefault("OMP_NUM_THREADS", "1")  # for torch, where an exercise's reference needs it
    from rnncourse.grading.bounded import start

    start()  # it loads beside what is loaded here
    from threadpoolctl import threadpool_limits

    import rnncourse.grading.judge.judge  # noqa: F401

    threadpool_limits(1)
