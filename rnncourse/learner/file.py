"""Load the functions of a learner's file or notebook, cell by cell, so that one broken cell spoils only itself.

A function is checked where the notebook checks it, as in JupyterLab: a name that it uses may be another one further down.
"""

import contextlib
import io
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from rnncourse.checking.cells import checked_name, definitions
from rnncourse.checking.limit import TimeLimit, time_limit

CELL_SECONDS = 60.0


class Unreadable(Exception):
    """The file cannot be read as Python or as a notebook; the message says why and what to do."""


@dataclass
class Loaded:
    """What a file defines, and what went wrong on the way: one sentence a broken cell."""

    functions: dict = field(default_factory=dict)
    problems: list = field(default_factory=list)


def load(path, at_check=lambda name, functions: None):
    """Run a .py file or a notebook's code cells in order and keep what they define.

    Of cells tagged `demo` (long training) only definitions run; nbgrader's locked check cells do not; output is dropped.

    Args:
        at_check: called in place of each cell `check(name)`, with the name and what is defined there.

    Raises:
        Unreadable: no such file, no notebook, another kind of file.
    """
    path = Path(path)
    cells = _cells(path)
    loaded, names = Loaded(), {"__name__": path.stem, "__file__": str(path)}
    os.environ.setdefault("MPLBACKEND", "agg")  # a terminal may have no display
    with _in_folder_of(path):
        for label, source in cells:
            if (name := checked_name(source.strip())) is not None:
                at_check(name, _public(names))
            elif problem := _run(label, source, names):
                loaded.problems.append(problem)
    loaded.functions = _public(names)
    return loaded


def _public(names):
    return {name: thing for name, thing in names.items() if not name.startswith("__")}


def _cells(path):
    """(label, source) of each piece of code."""
    if path.suffix not in (".py", ".ipynb"):
        raise Unreadable(f"{path}: expected a .py file or a notebook (.ipynb)")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise Unreadable(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path}: cannot be read ({error})") from None
    return [("the file", text)] if path.suffix == ".py" else _notebook_cells(path, text)


def _notebook_cells(path, text):
    try:
        cells = json.loads(text)["cells"]
        code = [(number, cell) for number, cell in enumerate(cells, 1) if cell["cell_type"] == "code"]
        pieces = [(f"cell {number}", _that_runs("".join(cell["source"]), cell.get("metadata", {}))) for number, cell in code]
        return [(label, source) for label, source in pieces if source]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        told = f"line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else "it has no list of cells"
        raise Unreadable(f"{path}: this is no readable notebook ({told}); is there a backup in .ipynb_checkpoints?") from None


def _that_runs(source, metadata):
    """What of a cell's source runs: of a demonstration its definitions, of a locked check cell the call of `check`."""
    nbgrader = metadata.get("nbgrader", {})
    if nbgrader.get("grade") and nbgrader.get("locked"):
        return source if checked_name(source) else ""
    return definitions(source) if "demo" in metadata.get("tags", []) else source


def _run(label, source, names):
    """Run one piece of code in a name space; returns one sentence on what stopped it, or an empty text."""
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            code = compile(_python(source), names["__file__"], "exec")
            with time_limit(CELL_SECONDS):
                exec(code, names)  # noqa: S102 - running the learner's code is what this command is for
    except TimeLimit:
        return f"{label} took longer than {CELL_SECONDS:g} seconds"
    except SyntaxError as error:
        return f"{label} is no valid Python: {error.msg} (line {error.lineno})"
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - also sys.exit() in a cell
        return f"{label} stopped with {type(error).__name__}: {error}"
    return ""


def _python(source):
    """Notebook magics (`%timeit`, `!pip`) as Python, where a cell has any."""
    if not any(line.lstrip().startswith(("%", "!", "?")) for line in source.splitlines()):
        return source
    try:
        from IPython.core.inputtransformer2 import TransformerManager
    except ImportError:
        return source
    lines = TransformerManager().transform_cell(source).splitlines()
    return "\n".join(f"{line[: len(line) - len(line.lstrip())]}pass" if "get_ipython()" in line else line for line in lines)


@contextlib.contextmanager
def _in_folder_of(path):
    """Relative paths and imports of the learner's code start at the file, as in JupyterLab."""
    import sys

    before, folder = os.getcwd(), str(path.resolve().parent)
    os.chdir(folder)
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
        os.chdir(before)
