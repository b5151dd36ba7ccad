"""Which code of a submission has to run before its functions can be called, in the order of the notebook.

The learner's own cells run as they are: solutions, answers, helper cells, edited ones. Check cells do not run: at their
places the functions are called, with the names as they are there, which is what the learner saw. Of cells tagged `demo`
only definitions run. Of the course's own cells only those statements run that make a name which the learner's code
reads: the data, figures and training around an exercise cost seconds and decide nothing.
"""

import ast
import re
import symtable
from contextlib import suppress
from dataclasses import dataclass, replace

from rnncourse.checking.cells import checked_name, definitions

# Code that reaches names in other ways than by naming them: then all of the course's statements run.
_DYNAMIC = re.compile(r"\b(globals|locals|vars|eval|exec|get_ipython|user_ns|__main__)\b|^[ \t]*+[%!?]", re.MULTILINE)
WORD = re.compile(r"[^\W\d]\w*")
# Parsing happens in this process, without any limit of time: some code costs it the square of its length.
ANY = "*"  # among names: whatever there is
PARSED = 20_000  # characters of one cell; in a longer one every word counts
PARSED_IN_ALL = 300_000  # characters of all the learner's cells; the solutions of a step have about 5,000


@dataclass(frozen=True)
class Piece:
    """Code to run for one cell; `learners` tells whether the learner wrote it.

    In a check cell nothing runs: there `asks` names the function that it checks, and `again` tells whether code below
    may change what this function does. `test` marks a graded cell of another kind: it runs, and its end gives the points.
    """

    cell: str
    source: str
    learners: bool
    asks: str = ""
    again: bool = False
    test: bool = False


def pieces(notebook, release):
    """The code to run and the check cells on the way, a list of `Piece`, for a repaired notebook and its release."""
    stubs = {cell["id"]: cell for cell in release["cells"]}
    there = {cell["id"] for cell in notebook["cells"]}
    lost = [cell for cell in release["cells"] if _graded(cell) and cell["id"] not in there]
    mine = [_piece(cell, stubs.get(cell["id"])) for cell in (*notebook["cells"], *lost) if _runs(cell)]
    needed, everything = set(), not parsable(mine)
    for piece in mine:
        if (piece.learners or piece.test) and not everything:
            needed |= names_read(piece.source)
            everything = bool(_DYNAMIC.search(piece.source))
    kept = []
    for piece in reversed(mine):  # a statement may need names that earlier ones make
        source = piece.source if piece.learners or piece.test or everything else _needed_statements(piece.source, needed)
        if source.strip() or piece.asks:
            kept.append(replace(piece, source=source))
    return _asked_again(kept[::-1], everything)


def _piece(cell, stub):
    if stub is not None and _graded(stub):  # as it was released, whatever became of it
        name = checked_name(stub["source"])
        return Piece(cell["id"], "" if name else stub["source"], False, asks=name or "", test=not name)
    learners = stub is None or bool(_nbgrader(stub).get("solution")) or stub["source"] != cell["source"]
    demo = "demo" in (cell["metadata"].get("tags") or [])
    return Piece(cell["id"], definitions(cell["source"]) if demo else cell["source"], learners)


def _asked_again(kept, everything):
    """Mark the checks below which a name is made that the function, or what it uses, may read."""
    if everything:
        return [replace(piece, again=bool(piece.asks)) for piece in kept]
    read, made, above = set(), set(), []
    for piece in kept:
        read |= names_read(piece.source) if piece.learners else set()
        above.append(read | {piece.asks, ANY} if piece.asks else None)
    marked = []
    for piece, names in zip(reversed(kept), reversed(above), strict=True):
        marked.append(replace(piece, again=bool(piece.asks) and not made.isdisjoint(names)))
        made |= names_made(piece.source)
    return marked[::-1]


def _runs(cell):
    return cell["cell_type"] == "code" and (_graded(cell) or cell["source"].strip())


def _graded(cell):
    """Whether a cell is scored by what comes of it, not by what is written in it."""
    return cell["cell_type"] == "code" and bool(_nbgrader(cell).get("grade")) and not _nbgrader(cell).get("solution")


def _nbgrader(cell):
    return cell["metadata"].get("nbgrader") or {}


def parsable(pieces):
    """Whether the learner's code is short enough, all in all, to be parsed here."""
    return sum(len(piece.source) for piece in pieces if piece.learners) <= PARSED_IN_ALL


def names_read(source):
    """Names that code reads from its notebook's name space; every word in it, if it cannot be parsed or is too long."""
    if len(source) <= PARSED:
        with suppress(Exception):  # no code of Python's, or more than its parser can take
            return _globals_of(symtable.symtable(source, "cell", "exec"), top=True)
    return set(WORD.findall(source))


def names_made(source):
    """Names that code makes or changes; every word in it, if it cannot be parsed or is too long."""
    if len(source) <= PARSED:
        with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            return {name for statement in ast.parse(source).body for name in _changes(statement)}
    return set(WORD.findall(source)) | {ANY}


def _changes(statement):
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return {ANY if one.name == "*" else (one.asname or one.name).partition(".")[0] for one in statement.names}
    if isinstance(statement, ast.Expr):  # a call such as table.update(...)
        return {one.id for one in ast.walk(statement) if isinstance(one, ast.Name)}
    return _makes(statement)


def _globals_of(table, top=False):
    read = {one.get_name() for one in table.get_symbols() if one.is_referenced() and (top or one.is_global())}
    for child in table.get_children():
        read |= _globals_of(child)
    return read


def _needed_statements(source, needed):
    """The statements of a cell of the course's that make a needed name; what these read is needed from then on."""
    kept = []
    for statement in reversed(ast.parse(source).body):
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            statement = _needed_imports(statement, needed)
        elif not _makes(statement) & needed:
            statement = None
        if statement is not None:
            text = ast.unparse(statement)
            needed |= names_read(text)
            kept.append(text)
    return "\n".join(kept[::-1])


def _needed_imports(statement, needed):
    names = [one for one in statement.names if (one.asname or one.name).partition(".")[0] in needed]
    if not names:
        return None
    return ast.Import(names) if isinstance(statement, ast.Import) else ast.ImportFrom(statement.module, names, statement.level)


def _makes(statement):
    """Names that a statement makes or changes, those in a loop or a branch as well."""
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
        return {statement.name}
    made = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            made.add(node.id)
        elif isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
            made |= {one.id for one in ast.walk(node.value) if isinstance(one, ast.Name)}
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            made.add(node.name)
    return made
