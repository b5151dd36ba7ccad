"""What a training step costs, in time and memory, as sequences grow: the arms of the text, a batch of four.

A Transformer needs a position for every step; these are looked up, not multiplied, so they are not counted here, and
the arms are of the same size at every length.
"""

import time
from dataclasses import replace

import numpy as np
import torch

from rnncourse import models
from rnncourse.benchmark.arms import ARMS, build, size_for
from rnncourse.benchmark.footprint import peak
from rnncourse.benchmark.learning import update
from rnncourse.benchmark.tasks import TASKS

BATCH = 4
WORK = 0.6  # seconds to spend at a length, but at least LEAST steps
LEAST, MOST = 3, 60


def cost(run):
    """A row for each length: median milliseconds of a step, and the peak of memory beyond the network at rest."""
    return [_at(ARMS[run.arm], length) for length in run.lengths]


def sized(arm, context):
    """A network of this arm for texts so long, of the size it has in the comparison; and its weights, without positions."""
    shape = TASKS["charlm"].shape
    model = build(arm, replace(shape, context=context), size_for(arm, shape), np.random.default_rng(0))
    counted = models.parameters(model)
    return model, counted if arm.recurrent else counted - model.positions.weight.numel()


def _at(arm, length):
    model, weights = sized(arm, length)
    task, optimizer = TASKS["charlm"], torch.optim.Adam(model.parameters())
    ids = torch.from_numpy(np.random.default_rng(0).integers(task.shape.symbols, size=(BATCH, length + 1)))
    batch = ids[:, :-1], ids[:, 1:], torch.zeros(BATCH, dtype=torch.int64)
    update(model, optimizer, task, batch, None)  # what is done once
    with peak() as memory:
        update(model, optimizer, task, batch, None)
    times = []
    while len(times) < LEAST or (len(times) < MOST and sum(times) < WORK):
        started = time.thread_time()
        update(model, optimizer, task, batch, None)
        times.append(time.thread_time() - started)
    return {
        "measure": "cost", "length": length, "milliseconds": round(1000 * float(np.median(times)), 3), "peak_mib": memory.mib,
        "tokens": BATCH * length, "parameters": weights,
    }  # fmt: skip
