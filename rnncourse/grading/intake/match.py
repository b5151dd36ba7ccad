"""Which of a learner's cells is which of the release's, also when names, ids and order are lost.

In this order: nbgrader's name of the cell; the id, for cells that have such a name; the same text; for work to be done, the
function that a cell defines; the id, where the neighbours agree; likeness, between cells that are known.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass, field, replace

from rnncourse.grading.intake.code import definition_of, functions, likeness

ALIKE = 0.5  # words in common, from which a cell of the course's is taken for a changed one
ALIKE_WORK = 0.3  # the same for a cell in which the learner was to write


def is_work(cell):
    """Whether the learner writes in this cell of the release: a solution or an answer."""
    return bool(cell.block.get("solution"))


def is_check(cell):
    return bool(cell.block.get("grade")) and not is_work(cell)


def is_untouched(cell, stub):
    """Whether nothing was written in a cell: it is empty, or the release's."""
    return not cell.text or cell.text == stub.text


def is_stub(cell, stub):
    """Whether there is no work in a cell: comments at most."""
    return is_untouched(cell, stub) or (cell.kind == stub.kind == "code" and cell.bare == stub.bare)


@dataclass
class Match:
    """The outcome; cells are named by their places in the two lists.

    `chosen` gives for a cell of the release the learner's that stands for it, and `how` in what way it was found:
    "name", "id", "text", "function", "likeness". `place` gives for a learner's cell the release's at whose place it
    stands; copies of one cell have the same. `moved` are cells of the release whose work was found elsewhere
    while an empty one stood at its place, and `pieces` are definitions that stood in a cell with other work.
    `other_names` gives for a solution's cell without the function that is asked for those that it defines.
    """

    chosen: dict[int, int] = field(default_factory=dict)
    how: dict[int, str] = field(default_factory=dict)
    place: dict[int, int] = field(default_factory=dict)
    moved: set[int] = field(default_factory=set)
    pieces: dict[int, str] = field(default_factory=dict)
    other_names: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def copies(self, wanted):
        """The learner's cells that stand at the place of one cell of the release."""
        return [mine for mine, place in self.place.items() if place == wanted]

    def in_order(self):
        """(learner's cell, release's) of as many pairs as stand in the same order in both: ascending in both."""
        tops, ends, before = [], [], {}  # the usual search for the longest ascending sequence
        pairs = sorted(self.place.items())
        for number, (_, place) in enumerate(pairs):
            length = bisect_left(tops, place)
            before[number] = ends[length - 1] if length else None
            tops[length:length + 1], ends[length:length + 1] = [place], [number]
        found, number = [], ends[-1] if ends else None
        while number is not None:
            found.append(pairs[number])
            number = before[number]
        return found[::-1]


def match(release, cells):
    """The Match of a learner's cells with the release's, two lists of Cell."""
    return _Matching(release, cells).matched()


