"""Which of the files that were handed in is which notebook of the assignment, by its name or by what stands in it."""

import re
import unicodedata
from dataclasses import dataclass, field, replace
from itertools import accumulate

from rnncourse.grading.intake.archive import unpack
from rnncourse.grading.intake.elsewhere import other_step
from rnncourse.grading.intake.limits import INTAKE
from rnncourse.grading.intake.match import Match, is_stub, is_work, match, same_name
from rnncourse.grading.intake.names import OTHER_ARCHIVES, is_archive, is_ignored, is_notebook
from rnncourse.grading.intake.notebook import Page, UnreadableError, read_notebook
from rnncourse.grading.intake.notes import Notes, listed, quoted
from rnncourse.grading.intake.prose import find_answers
from rnncourse.grading.intake.script import read_script
from rnncourse.grading.intake.shelf import Shelf
from rnncourse.grading.intake.slips import sides

EXACT, NEARLY, BY_CONTENT = range(3)  # how a file came to be taken for a notebook
MATCHED = 5  # programs that are matched with the release cell by cell: those that hold most of its names
SOLUTION = "### BEGIN SOLUTION"  # stands in the course's own solutions, and in no release
OTHER_SIDE = " (the other side of the conflict)"


@dataclass
class Choice:
    """The file that is taken for a notebook of the release, what was found in it, and how it was known."""

    path: str
    page: Page
    rank: int
    known: int  # named cells of the release that it holds
    match: Match = field(default_factory=Match)
    solved: int = 0
    answers: list = field(default_factory=list)  # ids of answers in words that stood near their cell
    no_answers: list = field(default_factory=list)
    is_script: bool = False

    @property
    def is_published(self):
        """Whether it is a solution of the course's own, as in a clone of the whole course."""
        folders = self.path.split("/")[:-1]
        return "solutions" in folders and any(SOLUTION in cell.source for cell in self.page.cells)


def choose(files, release, limits, notes):
    """Notebook name -> Choice, for the notebooks that were handed in; `release` maps a name to its list of Cells."""
    files = _searched(files, limits, notes)
    pages = _readable(files, limits, notes)
    offers = {name: [] for name in release}
    for path, page in pages.items():
        name, choice = _home(path, page, release)
        if name:
            offers[name].append(choice)
        else:
            _tell_stranger(path, page, notes)
    chosen = {name: _best(name, found, release[name], notes) for name, found in offers.items() if found}
    for name in release:  # in the order of the release, whatever the hash seed
        _compare_with_scripts(name, chosen, files, release[name], limits, notes)
    _tell_unused(files, chosen, pages, notes)
    return {name: chosen[name] for name in release if name in chosen}


def _searched(files, limits, notes):
    """The files without those Python files that are more than is looked through; the smaller ones come first."""
    programs = sorted((path for path in files if path.lower().endswith(".py")), key=lambda path: (len(files[path]), path))
    sizes = accumulate(len(files[path]) for path in programs)
    left = {path for path, size in zip(programs, sizes, strict=True) if size > limits.programs}
    if left:
        notes.notice(f"Python files of more than {limits.programs / 2**20:g} MB together; not looked through: {listed(map(quoted, sorted(left)), most=4)}")
    return {path: content for path, content in files.items() if path not in left}


def with_archives(files, release, limits, notes):
    """The files, with those of the archives in place of these if a notebook of the release is not there, or untouched.

    `release` maps a name to its list of Cells. Where notebooks lie there, or several archives, each is unpacked into a
    folder of its own, so that nothing takes another's place.
    """
    archives = sorted(filter(is_archive, files))
    if not any(map(is_notebook, files)):
        for path in sorted(path for path in files.keys() - set(archives) if path.lower().endswith(OTHER_ARCHIVES)):
            notes.refused(f"{quoted(path)} was not unpacked: of archives only .zip, .tar and .tar.gz are")
    if not archives:
        return dict(files)
    chosen = choose(files, release, limits, Notes())
    if all(name in chosen and chosen[name].solved for name in release):
        notes.notice(f"not unpacked, because a notebook with work in it was handed in: {listed(map(quoted, archives), most=4)}")
        return dict(files)
    return _unpack_each(files, archives, bool(chosen), limits, notes)


