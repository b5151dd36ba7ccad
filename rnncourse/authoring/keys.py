"""Expand the short keys of a cell header into nbgrader's metadata (schema 3)."""

import re
from dataclasses import dataclass

from rnncourse.authoring.fault import AuthoringError


@dataclass(frozen=True)
class Role:
    """What nbgrader has to know of a cell with this key, and which kinds of cell may carry it."""

    kinds: tuple
    grade: bool = False
    locked: bool = False
    solution: bool = False
    task: bool = False

    @property
    def has_points(self):
        return self.grade or self.task


ROLES = {
    "solution": Role(("code",), solution=True),
    "test": Role(("code",), grade=True, locked=True),
    "answer": Role(("code", "markdown"), grade=True, solution=True),
    # nbgrader refuses every submission of a notebook with an unlocked task cell.
    "task": Role(("markdown",), locked=True, task=True),
    "locked": Role(("code", "markdown"), locked=True),
}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")  # a grade id is a cell id too, and those are at most 64 long


def cell_role(path, cell):
    """The (key, name) of a graded or locked cell, or (None, None); AuthoringError if its header makes no sense."""
    known = {*ROLES, "points", "tags"}
    if unknown := sorted(set(cell.keys) - known):
        raise AuthoringError(path, cell.line, f"unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}")
    roles = [key for key in cell.keys if key in ROLES]
    if len(roles) > 1:
        raise AuthoringError(path, cell.line, f"both {roles[0]!r} and {roles[1]!r} in one cell; split it")
    key = roles[0] if roles else None
    _check_points(path, cell, key)
    _check_tags(path, cell)
    return (key, _checked_name(path, cell, key)) if key else (None, None)


def nbgrader_metadata(path, cell):
    """Metadata of the cell for the notebook: its tags and, for a cell with a role, nbgrader's block."""
    key, name = cell_role(path, cell)
    metadata = {"tags": list(cell.keys["tags"])} if cell.keys.get("tags") else {}
    if key is None:
        return metadata
    role = ROLES[key]
    block = {"schema_version": 3, "grade_id": name, "cell_type": cell.kind}
    block |= {"grade": role.grade, "locked": role.locked, "solution": role.solution, "task": role.task}
    if role.has_points:
        block["points"] = cell.keys["points"]
    return metadata | {"nbgrader": block}


def _checked_name(path, cell, key):
    name = cell.keys[key]
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise AuthoringError(path, cell.line, f"{key}={name!r} is no name; use letters, digits, _ and -, at most 64, "
                             "a letter first")
    if re.fullmatch(r"cell-\d+", name):
        raise AuthoringError(path, cell.line, f"{key}={name!r}: names like cell-07 are given by the build")
    if cell.kind not in ROLES[key].kinds:
        raise AuthoringError(path, cell.line, f"{key!r} in a {cell.kind} cell; it belongs in a "
                             f"{' or '.join(ROLES[key].kinds)} cell")
    return name


def _check_points(path, cell, key):
    wanted = key is not None and ROLES[key].has_points
    if wanted and "points" not in cell.keys:
        raise AuthoringError(path, cell.line, f"{key!r} without points; add points=2")
    if not wanted and "points" in cell.keys:
        raise AuthoringError(path, cell.line, f"points in a cell that is not graded{f' ({key!r})' if key else ''}; "
                             "points belong beside test, answer or task")
    points = cell.keys.get("points", 1)
    if isinstance(points, bool) or not isinstance(points, int | float) or not 0 < points < float("inf"):
        raise AuthoringError(path, cell.line, f"points={points!r} is no positive number; write points=2, without quotes")


def _check_tags(path, cell):
    tags = cell.keys.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise AuthoringError(path, cell.line, f'tags={tags!r} is no list of names; write tags=["demo"]')
