"""Load the functions of a learner's file or notebook, cell by cell, so that one broken cell spoils only itself."""

import contextlib
import io
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from rnncourse.checking.limit import TimeLimit, time_limit

CELL_SECONDS = 60.0


class Unreadable(Exception):
    """The file cannot be read as Python or as a notebook; the message says why and what to do."""


@dataclass
class Loaded:
    """What a file defines, and what went wrong on the way: one sentence a broken cell."""

    functions: dict = field(default_factory=dict)
    problems: list = field(default_factory=list)


def load(path):
    """Run a .py file or a notebook's code cells in order and keep what they define.

    Cells tagged `demo` (long training) and nbgrader's locked check cells are passed over; output is dropped.

    Raises:
        Unreadable: no such file, no notebook, another kind of file.
    """
    path = Path(path)
    cells = _cells(path)
    loaded, names = Loaded(), {"__name__": path.stem, "__file__": str(path)}
    os.environ.setdefault("MPLBACKEND", "agg")  # a terminal may have no display
    with _in_folder_of(path):
        for label, source in cells:
            problem = _run(label, source, names)
            if problem:
                loaded.problems.append(problem)
    loaded.functions = {name: thing for name, thing in names.items() if not name.startswith("__")}
    return loaded


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
        return [
            (f"cell {number}", "".join(cell["source"]))
            for number, cell in enumerate(cells, 1)
            if cell["cell_type"] == "code" and not _passed_over(cell.get("metadata", {}))
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        told = f"line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else "it has no list of cells"
        raise Unreadable(f"{path}: this is no readable notebook ({told}); is there a backup in .ipynb_checkpoints?") from None


def _passed_over(metadata):
    nbgrader = metadata.get("nbgrader", {})
    return "demo" in metadata.get("tags", []) or bool(nbgrader.get("grade") and nbgrader.get("locked"))


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
