"""One job in a worker, here or on another machine: bytes in, bytes out, so that a worker needs no shared folder."""

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Done:
    """What a worker gives back: the verdict as bytes, or the reason why there is none; and the seconds it took."""

    verdict: bytes | None
    seconds: float
    failure: str = ""


def work(job):
    """Judge one job; a failure that is no fault of the submission is told, not raised."""
    from rnncourse.grading.judge.judge import judge
    from rnncourse.grading.judge.session import NoKernel

    started = time.monotonic()
    try:
        verdict = judge(job).to_json()
    except (NoKernel, OSError, MemoryError) as error:
        return Done(None, time.monotonic() - started, f"{type(error).__name__}: {error}")
    except Exception as error:  # noqa: BLE001 - a fault of ours with one submission must not stop the class
        return Done(None, time.monotonic() - started, f"the judge itself failed with {type(error).__name__}: {str(error)[:300]}")
    return Done(verdict, time.monotonic() - started)


def prepare():
    """Load what every job needs, once a worker, and keep its mathematics to one thread."""
    import os

    os.environ.setdefault("OMP_NUM_THREADS", "1")  # for torch, where an exercise's reference needs it
    from threadpoolctl import threadpool_limits

    import rnncourse.grading.judge.judge  # noqa: F401

    threadpool_limits(1)
