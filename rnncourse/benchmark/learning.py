"""One arm learns one task for so many tokens: Adam, gradients clipped at 1, a short warm-up, then down like a cosine.

This is not `rnncourse.models.fit`: the rate changes at every batch, a state goes on through all of them, and what
counts as time is the CPU time of this thread in forward, backward and update alone.
"""

import math
import time
from contextlib import nullcontext
from itertools import islice

import numpy as np
import torch

from rnncourse import models
from rnncourse.benchmark.arms import ARMS, build, size_for
from rnncourse.benchmark.footprint import peak
from rnncourse.benchmark.scores import BLOCKS
from rnncourse.benchmark.tasks import TASKS

WARM_UP, FLOOR = 0.05, 0.05  # share of the batches on the way up; the last rate as a share of the highest
QUICK = 8  # blocks of held-out sequences that a score on the way is made of


def learn(run):
    """Rows of a "search" or "final" run: the scores on the way, and those of other lengths at the end."""
    return taught(run)[1]


def taught(run):
    """The network of such a run when it has learnt, and the run's rows."""
    task, arm = TASKS[run.task], ARMS[run.arm]
    size = size_for(arm, task.shape)
    model = build(arm, task.shape, size, np.random.default_rng([run.seed, 3]))
    about = {"parameters": models.parameters(model), "width": size.width, "feedforward": size.feedforward, "layers": arm.layers}
    rows = list(_scores(run, task, arm, model))
    if run.part == "final" and rows[-1]["loss"] is not None:
        rows += [_at_length(task, arm, model, length) for length in task.lengths]
    return model, [row | about for row in rows]


def _scores(run, task, arm, model):
    """A row for each checkpoint; the last one has the losses of all blocks. A run that breaks ends with an empty loss."""
    steps = max(1, round(run.tokens / task.tokens))
    marks, part = checkpoints(steps, run.checkpoints), "search" if run.part == "search" else "final"
    optimizer = torch.optim.Adam(model.parameters(), lr=run.rate)
    state, seconds, losses, memory = None, 0.0, [], None
    for step, batch in enumerate(islice(task.batches(run.seed), steps), 1):
        with peak() if step == 1 else nullcontext(memory) as memory:  # every step takes what the first one takes
            loss, state, taken = timed_update(run.rate * schedule(step / steps), model, optimizer, task, batch, state)
        seconds += taken
        losses.append(loss)
        row = {"measure": "learning", "tokens": step * task.tokens, "seconds": round(seconds, 3), "peak_mib": memory.mib}
        if not math.isfinite(loss):
            yield row | {"train": None, "loss": None, "right": None}
            return
        if step in marks:
            with torch.no_grad():
                score = task.score(arm, model, part, blocks=QUICK if step < steps else BLOCKS)
            found = {"train": short(np.mean(losses)), "loss": short(score.loss), "right": round(score.right, 4)}
            yield row | found | ({"blocks": [short(one) for one in score.losses]} if step == steps else {})
            losses = []


def update(model, optimizer, task, batch, state):
    """One step of training; returns the batch's loss and the state to go on from."""
    loss, state = task.loss(model, batch, state)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item(), state


def timed_update(rate, model, optimizer, task, batch, state):
    """The same at this learning rate, and the CPU seconds that it took."""
    for group in optimizer.param_groups:
        group["lr"] = rate
    started = time.thread_time()
    loss, state = update(model, optimizer, task, batch, state)
    return loss, state, time.thread_time() - started


def schedule(share):
    """The learning rate, as a share of the highest, when this share of the training is done."""
    if share < WARM_UP:
        return share / WARM_UP
    return FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * (share - WARM_UP) / (1 - WARM_UP)))


def checkpoints(steps, count):
    """The batches after which to score: closer together at the beginning, always with the last."""
    return {steps} | ({max(1, round(steps * share)) for share in np.geomspace(0.03, 1, count)} if count > 1 else set())


def _at_length(task, arm, model, length):
    with torch.no_grad():
        score = task.score(arm, model, "final", length)
    return {"measure": "length", "length": length, "loss": short(score.loss), "right": round(score.right, 4)}


def short(value):
    """A loss as rows keep it, in five digits; None if it is not finite."""
    return float(f"{value:.5g}") if math.isfinite(value) else None
