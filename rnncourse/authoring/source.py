"""Read `solutions/<step>/<name>.py`: a jupytext py:percent file with short keys in its cell headers."""

import re
from dataclasses import dataclass
from pathlib import Path

from rnncourse.authoring.fault import AuthoringError

# What jupytext notes down about the text itself; it says nothing about the cell.
_LAYOUT = ("lines_to_next_cell", "lines_to_end_of_cell_marker", "cell_marker")


@dataclass(frozen=True)
class SourceCell:
    """One cell of a source: "code" or "markdown", its text, the keys of its header, the header's line (from 1)."""

    kind: str
    text: str
    keys: dict
    line: int


def read_source(path):
    """Cells of a source, in order.

    Raises AuthoringError for text above the first cell, a header that cannot be read, or a
    line that looks like a header inside a string.
    """
    import jupytext

    text = Path(path).read_text(encoding="utf-8")
    lines = _header_lines(path, text)
    cells = jupytext.reads(text, fmt="py:percent").cells
    if len(lines) != len(cells):
        raise AuthoringError(path, 1, f"{len(lines)} lines start with '# %%' but jupytext finds {len(cells)} cells; "
                             "keep '# %%' out of strings")
    return [_source_cell(path, cell, line) for cell, line in zip(cells, lines, strict=True)]


def _header_lines(path, text):
    lines = text.splitlines()
    headers = [number for number, line in enumerate(lines, 1) if line.startswith("# %%")]
    above = lines[: headers[0] - 1] if headers else lines
    for number, line in enumerate(above, 1):
        if line.strip():
            raise AuthoringError(path, number, "text above the first cell; start the file with '# %% [markdown]'")
    for number in headers:
        if wrong := re.search(r"tags=(?!\[)\S*", lines[number - 1]):  # jupytext would stop here, with a page of schema
            raise AuthoringError(path, number, f'{wrong[0]} is no list of names; write tags=["demo"]')
    return headers


def _source_cell(path, cell, line):
    keys = {key: value for key, value in cell.metadata.items() if key not in _LAYOUT}
    if "incorrectly_encoded_metadata" in keys:
        raise AuthoringError(path, line, f"cannot read {keys['incorrectly_encoded_metadata']!r} in the cell header; "
                             'write key="text" or key=number')
    if cell.cell_type not in ("code", "markdown"):
        raise AuthoringError(path, line, f"a {cell.cell_type} cell; lessons have code and [markdown] cells only")
    return SourceCell(cell.cell_type, cell.source, keys, line)
