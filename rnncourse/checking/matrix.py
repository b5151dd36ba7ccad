"""The kill matrix: is every known mistake rejected and named, every right variant accepted?"""

from dataclasses import dataclass

from rnncourse.checking.score import assess


@dataclass
class Row:
    """One implementation over all seeds: how often it was rejected, and named as what it is."""

    exercise: str
    kind: str  # mistake, convention, right
    name: str
    seeds: int = 0
    rejected: int = 0
    named: int = 0

    @property
    def sound(self):
        """A wrong implementation is rejected at every seed, a right one at none."""
        return self.rejected == (0 if self.kind == "right" else self.seeds)

    @property
    def recognised(self):
        """A wrong implementation is named at every seed."""
        return self.kind != "right" and self.named == self.seeds


def matrix(exercise, seeds):
    """Rows for the reference, every right variant, every mistake and every convention: list of `Row`."""
    known = (
        ("right", {"the reference": exercise.reference, **exercise.right}),
        ("mistake", exercise.mistakes),
        ("convention", exercise.conventions),
    )
    rows = [(Row(f"{exercise.id} {exercise.name}", kind, name), f) for kind, bank in known for name, f in bank.items()]
    for seed in seeds:  # the outer loop, so that the answers of a seed are computed once
        for row, function in rows:
            _count(row, assess(exercise, function, seed))
    return [row for row, _ in rows]


def _count(row, report):
    row.seeds += 1
    row.rejected += not report.passed
    row.named += report.cause is not None and (report.cause.kind, report.cause.name) == (row.kind, row.name)
