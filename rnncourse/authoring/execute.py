"""Run a notebook in a kernel that knows nothing of the author's machine, so that two runs give the same bytes."""

import copy
import os
import re
import tempfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import nbformat

from rnncourse.authoring.fault import AuthoringError
from rnncourse.authoring.solution import NOTEBOOK_METADATA
from rnncourse.authoring.source import read_source

CELL_SECONDS = 180  # a lesson's cells take at most 60 s on two cores; beyond this one hangs
_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def kernel_environment(folder, **extra):
    """Environment of a kernel whose every file lies under `folder`, with one thread and quiet progress bars."""
    environment = {key: value for key, value in os.environ.items() if key != "NBGRADER_EXECUTION"}
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    return environment | dict.fromkeys(threads, "1") | {
        "RNNCOURSE_HOME": str(Path(folder, "home")),  # the author's own progress and predictions stay out
        "IPYTHONDIR": str(Path(folder, "ipython")),  # and so do start-up files
        "MATPLOTLIBRC": str(Path(folder, "matplotlibrc")),  # an empty one; the font cache is kept, it costs seconds
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONHASHSEED": "0",
        "CI": "true",
        "TQDM_DISABLE": "1",
        "COLUMNS": "100",
        "TZ": "UTC",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else the debugger warns on stderr in frozen-module builds
    } | extra


def execute(notebook, *, source=None, allow_errors=False, cell_seconds=CELL_SECONDS, **environment):
    """An executed copy of the notebook, run in a fresh empty folder; further names go into the kernel's environment.

    With `allow_errors` a failing cell keeps its error output and the run goes on. Otherwise AuthoringError names
    the cell, and the file and line of it if `source` is given.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    executed, running = copy.deepcopy(notebook), [0]
    with tempfile.TemporaryDirectory(prefix="rnncourse-") as folder:
        work = Path(folder, "work")
        work.mkdir()
        Path(folder, "matplotlibrc").touch()
        _fill_font_cache()
        client = NotebookClient(
            executed, timeout=cell_seconds, kernel_name="python3", allow_errors=allow_errors, record_timing=False,
            coalesce_streams=True, resources={"metadata": {"path": str(work)}},
            on_cell_start=lambda cell, cell_index: running.__setitem__(0, cell_index),
        )
        try:
            client.execute(env=kernel_environment(folder, **environment))
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise _failure(executed.cells[running[0]], source, running[0], error) from error
    return _without_traces(executed)


def _fill_font_cache():
    # matplotlib's first import on a machine says on stderr that it lists the fonts; let that not be in a notebook.
    if find_spec("matplotlib"):
        import_module("matplotlib.font_manager")


def _without_traces(notebook):
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    # Widget state carries random ids; figures that need it would be blank in feedback anyway.
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    return notebook


def _failure(cell, source, index, error):
    trace = _ESCAPE.sub("", str(error))
    within = re.search(rf"Cell In\[{cell.get('execution_count') or '[0-9]+'}\], line (\d+)", trace)
    start = read_source(source)[index].line if source else 0
    line = start + (int(within[1]) if within else 0)
    return AuthoringError(source or "notebook", line, f"cell {cell.id!r} failed: {_reason(error)}")


def _reason(error):
    if hasattr(error, "ename"):
        return f"{error.ename}: {error.evalue}"
    return "; ".join(line for line in str(error).splitlines()[:1] if line) or type(error).__name__
