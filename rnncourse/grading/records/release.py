"""An assignment as the gradebook must know it before anything can be graded: its notebooks and their cells.

`nbgrader generate_assignment` records them when it makes a release. Here they are read from the release itself, with
the same result, so that a fresh clone can grade.
"""

import json
import tempfile
from pathlib import Path

from rnncourse.grading.records.errors import RecordsError

KINDS = ("grade", "solution", "task", "source")


def read_release(root, assignment):
    """Notebook name -> notebook, as students get them: from course/, or made from solutions/ where that is missing.

    Raises:
        RecordsError: there is no such assignment; the message lists those that there are.
    """
    root = Path(root)
    found = _notebooks(root / "course" / assignment)
    if not found and list((root / "solutions" / assignment).glob("*.ipynb")):
        found = _made_release(root, assignment)
    if not found:
        names = sorted(
            {path.parent.name for tree in ("course", "solutions") for path in (root / tree).glob("*/*.ipynb")}
        )
        raise RecordsError(f"there is no assignment {assignment!r} in {root}; there are: {', '.join(names) or 'none'}")
    return found


def _made_release(root, assignment):
    from rnncourse.authoring.release import ReleaseError, release

    with tempfile.TemporaryDirectory() as folder:
        try:
            release(root, folder)
        except ReleaseError as error:
            raise RecordsError(f"the release of {assignment} could not be made from solutions/: {error}") from error
        return _notebooks(Path(folder) / assignment)


def _notebooks(folder):
    import nbformat

    return {path.stem: nbformat.read(path, as_version=4) for path in sorted(folder.glob("*.ipynb"))}


def record(gradebook, assignment, notebooks):
    """Bring the gradebook's cells of an assignment up to the release; whether anything had to be changed.

    The due date, submissions and grades stay. `notebooks` is what `read_release` gave. Until something is handed in,
    cells that the release has no more go. After that they stay, with the points that submissions have for them, and
    add nothing to the most that can be reached, which is always that of the release.
    """
    before = _state(gradebook, assignment)
    row = gradebook.update_or_create_assignment(assignment)
    wanted = {name: _cells(notebook) for name, notebook in notebooks.items()}
    for notebook in list(row.notebooks):
        _leave_out(gradebook, row, notebook, wanted.get(notebook.name))
    for name, cells in wanted.items():
        gradebook.update_or_create_notebook(
            name, assignment, kernelspec=json.dumps(notebooks[name].metadata.get("kernelspec", {}))
        )
        _add(gradebook, assignment, name, cells)
    gradebook.db.flush()
    return _state(gradebook, assignment) != before


def add_former_cells(gradebook, assignment, name, notebook):
    """Have the gradebook know the cells of a notebook, as dictionary, of an earlier version, if it does not yet."""
    import nbformat

    known = _names(gradebook.find_notebook(name, assignment))
    cells = _cells(nbformat.from_dict(notebook))
    lacking = {kind: {cell: info for cell, info in cells[kind].items() if (kind, cell) not in known} for kind in KINDS}
    for kind in ("grade", "task"):
        lacking[kind] = {cell: {**info, "max_score": 0.0} for cell, info in lacking[kind].items()}
    _add(gradebook, assignment, name, lacking)


def _add(gradebook, assignment, name, cells):
    for kind in KINDS:
        for cell, info in cells[kind].items():
            getattr(gradebook, f"update_or_create_{kind}_cell")(cell, name, assignment, **info)


def _leave_out(gradebook, assignment, notebook, cells):
    """Have cells of a recorded notebook that are none of the release's any more count nothing; `cells` is None if it is none."""
    wanted = {(kind, cell) for kind in KINDS for cell in (cells or {kind: () for kind in KINDS})[kind]}
    if _names(notebook) <= wanted:
        return
    if not notebook.submissions:
        gradebook.remove_notebook(notebook.name, assignment.name)
        return
    for kind in ("grade", "task"):
        for cell in getattr(notebook, f"{kind}_cells"):
            if (kind, cell.name) not in wanted:
                cell.max_score = 0.0


def _names(notebook):
    return {(kind, cell.name) for kind in KINDS for cell in getattr(notebook, f"{kind}_cells")}


def _cells(notebook):
    """Kind -> {grade id: what the gradebook keeps of it}, as nbgrader's own SaveCells does it."""
    from nbgrader.utils import is_grade, is_locked, is_solution, is_task

    found = {kind: {} for kind in KINDS}
    for cell in notebook.cells:
        if not (is_grade(cell) or is_solution(cell) or is_locked(cell) or is_task(cell)):
            continue
        ours = cell.metadata.nbgrader
        for kind, is_kind in (("grade", is_grade), ("task", is_task)):
            if is_kind(cell):
                found[kind][ours.grade_id] = {"max_score": float(ours.points), "cell_type": cell.cell_type}
        if is_solution(cell):
            found["solution"][ours.grade_id] = {}
        found["source"][ours.grade_id] = {
            "cell_type": cell.cell_type,
            "locked": is_locked(cell),
            "source": cell.source,
            "checksum": ours.get("checksum"),
        }
    return found


def _state(gradebook, assignment):
    """All that the gradebook holds about an assignment's release, to be compared."""
    from nbgrader.api import MissingEntry

    try:
        notebooks = gradebook.find_assignment(assignment).notebooks
    except MissingEntry:
        return None
    return {
        (notebook.name, kind, cell.name): _values(cell)
        for notebook in notebooks
        for kind in KINDS
        for cell in getattr(notebook, f"{kind}_cells")
    } | {(notebook.name, "kernelspec"): notebook.kernelspec for notebook in notebooks}


def _values(cell):
    return {key: value for key, value in cell.to_dict().items() if key != "id"}
