"""What the class understood: how each exercise went, and the mistakes that were made most."""

from collections import Counter
from dataclasses import dataclass

STATES = ("passed", "partly", "failed", "not started")


@dataclass(frozen=True)
class Row:
    """One exercise over the class: how many students in each state, the mean share of its points, the mistakes by number."""

    exercise: str
    states: dict
    share: float
    mistakes: tuple

    @property
    def students(self):
        return sum(self.states.values())


def summary(verdicts):
    """Rows in the order of the exercises, from any number of verdicts; they are read once, one at a time."""
    states, shares, causes = {}, {}, {}
    for verdict in verdicts:
        for notebook in verdict.notebooks:
            for graded in notebook.graded:
                report = graded.report
                name = f"{report.id} {report.name}"
                states.setdefault(name, Counter())[_state(report)] += 1
                shares.setdefault(name, []).append(report.points / report.max_points if report.max_points else float(report.passed))
                if report.cause is not None:
                    causes.setdefault(name, Counter())[report.cause.name if report.cause.kind in ("mistake", "convention") else report.cause.text] += 1
    return [
        Row(name, {state: states[name][state] for state in STATES}, sum(shares[name]) / len(shares[name]), tuple(causes.get(name, Counter()).most_common(3)))
        for name in states
    ]


def _state(report):
    if report.passed or report.status == "not started":
        return report.status
    return "partly" if report.points else "failed"