def _unpack_each(files, archives, with_notebook, limits, notes):
    shelf = Shelf(limits, notes)
    for path in sorted(files.keys() - set(archives)):
        shelf.put(path.split("/"), len(files[path]), lambda most, path=path: files[path][:most])
    why = "no work was found in the notebook that was handed in" if with_notebook else "no notebook was handed in"
    for path in archives[limits.archives :]:
        notes.refused(f"more than {limits.archives} archives were handed in; {quoted(path)} was not unpacked")
    for path in archives[: limits.archives]:
        notes.repaired(f"{why}; the archive {quoted(path)} was unpacked")
        own_folder = with_notebook or len(archives) > 1
        unpack(f"{_free_folder(path, shelf.files)}/{path.rpartition('/')[2]}" if own_folder else path, files[path], shelf)
    return shelf.files


def _free_folder(path, files):
    """The archive's path without its ending; with a word behind it, if something of that name is there."""
    folder = re.sub(r"(\.tar)?\.\w+$", "", path) or path
    while folder in files or any(other.startswith(f"{folder}/") for other in files):
        folder += " unpacked"
    return folder


def working_folder(files, chosen):
    """The files as a kernel is to find them: those near a notebook lie where it runs, and the notebooks chosen are left out.

    Where two of them would take one place, a notebook's neighbour has it, and the other file is left out.
    """
    above = sorted({choice.path.rpartition("/")[0] for choice in chosen.values()} - {""})
    places = {path: next((path[len(one) + 1:] for one in above if path.startswith(f"{one}/")), path) for path in files}
    found, folders = {}, set()
    for path in sorted(files.keys() - {choice.path for choice in chosen.values()}, key=lambda path: (places[path] == path, path)):
        place = places[path]
        on_the_way = {place[:end] for end, sign in enumerate(place) if sign == "/"}
        if place not in found and place not in folders and on_the_way.isdisjoint(found):
            found[place] = files[path]
            folders |= on_the_way
    return found


def read_release(content):
    """The cells of a notebook of the course's own; raises UnreadableError if it is none."""
    return read_notebook(content, INTAKE).cells


def _readable(files, limits, notes):
    """Path -> Page of the notebook files that can be read; the others are remarks."""
    pages = {}
    for path in sorted(files):
        if any(map(is_ignored, path.split("/"))) or not (is_notebook(path) or _holds_notebook(path, files[path])):
            continue
        if len(pages) == limits.notebooks:
            notes.refused(f"more than {limits.notebooks} notebooks were handed in; {quoted(path)} and those behind it were left aside")
            break
        versions, why = _versions(files[path]), None
        for number, content in enumerate(versions):
            try:
                page = read_notebook(content, limits)
                if not any(cell.text for cell in page.cells):
                    raise UnreadableError("it has no cell with any text")
                pages[path if number == 0 else f"{path}{OTHER_SIDE}"] = page
            except UnreadableError as error:
                why = why or error
        if len(versions) > 1 and why is None:
            notes.repaired(f"git's marks of a conflict stand in {quoted(path)}; each of the two sides was read as a file")
        if why is not None and not {path, f"{path}{OTHER_SIDE}"} & pages.keys():
            notes.refused(f"{quoted(path)} cannot be read as a notebook: {why}")
    return pages


def _holds_notebook(path, content):
    """Whether a file that is not called a notebook is one by what stands in it."""
    return path.lower().endswith((".json", ".txt")) and content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" and b'"cell_type"' in content


def _versions(content):
    """The two sides of a file with git's marks of a conflict in it; else the content alone."""
    text = content.decode("latin-1")
    return tuple(side.encode("latin-1") for side in sides(text)) if b"<<<<<<<" in content else (content,)


def _home(path, page, release):
    """(notebook name, Choice) of the notebook that a file is taken for, or ("", None)."""
    known = {name: _known(page, cells) for name, cells in release.items()}
    richest = max(known, key=known.get, default="")
    if not known.get(richest) and other_step(page.cells):
        return "", None
    stem = re.sub(r"(\.ipynb|\.json|\.txt)+$", "", path.removesuffix(OTHER_SIDE).rpartition("/")[2], flags=re.IGNORECASE)
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
    """The choice of several, by `_preference`; the others are named."""
    for one in found:
        _look_into(one, release)
    best, *others = sorted(found, key=_preference)
    if published := [quoted(one.path) for one in others if one.is_published]:
        notes.notice(f"left aside, because it holds the course's own solutions: {listed(published, most=4)}")
    others = [one for one in others if not one.is_published]
    if others:
        told = f"{quoted(best.path)} ({best.solved} solved)"
        rest = listed([f"{quoted(one.path)} ({one.solved} solved)" for one in others], most=4)
        notes.repaired(f"several files can be {name}.ipynb: {told} was taken, and left aside {rest}")
    if best.path != f"{name}.ipynb":
        notes.repaired(f"{quoted(best.path)} was taken for {name}.ipynb")
    notes.add(*best.page.remarks)
    return best


