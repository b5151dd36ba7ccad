"""What is to be run, as data: a run knows all that its result depends on, and its key is a hash of that.

A plan is made from the rows that are there: the final runs of an arm can be named once its search is done, the race
once the text has been learnt. So the plan of a comparison that was interrupted is that of one that was not.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from functools import cached_property

from rnncourse.benchmark.arms import ARMS
from rnncourse.benchmark.tasks import TASKS

EDITION = 1  # of the measurements: a change that makes new numbers gives new keys
SEARCH_SEED = 1000


@dataclass(frozen=True)
class Run:
    """One thing to measure: `part` says which, the other fields what it depends on; those it does not use are empty.

    "search", "final": an arm learns a task at a learning rate, for so many tokens, scored `checkpoints` times;
    "cost": a training step of an arm at each of `lengths`; "streaming": steps of an arm up to position `lengths[-1]`;
    "race": nanoGPT's setting for so many `iterations`, and an arm of so many `weights` with so large a `batch` within the
    same CPU seconds; "trial": that arm alone within about these seconds, judged on the held-out text of the search.
    """

    part: str
    arm: str
    task: str = "charlm"
    seed: int = 0
    rate: float | None = None
    tokens: int = 0
    checkpoints: int = 1
    lengths: tuple = ()
    iterations: int = 0
    weights: int = 0
    batch: int = 0

    @cached_property
    def key(self):
        """Sixteen hexadecimal digits, the same for the same run."""
        held = json.dumps({"edition": EDITION, **asdict(self)}, sort_keys=True)
        return hashlib.sha256(held.encode()).hexdigest()[:16]

    @property
    def alone(self):
        """Whether it measures times or memory so small that nothing else may run beside it."""
        return self.part in ("cost", "streaming")

    def __str__(self):
        sized = f", {self.weights:,} weights, batch {self.batch}"
        told = {"search": f" at rate {self.rate}", "final": f" at rate {self.rate}, seed {self.seed}", "trial": sized, "race": f"{sized}, seed {self.seed}"}
        of = f" {self.task}," if self.part in ("search", "final") else ""
        return f"{self.part}:{of} {self.arm}{told.get(self.part, '')}"


@dataclass(frozen=True)
class Plan:
    """A comparison: tasks with tokens of a final run, arms, rates to try, seeds; and what is measured of time and memory.

    A search run sees `search_share` of the tokens. Budgets are tokens and not seconds, so that runs repeat.
    """

    tokens: tuple  # of (task, tokens)
    rates: tuple = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
    seeds: tuple = (0, 1, 2)
    search_share: float = 0.5
    checkpoints: int = 12
    arms: tuple = tuple(ARMS)
    cost_lengths: tuple = (32, 64, 128, 256, 512, 1024, 2048)
    positions: tuple = (16, 64, 256, 512, 1024, 2048)
    race_iterations: int = 2000
    race_seeds: tuple = (0, 1, 2)
    race_sizes: tuple = ((100_000, 16), (100_000, 8), (350_000, 16), (350_000, 8))  # weights and batch to try

    def ready(self, table):
        """The runs that can be named now, in the order in which to begin them; those done are among them."""
        runs = [run for arm in self.arms for run in self.timed(arm)]
        runs += [run for task, _ in self.tokens for arm in self.arms for run in self.searches(task, arm)]
        runs += [run for task, _ in self.tokens for arm in self.arms for run in self.finals(task, arm, table)]
        return self.race(table) + runs

    def timed(self, arm):
        """The runs of cost and streaming."""
        return [Run("cost", arm, lengths=self.cost_lengths)] * bool(self.cost_lengths) + [
            Run("streaming", arm, lengths=self.positions)
        ] * bool(self.positions)

    def searches(self, task, arm):
        """The trials of the learning rate: as many for every arm."""
        tokens = round(self.search_share * dict(self.tokens)[task])
        return [Run("search", arm, task, SEARCH_SEED, rate, tokens) for rate in self.rates]

    def finals(self, task, arm, table):
        """The runs at the rate that was found; none as long as the search goes on."""
        rate = self.rate(task, arm, table)
        tokens = dict(self.tokens)[task]
        return [Run("final", arm, task, seed, rate, tokens, self.checkpoints) for seed in self.seeds if rate is not None]

    def rate(self, task, arm, table):
        """The learning rate with the lowest held-out loss of the search, None as long as a trial is missing."""
        trials = self.searches(task, arm)
        if not all(run.key in table for run in trials):
            return None
        return min(trials, key=lambda run: _end(table, run)).rate

    def race(self, table):
        """The best recurrent arm beside nanoGPT's setting: trials of its size, then the race; none as long as it is not known."""
        trials = self.race_trials(table)
        if not trials or not all(run.key in table for run in trials):
            return trials
        best = min(trials, key=lambda run: _end(table, run))
        return trials + [replace(best, part="race", seed=seed) for seed in self.race_seeds]

    def race_trials(self, table):
        """The sizes that are tried for the best recurrent arm."""
        if not self.race_iterations or "charlm" not in dict(self.tokens):
            return []
        finals = {arm: self.finals("charlm", arm, table) for arm in self.arms if ARMS[arm].recurrent}
        if not finals or not all(runs and all(run.key in table for run in runs) for runs in finals.values()):
            return []
        best = best_in_time({arm: [table[run.key] for run in runs] for arm, runs in finals.items()})
        rate = finals[best][0].rate
        return [
            Run("trial", best, seed=SEARCH_SEED, rate=rate, iterations=self.race_iterations, weights=weights, batch=batch)
            for weights, batch in self.race_sizes
        ]

    def count(self):
        """How many runs the whole has."""
        a_pair = len(self.rates) + len(self.seeds)
        racing = bool(self.race_iterations) and "charlm" in dict(self.tokens) and any(ARMS[arm].recurrent for arm in self.arms)
        return len(self.arms) * (len(self.tokens) * a_pair + len(self.timed(self.arms[0]))) + racing * (len(self.race_sizes) + len(self.race_seeds))


