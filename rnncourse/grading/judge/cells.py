"""Which code of a submission has to run before its functions can be called, in the order of the notebook.

The learner's own cells run as they are: solutions, answers, helper cells, edited ones. Check cells do not run, and
neither do cells tagged `demo`. Of the course's own cells only those statements run that make a name which the
learner's code reads: the data, figures and training around an exercise cost seconds and decide nothing.
"""

import ast
import re
import symtable
from contextlib import suppress
from dataclasses import dataclass

# Code that reaches names in other ways than by naming them: then all of the course's statements run.
_DYNAMIC = re.compile(r"\b(globals|locals|vars|eval|exec|get_ipython|user_ns|__main__)\b|^[ \t]*+[%!?]", re.MULTILINE)
WORD = re.compile(r"[^\W\d]\w*")
# Parsing happens in this process, without any limit of time: some code costs it the square of its length.
PARSED = 20_000  # characters of one cell; in a longer one every word counts
PARSED_IN_ALL = 300_000  # characters of all the learner's cells; the solutions of a step have about 5,000


@dataclass(frozen=True)
class Piece:
    """Code to run for one cell; `learners` tells whether the learner wrote it."""

    cell: str
    source: str
    learners: bool


def pieces(notebook, release):
    """The code to run, a list of `Piece`, for a repaired notebook and the release that it was made from."""
    given = {cell["id"]: cell["source"] for cell in release["cells"] if not _nbgrader(cell).get("solution")}
    code = [cell for cell in notebook["cells"] if _runs(cell)]
    mine = [Piece(cell["id"], cell["source"], given.get(cell["id"]) != cell["source"]) for cell in code]
    needed, everything = set(), not parsable(mine)
    for piece in mine:
        if piece.learners and not everything:
            needed |= names_read(piece.source)
            everything = bool(_DYNAMIC.search(piece.source))
    kept = []
    for piece in reversed(mine):  # a statement may need names that earlier ones make
        source = piece.source if piece.learners or everything else _needed_statements(piece.source, needed)
        if source.strip():
            kept.append(Piece(piece.cell, source, piece.learners))
    return kept[::-1]


def _runs(cell):
    block = _nbgrader(cell)
    check = block.get("grade") and not block.get("solution")
    demo = "demo" in (cell["metadata"].get("tags") or [])
    return cell["cell_type"] == "code" and not check and not demo and cell["source"].strip()


def _nbgrader(cell):
    return cell["metadata"].get("nbgrader") or {}


def parsable(pieces):
    """Whether the learner's code is short enough, all in all, to be parsed here."""
    return sum(len(piece.source) for piece in pieces if piece.learners) <= PARSED_IN_ALL


def names_read(source):
    """Names that code reads from its notebook's name space; every word in it, if it cannot be parsed or is too long."""
    if len(source) <= PARSED:
        with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            return _globals_of(symtable.symtable(source, "cell", "exec"), top=True)
    return set(WORD.findall(source))


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
