"""What an instructor should know of how a learner's notebook differs from the release: one short function a kind, each yields remarks."""

from rnncourse.grading.intake.match import is_check, is_untouched, is_work, same_name
from rnncourse.grading.intake.notes import listed, printable, quoted
from rnncourse.grading.submission import Remark

# What nbgrader has to know of a cell. A missing entry and a false one say the same.
_BLOCK = ("grade_id", "grade", "locked", "solution", "task", "points", "cell_type")


def differences(release, cells, match, language="", is_script=False):
    """All remarks on one notebook; nothing for the untouched release, whatever was run in it.

    `release` and `cells` are the two lists of Cell, `match` the Match between them. A program that was
    handed in for a notebook has no metadata and few of the course's cells, and nobody is told of that.
    """
    pairs = [(release[place], cells[mine]) for place, mine in sorted(match.chosen.items()) if place not in match.moved]
    yield from _work_elsewhere(release, match)
    if is_script:
        return
    yield from _missing(release, match)
    yield from _copies(release, cells, match)
    yield from _order(release, match)
    yield from _metadata_lost(pairs)
    for stub, cell in pairs:
        yield from _block_changed(stub, cell)
        yield from _kind_changed(stub, cell)
        yield from _added(stub, cell)
        yield from _text_changed(stub, cell)
    yield from _given_changed(pairs)
    if language and not language.startswith("python"):
        yield Remark("repaired", f"the notebook asks for a kernel of the language {quoted(language, 30)}; it is graded with the course's")


def work_outside(release, choice):
    """What was written under another name, and answers in words that stand outside their cell, or are nowhere."""
    yield from _other_names(release, choice.match)
    for name in choice.answers:
        yield Remark("repaired", "the answer was left as it was released; the text near it was put here, to be graded by hand", name)
    if choice.solved and choice.no_answers and (texts := _own_texts(choice)):
        yield Remark("notice", f"no answer was written in {listed(choice.no_answers)}; the learner's own text elsewhere was not graded: {quoted(texts[0])}")


def _other_names(release, match):
    for place, names in sorted(match.other_names.items()):
        stub = release[place]
        asked = " and ".join(sorted(stub.names)) if stub.grade_id not in stub.names else stub.grade_id
        said = f"this cell defines {listed(names, most=3)}, and the exercise asks for {asked}, which is defined nowhere"
        if pair := same_name(stub, names):
            yield Remark("repaired", f"{said}; {pair[1]} was taken for it", stub.id)
        else:
            yield Remark("notice", said, stub.id)


def _own_texts(choice):
    """The learner's own cells of text that are long enough for an answer, the longest first."""
    standing = set(choice.match.place)
    texts = [cell.text for n, cell in enumerate(choice.page.cells) if n not in standing and cell.kind == "markdown"]
    return sorted((" ".join(text.split()) for text in texts if len(text.split()) >= 20), key=len, reverse=True)


def _work_elsewhere(release, match):
    for place in sorted(match.moved):
        yield Remark("repaired", "the work was found in a cell of its own, while this one was left empty", release[place].id)
    for place in sorted(match.pieces):
        yield Remark("repaired", "the work was found in a cell with other work in it, and a copy was put here", release[place].id)


def _missing(release, match):
    gone = [cell for place, cell in enumerate(release) if place not in match.chosen and place not in match.pieces]
    if named := [cell.id for cell in gone if cell.grade_id]:
        yield Remark("repaired", f"missing cells were put back: {listed(named)}")
    if given := [cell.id for cell in gone if not cell.grade_id]:
        yield Remark("notice", f"cells of the course's own that were deleted are back: {listed(given)}")


def _copies(release, cells, match):
    standing = set(match.chosen.values())
    for place in sorted(match.chosen):
        copies = match.copies(place)
        if len(copies) > 1:
            others = [mine for mine in copies if mine not in standing and not is_untouched(cells[mine], release[place])]
            kept = "; the others stay as cells of their own" if others else ""
            counts = "the last with work in it" if is_work(release[place]) else "the course's"
            yield Remark("repaired", f"there were {len(copies)} copies of this cell, and {counts} counts{kept}", release[place].id)


def _order(release, match):
    standing = set(match.in_order())
    moved = [release[place].id for place, mine in sorted(match.chosen.items()) if match.place.get(mine) == place and (mine, place) not in standing]
    if moved:
        yield Remark("repaired", f"cells stood in another order than the course's, which was restored: {listed(moved)}")


def _metadata_lost(pairs):
    lost = [stub.id for stub, cell in pairs if stub.grade_id and not cell.block]
    if lost:
        yield Remark("repaired", f"nbgrader's metadata were lost and put back in {len(lost)} cells: {listed(lost)}")


def _block_changed(stub, cell):
    if stub.grade_id and cell.block:
        changed = [key for key in _BLOCK if (cell.block.get(key) or None) != (stub.block.get(key) or None)]
        if changed:
            yield Remark("tampered", f"nbgrader's metadata of this cell were changed ({', '.join(changed)}), and restored", stub.id)


def _kind_changed(stub, cell):
    if cell.kind != stub.kind:
        yield Remark("repaired", f"a cell of the kind {stub.kind} had become one of the kind {cell.kind}; it is {stub.kind} again", stub.id)


def _added(stub, cell):
    """Tags and pictures that were added to a named cell."""
    tags = [tag for tag in dict.fromkeys(cell.tags) if tag not in stub.tags]
    if tags and stub.grade_id:
        kind = "repaired" if is_work(stub) else "tampered"
        yield Remark(kind, f"tags that were added to this cell were dropped: {listed([quoted(tag, 20) for tag in tags], most=4)}", stub.id)
    if stub.grade_id and not is_work(stub) and cell.attachments != stub.attachments:
        yield Remark("repaired", "pictures that were added to this cell were dropped", stub.id)


def _text_changed(stub, cell):
    """Changes of cells that nobody is to change: check cells and locked ones."""
    if is_work(stub) or not stub.grade_id or cell.text == stub.text:
        return
    if not cell.text:
        yield Remark("repaired", "the cell was emptied; its text is back", stub.id)
    elif cell.bare == stub.bare:
        yield Remark("repaired", "the cell was changed in comments or blanks only; its text is back", stub.id)
    elif is_check(stub):
        yield Remark("tampered", f"the check was changed to {quoted(_one_line(cell.text))} and restored; that text follows it as a cell of its own", stub.id)
    else:
        yield Remark("repaired", "a locked cell was changed and restored; the learner's version follows it as a cell of its own", stub.id)


def _given_changed(pairs):
    changed = [stub.id for stub, cell in pairs if not stub.grade_id and cell.text and cell.text != stub.text]
    if changed:
        yield Remark("notice", f"cells of the course's own were changed; the learner's version follows each of them: {listed(changed)}")


def _one_line(text):
    return printable(" ".join(text[:200].split()), 200)
