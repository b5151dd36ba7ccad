"""`progress()`: what is solved, what is open, from the learner's own record."""

from html import escape

from rnncourse.exercises import exercises
from rnncourse.learner.screen import show
from rnncourse.learner.store import events

WORDS = {"passed": "solved", "failed": "tried", "error": "tried", "not started": "open"}


class Progress:
    """The table of all exercises: number, name, state, best points, hints used."""

    def __init__(self, rows):
        self.rows = rows

    @property
    def summary(self):
        """Such as "3 of 10 exercises solved, 8 of 25 points"."""
        solved = sum(row["state"] == "solved" for row in self.rows)
        points, of = sum(row["points"] for row in self.rows), sum(row["of"] for row in self.rows)
        return f"{solved} of {len(self.rows)} exercises solved, {points:g} of {of:g} points"

    def __str__(self):
        lines = [f"  {r['exercise']:<28}{r['state']:<8}{r['points']:g} of {r['of']:g} points{_hints(r)}" for r in self.rows]
        return "\n".join([self.summary, *lines])

    def _repr_mimebundle_(self, include=None, exclude=None):
        cells = "".join(
            f"<tr><td style='text-align:left'>{escape(r['exercise'])}</td><td style='text-align:left'>{r['state']}</td>"
            f"<td>{r['points']:g} of {r['of']:g}</td><td>{r['hints']}</td></tr>"
            for r in self.rows
        )
        head = "<tr><th style='text-align:left'>exercise</th><th style='text-align:left'>state</th><th>points</th><th>hints used</th></tr>"
        html = f"<table><caption>{escape(self.summary)}</caption><thead>{head}</thead><tbody>{cells}</tbody></table>"
        return {"text/plain": str(self), "text/html": html}


def _hints(row):
    return f", {row['hints']} hint{'s' * (row['hints'] > 1)}" if row["hints"] else ""


def table(step=None):
    """The learner's `Progress` over all exercises, or over those of one step, as data."""
    checks, hints = events("check"), events("hint")
    return Progress([_row(one, checks, hints) for one in exercises() if step is None or one.id.split(".")[0] == str(step)])


def _row(exercise, checks, hints):
    mine = [event for event in checks if event.get("exercise") == exercise.id]
    states = [WORDS.get(event.get("status"), "open") for event in mine]
    state = next((word for word in ("solved", "tried") if word in states), "open")
    return {
        "exercise": f"{exercise.id} {exercise.name}",
        "state": state,
        "points": max((event.get("points", 0.0) for event in mine), default=0.0),
        "of": exercise.points,
        "hints": sum(event.get("exercise") == exercise.id for event in hints),
    }


def progress(step=None):
    """Show what is solved and what is open, in the whole course or in one step; the record stays on this computer."""
    show(table(step))
