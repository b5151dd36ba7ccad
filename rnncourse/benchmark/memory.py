"""Which network remembers? The adding problem and the copy task, every arm with as many weights and the same search.

An arm is a kind of network with a way to draw its first weights. All arms of a task have the same number of recurrent
weights, at most that of an LSTM of the task's size. For each arm every learning rate is tried once, with the same
CPU time; the rate that ends lowest is then run with fresh seeds. Every batch is drawn new, so the training loss is a
loss on data that was never seen.

`python -m rnncourse.benchmark.memory` measures it all anew (about twenty minutes of one core's time) and writes `measured/memory.json`;
`measured()` reads what was written.
"""

import json
import platform
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

FILE = Path(__file__).parent / "measured" / "memory.json"
RATES = (1e-3, 3e-3, 1e-2, 3e-2)
BATCH, UPDATES = 20, 10  # sequences of a batch, updates of an epoch
WINDOW = 3  # epochs whose mean is called the loss at a moment: 600 sequences
SEARCH_SEED = 1000


@dataclass(frozen=True)
class Arm:
    """A kind of recurrent network and its first weights; `chrono` spreads its gates' memories over the task's length."""

    kind: str
    start: str = "default"
    chrono: bool = False


ARMS = {
    "vanilla RNN": Arm("rnn"),
    "vanilla RNN, orthogonal": Arm("rnn", "orthogonal"),
    "ReLU RNN, identity": Arm("relu", "identity"),
    "LSTM": Arm("lstm"),
    "LSTM, orthogonal and chrono": Arm("lstm", "orthogonal", True),
    "GRU": Arm("gru"),
    "GRU, orthogonal and chrono": Arm("gru", "orthogonal", True),
}


@dataclass(frozen=True)
class Task:
    """One task: its length, the hidden units of its LSTM, CPU seconds of a search run and of a final run, the final seeds."""

    name: str
    length: int
    lstm_hidden: int
    search_seconds: float
    seconds: float
    seeds: range

    @property
    def blind(self):
        """The loss of who remembers nothing."""
        from rnncourse.data.memory import ADDING_BLIND, copy_blind

        return ADDING_BLIND if self.name == "adding" else float(copy_blind(self.length))

    def batches(self):
        """The batches of one epoch, drawn new."""
        from rnncourse.data.memory import copy_memory
        from rnncourse.models import fresh

        return fresh(partial(adding_batch if self.name == "adding" else copy_memory, batch=BATCH, **self._length), UPDATES)

    @property
    def _length(self):
        return {"length" if self.name == "adding" else "delay": self.length}

    def model(self, arm, seed):
        """A network of this arm, and what its training minimises."""
        from rnncourse import models

        rng = np.random.default_rng([seed, 3])
        hidden = models.hidden_for(arm.kind, self._inputs, models.recurrent_weights("lstm", self._inputs, self.lstm_hidden))
        if self.name == "adding":
            model, objective = models.SequenceClassifier(2, 1, hidden, arm.kind, rng=rng), models.answer_loss
        else:
            model, objective = models.SymbolLabeller(10, 9, hidden, arm.kind, embedding=self._inputs, rng=rng), models.step_loss
        steps = self.length if self.name == "adding" else self.length + 20
        models.start_from(model.recurrent, rng, arm.start, longest=steps if arm.chrono else None)
        return model, objective

    @property
    def _inputs(self):
        return 2 if self.name == "adding" else 8


TASKS = {"adding": Task("adding", 100, 32, 8.0, 12.0, range(5)), "copy": Task("copy", 10, 48, 6.0, 15.0, range(3))}


def adding_batch(rng, batch, length, draw=None):
    """A batch (x, lengths, y) of the adding problem as a network takes it; `draw` is a function like 3.9's."""
    from rnncourse.data.memory import adding_problem

    x, y = (draw or adding_problem)(rng, batch, length)
    return np.asarray(x, dtype=float), np.full(batch, length), np.asarray(y, dtype=float)[:, None]


