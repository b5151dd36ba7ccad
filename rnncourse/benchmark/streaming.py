"""What the next character costs when a text arrives one character at a time: microseconds and bytes, by position."""

import time

import numpy as np
import torch

from rnncourse.benchmark.arms import ARMS, labels
from rnncourse.benchmark.cost import sized
from rnncourse.benchmark.tasks import TASKS

AROUND = 16  # steps up to a position, whose median is its time
TIMES = 3  # streams; the quickest counts, as only other work makes one slower
COMPARED = 256  # steps that are compared with the batch


@torch.no_grad()
def stream(run):
    """A row for each position, with the largest difference from the logits of the batch."""
    model, weights = sized(ARMS[run.arm], run.lengths[-1])
    model.eval()
    ids = torch.from_numpy(np.random.default_rng(0).integers(TASKS["charlm"].shape.symbols, size=run.lengths[-1]))
    taken = [_times(model, ids, run.lengths) for _ in range(TIMES)]
    difference = float(f"{_difference(model, ids[:COMPARED]):.2g}")
    rows = []
    for n, position in enumerate(run.lengths):
        micros = min(times[n] for times, _ in taken)
        rows.append({"measure": "streaming", "position": position, "microseconds": round(1e6 * micros, 2), "state_bytes": taken[0][1][n]})
    return [row | {"parameters": weights, "difference": difference} for row in rows]


def _times(model, ids, positions):
    """Median seconds of the steps up to each position, and the bytes of the state there."""
    running, seconds, state = model.stream(), [], []
    for n, symbol in enumerate(ids, 1):
        symbol = symbol[None]
        started = time.perf_counter()
        running.step(symbol)
        seconds.append(time.perf_counter() - started)
        if n in positions:
            state.append(running.state_bytes)
    return [float(np.median(seconds[max(0, position - AROUND) : position])) for position in positions], state


def _difference(model, ids):
    running = model.stream()
    one_by_one = torch.stack([running.step(symbol[None])[0] for symbol in ids])  # (T, V)
    return (one_by_one - labels(model, ids[None])[0][0]).abs().max()
