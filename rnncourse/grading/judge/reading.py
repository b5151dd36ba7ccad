"""What a submission holds, read before anything of it runs: in a bounded child, because a stranger wrote it.

    files, release --> child: archives, notebooks, repair, code to run -- JSON --> Reading

What takes the child more than its bounds, or ends it, refuses this one submission; what the machine does to the child
is `NoReader`, and the submission is read again another time.
"""

import base64
import json
from dataclasses import asdict, dataclass, field
from types import SimpleNamespace

from rnncourse.exercises import find
from rnncourse.grading.bounded import Bounds, Unreadable, call
from rnncourse.grading.intake.transplant import repair
from rnncourse.grading.judge.cells import Piece, pieces
from rnncourse.grading.judge.copies import copies
from rnncourse.grading.judge.shortcuts import may_mention, mentioned
from rnncourse.grading.submission import Remark

MB = 2**20
BOUNDS = Bounds(cpu_seconds=10, answer=160 * MB)  # honest work takes hundredths of a second, its files 64 MB at most
NAMES = Bounds(cpu_seconds=5, answer=MB)


@dataclass(frozen=True)
class Reading:
    """What was read of a submission.

    `notebooks`, `remarks` and `files` are those of `rnncourse.grading.intake.Repaired`, `pieces` maps the name of a
    notebook to its code to run. `readable` says whether any notebook of the assignment could be read.
    """

    notebooks: dict
    remarks: tuple[Remark, ...]
    readable: bool
    files: dict
    pieces: dict = field(default_factory=dict)

    def to_json(self):
        """The notebooks as bytes, for whoever keeps them."""
        return json.dumps(self.notebooks, ensure_ascii=False).encode("utf-8", "surrogatepass")


def read(job):
    """The `Reading` of a job's files.

    Raises:
        NoReader: the machine let nobody read them.
    """
    try:
        return _reading(call(f"{__name__}:read_files", job.files, job.release, bounds=BOUNDS), job.files)
    except Unreadable as why:
        nothing = _reading(read_files({}, job.release), {})  # of the course's own files alone
        refusal = Remark("refused", f"the submission could not be read: {why}")
        return Reading(nothing.notebooks, (refusal, *nothing.remarks), False, {}, nothing.pieces)


def ready_made(found, exercises):
    """Exercise name -> forbidden names that the code of its function spells out, for the pieces of one notebook.

    None if that code cannot be searched.
    """
    asked = [[one.name, list(one.forbidden)] for one in may_mention(found, exercises)]
    if not asked:
        return {}
    try:
        return call(f"{__name__}:search", [asdict(piece) for piece in found], asked, bounds=NAMES)
    except Unreadable:
        return None


def copied(files, exercises):
    """As `rnncourse.grading.judge.copies.copies` for files and exercises; None if the files cannot be searched."""
    programs = {name: content for name, content in files.items() if name.endswith(".py")}
    if not programs:
        return []
    try:
        return call(f"{__name__}:compare", programs, [one.name for one in exercises], bounds=NAMES)
    except Unreadable:
        return None


def plain_notebook(notebook):
    """The notebook with every source as one text."""
    cells = [{**cell, "source": "".join(cell["source"]), "metadata": cell.get("metadata", {})} for cell in notebook["cells"]]
    return {**notebook, "cells": cells}


# ---------------------------------------------------------------- in the child


def read_files(files, release):
    """All that a `Reading` is made of, as data for JSON: files that were there before are named, new ones come along."""
    repaired = repair(files, release)
    known = {content: path for path, content in files.items()}
    return {
        "notebooks": repaired.notebooks,
        "remarks": [asdict(one) for one in repaired.remarks],
        "readable": repaired.readable,
        "files": {path: known[content] for path, content in repaired.files.items() if content in known},
        "unpacked": {path: base64.b64encode(content).decode() for path, content in repaired.files.items() if content not in known},
        "pieces": {name: [asdict(piece) for piece in _pieces(repaired.notebooks[name], release[name])] for name in release},
    }


def search(found, asked):
    """`ready_made`, for pieces and exercises as data."""
    exercises = [SimpleNamespace(name=name, forbidden=forbidden) for name, forbidden in asked]
    return {one.name: mentioned([Piece(**piece) for piece in found], one) for one in exercises}


def compare(programs, names):
    """`copied`, for the exercises of these names."""
    return copies(programs, [find(name) for name in names])


def _pieces(notebook, released):
    return pieces(plain_notebook(notebook), plain_notebook(json.loads(released)))


# ---------------------------------------------------------------- in the worker


def _reading(data, files):
    unpacked = {path: base64.b64decode(text) for path, text in data["unpacked"].items()}
    return Reading(
        data["notebooks"],
        tuple(Remark(**one) for one in data["remarks"]),
        data["readable"],
        {path: files[known] for path, known in data["files"].items()} | unpacked,
        {name: [Piece(**piece) for piece in found] for name, found in data["pieces"].items()},
    )