class _Matching:
    def __init__(self, release, cells):
        self.release, self.cells, self.match = release, list(cells), Match()
        self.moved_from = set()  # learner's cells whose work stands for a cell elsewhere

    def matched(self):
        self._by_name()
        self._by_text(same_id=True)
        self._by_text(same_id=False)
        self._by_function()
        self._by_neighbours()
        self._note_other_names()
        return self.match

    def _by_name(self):
        """By nbgrader's name, or by the id of a cell that has such a name."""
        names = {cell.grade_id: place for place, cell in enumerate(self.release) if cell.grade_id}
        ids = {cell.id: place for place, cell in enumerate(self.release) if cell.grade_id and cell.id}
        found = {}
        for mine, cell in enumerate(self.cells):
            place = names.get(cell.grade_id, ids.get(cell.id))
            if place is not None:
                self.match.place[mine] = place
                found.setdefault(place, []).append(mine)
        for place, copies in found.items():
            self.match.chosen[place] = mine = self._best(place, copies)
            self.match.how[place] = "name" if self.cells[mine].grade_id in names else "id"
            self.cells[mine] = self._as_released(place, mine)

    def _as_released(self, place, mine):
        """A cell of the learner's as one of the kind that it has in the release, which it will have again."""
        cell, kind = self.cells[mine], self.release[place].kind
        return cell if cell.kind == kind else replace(cell, kind=kind)

    def _best(self, place, copies):
        """Of several copies of one cell the one that counts."""
        stub = self.release[place]
        if not is_work(stub):
            return next((mine for mine in copies if self.cells[mine].text == stub.text), copies[0])
        written = [mine for mine in copies if not is_stub(self._as_released(place, mine), stub)]
        defining = [mine for mine in written if _wanted(stub) <= self._as_released(place, mine).names]
        commented = [mine for mine in copies if not is_untouched(self.cells[mine], stub)]
        return (defining or written or commented or copies)[-1]

    def _by_text(self, same_id):
        """By the text, of a cell with the same id or of the first that has it."""
        same = {}
        for mine in reversed(range(len(self.cells))):
            if mine not in self.match.place and self.cells[mine].text:
                same.setdefault((self.cells[mine].kind, self.cells[mine].text), []).append(mine)
        for place, cell in self._open():
            found = same.get((cell.kind, cell.text), [])
            if same_id:
                found = [mine for mine in found if cell.id and self.cells[mine].id == cell.id]
            if found:
                self._pair(place, found[-1], "text")
                same[cell.kind, cell.text].remove(found[-1])

    def _by_function(self):
        """Work by the names that it defines: in a cell of its own, or among other work."""
        given = {cell.text for cell in self.release}  # the course's own cells may define the same name
        written = [n for n, cell in enumerate(self.cells) if cell.text not in given]
        for place, stub in enumerate(self.release):
            mine = self.match.chosen.get(place)
            if not is_work(stub) or not _wanted(stub) or (mine is not None and not is_stub(self.cells[mine], stub)):
                continue
            defining = [n for n in written if _wanted(stub) <= self.cells[n].names and not is_stub(self.cells[n], stub)]
            standing = {*self.match.chosen.values(), *self.moved_from}
            free = [n for n in defining if n not in standing]  # copies of other cells too, which stand for nothing
            if free:
                self._take_work(place, free[-1], empty_one=mine is not None)
            elif defining and (piece := self._piece(stub, self.cells[defining[-1]])):
                self.match.pieces[place] = piece

    def _take_work(self, place, mine, empty_one):
        if empty_one:
            self.match.chosen[place] = mine
            self.match.how[place] = "function"
            self.match.moved.add(place)
            self.moved_from.add(mine)
        else:
            self._pair(place, mine, "function")

    def _piece(self, stub, cell):
        """The definitions that a stub asks for, out of a cell with more in it; "" if they are the stub itself."""
        piece = "\n\n\n".join(definition_of(name, cell.source) for name in sorted(_wanted(stub)))
        return "" if is_stub(replace(cell, source=piece), stub) else piece

    def _by_neighbours(self):
        """What is left, between neighbours that are known: by id, then by likeness."""
        for same_id in (True, False):
            pairs = self.match.in_order()
            last = -1
            for place, cell in self._open():
                low, high = _between(pairs, place, len(self.cells))
                free = [n for n in range(max(low, last) + 1, high) if n not in self.match.place and n not in self.moved_from]
                mine = self._same_id(cell, free) if same_id else self._alike(cell, free)
                if mine is not None:
                    self._pair(place, mine, "id" if same_id else "likeness")
                    last = mine

    def _same_id(self, cell, free):
        return next((mine for mine in free if cell.id and self.cells[mine].id == cell.id), None)

    def _alike(self, cell, free):
        """The cell most like this one; for an answer in words, without any likeness, the first text there is."""
        same_kind = [mine for mine in free if self.cells[mine].kind == cell.kind and self.cells[mine].text]
        best = max(same_kind, key=lambda mine: likeness(cell.words, self.cells[mine].words), default=None)
        if best is not None and likeness(cell.words, self.cells[best].words) >= (ALIKE_WORK if is_work(cell) else ALIKE):
            return best
        return same_kind[0] if same_kind and is_work(cell) and not _wanted(cell) else None

    def _note_other_names(self):
        """Solutions under another name, where nothing that the learner wrote mentions the one that is asked for."""
        given = {cell.text for cell in self.release}
        code = [cell for cell in self.cells if cell.kind == "code" and cell.text not in given]
        mentioned = frozenset().union(*(cell.words for cell in code))
        for place, mine in self.match.chosen.items():
            stub, cell = self.release[place], self.cells[mine]
            if is_work(stub) and _wanted(stub) and not _wanted(stub) & mentioned and not is_stub(cell, stub):
                if found := functions(cell.source):
                    self.match.other_names[place] = found

    def _open(self):
        """(place, cell) of the release's cells that nothing stands for yet."""
        found = [(place, cell) for place, cell in enumerate(self.release) if place not in self.match.chosen]
        return [(place, cell) for place, cell in found if place not in self.match.pieces]

    def _pair(self, place, mine, how):
        self.match.chosen[place], self.match.how[place], self.match.place[mine] = mine, how, place


def _wanted(stub):
    """The names that a solution cell is to define: the one it is called after, or all that its stub defines."""
    return frozenset({stub.grade_id}) if stub.grade_id in stub.names else stub.names


def same_name(stub, names):
    """(the name that is asked for, the one of `names` that differs from it in capitals, digits and underscores alone), or None."""
    wanted = _wanted(stub)
    alike = [name for name in names if {_letters(name)} == {_letters(one) for one in wanted}]
    return (*wanted, *alike) if len(wanted) == len(alike) == 1 else None


def _letters(name):
    return re.sub(r"_?v\d+$|[\d_]", "", name).casefold()


def _between(pairs, place, end):
    """The learner's cells before and behind which a cell of the release must stand, given the pairs in order."""
    number = bisect_left(pairs, place, key=lambda pair: pair[1])
    low = pairs[number - 1][0] if number else -1
    return low, pairs[number][0] if number < len(pairs) else end
