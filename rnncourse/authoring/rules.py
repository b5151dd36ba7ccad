"""What can be wrong with a notebook: one short function a fault, each yields (cell id, sentence)."""

import ast
import re
from collections import Counter
from urllib.parse import unquote

from rnncourse.authoring.course_map import minutes, opening
from rnncourse.authoring.page import alts, images_without_alt, is_test, nbgrader_block, output_texts, shown
from rnncourse.authoring.rating import rating

LONGEST_CELL = 25  # lines; a cell fits on a screen
_BANNED = re.compile(r"\b(simply|obviously)\b", re.IGNORECASE)
_MARKER = re.compile(r"#+ (BEGIN|END) SOLUTION\s*$")
_CHECK = re.compile(r"check\((\w+)\)")
_ABSOLUTE = re.compile(
    r"""(?:^|(?<=[\s"'`(=]))(?:/(?:home|root|tmp|Users|usr|opt|var|mnt|srv|private)/\S|[A-Za-z]:\\\w)""", re.MULTILINE
)
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")


def duplicate_id(page):
    """A copied cell: nbgrader would stop at it and leave the rest of the class ungraded."""
    ids = Counter(cell.id for cell in page.notebook.cells)
    grades = Counter(nbgrader_block(cell)["grade_id"] for cell in page.notebook.cells if nbgrader_block(cell).get("grade_id"))
    for name, count in {**ids, **{name: max(count, ids[name]) for name, count in grades.items()}}.items():
        if count > 1:
            yield name, f"{count} cells have this id; give each its own name"


def unlocked_task(page):
    """nbgrader fails every submission of a notebook whose task cell is not locked."""
    for cell in page.notebook.cells:
        if nbgrader_block(cell).get("task") and not nbgrader_block(cell).get("locked"):
            yield cell.id, "a task cell that is not locked; build it from task=… in the source"


def missing_alt(page):
    """A picture that a reader who does not see it knows nothing of."""
    for cell, piece in page.inline:
        if piece.type == "image" and not piece.content.strip():
            yield cell, f"image {piece.attrs['src'][:60]} has no alt text; write ![what it shows](…)"
        if piece.type in ("html_inline", "html_block") and images_without_alt(piece.content):
            yield cell, 'an <img> without alt; write <img alt="what it shows" …>'
    for cell in page.code:
        if any(_output_without_alt(output) for output in cell.outputs):
            yield cell.id, "shows a picture without alt text; make it the cell's last expression as rnncourse.plots.Figure"


def headings(page):
    """One title, first of all, and no level left out on the way down."""
    titles = [cell for cell, level, _ in page.headings if level == 1]
    if len(titles) != 1:
        yield (titles[1] if titles else ""), f"{len(titles)} level-one headings; a notebook has exactly one, its title"
    above = 0
    for cell, level, text in page.headings:
        if level > above + 1:
            yield cell, f"heading {text!r} is level {level} under level {above}; use {'#' * (above + 1)}"
        above = level


def long_cell(page):
    """Code that does not fit on a screen; what is longer belongs in the package."""
    for cell in page.code:
        lines = sum(not _MARKER.search(line) for line in cell.source.splitlines())
        if lines > LONGEST_CELL:
            yield cell.id, f"{lines} lines; at most {LONGEST_CELL}, split it or move code to the package"


def opening_without_outcomes(page):
    """What a learner wants to know first: what it gives and how long it takes."""
    if minutes(page.notebook) is None:
        yield "", 'no time at the top; say "… 45 minutes …" above the first ## heading'
    if len(re.findall(r"^\s*(?:[-*]|\d+\.) ", opening(page.notebook), re.MULTILINE)) < 3:
        yield "", "no outcomes at the top; list three to five things the reader can do afterwards, above the first ## heading"


def missing_check(page):
    """A solution that nothing checks."""
    checked = {found[1] for cell in page.code if (found := _CHECK.fullmatch(cell.source.strip()))}
    for cell in page.code:
        if nbgrader_block(cell).get("solution") and not nbgrader_block(cell).get("grade") and not _defined(cell.source) & checked:
            yield cell.id, "a solution without a check cell; add check(name) below it"


