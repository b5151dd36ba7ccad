"""What a check found, as data: status, points, findings, cause, hint.  `text` and `card` show it."""

from dataclasses import asdict, dataclass

from rnncourse.checking.compare import Finding
from rnncourse.checking.diagnose import Cause

HEADLINES = {"passed": "passed", "failed": "not yet", "not started": "not started", "error": "not yet"}


@dataclass(frozen=True)
class PartResult:
    """One property of the exercise: its name, its points and whether it holds."""

    name: str
    points: float
    passed: bool


@dataclass(frozen=True)
class Hint:
    """One hint of the ladder: its text, its place (1, 2, 3) and how many there are."""

    text: str
    place: int
    of: int


@dataclass(frozen=True)
class Report:
    """The outcome of one check.

    `status` is one of: passed, failed, not started, error (nothing could be compared).
    """

    id: str
    name: str
    status: str
    points: float
    max_points: float
    findings: tuple[Finding, ...] = ()
    cause: Cause | None = None
    parts: tuple[PartResult, ...] = ()
    cases: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    hint: Hint | None = None

    @property
    def passed(self):
        return self.status == "passed"

    @property
    def headline(self):
        """Such as "not yet · 2.1 rnn_step · 0 of 2 points"."""
        who = f"{self.id} {self.name}".strip()
        worth = f" · {self.points:g} of {self.max_points:g} points" if self.max_points else ""
        return f"{HEADLINES[self.status]} · {who}{worth}"

    @property
    def message(self):
        """All findings in one line."""
        return "; ".join(f"{one.label}: {one.text}" for one in self.findings)

    def as_dict(self):
        """The record of the command line's `--json`."""
        return {
            "exercise": self.name,
            "id": self.id,
            "status": self.status,
            "points": float(self.points),
            "max_points": float(self.max_points),
            "cause": self.cause.text if self.cause else "",
            "message": self.message,
            "parts": [asdict(one) for one in self.parts],
        }

    def _repr_mimebundle_(self, include=None, exclude=None):
        from rnncourse.checking.card import as_html
        from rnncourse.checking.text import as_text

        return {"text/plain": as_text(self), "text/html": as_html(self)}

    def __str__(self):
        from rnncourse.checking.text import as_text

        return as_text(self)


class CheckFailed(Exception):
    """A check that did not pass, raised where a grader needs an error; shows the card instead of a traceback."""

    def __init__(self, report):
        self.report = report
        super().__init__(report.headline)

    def _render_traceback_(self):
        return str(self.report).splitlines()
