"""A run in, its rows out: a function of the run alone, so that any process on any machine can do it."""

import os
import platform
from dataclasses import asdict
from functools import cache

import numpy as np
import torch

from rnncourse import __version__
from rnncourse.benchmark.cost import cost
from rnncourse.benchmark.learning import learn
from rnncourse.benchmark.race import race, trial
from rnncourse.benchmark.streaming import stream
from rnncourse.models import one_thread

PARTS = {"search": learn, "final": learn, "cost": cost, "streaming": stream, "trial": trial, "race": race}
CONFIGURATION = ("part", "task", "arm", "seed", "rate", "budget", "iterations", "weights", "batch")  # what a row says of its run


def measure(run):
    """Do what the run says, in one thread; each row says of which run it is, and where it was measured."""
    with one_thread():
        rows = PARTS[run.part](run)
    about = asdict(run) | {"budget": run.tokens}  # `tokens` of a row are those so far
    held = {"key": run.key} | {name: about[name] for name in CONFIGURATION if about[name] or name == "seed"}
    return [{"row": n, "of": len(rows), **held, **row, "environment": environment()} for n, row in enumerate(rows)]


@cache
def environment():
    """What the numbers depend on beside the run: versions, the processor, the text that was there."""
    return {
        "rnncourse": __version__, "python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__,
        "system": platform.system(), "processor": processor(), "vectors": torch.backends.cpu.get_cpu_capability(),
        "cores": os.cpu_count(), "threads": 1, "text": _text(),
    }  # fmt: skip


def processor():
    """The processor's own name, where the system tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()


def _text():
    import hashlib

    from rnncourse.benchmark.text import corpus

    text = corpus()
    digest = hashlib.sha256(text.alphabet.encode() + text.train.tobytes()).hexdigest()[:12]
    return f"{len(text.alphabet)} different characters, {digest}"
