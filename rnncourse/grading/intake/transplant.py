"""The learner's work in the course's own notebook: every cell of the release in its order, solutions and answers with the
learner's text, everything else as released, and the learner's other cells where they stood.

Nothing that was written is lost: what cannot stand at its place (a changed cell of the course's, a copy) follows as a
cell of its own.
"""

import json
from dataclasses import dataclass, field, replace

from rnncourse.grading.intake.choose import choose, read_release, with_archives, working_folder
from rnncourse.grading.intake.differences import differences, work_outside
from rnncourse.grading.intake.limits import INTAKE
from rnncourse.grading.intake.lookalikes import suspicious
from rnncourse.grading.intake.match import is_untouched, is_work
from rnncourse.grading.intake.notes import Notes, listed, quoted
from rnncourse.grading.submission import Remark

DEMO = "demo"  # tag of cells that are long to run, which the judge passes over


@dataclass(frozen=True)
class Repaired:
    """The notebooks of the assignment, each made of the release and what the learner wrote.

    `notebooks` maps every name of the release to an nbformat-4 notebook, a plain dict whose sources are texts and whose
    outputs are empty; a notebook that was not handed in, named in `missing`, is the release's. `remarks` says what was mended.
    `files` is what a learner's kernel finds in its folder.
    """

    notebooks: dict
    remarks: tuple[Remark, ...]
    missing: tuple[str, ...] = ()
    files: dict = field(default_factory=dict)

    @property
    def readable(self):
        """Whether any notebook of the assignment could be read."""
        return len(self.missing) < len(self.notebooks)


def repair(files, release, limits=INTAKE):
    """Transplant a learner's work into the release: a pure function, which nothing in `files` makes raise.

    Args:
        files: relative POSIX path -> content, as in a Submission.
        release: notebook name without suffix -> content of the released notebook.
        limits: an IntakeLimits.

    Returns:
        a `Repaired`. The untouched release comes back as it is, without a remark; repairing what this gives once more
        changes nothing.
    """
    notes = Notes()
    released = {name: read_release(content) for name, content in release.items()}
    files = with_archives(files, released, limits, notes)
    chosen = choose(files, released, limits, notes)
    notebooks = {}
    for name, content in release.items():
        notebooks[name] = notebook = _unrun(content)
        if name not in chosen:
            _tell_missing(name, chosen, notes)
            continue
        found = [*_Transplant(notebook, released[name], chosen[name]).done(), *_told(released[name], chosen[name])]
        notes.add(*(_of(name, one) if len(release) > 1 else one for one in found))
    missing = tuple(name for name in release if name not in chosen)
    return Repaired(notebooks, notes.remarks(limits.remarks), missing, working_folder(files, chosen))


def _unrun(content):
    """A released notebook with every source as one text, and nothing that was run in it.

    nbformat's reader would do the same; to import it takes longer than to repair a hundred submissions.
    """
    notebook = json.loads(content)
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
        if cell["cell_type"] == "code":
            cell |= {"execution_count": None, "outputs": []}
    return notebook


def _tell_missing(name, chosen, notes):
    if chosen:
        notes.notice(f"no notebook {name}.ipynb that can be read was handed in")
    else:
        notes.refused("no notebook of the assignment that can be read was handed in")


def _told(release, choice):
    yield from differences(release, choice.page.cells, choice.match, choice.page.language, choice.is_script)
    yield from work_outside(release, choice)


def _of(name, remark):
    return replace(remark, text=f"{name}: {remark.text}")


@dataclass
class _Extra:
    """A learner's cell that follows a cell of the release (-1: stands above all), with tags it inherits."""

    cell: object
    tags: tuple = field(default=())


class _Transplant:
    """Changes one notebook of the release in place."""

    def __init__(self, notebook, release, choice):
        self.notebook, self.release = notebook, release
        self.cells, self.match = choice.page.cells, choice.match
        self.with_ids = notebook["nbformat_minor"] >= 5
        self.taken = {cell.get("id") for cell in notebook["cells"]}

    def done(self):
        """Put everything in its place; returns remarks on characters that are not what they seem."""
        written = [self._fill(place) for place, cell in enumerate(self.release) if is_work(cell)]
        extras = self._extras()
        cells = []
        for place in range(-1, len(self.release)):
            cells += [self.notebook["cells"][place]] if place >= 0 else []
            new = [self._new_cell(extra) for extra in extras.get(place, ())]
            cells += new
            written += new
        self.notebook["cells"] = cells
        return [remark for cell in written if cell and cell["cell_type"] == "code" for remark in self._seeming(cell)]

    def _fill(self, place):
        """The cell of the release with the learner's work in it, or None if there is none."""
        cell, stub = self.notebook["cells"][place], self.release[place]
        if place in self.match.pieces:
            cell["source"] = self.match.pieces[place]
            return cell
        mine = self.cells[self.match.chosen[place]] if place in self.match.chosen else stub
        if is_untouched(mine, stub) and not mine.attachments:
            return None
        cell["source"] = mine.source if mine.text else stub.source
        if cell["cell_type"] == "markdown" and mine.attachments:
            cell["attachments"] = mine.attachments
        return cell

    def _extras(self):
        """Place in the release -> the learner's cells that follow it, in their order."""
        after, extras, place = dict(self.match.in_order()), {}, -1
        stands_for = {mine: where for where, mine in self.match.chosen.items()}
        for mine, cell in enumerate(self.cells):
            where = stands_for.get(mine)
            place = after.get(mine, place)
            if where is None:
                copied = self.match.place.get(mine)
                if cell.text and not (copied is not None and is_untouched(cell, self.release[copied])):
                    extras.setdefault(self._above(mine, place), []).append(_Extra(cell))
            elif self._was_changed(where, cell):
                extras.setdefault(where, []).insert(0, _Extra(cell, self.release[where].tags))
        return extras

    def _above(self, mine, place):
        """The cell of the release that an extra cell follows; an older copy of a cell stands above that cell."""
        copied = self.match.place.get(mine)
        return place - 1 if copied == place and mine < self.match.chosen[copied] else place

    def _was_changed(self, place, cell):
        stub = self.release[place]
        return not is_work(stub) and cell.text and cell.text != stub.text and not (stub.grade_id and cell.bare == stub.bare)

    def _new_cell(self, extra):
        cell = extra.cell
        made = {"cell_type": cell.kind, "metadata": {}, "source": cell.source}
        if self.with_ids:
            made["id"] = self._new_id(cell.id)
        if DEMO in (*extra.tags, *cell.tags):  # the only tag that means anything to grading
            made["metadata"]["tags"] = [DEMO]
        if cell.kind == "code":
            made |= {"execution_count": None, "outputs": []}
        elif cell.attachments:
            made["attachments"] = cell.attachments
        return made

    def _new_id(self, wanted):
        number = 1
        while not wanted or wanted in self.taken:
            wanted = f"extra-{number:02d}"
            number += 1
        self.taken.add(wanted)
        return wanted

    def _seeming(self, cell):
        if found := suspicious(cell["source"], self._known_names()):
            told = listed([f"{text} in line {line}" for line, text in found], most=5)
            yield Remark("tampered", f"the code holds characters that are not what they seem: {told}", cell.get("id", ""))

    def _known_names(self):
        return frozenset().union(*(cell.words for cell in self.release if cell.kind == "code"))
