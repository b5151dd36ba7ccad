"""The same text within the same CPU seconds: nanoGPT's published CPU setting, and then the best recurrent arm.

nanoGPT trains as published; the CPU seconds it took are what the recurrent network has, in the same process, right
after it. That one has the learning rate of its search, a schedule over its seconds, and the size and batch that were best
in trials of the same length, which other held-out text judged; nanoGPT's setting is taken as it was published, not tuned.
Both are judged on the same characters of the held-out text, each with half a context before it or more.
"""

import math
import time
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from rnncourse import models
from rnncourse.benchmark.arms import ARMS, build, size_for
from rnncourse.benchmark.learning import QUICK, checkpoints, schedule, short, timed_update
from rnncourse.benchmark.scores import BLOCKS
from rnncourse.benchmark.tasks import TASKS
from rnncourse.benchmark.text import corpus

SCORES = 10  # of each network
EMBEDDING = 64  # of the recurrent network
TIMED = 40  # iterations of nanoGPT that tell how long all will take, where that has to be known before


def race(run):
    """Rows of both networks on the way and at the end; the last row of nanoGPT has its loss as nanoGPT counts it."""
    rng = np.random.default_rng([run.seed, 5])
    rows = _nanogpt(run, rng)
    return rows + list(_recurrent(run, rng, rows[-1]["seconds"], "final"))


def trial(run):
    """The one row of a recurrent network that had about as many seconds as nanoGPT's setting takes."""
    rng = np.random.default_rng([run.seed, 5])
    return [list(_recurrent(run, rng, expected_seconds(run.iterations), "search"))[-1]]


def expected_seconds(iterations):
    """CPU seconds of so many iterations of nanoGPT's setting, from the time of a few."""
    setting = _setting(iterations + TIMED)
    model, clock, times = setting.model(TASKS["charlm"].shape.symbols, np.random.default_rng(0)), _Clock(), []

    def report(iteration, loss):
        with clock.stopped():
            times.append(clock.seconds)
        return iteration == TIMED

    models.train_nanogpt(model, _learnt(), setting, rng=np.random.default_rng(0), report=report)
    return iterations * float(np.median(np.diff(times)))


def _setting(iterations):
    return replace(models.NANOGPT_CPU, iterations=iterations, warmup=min(models.NANOGPT_CPU.warmup, iterations // 20))


def _learnt():
    return torch.from_numpy(corpus().train.astype(np.int64))


def _nanogpt(run, rng):
    setting = _setting(run.iterations)
    model = setting.model(TASKS["charlm"].shape.symbols, rng)
    marks, rows, clock = checkpoints(run.iterations, SCORES), [], _Clock()

    def report(iteration, loss):
        if iteration + 1 in marks:
            with clock.stopped():
                read = (iteration + 1) * setting.batch * setting.context
                rows.append(_row("nanoGPT", model, ARMS["Transformer"], read, clock.seconds, "final", iteration + 1 == run.iterations))

    models.train_nanogpt(model, _learnt(), setting, rng=rng, report=report)
    rows[-1]["as_published"] = published_loss(model, setting.context)
    return rows


class _Clock:
    """CPU seconds of this thread since it was made; those inside `stopped` do not count."""

    def __init__(self):
        self._start, self.seconds = time.thread_time(), 0.0

    @contextmanager
    def stopped(self):
        self.seconds = time.thread_time() - self._start
        yield
        self._start = time.thread_time() - self.seconds


def _recurrent(run, rng, limit, part):
    """Train until the seconds are used up; the learning rate follows the share of them that is."""
    arm, task = ARMS[run.arm], replace(TASKS["charlm"], batch=run.batch)
    shape = replace(task.shape, budget=run.weights, embedding=EMBEDDING)
    model = build(arm, shape, size_for(arm, shape), rng)
    optimizer = torch.optim.Adam(model.parameters(), lr=run.rate)
    marks, state, seconds = [limit * share for share in np.geomspace(0.03, 1, SCORES)], None, 0.0
    for step, batch in enumerate(task.batches(run.seed), 1):
        rate = run.rate * schedule(min(1.0, seconds / limit))
        loss, state, taken = timed_update(rate, model, optimizer, task, batch, state)
        seconds += taken
        if not math.isfinite(loss):
            yield {"measure": run.part, "network": arm.name, "tokens": step * task.tokens, "seconds": round(seconds, 3), "loss": None, "right": None}
            return
        if seconds >= marks[0]:
            marks = [mark for mark in marks if mark > seconds]
            yield _row(arm.name, model, arm, step * task.tokens, seconds, part, not marks)
        if not marks:
            return


@torch.no_grad()
def _row(name, model, arm, tokens, seconds, part, whole):
    score = TASKS["charlm"].score(arm, model, part, blocks=BLOCKS if whole else QUICK)
    return {
        "measure": "race" if part == "final" else "trial", "network": name, "tokens": tokens, "seconds": round(seconds, 3), "loss": short(score.loss),
        "right": round(score.right, 4), "parameters": models.parameters(model),
    } | ({"blocks": [short(loss) for loss in score.losses]} if whole else {})  # fmt: skip


@torch.no_grad()
def published_loss(model, context):
    """The held-out loss as nanoGPT counts it: over all places of a window, also those with little before them."""
    streams = torch.from_numpy(corpus().held_out("final", 8 * context + 1).astype(np.int64))
    ids, targets = (each.reshape(-1, context) for each in (streams[:, :-1], streams[:, 1:]))
    return short(cross_entropy(model(ids).flatten(0, 1), targets.flatten()).item())