def _end(table, run):
    """The held-out loss at the end of a run; infinite if it broke."""
    last = [row for row in table[run.key] if row["measure"] in ("learning", "trial")][-1]
    return float("inf") if last["loss"] is None else last["loss"]


def best_in_time(arms):
    """The arm with the lowest mean loss within the CPU seconds that the quickest arm took; arm -> rows of each run."""
    import numpy as np

    curves = {arm: [[row for row in rows if row["measure"] == "learning" and row["loss"] is not None] for rows in runs] for arm, runs in arms.items()}
    curves = {arm: runs for arm, runs in curves.items() if all(runs)}
    limit = min(rows[-1]["seconds"] for runs in curves.values() for rows in runs)

    def loss(rows):
        return np.interp(limit, [row["seconds"] for row in rows], [row["loss"] for row in rows])

    return min(curves, key=lambda arm: np.mean([loss(rows) for rows in curves[arm]]))


FULL = Plan(tuple((name, 2_500_000 if name == "charlm" else 2_200_000) for name in TASKS))
REDUCED = Plan(
    tuple((name, 30_000) for name in TASKS),
    rates=(3e-3, 1e-2),
    checkpoints=5,
    cost_lengths=(32, 128, 512),
    positions=(16, 128, 512),
    race_iterations=40,
    race_seeds=(0,),
    race_sizes=((100_000, 16), (350_000, 8)),
)


def weights(plan, task):
    """Arm -> how many weights it has on a task: what makes the arms equal."""
    import numpy as np

    from rnncourse.benchmark.arms import build, size_for
    from rnncourse.models import parameters

    shape = TASKS[task].shape
    return {arm: parameters(build(ARMS[arm], shape, size_for(ARMS[arm], shape), np.random.default_rng(0))) for arm in plan.arms}
