"""Which of the files that were handed in is which notebook of the assignment, by its name or by what stands in it."""

import re
import unicodedata
from dataclasses import dataclass, field

from rnncourse.grading.intake.limits import INTAKE
from rnncourse.grading.intake.match import Match, is_stub, is_work, match
from rnncourse.grading.intake.names import is_ignored, is_notebook
from rnncourse.grading.intake.notebook import Page, UnreadableError, read_notebook
from rnncourse.grading.intake.notes import Notes, listed, quoted
from rnncourse.grading.intake.script import read_script

EXACT, NEARLY, BY_CONTENT = range(3)  # how a file came to be taken for a notebook


@dataclass
class Choice:
    """The file that is taken for a notebook of the release, what was found in it, and how it was known."""

    path: str
    page: Page
    rank: int
    known: int  # named cells of the release that it holds
    match: Match = field(default_factory=Match)
    solved: int = 0
    is_script: bool = False


def choose(files, release, limits, notes):
    """Notebook name -> Choice, for the notebooks that were handed in; `release` maps a name to its list of Cells."""
    pages = _readable(files, limits, notes)
    offers = {name: [] for name in release}
    for path, page in pages.items():
        name, choice = _home(path, page, release)
        if name:
            offers[name].append(choice)
        else:
            notes.notice(f"{quoted(path)} is none of the assignment's notebooks and was left aside")
    chosen = {name: _best(name, found, release[name], notes) for name, found in offers.items() if found}
    for name in [name for name in release if name not in chosen]:  # in the order of the release, whatever the hash seed
        if script := _script(name, files, release[name], limits):
            notes.repaired(f"no notebook {name}.ipynb was handed in, but the program {quoted(script.path)}; its cells were taken")
            chosen[name] = script
    return chosen


def has_notebook(files, release, limits=INTAKE):
    """Whether a submission's files hold any notebook of the release (name -> content) that can be read."""
    cells = {name: read_release(content) for name, content in release.items()}
    return bool(choose(files, cells, limits, Notes()))


def read_release(content):
    """The cells of a notebook of the course's own; raises UnreadableError if it is none."""
    return read_notebook(content, INTAKE).cells


def _readable(files, limits, notes):
    """Path -> Page of the notebook files that can be read; the others are remarks."""
    pages = {}
    for path in sorted(files):
        if not is_notebook(path) or any(map(is_ignored, path.split("/"))):
            continue
        if len(pages) == limits.notebooks:
            notes.refused(f"more than {limits.notebooks} notebooks were handed in; {quoted(path)} and those behind it were left aside")
            break
        try:
            page = read_notebook(files[path], limits)
            if not any(cell.text for cell in page.cells):
                raise UnreadableError("it has no cell with any text")
            pages[path] = page
        except UnreadableError as error:
            notes.refused(f"{quoted(path)} cannot be read as a notebook: {error}")
    return pages


def _home(path, page, release):
    """(notebook name, Choice) of the notebook that a file is taken for, or ("", None)."""
    known = {name: _known(page, cells) for name, cells in release.items()}
    richest = max(known, key=known.get, default="")
    stem = re.sub(r"\.ipynb(\.txt|\.json)?$", "", path.rpartition("/")[2], flags=re.IGNORECASE)
    if stem in release and (known[stem] or not known[richest]):  # else two files were named after each other
        return stem, Choice(path, page, EXACT, known[stem])
    # The longest name counts: "rnn_lab (1)" is no "rnn".
    named = max((name for name in release if _letters(name) and _letters(name) in _letters(stem)), key=len, default="")
    if named and (known[named] or not known[richest]):
        return named, Choice(path, page, NEARLY, known[named])
    return (richest, Choice(path, page, BY_CONTENT, known[richest])) if richest and known[richest] else ("", None)


def _known(page, release):
    """How many solutions and checks of the release a page holds, by nbgrader's name or by the function that is written.

    Other names, such as "imports", are those of every notebook of the course.
    """
    names = {cell.grade_id for cell in release if cell.block.get("solution") or cell.block.get("grade")}
    functions = frozenset().union(*(cell.names for cell in release if is_work(cell)))
    named = {cell.grade_id for cell in page.cells} & names
    written = frozenset().union(*(cell.names for cell in page.cells)) & functions
    return len(named | written)


def _best(name, found, release, notes):
    """The choice of several: one with any work in it, then by name, by the cells it holds, and by the work in it."""
    for one in found:
        _look_into(one, release)
    best, *others = sorted(found, key=lambda one: (not one.solved, one.rank, -one.known, -one.solved, one.path.count("/"), one.path))
    if others:
        told = f"{quoted(best.path)} ({best.solved} solved)"
        rest = listed([f"{quoted(one.path)} ({one.solved} solved)" for one in others], most=4)
        notes.repaired(f"several files can be {name}.ipynb: {told} was taken, and left aside {rest}")
    if best.path != f"{name}.ipynb":
        notes.repaired(f"{quoted(best.path)} was taken for {name}.ipynb")
    notes.add(*best.page.remarks)
    return best


def _look_into(choice, release):
    choice.match = match(release, choice.page.cells)
    written = [n for n, cell in enumerate(release) if is_work(cell) and n in choice.match.chosen]
    mine = {n: choice.page.cells[choice.match.chosen[n]] for n in written}
    choice.solved = sum(not is_stub(mine[n], release[n]) for n in written) + len(choice.match.pieces)


def _script(name, files, release, limits):
    """The Choice of a Python file that holds work of this notebook, the most of all; or None."""
    found = []
    for path in sorted(path for path in files if path.lower().endswith(".py"))[: limits.notebooks]:
        page = read_script(files[path], limits)
        choice = Choice(path, page, NEARLY, _known(page, release), is_script=True)
        _look_into(choice, release)
        if choice.known and choice.solved:
            found.append(choice)
    return max(found, key=lambda one: (one.solved, _letters(name) in _letters(one.path)), default=None)


def _letters(name):
    """A name without what copying, downloading and uploading add to it or change in it."""
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKD", name).casefold())
