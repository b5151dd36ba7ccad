"""The same text within the same CPU seconds: nanoGPT's published CPU setting, and then the best recurrent arm.

nanoGPT trains as published; the CPU seconds it took are what the recurrent network has, in the same process, right
after it. That one has less than half the weights, the learning rate of its search, and a schedule over its seconds. Both are
judged on the same characters of the held-out text, each with half a context before it or more.
"""

import math
import time
from dataclasses import replace

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from rnncourse import models
from rnncourse.benchmark import nanogpt
from rnncourse.benchmark.arms import ARMS, build, size_for
from rnncourse.benchmark.learning import QUICK, checkpoints, schedule, update
from rnncourse.benchmark.tasks import BLOCKS, TASKS, reading

SCORES = 10  # of each network
BUDGET, EMBEDDING, BATCH = 350_000, 64, 8  # of the recurrent network: quicker steps for fewer weights than nanoGPT's 0.8 million


def race(run):
    """Rows of both networks on the way and at the end; the last row of nanoGPT has its loss as nanoGPT counts it."""
    task, rng = TASKS["charlm"], np.random.default_rng([run.seed, 5])
    first = nanogpt.NanoGPT(task.shape.symbols, rng)
    rows = list(_nanogpt(first, run, rng))
    rows[-1]["as_published"] = published_loss(first)
    arm = ARMS[run.arm]
    shape = replace(task.shape, budget=BUDGET, embedding=EMBEDDING)
    second = build(arm, shape, size_for(arm, shape), rng)
    return rows + list(_recurrent(second, arm, run, rows[-1]["seconds"]))


def _nanogpt(model, run, rng):
    optimizer, train = nanogpt.optimizer(model), reading().train
    marks, seconds = checkpoints(run.iterations, SCORES), 0.0
    for step in range(1, run.iterations + 1):
        batch = nanogpt.windows(train, rng)
        started = time.thread_time()
        nanogpt.train_step(model, optimizer, batch, nanogpt.rate(step - 1, run.iterations))
        seconds += time.thread_time() - started
        if step in marks:
            yield _row("nanoGPT", model, ARMS["Transformer"], step * nanogpt.BATCH * nanogpt.CONTEXT, seconds, step == run.iterations)


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
def published_loss(model):
    """The held-out loss as nanoGPT counts it: over all places of a window, also those with little before them."""
    streams = torch.from_numpy(reading().held_out("final", 8 * nanogpt.CONTEXT + 1).astype(np.int64))
    ids, targets = (each.reshape(-1, nanogpt.CONTEXT) for each in (streams[:, :-1], streams[:, 1:]))
    return float(f"{cross_entropy(model(ids).flatten(0, 1), targets.flatten()):.5g}")
