"""Fill a sheet: from a verdict, a notebook and marks to all that a page says, each piece made harmless on the way."""

import re

from markupsafe import Markup, escape

from rnncourse.checking.text import findings
from rnncourse.grading.characters import spelt
from rnncourse.grading.feedback.code import highlighted
from rnncourse.grading.feedback.markdown import answer, hint
from rnncourse.grading.feedback.marks import Mark
from rnncourse.grading.feedback.notebook import Cell, opening_title, read_cells, title
from rnncourse.grading.feedback.outputs import safe_outputs
from rnncourse.grading.feedback.sheet import Item, Sheet
from rnncourse.grading.feedback.steps import next_steps
from rnncourse.grading.verdict import NotebookVerdict

# kind of remark -> heading, what weighs most first
REMARKS = {
    "refused": "Not taken",
    "tampered": "Changed back, since these parts belong to the course",
    "repaired": "Mended, at no cost to you",
    "notice": "Good to know",
}
_PICTURE = re.compile(r"data:image/[a-z]+;base64,[A-Za-z0-9+/=]*")
_STUB = re.compile(r"# Your code here\s+raise NotImplementedError\s*\Z")  # the cell as it was handed out

TEXT = 600  # characters of one finding, remark or sentence
COMMENT = 4_000  # characters of one comment
MANY = 20  # remarks of one kind, stopped cells
LEARNERS = 110_000  # bytes of HTML for all that the student wrote, pictures apart
PICTURES = 1_500_000  # bytes of all data URIs
LEFT_OUT = Markup('<p class="quiet">Left out here, because the page would become too long. It is in your notebook.</p>')


class Room:
    """How much HTML a page has left for what the student wrote; pictures are counted by themselves."""

    def __init__(self, text=LEARNERS, pictures=PICTURES):
        self.text, self.pictures = text, pictures

    def fit(self, html, otherwise):
        """The HTML where it fits, else the other text."""
        pictures = sum(map(len, _PICTURE.findall(html)))
        text = len(html.encode("utf-8")) - pictures
        if text > self.text or pictures > self.pictures:
            return otherwise
        self.text, self.pictures = self.text - text, self.pictures - pictures
        return html


def filled(student, assignment, verdict, name, notebook, marks, received, late):
    """The `Sheet` of one notebook; arguments as for `rnncourse.grading.feedback.page`."""
    checked = any(one.name == name for one in verdict.notebooks)
    judged = next((one for one in verdict.notebooks if one.name == name), NotebookVerdict(name))
    cells, marks, room = read_cells(notebook), {one.cell: one for one in marks}, Room()
    items = _items(judged, cells, marks, room)
    return Sheet(
        spelt(student, 200),
        spelt(assignment, 200),
        spelt(name, 200),
        spelt(opening_title(notebook), 120) or spelt(name, 200).replace("_", " ").capitalize(),
        items,
        _remarks(verdict),
        tuple(
            (spelt(text, TEXT), _code(cells, cell, room)) for cell, text in list((judged.failed or {}).items())[:MANY]
        ),
        _outputs(judged.outputs or {}, cells, room),
        verdict.isolation != "none",
        received,
        late,
        verdict.version,
        verdict.key[:12],
        tuple(next_steps(items, checked)),
        checked,
    )


def _items(judged, cells, marks, room):
    """Exercises and answers in the order of the notebook."""
    places = _places(cells)
    checks = {one.cell: one for one in judged.graded}
    answers = [cell for cell in cells.values() if cell.by_hand and cell.id not in checks]
    gone = [
        Cell(one.cell, "raw", "")
        for one in marks.values()
        if one.max_points is not None and one.cell not in {*cells, *checks}
    ]
    order = sorted([*checks, *(one.id for one in (*answers, *gone))], key=lambda id: places.get(id, len(places)))
    by_hand = {one.id: one for one in (*answers, *gone)}
    made = []
    for number, id in enumerate(order, 1):
        anchor = f"part-{number}"
        made.append(
            _exercise(anchor, checks[id], cells, marks, room)
            if id in checks
            else _answer(anchor, by_hand[id], marks, room)
        )
    return tuple(made)


def _places(cells):
    return {id: place for place, id in enumerate(cells)}


def _exercise(anchor, graded, cells, marks, room):
    report, mark = graded.report, marks.get(graded.cell, Mark(graded.cell))
    points = report.points if mark.points is None else mark.points
    number, heading = title(getattr(cells.get(graded.cell), "heading", ""))
    rows = [(label, spelt(text, TEXT)) for label, text in findings(report) if label != "points"]
    return Item(
        anchor,
        report.id,
        spelt(heading, 120) if number == report.id else report.name.replace("_", " "),
        _state(report, points),
        points,
        report.max_points,
        report.name,
        tuple(rows),
        tuple((one.name, one.points * one.passed, one.points, one.passed) for one in report.parts),
        (hint(report.hint.text), report.hint.place, report.hint.of) if report.hint else None,
        _code(cells, report.name, room),
        _comment(marks, graded.cell, report.name),
        "" if points == report.points else f"Your instructor set these points; the check gave {report.points:.4g}.",
    )


def _state(report, points):
    if report.passed or points <= 0:
        return report.status
    return "graded" if points >= report.max_points else "partly"


def _answer(anchor, cell, marks, room):
    mark = marks.get(cell.id, Mark(cell.id, None, cell.points))
    number, heading = title(cell.heading)
    work = highlighted(cell.source) if cell.kind == "code" else answer(cell.source, cell.attachments)
    if cell.kind == "code":
        work = Markup('<pre class="code"><code>{}</code></pre>').format(work)
    return Item(
        anchor,
        spelt(number, 20),
        spelt(heading or cell.id.replace("_", " "), 120) or "Answer",
        "waiting" if mark.points is None else "graded",
        mark.points,
        mark.max_points if mark.max_points is not None else cell.points,
        work=room.fit(work, LEFT_OUT),
        comment=_comment(marks, cell.id),
    )


def _code(cells, cell, room):
    source = cells[cell].source if cell in cells else ""
    if not source.strip() or _STUB.search(source[-200:]):
        return Markup("")
    return room.fit(highlighted(source), escape(spelt(source, 500)))


def _comment(marks, *ids):
    return "\n".join(spelt(marks[id].comment, COMMENT).strip() for id in ids if id in marks and marks[id].comment)


def _remarks(verdict):
    told = {
        kind: dict.fromkeys(spelt(one.text, TEXT) for one in verdict.remarks if one.kind == kind) for kind in REMARKS
    }
    return tuple((REMARKS[kind], tuple(texts)[:MANY]) for kind, texts in told.items() if texts)


def _outputs(kept, cells, room):
    shown, places = [], _places(cells)
    for id in sorted(kept, key=lambda id: places.get(id, len(places))):
        fitting = [one for one in safe_outputs(kept[id]) if room.fit(one.picture + escape(one.text), "")]
        if fitting:
            first = cells[id].source.strip().partition("\n")[0] if id in cells else ""
            shown.append((spelt(first, 80) or "a cell", fitting))
    return tuple(shown)
