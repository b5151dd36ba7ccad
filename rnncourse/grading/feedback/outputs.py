"""Outputs of a student's own cells: text and pictures; HTML, widgets and scripts never."""

from dataclasses import dataclass

from rnncourse.grading.characters import visible
from rnncourse.grading.feedback.picture import data_uri

MOST = 4_000  # characters of one output
COUNT = 12  # outputs of one cell


@dataclass(frozen=True)
class Output:
    """One thing that a cell showed: a text, or a picture (a data URI) with the text that describes it."""

    text: str
    picture: str = ""


def safe_outputs(outputs, most=MOST, count=COUNT, traceback=False):
    """The list of `Output` of one cell, from nbformat outputs that may hold anything; of an error its traceback, if wanted."""
    shown = [_shown(one, most, traceback) for one in _list(outputs)[:count] if isinstance(one, dict)]
    return [one for one in shown if one is not None]


def _shown(output, most, traceback):
    kind = output.get("output_type")
    if kind == "stream":
        return _text(output.get("text"), most)
    if kind == "error":
        return _error(output, most, traceback)
    data = output.get("data")
    return _displayed(data, most) if isinstance(data, dict) else None


def _error(output, most, traceback):
    lines = [line for line in _list(output.get("traceback")) if isinstance(line, str)] if traceback else []
    return Output(visible("\n".join(lines) or f"{_joined(output.get('ename'))}: {_joined(output.get('evalue'))}", most))


def _displayed(data, most):
    for kind in ("image/png", "image/jpeg"):
        if picture := data_uri(kind, _joined(data.get(kind))):
            alt = visible(_joined(data.get("text/plain")), 300).strip()
            named = alt and not alt.startswith("<")  # <Figure size 640x480 with 1 Axes> describes nothing
            return Output(alt if named else "a picture that your cell drew, without a description", picture)
    return _text(data.get("text/plain"), most)


def _text(value, most):
    text = visible(_joined(value), most).strip("\n")
    return Output(text) if text.strip() else None


def _joined(value):
    """nbformat's text, one string or a list of lines."""
    if isinstance(value, str):
        return value
    return "".join(line for line in _list(value) if isinstance(line, str))


def _list(value):
    return value if isinstance(value, list) else []
