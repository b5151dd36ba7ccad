"""The same text within the same CPU seconds: nanoGPT's published CPU setting, and then the best recurrent arm.

nanoGPT trains as published; the CPU seconds it took are what the recurrent network has, in the same process, right
after it. That one has less than half the weights, the learning rate of its search, and a schedule over its seconds. Both are
judged on the same characters of the held-out text, each with half a context before it or more.
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
from rnncourse.benchmark.learning import QUICK, checkpoints, schedule, update
from rnncourse.benchmark.tasks import BLOCKS, TASKS, reading

SCORES = 10  # of each network
BUDGET, EMBEDDING, BATCH = 350_000, 64, 8  # of the recurrent network: quicker steps for fewer weights than nanoGPT's 0.8 million


def race(run):
    """Rows of both networks on the way and at the end; the last row of nanoGPT has its loss as nanoGPT counts it."""
    rng = np.random.default_rng([run.seed, 5])
    rows = _nanogpt(run, rng)
    arm = ARMS[run.arm]
    shape = replace(TASKS["charlm"].shape, budget=BUDGET, embedding=EMBEDDING)
    model = build(arm, shape, size_for(arm, shape), rng)
    return rows + list(_recurrent(model, arm, run, rows[-1]["seconds"]))


def _nanogpt(run, rng):
    setting = replace(models.NANOGPT_CPU, iterations=run.iterations, warmup=min(models.NANOGPT_CPU.warmup, run.iterations // 20))
    model = setting.model(TASKS["charlm"].shape.symbols, rng)
    marks, rows, clock = checkpoints(run.iterations, SCORES), [], _Clock()

    def report(iteration, loss):
        if iteration + 1 in marks:
            with clock.stopped():
                read = (iteration + 1) * setting.batch * setting.context
                rows.append(_row("nanoGPT", model, ARMS["Transformer"], read, clock.seconds, iteration + 1 == run.iterations))

    models.train_nanogpt(model, torch.from_numpy(reading().train.astype(np.int64)), setting, rng=rng, report=report)
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


def _recurrent(model, arm, run, limit):
    """Train until the seconds are used up; the learning rate follows the share of them that is."""
    task, optimizer = replace(TASKS["charlm"], batch=BATCH), torch.optim.Adam(model.parameters(), lr=run.rate)
    marks, state, seconds = [limit * share for share in np.geomspace(0.03, 1, SCORES)], None, 0.0
    for step, batch in enumerate(task.batches(run.seed), 1):
        for group in optimizer.param_groups:
            group["lr"] = run.rate * schedule(min(1.0, seconds / limit))
        started = time.thread_time()
        loss, state = update(model, optimizer, task, batch, state)
        seconds += time.thread_time() - started
        if not math.isfinite(loss):
            yield {"measure": "race", "network": arm.name, "tokens": step * task.tokens, "seconds": round(seconds, 3), "loss": None, "right": None}
            return
        if seconds >= marks[0]:
            marks = [mark for mark in marks if mark > seconds]
            yield _row(arm.name, model, arm, step * task.tokens, seconds, not marks)
        if not marks:
            return


@torch.no_grad()
def _row(name, model, arm, tokens, seconds, whole):
    score = TASKS["charlm"].score(arm, model, "final", blocks=BLOCKS if whole else QUICK)
    return {
        "measure": "race", "network": name, "tokens": tokens, "seconds": round(seconds, 3), "loss": float(f"{score.loss:.5g}"),
        "right": round(score.right, 4), "parameters": models.parameters(model),
    } | ({"blocks": [float(f"{loss:.5g}") for loss in score.losses]} if whole else {})  # fmt: skip


@torch.no_grad()
def published_loss(model, context):
    """The held-out loss as nanoGPT counts it: over all places of a window, also those with little before them."""
    streams = torch.from_numpy(reading().held_out("final", 8 * context + 1).astype(np.int64))
    ids, targets = (each.reshape(-1, context) for each in (streams[:, :-1], streams[:, 1:]))
    return float(f"{cross_entropy(model(ids).flatten(0, 1), targets.flatten()):.5g}")
