"""The pieces of a notebook page, rendered in a bounded child; not to be called where there is anything to lose.

`rnncourse.grading.bounded` imports this module once, in the process that forks the children.
"""

import json
import re

import nh3
from markupsafe import Markup, escape

from rnncourse.checking.card import as_html
from rnncourse.checking.report import HEADLINES, Finding, Hint, Report
from rnncourse.grading.characters import one_line, spelt
from rnncourse.grading.feedback.bounded import PAGE, bounded, page_time
from rnncourse.grading.feedback.code import highlighted
from rnncourse.grading.feedback.filling import Room
from rnncourse.grading.feedback.markdown import prose
from rnncourse.grading.feedback.outputs import safe_outputs

CODE = 60_000  # characters of one cell that are shown
OUTPUT, COUNT = 20_000, 40  # characters of one output; outputs of one cell
TEXT, PICTURES = 800_000, 12_000_000  # bytes of a page: HTML, pictures
SHORT = 1_000  # characters of a piece that does not fit any more
WRAPPED = "overflow-wrap:anywhere"  # else one long word makes the page a hundred screens wide
LEFT_OUT = "[more is left out here: open the notebook itself]"


def render(notebook, plain=False):
    """Of each cell of a notebook (its JSON) its HTML and outputs; `plain` takes nothing apart.

    An output is {"text"}, {"picture", "alt"} or {"html"}, all harmless.
    """
    room = Room(TEXT, PICTURES)
    with page_time(0 if plain else PAGE):
        return [_cell(cell, room) for cell in json.loads(notebook)["cells"]]


def _cell(cell, room):
    source, kind = cell.get("source", ""), cell.get("cell_type")
    if kind == "markdown":
        html = Markup('<div style="{}">{}</div>').format(WRAPPED, prose(source, cell.get("attachments")))
    elif kind == "code":
        html = Markup('<div class="highlight" style="{}"><pre>{}</pre></div>').format(WRAPPED, _in_pygments_classes(highlighted(source, CODE)))
    else:
        html = Markup("<pre>{}</pre>").format(spelt(source, CODE))
    short = Markup("<pre>{}</pre>").format(f"{spelt(source, SHORT)}\n{LEFT_OUT}")
    outputs = cell.get("outputs") if kind == "code" else []
    return {"html": str(room.fit(html, short)), "outputs": _outputs(outputs, room, _is_check(cell))}


def _is_check(cell):
    """Whether it is a check cell, which may show a card; any other that shows one forged it."""
    metadata = cell.get("metadata")
    block = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return isinstance(block, dict) and block.get("grade") is True and not block.get("solution")


def _in_pygments_classes(code):
    """The highlighted code with the names of classes that nbconvert's style sheet knows; in the code itself quotes are escaped."""
    code = str(code)  # Markup would escape what it puts in
    for ours, theirs in (("n", "mi"), ("f", "nf")):
        code = code.replace(f'<span class="{ours}">', f'<span class="{theirs}">')
    return Markup(code)


def _outputs(outputs, room, check):
    outputs = outputs if isinstance(outputs, list) else []
    found = [one for output in outputs[:COUNT] if isinstance(output, dict) for one in _output(output, room, check)]
    return [*found, {"text": LEFT_OUT}] if len(outputs) > COUNT else found


def _output(output, room, check):
    if check and (html := _card(output.get("data"))):
        fitting = room.fit(html, "")
        return [{"html": fitting}] if fitting else []
    shown = []
    for one in safe_outputs([output], OUTPUT, traceback=True):
        if not room.fit(one.picture + escape(one.text), ""):
            shown.append({"text": one_line(one.text, SHORT) + "\n" + LEFT_OUT})
        else:
            shown.append({"picture": one.picture, "alt": one.text} if one.picture else {"text": one.text})
    return shown or [{"text": "(this output is not shown here: only text and pictures are)"}]


def _card(data):
    """The HTML of one of our checks' cards, sanitised to what such a card is made of; "" for any other."""
    html = data.get("text/html") if isinstance(data, dict) else None
    html = "".join(map(str, html)) if isinstance(html, list) else html
    if not isinstance(html, str) or not html.startswith(_OPENING) or len(html) > OUTPUT:
        return ""
    return bounded(lambda: nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, attribute_filter=_of_a_card), "")


def _of_a_card(element, attribute, value):
    return value if attribute == "role" or value in _STYLES else None


def _styles():
    """Every style that a card can have, as it is written: a list of properties would let `url(...)` through."""
    one, hint = (Finding("what", "text"),), Hint("text", 1, 3)
    cards = "".join(as_html(Report("1.1", "f", status, 0.0, 1.0, one, hint=hint)) for status in HEADLINES)
    return frozenset(re.findall(r'style="([^"]*)"', cards))


_OPENING = '<div role="status" style="border-left:4px solid var('
_TAGS = {"div", "table", "tbody", "tr", "td", "details", "summary", "code"}
_ATTRIBUTES = {tag: {"style", "role"} for tag in _TAGS}
_STYLES = _styles()

prose("# Title\n\n$h_t$ and `code`\n\n$$\nx\n$$")  # loads what every page needs
highlighted("def f(x):\n    return 'x'")
