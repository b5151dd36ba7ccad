"""`predict("…")`: the learner commits a prediction before running, and sees it beside the outcome."""

from html import escape

from rnncourse.learner.hints import Note
from rnncourse.learner.screen import show
from rnncourse.learner.store import events, record

EMPTY = {"", "…", "..."}


class Prediction:
    """A prediction as it was first written down; `outcome` puts what was measured beside it."""

    def __init__(self, text, question, first):
        self.text, self.question, self.first = text, question, first

    def outcome(self, measured):
        """Show the prediction and what was measured, side by side."""
        show(_Beside(self, str(measured)))


class _Beside:
    def __init__(self, prediction, measured):
        self.prediction, self.measured = prediction, measured

    @property
    def lines(self):
        told = self.prediction
        yield "you predicted", told.first or "(nothing yet: fill in the prediction above, then run both cells again)"
        if told.first and told.text != told.first:
            yield "later changed to", told.text
        yield "it turned out", self.measured

    def __str__(self):
        return "\n".join(f"  {label:<18}{text}" for label, text in self.lines)

    def _repr_mimebundle_(self, include=None, exclude=None):
        cell = "text-align:left;vertical-align:top;white-space:normal"
        rows = "".join(f'<tr><th style="{cell}">{escape(a)}</th><td style="{cell}">{escape(b)}</td></tr>' for a, b in self.lines)
        return {"text/plain": str(self), "text/html": f'<table style="font-size:14px"><tbody>{rows}</tbody></table>'}


def predict(text, question="prediction"):
    """Write down what you expect before you run the next cell.

    The first prediction to a question is kept on this computer; a later change is shown beside it, not instead of it.

    Args:
        text: your prediction, in your own words.
        question: which prediction of the course this is.

    Returns:
        a `Prediction`; its `outcome(measured)` shows both side by side.
    """
    text = str(text).strip()
    before = [event["text"] for event in events("predict") if event.get("question") == question and event.get("text")]
    if text in EMPTY:
        show(Note("Your prediction", "Write it between the quotes and run this cell, before you run the next one. Nobody grades it."))
        return Prediction(before[-1] if before else "", question, before[0] if before else "")
    lost = "" if text in before[-1:] else record("predict", question=question, text=text)
    show(Note("Noted", lost or (before or [text])[0]))
    return Prediction(text, question, (before or [text])[0])
