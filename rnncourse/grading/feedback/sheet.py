"""What one page says, as plain data: points, states, cards, answers, remarks."""

import math
from dataclasses import dataclass

from markupsafe import Markup

# state -> (sign, words); the sign is for the eye, the words say it all
STATES = {
    "passed": ("✓", "passed"),
    "partly": ("◐", "partly passed"),
    "failed": ("○", "not yet"),
    "error": ("○", "no result"),
    "not started": ("·", "not started"),
    "graded": ("✓", "graded by your instructor"),
    "waiting": ("…", "waiting for your instructor"),
}


@dataclass(frozen=True)
class Item:
    """One exercise, or one answer that a person grades."""

    anchor: str
    number: str
    title: str
    state: str
    points: float | None
    max_points: float
    name: str = ""  # the function's name; empty for an answer
    rows: tuple = ()  # (label, text) of the card
    parts: tuple = ()  # (name, points, of, passed)
    hint: tuple | None = None  # (html, place, of)
    work: Markup = Markup("")  # the student's own code or answer
    comment: str = ""
    note: str = ""

    @property
    def sign(self):
        return STATES[self.state][0]

    @property
    def words(self):
        return STATES[self.state][1]

    @property
    def open(self):
        """Whether the student has still something to do here."""
        return self.state in ("partly", "failed", "error", "not started")


@dataclass(frozen=True)
class Sheet:
    """One page; see the fields of `Item` for its exercises."""

    student: str
    assignment: str
    name: str
    title: str
    items: tuple[Item, ...]
    remarks: tuple = ()  # (heading, texts)
    failed: tuple = ()  # (sentence, code)
    outputs: tuple = ()  # (first line of the cell, list of Output)
    isolated: bool = True
    received: object = None
    late: object = None
    version: str = ""
    key: str = ""
    steps: tuple = ()  # (text before, Item or None, text after)
    checked: bool = True  # whether the checks could be run at all

    @property
    def points(self):
        given = math.fsum(one.points for one in self.items if one.points is not None)
        return max(0.0, given - (self.late.points if self.late else 0.0))

    @property
    def max_points(self):
        return math.fsum(one.max_points for one in self.items)

    @property
    def by_checks(self):
        return math.fsum(one.points for one in self.items if one.name and one.points is not None)

    @property
    def by_hand(self):
        return math.fsum(one.points for one in self.items if not one.name and one.points is not None)

    @property
    def answers(self):
        return [one for one in self.items if not one.name]

    @property
    def waiting(self):
        return [one for one in self.items if one.state == "waiting"]