def curve(task, arm, rate, seed, seconds):
    """Train for about so many CPU seconds; returns the seconds so far and the mean loss of each epoch, as lists.

    Both are empty if the loss did not stay finite: this learning rate is too large for this arm.
    """
    try:
        trial = train(task, arm, rate, seed, epochs=5)
        history = train(task, arm, rate, seed, max(1, int(seconds / (trial.seconds[-1] / 5))))
    except ValueError:
        return {"seconds": [], "losses": []}
    return {"seconds": [round(s, 2) for s in history.seconds], "losses": [float(f"{loss:.3g}") for loss in history.losses]}


def train(task, arm, rate, seed, epochs):
    """Train one network of an arm for so many epochs of ten batches and return its History."""
    from rnncourse.models import Settings, fit

    model, objective = task.model(arm, seed)
    return fit(model, task.batches(), objective, Settings(epochs=epochs, learning_rate=rate, seed=seed), show=False)


def last(run):
    """The mean loss of a run's last epochs; infinite for a run that broke."""
    return float(np.mean(run["losses"][-WINDOW:])) if run["losses"] else float("inf")


def measure(task, tell=print):
    """Search and final runs of every arm of a task, as the file keeps them."""
    found = {}
    for name, arm in ARMS.items():
        search = {f"{rate:g}": last(curve(task, arm, rate, SEARCH_SEED, task.search_seconds)) for rate in RATES}
        best = min(search, key=search.get)
        runs = [curve(task, arm, float(best), seed, task.seconds) for seed in task.seeds]
        hidden = task.model(arm, 0)[0].recurrent.hidden_size
        found[name] = {"hidden": hidden, "search": {rate: _round(loss) for rate, loss in search.items()}, "rate": float(best), "runs": runs}
        tell(f"{task.name}, {name}: rate {best}, ends at {', '.join(f'{last(run):.4f}' for run in runs)}")
    return found


def _round(loss):
    return float(f"{loss:.4g}") if np.isfinite(loss) else None


def machine():
    """What the seconds depend on, in words: versions and the kind of processor."""
    import torch

    versions = f"Python {platform.python_version()}, NumPy {np.__version__}, torch {torch.__version__}"
    return f"one thread of an {platform.machine()} processor with {torch.backends.cpu.get_cpu_capability()}, {versions}"


@dataclass(frozen=True)
class Measured:
    """What was measured for one arm: hidden units, the search (rate -> last loss or None), the rate, the runs."""

    hidden: int
    search: dict
    rate: float
    runs: list

    def at(self, seconds):
        """The loss of each run (R,) after so many CPU seconds, the mean of the last epochs up to there."""
        ends = [_epochs(run, seconds) for run in self.runs]
        return np.array([np.mean(run["losses"][max(0, end - WINDOW) : end]) for run, end in zip(self.runs, ends, strict=True)])

    @property
    def final(self):
        """The last loss of each run (R,)."""
        return np.array([last(run) for run in self.runs])

    def solved(self, level):
        """CPU seconds until the loss is below `level`, for each run (R,); infinite if it never is."""
        return np.array([_first_below(run, level) for run in self.runs])


def _epochs(run, seconds):
    return max(1, int(np.searchsorted(run["seconds"], seconds, side="right")))


def _first_below(run, level):
    below = np.flatnonzero(np.convolve(run["losses"], np.ones(WINDOW) / WINDOW, mode="valid") < level)
    return run["seconds"][below[0] + WINDOW - 1] if len(below) else np.inf


def measured(task):
    """What the file holds for "adding" or "copy": the machine in words, and arm name -> `Measured`."""
    held = json.loads(FILE.read_text(encoding="utf-8"))
    return held["machine"], {name: Measured(**arm) for name, arm in held[task].items()}


def main(names):
    held = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    for name in names or TASKS:
        held |= {"machine": machine(), name: measure(TASKS[name])}
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(json.dumps(held, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
