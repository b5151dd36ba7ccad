"""A notebook on its way into nbconvert's page: everything a stranger wrote is rendered in a bounded child, then put in place.

nbconvert hands HTML in markdown to the browser as it is, where a <script> would run with the instructor's rights, and
its parsers have no bounds: one cell could keep the instructor's own Jupyter server busy for minutes, or fail the page.
"""

import json
import re

from jinja2 import pass_context
from markupsafe import Markup
from nbconvert.preprocessors import Preprocessor
from nbformat import from_dict

from rnncourse.grading.bounded import Bounds, NoReader, Unreadable, call
from rnncourse.grading.characters import spelt
from rnncourse.grading.feedback.bounded import PAGE

BOUNDS = Bounds(cpu_seconds=int(2 * PAGE), wall_seconds=120.0)
SHORT = 2_000  # characters of a cell that nothing could be made of
LINES = "white-space:pre-wrap;overflow-wrap:anywhere"
# nbgrader's own keys; its templates put the name of a cell into the page unescaped
_GRADE_ID = re.compile(r"[\w.-]{1,200}")
_SWITCHES = ("grade", "solution", "locked", "task")


class Rendered(str):
    """HTML that is harmless and finished."""


class Harmless(Preprocessor):
    """Puts the rendered pieces in the place of a notebook's cells and outputs."""

    enabled = True

    def preprocess(self, nb, resources):
        """The notebook with nothing of the stranger's own but finished HTML, plain text and bitmaps."""
        pieces = _pieces(nb)
        cells = [_cell(cell, piece) for cell, piece in zip(nb.cells, pieces, strict=True)]
        page = from_dict({"nbformat": 4, "nbformat_minor": 5, "metadata": {"language_info": {"name": "python"}}, "cells": []})
        page.cells = cells
        return page, resources


@pass_context
def markdown2html(context, source):
    """nbconvert's filter for markdown: finished HTML as it is, other text (an instructor's comment) rendered like a cell."""
    if isinstance(source, Rendered):
        return source
    cell = {"cell_type": "markdown", "source": str(source)}
    return Rendered(_pieces({"cells": [cell]})[0]["html"])


def highlight_code(source, metadata=None, **settings):
    """nbconvert's filter for code."""
    return source if isinstance(source, Rendered) else Markup("<pre>{}</pre>").format(spelt(source, SHORT))


def strip_files_prefix(html):
    """nbconvert's filter for addresses of another time: its pattern takes quadratic time, and here no address needs it."""
    return html


def _pieces(nb):
    """What `pieces.render` made of each cell; as plain text where it could not, and a beginning where that failed too."""
    notebook = json.dumps(nb)
    for plain in (False, True):
        try:
            return call("rnncourse.grading.formgrader.pieces:render", notebook, plain, bounds=BOUNDS)
        except (Unreadable, NoReader):
            continue
    return [{"html": _beginning(cell), "outputs": []} for cell in nb["cells"]]


def _beginning(cell):
    source = cell.get("source", "")
    source = source if isinstance(source, str) else "".join(line for line in source if isinstance(line, str))
    return str(Markup("<pre>{}</pre>").format(spelt(source[: SHORT + 1], SHORT)))


def _cell(cell, piece):
    code = cell.get("cell_type") == "code"
    shown = {"id": "x", "cell_type": "code" if code else "markdown", "metadata": _metadata(cell), "source": ""}
    if code:
        count = cell.get("execution_count")
        shown |= {"execution_count": count if type(count) is int else None, "outputs": [_output(one) for one in piece["outputs"]]}
    shown = from_dict(shown)
    shown.id = shown.metadata.get("nbgrader", {}).get("grade_id") or _identifier(cell.get("id"))
    shown.source = Rendered(piece["html"])
    return shown


def _identifier(value):
    return value if isinstance(value, str) and re.fullmatch(r"[\w-]{1,64}", value, re.ASCII) else "cell"


def _metadata(cell):
    """Of a cell's metadata what nbgrader's templates ask for, each of its type."""
    metadata = cell.get("metadata")
    block = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = block.get("grade_id") if isinstance(block, dict) else None
    if not isinstance(name, str) or not _GRADE_ID.fullmatch(name):
        return {}
    kept = {"grade_id": name, **{switch: block.get(switch) is True for switch in _SWITCHES}}
    points = block.get("points")
    kept["points"] = float(points) if isinstance(points, (int, float)) and 0 <= points < 1e6 else 0.0
    return {"nbgrader": kept | {key: block[key] for key in ("schema_version", "cell_type") if key in block}}


def _output(one):
    if "picture" in one:
        kind, _, content = one["picture"].removeprefix("data:").partition(";base64,")
        return {"output_type": "display_data", "data": {kind: content}, "metadata": {kind: {"alt": one["alt"]}}}
    html = one["html"] if "html" in one else str(Markup('<pre style="{}">{}</pre>').format(LINES, one["text"]))
    return {"output_type": "display_data", "data": {"text/html": html}, "metadata": {}}
