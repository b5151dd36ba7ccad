"""An assignment as the gradebook must know it before anything can be graded: its notebooks and their cells.

`nbgrader generate_assignment` records them when it makes a release. Here they are read from the release itself, with
the same result, so that a fresh clone can grade.
"""

import json
import tempfile
from pathlib import Path

from rnncourse.grading.records.errors import RecordsError, ReleaseChanged

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

    The due date, submissions and grades stay. `notebooks` is what `read_release` gave.

    Raises:
        ReleaseChanged: the release has other cells than the gradebook, and there are submissions.
    """
    before = _state(gradebook, assignment)
    row = gradebook.update_or_create_assignment(assignment)
    wanted = {name: _cells(notebook) for name, notebook in notebooks.items()}
    _same_notebooks(gradebook, row, wanted)
    for name, cells in wanted.items():
        _same_cells(gradebook, row, name, cells)
        gradebook.update_or_create_notebook(
            name, assignment, kernelspec=json.dumps(notebooks[name].metadata.get("kernelspec", {}))
        )
        for kind in KINDS:
            for cell, info in cells[kind].items():
                getattr(gradebook, f"update_or_create_{kind}_cell")(cell, name, assignment, **info)
    gradebook.db.flush()
    return _state(gradebook, assignment) != before


def _same_notebooks(gradebook, assignment, wanted):
    recorded = {notebook.name for notebook in assignment.notebooks}
    if assignment.submissions and recorded != set(wanted):
        raise ReleaseChanged(_changed(assignment.name, "notebooks", recorded, set(wanted)))
    for name in recorded - set(wanted):
        gradebook.remove_notebook(name, assignment.name)


def _same_cells(gradebook, assignment, name, cells):
    """Refuse other cells than the recorded ones, or drop those, if nobody has handed in yet."""
    notebook = next((one for one in assignment.notebooks if one.name == name), None)
    if notebook is None:
        return
    recorded = _names(notebook)
    wanted = {(kind, cell) for kind in KINDS for cell in cells[kind]}
    if recorded == wanted:
        return
    if notebook.submissions:
        old, new = ({cell for _, cell in one} for one in (recorded - wanted, wanted - recorded))
        raise ReleaseChanged(_changed(f"{assignment.name}/{name}", "nbgrader cells", old, new))
    gradebook.remove_notebook(name, assignment.name)


def _changed(where, what, recorded, wanted):
    def words(names):
        return ", ".join(sorted(names)) or "none"

    return (
        f"{where}: the gradebook has submissions for {what} that the release does not have like that "
        f"(in the gradebook: {words(recorded - wanted)}; in the release: {words(wanted - recorded)}). nbgrader cannot "
        "change graded cells once something was handed in. Put the released version back, or give the changed one a "
        "name of its own."
    )


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
