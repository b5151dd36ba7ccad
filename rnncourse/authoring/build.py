"""Build what changed: run the sources that no longer match their notebooks, then make the student's copy anew."""

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from rnncourse.authoring.course_map import course_map
from rnncourse.authoring.execute import execute
from rnncourse.authoring.fault import AuthoringError, Fault
from rnncourse.authoring.lint import lint
from rnncourse.authoring.release import ReleaseError, release
from rnncourse.authoring.solution import solution_notebook, to_bytes, without_outputs


@dataclass
class Outcome:
    """What a build did (file names relative to the repo), and what stood in its way."""

    executed: list = field(default_factory=list)
    written: list = field(default_factory=list)
    failures: list = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def good(self):
        return not self.failures and not self.faults


def sources(root, names=()):
    """Sources under `root`/solutions, in order; with names only those whose step or file has one of these names.

    Raises LookupError for a name that fits none.
    """
    found = sorted(Path(root, "solutions").glob("*/*.py"))
    if not names:
        return found
    fits = {name: [path for path in found if _fits(path, name)] for name in names}
    for name, paths in fits.items():
        if not paths:
            raise LookupError(f"no source is called {name!r}; there are {', '.join(path.parent.name for path in found) or 'none'}")
    return [path for path in found if any(path in paths for paths in fits.values())]


def _fits(path, name):
    asked = Path(name)
    return path.parent.name == asked.name or path.stem == asked.stem


def is_fresh(source):
    """Whether the notebook beside the source is this source, executed: same cells, ids and metadata."""
    path = source.with_suffix(".ipynb")
    if not path.exists():
        return False
    try:
        built = nbformat.read(path, as_version=4)
    except (ValueError, KeyError, AttributeError):  # cut off, or no notebook
        return False
    run = all(cell.execution_count for cell in built.cells if cell.cell_type == "code" and cell.source.strip())
    return run and to_bytes(without_outputs(built)) == to_bytes(solution_notebook(source))


def stale(root, names=()):
    """Files that a build would write anew, relative to `root`; an empty list says that everything is in step."""
    root = Path(root)
    late = [source.with_suffix(".ipynb") for source in sources(root, names) if not is_fresh(source)]
    if not late:
        with tempfile.TemporaryDirectory(prefix="rnncourse-") as folder:
            _release_with_map(root, folder)
            late = [root / "course" / name for name in _differences(Path(folder), root / "course")]
    return [path.relative_to(root).as_posix() for path in late]


def build(root, names=(), *, everything=False, tell=lambda line: None):
    """Execute changed sources, write their notebooks, lint, write course/; returns an Outcome.

    A notebook is written whole or not at all, and course/ is touched only if nothing failed and lint is content.
    `tell` gets one line for each notebook before it is run.
    """
    root, outcome = Path(root), Outcome()
    for source in sources(root, names):
        try:
            if everything or not is_fresh(source):
                tell(f"running {source.relative_to(root)}")
                _build_one(root, source, outcome)
        except AuthoringError as error:
            outcome.failures.append(str(error).replace(f"{root}{os.sep}", ""))
    if not outcome.failures:
        _build_course(root, outcome)
    return outcome


def _build_one(root, source, outcome):
    executed = execute(solution_notebook(source), source=source)
    outcome.executed.append(source.relative_to(root).as_posix())
    if _replace(source.with_suffix(".ipynb"), to_bytes(executed)):
        outcome.written.append(source.with_suffix(".ipynb").relative_to(root).as_posix())


def _build_course(root, outcome):
    with tempfile.TemporaryDirectory(prefix="rnncourse-") as folder:
        try:
            _release_with_map(root, folder)
        except ReleaseError as error:
            outcome.failures.append(str(error))
            return
        outcome.faults += lint(root, course=folder)
        if not outcome.faults:
            outcome.written += [f"course/{name}" for name in _mirror(Path(folder), root / "course")]


def _release_with_map(root, folder):
    release(root, folder)
    Path(folder, "README.md").write_text(course_map(folder), encoding="utf-8")


def _files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")
            if path.is_file() and ".ipynb_checkpoints" not in path.parts}


def _differences(new, old):
    """Names of files that are missing in `old`, too many there, or different."""
    both = _files(new) & _files(old)
    return sorted((_files(new) ^ _files(old)) | {name for name in both if (new / name).read_bytes() != (old / name).read_bytes()})


def _mirror(new, old):
    changed = _differences(new, old)
    for name in changed:
        if (new / name).exists():
            _replace(old / name, (new / name).read_bytes())
        else:
            (old / name).unlink()
            _prune((old / name).parent, old)
    return changed


def _prune(folder, top):
    """Remove the folder and those above it, up to `top`, as far as they are empty."""
    while folder != top and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _replace(path, content):
    """Put content in place of the file at once, so that nobody ever reads half of it; False if it was that already."""
    if path.exists() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
    return True
