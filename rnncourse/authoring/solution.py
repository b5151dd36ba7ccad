"""The solution notebook: everything of the source, nothing run yet."""

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from rnncourse.authoring.fault import AuthoringError
from rnncourse.authoring.keys import nbgrader_metadata
from rnncourse.authoring.source import read_source

# Written out in full and the same on every machine: without it JupyterLab marks the notebook as changed
# when it is opened, and with the author's own patch version every author's build would differ.
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
        "version": "3.11.0",
    },
}


def solution_notebook(path):
    """The notebook that the source at `path` describes, with solutions and without outputs.

    Raises AuthoringError (file and line) for a header that makes no sense or a name used twice.
    """
    notebook = new_notebook(metadata=nbformat.from_dict(NOTEBOOK_METADATA))
    lines = {}
    for number, cell in enumerate(read_source(path), 1):
        metadata = nbgrader_metadata(path, cell)
        name = metadata.get("nbgrader", {}).get("grade_id") or f"cell-{number:02d}"
        if name in lines:
            raise AuthoringError(path, cell.line, f"the name {name!r} is taken by the cell in line {lines[name]}")
        lines[name] = cell.line
        make = new_code_cell if cell.kind == "code" else new_markdown_cell
        notebook.cells.append(make(cell.text, id=name, metadata=nbformat.from_dict(metadata)))
    return notebook


def without_outputs(notebook):
    """A copy of the notebook as if it had never been run."""
    import copy

    bare = copy.deepcopy(notebook)
    for cell in bare.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return bare


def to_bytes(notebook):
    """The file that holds this notebook, byte for byte: keys sorted, one newline at the end."""
    return (nbformat.writes(notebook, version=4).rstrip("\n") + "\n").encode("utf-8")