def impure_check(page):
    """A check cell holds the check and nothing else: graders score what it returns."""
    defined = set()
    for cell in page.code:
        block = nbgrader_block(cell)
        if block.get("grade") and not block.get("solution"):
            found = _CHECK.fullmatch(cell.source)
            if not found or found[1] not in defined:
                yield cell.id, "a check cell is exactly check(name), with the name of a function from a solution cell above"
        if block.get("solution"):
            defined |= _defined(cell.source)


def banned_word(page):
    """Words that tell a stuck reader that they should not be."""
    for cell, piece in page.inline:
        if piece.type in ("text", "html_block") and (found := _BANNED.search(piece.content)):
            yield cell, f"the word {found[0]!r}; leave it out"


def absolute_path(page):
    """A path of the author's machine."""
    for cell in page.notebook.cells:
        texts = [cell.source, *(text for output in cell.get("outputs", []) for text in output_texts(output))]
        found = next((hit for text in texts if (hit := _ABSOLUTE.search(text))), None)
        if found:
            yield cell.id, f"an absolute path ({found[0]}…); write it relative to the notebook, or leave it out"


def unstable_output(page):
    """Output that differs at each run."""
    for cell in page.code:
        if any(_ADDRESS.search(text) for output in cell.outputs for text in output_texts(output)):
            yield cell.id, "shows a memory address; end the cell with ; or show something that is the same at each run"


def needs_demo(page):
    """A cell that uses what only a demo cell makes: graders skip those, so it would fail on every feedback page."""
    made, only_in_demo = set(), {}
    for cell in page.code:
        makes, reads = _names(cell.source)
        if "demo" in cell.metadata.get("tags", []):
            only_in_demo |= dict.fromkeys(makes - made, cell.id)
            continue
        for name in sorted(reads & set(only_in_demo)):
            yield cell.id, f"uses {name!r} of the demo cell {only_in_demo[name]}; make it in a plain cell, or tag this one demo"
        made |= makes
        only_in_demo = {name: where for name, where in only_in_demo.items() if name not in made}


def broken_link(page):
    """A link to a file that is not there, or to a heading that is not in this notebook."""
    anchors = {text.replace(" ", "-") for _, _, text in page.headings}
    for cell, piece in page.inline:
        target = str(piece.attrs.get("href") or piece.attrs.get("src") or "") if piece.type in ("link_open", "image") else ""
        if not target or re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        file, _, anchor = unquote(target).partition("#")
        if file and page.folder is not None and not (page.folder / file).exists():
            yield cell, f"link to {file}, which is not there"
        if not file and anchor not in anchors:
            yield cell, f"link to #{anchor}, but no heading is called so"


def failing_solution(page):
    """The course's own solution has to pass its own check."""
    for cell in page.code:
        if is_test(cell) and cell.execution_count and not re.search(r"\bpassed\b", shown(cell)):
            yield cell.id, "the solution does not pass this check; run the cell and read the card"


def _defined(source):
    """Names that the code defines at its top level."""
    return {name for pair in re.findall(r"^(?:def|class) (\w+)|^(\w+) *=(?!=)", source, re.MULTILINE) for name in pair if name}


def _names(source):
    """(names that a cell makes, names that it reads and does not make)."""
    try:
        nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)]
    except SyntaxError:  # a magic such as %timeit
        return set(), set()
    made = {node.id for node in nodes if isinstance(node.ctx, ast.Store)} | _defined(source)
    return made, {node.id for node in nodes if isinstance(node.ctx, ast.Load)} - made


def _output_without_alt(output):
    data = output.get("data", {})
    html = data.get("text/html", "")
    if any(kind.startswith("image/") for kind in data):
        return not alts(html) or images_without_alt(html)
    return images_without_alt(html)


RULES = (duplicate_id, unlocked_task, missing_alt, headings, long_cell, opening_without_outcomes, rating, missing_check,
         impure_check, banned_word, absolute_path, unstable_output, needs_demo,
         broken_link, failing_solution)
