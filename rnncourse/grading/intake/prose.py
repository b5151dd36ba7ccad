"""Answers in words that stand beside their cell, which was left as released: a person is to read them.

Looked at is what stands between the question above the answer and the course's next cell: text cells of the
learner's own, text that was typed into the question, and cells of code with text in them.
"""

import re
from dataclasses import replace

from rnncourse.grading.intake.match import is_untouched, is_work

_MARKS = re.compile(r'^[ \t]*(?:#+ ?|"""|\'\'\')|"""|\'\'\'', re.MULTILINE)
_PAIRS = re.compile(r"\w[,;:.]? +(?=[\w(*])")  # a word with another behind it, as in a sentence
_READ = 20_000  # characters of a cell of code that are looked at
FEWEST = 8  # words that make an answer out of a cell of code


def reads_as_text(source):
    """Whether a cell of code holds sentences, in comments, in a string or as they are.

    >>> reads_as_text("I would take the LSTM here, because it was right at every lag that we tried.")
    True
    >>> reads_as_text("for x in range(3):\\n    print(x, y)\\nimport numpy as np\\nplot(x, y)  # the curve")
    False
    """
    text = _MARKS.sub("", source[:_READ])
    words = len(re.findall(r"\w+", text))
    return words >= FEWEST and len(_PAIRS.findall(text)) >= 0.6 * words


def find_answers(release, cells, match):
    """Put text that stands beside an untouched answer into it; returns (cells, ids of these answers, ids of empty ones).

    `match` is changed along with the cells. Text cells move, so that they do not stand there twice.
    """
    cells, found, empty = list(cells), [], []
    answers = [place for place, stub in enumerate(release) if is_work(stub) and stub.kind == "markdown" and stub.block.get("grade")]
    for place in answers:
        stub, mine = release[place], match.chosen.get(place)
        if mine is not None and not (is_untouched(cells[mine], stub) and not cells[mine].attachments):
            continue
        taken = _nearby(place, release, cells, match)
        texts = [text for text, _ in taken.values() if text]
        if not texts:
            empty.append(stub.id)
            continue
        if mine is None:
            mine = len(cells)
            cells.append(stub)
            match.chosen[place], match.how[place] = mine, "text"
        pictures = {name: one for n in taken for name, one in cells[n].attachments.items() if taken[n][1]}
        cells[mine] = replace(cells[mine], kind=stub.kind, source="\n\n".join(texts), attachments=pictures)
        for number, (_, moves) in taken.items():
            if moves:
                cells[number] = replace(cells[number], source="", attachments={})
        found.append(stub.id)
    return cells, found, empty


def _nearby(place, release, cells, match):
    """The learner's cells near an answer -> (what was written there, whether the cell moves into the answer)."""
    pairs = match.in_order()
    low, question = next((pair for pair in reversed(pairs) if pair[1] < place), (-1, -1))
    high = next((mine for mine, other in pairs if other > place), len(cells))
    taken = {}
    if question == place - 1 and low >= 0 and not release[question].grade_id:
        taken[low] = (_new_lines(cells[low], release[question]), False)
    for number in range(low + 1, high):
        cell = cells[number]
        if number in match.place or is_untouched(cell, release[place]):
            continue
        if cell.kind == "code":
            if reads_as_text(cell.source):
                taken[number] = (_MARKS.sub("", cell.source).strip(), False)
        elif cell.text:
            taken[number] = (cell.source.strip(), True)
    return taken


def _new_lines(cell, stub):
    """The lines that a learner wrote into a text of the course's."""
    if cell.kind != "markdown" or cell.text == stub.text:
        return ""
    given = {line.strip() for line in stub.source.splitlines()}
    lines = [line for line in cell.source.splitlines() if not line.strip() or line.strip() not in given]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