def _preference(choice):
    """What is preferred sorts first: a learner's own file, any work, the name, the cells it holds, the work in it."""
    return choice.is_published, not choice.solved, choice.rank, -choice.known, -choice.solved, choice.path.count("/"), choice.path


def _look_into(choice, release):
    cells = choice.page.cells
    choice.match = match(release, cells)
    cells, choice.answers, choice.no_answers = find_answers(release, cells, choice.match)
    for place, names in choice.match.other_names.items():
        if pair := same_name(release[place], names):
            mine = choice.match.chosen[place]
            cells[mine] = replace(cells[mine], source=f"{cells[mine].source}\n\n{pair[0]} = {pair[1]}")
    choice.page = replace(choice.page, cells=tuple(cells))
    written = [n for n, cell in enumerate(release) if is_work(cell) and n in choice.match.chosen]
    mine = {n: choice.page.cells[choice.match.chosen[n]] for n in written}
    choice.solved = sum(not is_stub(mine[n], release[n]) for n in written) + len(choice.match.pieces)


def _compare_with_scripts(name, chosen, files, release, limits, notes):
    """Take a program for a notebook that is not there, or untouched; name one whose work the notebook lacks."""
    script, notebook = _script(name, files, release, limits), chosen.get(name)
    if script is None:
        return
    if notebook is None:
        notes.repaired(f"no notebook {name}.ipynb was handed in, but the program {quoted(script.path)}; its cells were taken")
        chosen[name] = script
    elif not notebook.solved:
        notes.repaired(f"no work was found in {quoted(notebook.path)}, but in the program {quoted(script.path)}; its cells were taken")
        chosen[name] = script
    elif lacking := _work_in(script, release) - _work_in(notebook, release):
        notes.notice(f"{quoted(script.path)} was not graded, although it defines {listed(sorted(lacking), most=4)}, which the notebook leaves open")


def _work_in(choice, release):
    """Ids of the release's cells for which a choice holds work."""
    cells, standing = choice.page.cells, choice.match.chosen.items()
    found = {release[place].id for place, mine in standing if is_work(release[place]) and not is_stub(cells[mine], release[place])}
    return found | {release[place].id for place in choice.match.pieces}


def _script(name, files, release, limits):
    """The Choice of a Python file that holds work of this notebook, the most of all; or None."""
    found = []
    for path in sorted(path for path in files if path.lower().endswith(".py"))[: limits.notebooks]:
        page = read_script(files[path], limits)
        choice = Choice(path, page, NEARLY, _known(page, release), is_script=True)
        if choice.known and not choice.is_published:
            found.append(choice)
    likely = sorted(found, key=lambda one: (-one.known, _letters(name) not in _letters(one.path), one.path))[:MATCHED]
    for choice in likely:
        _look_into(choice, release)
    return max((one for one in likely if one.solved), key=lambda one: (one.solved, _letters(name) in _letters(one.path)), default=None)


def _tell_stranger(path, page, notes):
    if step := other_step(page.cells):
        notes.refused(f"{quoted(path)} is a notebook of {step}, not of this assignment, and was not graded; hand it in there")
    else:
        notes.notice(f"{quoted(path)} is none of the assignment's notebooks and was left aside")


def _tell_unused(files, chosen, pages, notes):
    """Where no work was found, the files that were handed in and not graded, so that a person may look into them."""
    if any(choice.solved for choice in chosen.values()):
        return
    used = {choice.path for choice in chosen.values()} | pages.keys()
    if unused := [path for path in sorted(files) if path not in used and not any(map(is_ignored, path.split("/")))]:
        notes.notice(f"no work was found, and these files were not graded: {listed(map(quoted, unused))}; expected is a notebook (.ipynb)")


def _letters(name):
    """A name without what copying, downloading and uploading add to it or change in it."""
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKD", name).casefold())
