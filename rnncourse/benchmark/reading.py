"""What the rows of a table say: curves over runs, ends, costs, differences with their intervals.

`Reading(rows)` takes rows as `Table.rows` gives them, or as `measured()` reads them from the package.
"""

from pathlib import Path

import numpy as np

from rnncourse.benchmark.intervals import paired

FILE = Path(__file__).parent / "measured" / "comparison.jsonl"


def measured():
    """The full comparison that comes with the package, a `Reading`; FileNotFoundError if none does."""
    from rnncourse.benchmark.table import Table

    if not FILE.exists():
        raise FileNotFoundError(f"{FILE.name} is not in the package; measure it with: rnncourse bench")
    return Reading(Table(FILE).rows)


class Reading:
    """Rows, and questions to them. Names of arms and tasks are those of the comparison, in its order."""

    def __init__(self, rows):
        from rnncourse.benchmark.arms import ARMS
        from rnncourse.benchmark.tasks import TASKS

        self.rows = list(rows)
        self.tasks = [task for task in TASKS if self.some(part="final", task=task)]
        self.arms = [arm for arm in ARMS if self.some(arm=arm)]

    def some(self, **wanted):
        """The rows whose fields are these."""
        return [row for row in self.rows if all(row.get(name) == value for name, value in wanted.items())]

    @property
    def environments(self):
        """Every environment that rows were measured in, a list of dicts."""
        return [dict(held) for held in dict.fromkeys(tuple(row["environment"].items()) for row in self.rows)]

    @property
    def machines(self):
        """The environments in a line, for people."""
        told = (f"{one['processor']}, {one['threads']} thread, torch {one['torch'].split('+')[0]}" for one in self.environments)
        return "; ".join(dict.fromkeys(told))

    def sizes(self, task):
        """Arm -> (weights, width, feedforward or None, layers) of the task's final runs."""
        first = {row["arm"]: row for row in reversed(self.some(part="final", task=task, measure="learning"))}
        return {arm: tuple(first[arm][name] for name in ("parameters", "width", "feedforward", "layers")) for arm in self.arms if arm in first}

    def trials(self, task):
        """Arm -> {rate: held-out loss at the end of its search, None if it broke}."""
        found = {}
        for row in self.some(part="search", task=task, measure="learning"):
            found.setdefault(row["arm"], {})[row["rate"]] = row["loss"]
        return {arm: dict(sorted(found[arm].items())) for arm in self.arms if arm in found}

    def rates(self, task):
        """Arm -> the learning rate of its final runs, which was the best of its search."""
        return {arm: runs[0][0]["rate"] for arm, runs in self.runs(task).items()}

    def runs(self, task, part="final"):
        """Arm -> its runs in the order of their seeds, each the list of its rows on the way; broken runs are left out."""
        found = {}
        for row in self.some(part=part, task=task, measure="learning"):
            found.setdefault((row["arm"], row["seed"]), []).append(row)
        whole = {key: rows for key, rows in sorted(found.items(), key=lambda item: item[0][1]) if rows[-1]["loss"] is not None}
        return {arm: [rows for (one, _), rows in whole.items() if one == arm] for arm in self.arms if any(one == arm for one, _ in whole)}

    def curves(self, task, against="tokens", value="loss"):
        """Arm -> (x (N,), values (R, N)); x is the mean over the runs of `against`, "tokens" or "seconds"."""
        return {
            arm: (np.mean([[row[against] for row in run] for run in runs], axis=0), np.array([[row[value] for row in run] for run in runs]))
            for arm, runs in self.runs(task).items()
        }

    def ends(self, task, value="loss"):
        """Arm -> the value at the end of each run (R,): "loss", "right", "seconds", "peak_mib"."""
        return {arm: np.array([np.nan if run[-1][value] is None else run[-1][value] for run in runs]) for arm, runs in self.runs(task).items()}

    def within(self, task, seconds):
        """Arm -> the loss of each run (R,) after so many CPU seconds, between two scores a straight line."""
        return {
            arm: np.array([np.interp(seconds, [row["seconds"] for row in run], [row["loss"] for row in run]) for run in runs])
            for arm, runs in self.runs(task).items()
        }

    def speed(self, task):
        """Arm -> tokens a CPU second in training, the median over the runs."""
        return {arm: float(np.median([run[-1]["tokens"] / run[-1]["seconds"] for run in runs])) for arm, runs in self.runs(task).items()}

    def blocks(self, task):
        """Arm -> held-out losses at the end (seeds, blocks)."""
        return {arm: np.array([run[-1]["blocks"] for run in runs]) for arm, runs in self.runs(task).items()}

    def differences(self, task):
        """Pair of arms (one, other) -> the `Interval` of the loss of one minus that of the other."""
        losses, found = self.blocks(task), {}
        names = list(losses)
        for n, one in enumerate(names):
            for other in names[n + 1 :]:
                if losses[one].shape == losses[other].shape:
                    found[one, other] = paired(losses[one], losses[other], np.random.default_rng(0))
        return found

    def best(self, task):
        """The arm with the lowest mean loss at the end."""
        ends = self.ends(task)
        return min(ends, key=lambda arm: ends[arm].mean())

    def lengths(self, task, value="loss"):
        """Arm -> (lengths (N,), values (R, N)) of the trained networks tried at other lengths."""
        found = {}
        for row in self.some(part="final", task=task, measure="length"):
            found.setdefault(row["arm"], {}).setdefault(row["length"], []).append(row[value])
        return {arm: (np.array(sorted(found[arm])), np.array([found[arm][length] for length in sorted(found[arm])]).T) for arm in self.arms if arm in found}

    def cost(self, value="milliseconds"):
        """Arm -> (lengths (N,), values (N,)) of a training step: "milliseconds", "peak_mib"."""
        return self._series("cost", "length", value)

    def streaming(self, value="microseconds"):
        """Arm -> (positions (N,), values (N,)) of one step of a stream: "microseconds", "state_bytes"."""
        return self._series("streaming", "position", value)

    def _series(self, part, against, value):
        rows = {arm: sorted(self.some(part=part, arm=arm), key=lambda row: row[against]) for arm in self.arms}
        rows = {arm: [row for row in held if row[value] is not None] for arm, held in rows.items()}
        return {arm: (np.array([row[against] for row in held]), np.array([row[value] for row in held])) for arm, held in rows.items() if held}

    def race(self):
        """Network -> its runs, each the list of its rows: nanoGPT's setting and the best recurrent arm."""
        found = {}
        for row in self.some(part="race"):
            found.setdefault(row["network"], {}).setdefault(row["seed"], []).append(row)
        return {network: list(runs.values()) for network, runs in found.items()}
