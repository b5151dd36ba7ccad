"""A student's notebook as feedback reads it: cells by their id, whatever shape a hostile file gave them."""

import re
from dataclasses import dataclass, field

_HEADING = re.compile(r"^#{1,6}[ \t]+(\S[^\n]{0,200})", re.MULTILINE)
_EXERCISE = re.compile(r"Exercise\s+(\S{1,20})\s+·\s+(.{1,120})")


@dataclass(frozen=True)
class Cell:
    """One cell: `id` is its grade id where it has one; `heading` the last heading above it."""

    id: str
    kind: str
    source: str
    heading: str = ""
    by_hand: bool = False  # a person gives the points
    points: float = 0.0
    attachments: dict = field(default_factory=dict)


def read_cells(notebook):
    """Cells of a notebook in order, id -> `Cell`; of two cells with one id the first. Empty for what is no notebook."""
    cells, heading = {}, ""
    for raw in notebook["cells"] if _has_cells(notebook) else []:
        if isinstance(raw, dict):
            cell = _cell(raw, heading)
            cells.setdefault(cell.id, cell)
            headings = _HEADING.findall(cell.source[:20_000]) if cell.kind == "markdown" and not cell.by_hand else []
            heading = headings[-1] if headings else heading
    return cells


def _has_cells(notebook):
    return isinstance(notebook, dict) and isinstance(notebook.get("cells"), list)


def _cell(raw, heading):
    block = _dict(_dict(raw.get("metadata")).get("nbgrader"))
    named = block.get("grade_id") or raw.get("id")
    return Cell(
        named if isinstance(named, str) else "",
        raw.get("cell_type") if raw.get("cell_type") in ("code", "markdown") else "raw",
        _source(raw.get("source")),
        heading,
        bool(block.get("task") or (block.get("grade") and block.get("solution"))),
        _points(block.get("points")),
        _dict(raw.get("attachments")),
    )


def _dict(value):
    return value if isinstance(value, dict) else {}


def _source(value):
    lines = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return "".join(line for line in lines if isinstance(line, str))


def _points(value):
    return float(value) if isinstance(value, (int, float)) and 0 <= value < 1e6 else 0.0


def opening_title(notebook):
    """The title that a notebook begins with; "" where it has none."""
    first = next(iter(read_cells({"cells": notebook["cells"][:1]}).values()), None) if _has_cells(notebook) else None
    found = re.match(r"#[ \t]+(\S[^\n]*)", first.source) if first and first.kind == "markdown" else None
    return found.group(1).strip() if found else ""


def title(heading):
    """(number, title) of a heading such as "Exercise 2.3 · One step back"; without a number, ("", heading)."""
    found = _EXERCISE.fullmatch(heading.strip())
    return found.groups() if found else ("", heading.strip())
