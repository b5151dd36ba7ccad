"""What a gradebook adds to a verdict: points and comments given by a person, and what being late costs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """One cell as the gradebook has it.

    `points` is None as long as a person has still to grade it. `max_points` is None for a cell that carries a
    comment but no points of its own, such as the answer in front of a check.
    """

    cell: str
    points: float | None = None
    max_points: float | None = None
    comment: str = ""


@dataclass(frozen=True)
class Late:
    """A submission after the deadline: seconds past it, and the points that this notebook loses."""

    seconds: float
    points: float

    @property
    def duration(self):
        """The delay in words, in its two largest units, rounded up to a minute.

        >>> Late(5400, 1).duration
        '1 hour 30 minutes'
        """
        minutes = max(1, -int(-self.seconds // 60))
        counts = (minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute")
        return " ".join([f"{count} {unit}{'s' * (count > 1)}" for count, unit in counts if count][:2])
