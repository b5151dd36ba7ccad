"""`hint("1.2")`: the next step of an exercise's hint ladder."""

from html import escape

from rnncourse.exercises import UnknownExercise, find
from rnncourse.learner.screen import show
from rnncourse.learner.store import events, record


class Note:
    """A sentence with a bold beginning, in a notebook and in a terminal."""

    def __init__(self, title, text):
        self.title, self.text = title, text

    def __str__(self):
        return f"{self.title}\n  {self.text}"

    def _repr_mimebundle_(self, include=None, exclude=None):
        html = f'<div role="status" style="padding:.3em 0;max-width:60em"><b>{escape(self.title)}</b><br>{escape(self.text)}</div>'
        return {"text/plain": str(self), "text/html": html}


def hint(exercise):
    """Show the next hint of an exercise: first a question, then the formula with its shapes, last a worked sibling.

    Args:
        exercise: its number or name, such as "1.2".
    """
    try:
        found = find(str(exercise))
    except UnknownExercise as unknown:
        show(Note("hint", str(unknown)))
        return
    place = next_place(found.id)
    record("hint", exercise=found.id, place=place)
    more = "" if place < len(found.hints) else " This was the last one."
    show(Note(f"Hint {place} of {len(found.hints)} · {found.id} {found.name}", found.hints[place - 1] + more))


def next_place(exercise_id):
    """Which hint comes next, 1 to 3; after the last one, the last one again."""
    used = [event.get("place", 0) for event in events("hint") if event.get("exercise") == exercise_id]
    return min(max(used, default=0) + 1, 3)
