"""The autograded notebook: the learner's work with its outputs put back in, as formgrader and feedback show it."""

import copy
import json
from functools import lru_cache

from rnncourse.grading.records.errors import RecordsError
from rnncourse.grading.records.outputs import clean, harmless, picture_or_text, stream


def autograded(notebook, verdict):
    """The file's content, as bytes: equal arguments give equal bytes.

    `notebook` is the repaired notebook (nbformat 4, as a dictionary), `verdict` its `NotebookVerdict`, or None for a
    notebook that was not judged. A check cell shows its report's card, every other cell the outputs that were kept.

    Raises:
        RecordsError: what is given is no notebook that nbgrader could open.
    """
    page = clean(copy.deepcopy(notebook))
    page["metadata"] = {
        key: page["metadata"][key] for key in ("kernelspec", "language_info") if key in page["metadata"]
    }
    page["cells"] = [_joined(cell) for cell in page["cells"]]
    shown = _shown(verdict)
    for cell in page["cells"]:
        if cell["cell_type"] == "code":
            cell["execution_count"] = None
            cell["outputs"] = shown(cell)
    _check(page)
    return (json.dumps(page, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _check(page):
    """Refuse what nbgrader could not open."""
    import nbformat

    try:
        nbformat.validate(nbformat.from_dict(page))
        _check_blocks(json.dumps([(cell["cell_type"], cell["metadata"].get("nbgrader")) for cell in page["cells"]]))
    except Exception as error:  # jsonschema's and nbgrader's own have no common base
        why = str(error).strip().split("\n")[0] or type(error).__name__
        raise RecordsError(f"the repaired notebook is none that nbgrader can open: {why}") from error


@lru_cache(maxsize=64)
def _check_blocks(blocks):
    """nbgrader's own check of its metadata, as JSON: slow, and the same for everybody who has the same release."""
    from nbformat import from_dict
    from nbgrader.nbgraderformat import MetadataValidator

    cells = [
        {"cell_type": kind, "source": "", "metadata": {"nbgrader": ours} if ours else {}}
        for kind, ours in json.loads(blocks)
    ]
    MetadataValidator().validate_nb(from_dict({"cells": cells}))


def _shown(verdict):
    """A function from a code cell to its outputs."""
    reports = {one.cell: one.report for one in verdict.graded} if verdict else {}
    outputs = (verdict.outputs or {}) if verdict else {}
    failed = (verdict.failed or {}) if verdict else {}

    def shown(cell):
        report = reports.get(grade_id(cell))
        if report is not None:
            return [picture_or_text(clean(report._repr_mimebundle_()))]
        stopped = failed.get(cell.get("id"))
        return harmless(outputs.get(cell.get("id"))) + ([stream(stopped + "\n", "stderr")] if stopped else [])

    return shown


def grade_id(cell):
    """The name under which nbgrader knows a cell; its cell id for one that nbgrader does not know."""
    return cell["metadata"].get("nbgrader", {}).get("grade_id") or cell.get("id")


def solution_cells(content):
    """Grade id -> cell, for what a learner wrote, from the content of an autograded file.

    None if the content is no notebook, such as that of a file that is not there.
    """
    try:
        cells = json.loads(content)["cells"]
        return {grade_id(cell): _joined(cell) for cell in cells if cell["metadata"].get("nbgrader", {}).get("solution")}
    except (TypeError, ValueError, LookupError, AttributeError, RecursionError):
        return None


def graded_cells(content):
    """Grade id -> nbgrader's block, for what is scored in an autograded file."""
    blocks = [cell["metadata"].get("nbgrader") or {} for cell in json.loads(content)["cells"]]
    return {block["grade_id"]: block for block in blocks if block.get("grade") or block.get("task")}


def _joined(cell):
    """The cell with its source as one text: nbformat allows a list of lines too."""
    source = cell["source"]
    return {**cell, "source": "".join(source) if isinstance(source, list) else source}
