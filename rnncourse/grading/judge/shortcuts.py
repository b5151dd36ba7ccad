"""Ready-made code that an exercise's own code names: read from the source, where nothing the learner runs can hide it.

Naming is not calling, so this takes no points. It tells an instructor where to look.
"""

import ast
import unicodedata
from functools import lru_cache

from rnncourse.grading.judge.cells import PARSED, WORD, names_read, parsable


def mentioned(pieces, exercise):
    """Forbidden names of libraries that the code of this exercise's function, or code that it uses, spells out.

    The course's own ready-made code is not there while work is graded, so naming it says nothing.
    """
    forbidden = _of_libraries(exercise)
    whole = parsable(pieces)
    short = [piece for piece in pieces if whole and len(piece.source) <= PARSED]
    long = [piece for piece in pieces if piece.learners and not (whole and len(piece.source) <= PARSED)]
    words = {word for tree in _reachable(short, exercise.name) for word in _words(tree)}
    words |= {word for piece in long for word in WORD.findall(piece.source)}
    return [dotted for dotted in forbidden if dotted.rpartition(".")[2] in words and dotted.partition(".")[0] in words | _roots(short)]


def may_mention(pieces, exercises):
    """Those of the exercises a forbidden name of which stands in the code at all; only for them it has to be parsed."""
    text = unicodedata.normalize("NFKC", "\n".join(piece.source for piece in pieces))  # as Python reads names
    words = set(WORD.findall(text))
    return [one for one in exercises if any(dotted.rpartition(".")[2] in words for dotted in _of_libraries(one))]


def _of_libraries(exercise):
    return [dotted for dotted in exercise.forbidden if not dotted.startswith("rnncourse.")]


def _reachable(pieces, name):
    """Syntax trees of all statements that make or change this name, and of those that make what they read in turn.

    A try-out beside the function, which only reads it, is not among them.
    """
    made, wanted, trees, seen = {}, [name], {}, set()
    for piece in pieces:
        for key, statements in _statements(piece.source).items() if piece.learners else ():
            made.setdefault(key, []).extend(statements)
    while wanted:
        one = wanted.pop()
        if one not in seen:
            seen.add(one)
            for statement in made.get(one, ()):
                if id(statement) not in trees:  # a statement may make thousands of names
                    trees[id(statement)] = statement
                    wanted += _read(statement)
    return trees.values()


@lru_cache(maxsize=1000)
def _read(statement):
    try:
        return names_read(ast.unparse(statement))
    except Exception:  # noqa: BLE001 - nested deeper than the writer of code can go, or a text that it cannot put into an f-string
        return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}


@lru_cache(maxsize=1000)
def _statements(source):
    try:
        body = ast.parse(source).body
    except Exception:  # noqa: BLE001 - no code of Python's, or more than its parser can take
        return {}
    found = {}
    for statement in body:
        for name in dict.fromkeys(_made(statement)):
            found.setdefault(name, []).append(statement)
    return found


def _made(statement):
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return [(one.asname or one.name).partition(".")[0] for one in statement.names]
    if hasattr(statement, "name"):
        return [statement.name]
    names = [node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    changed = [node.value for node in ast.walk(statement) if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store)]
    return names + [node.id for part in changed for node in ast.walk(part) if isinstance(node, ast.Name)]


def _words(tree):
    """All identifiers, attributes, imported names and short texts of a tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield from node.name.split(".")
        elif isinstance(node, ast.ImportFrom):
            yield from (node.module or "").split(".")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 80:
            yield from node.value.split(".")


def _roots(pieces):
    """Top packages that the notebook imports anywhere."""
    roots = set()
    for piece in pieces:
        for statement in (one for some in _statements(piece.source).values() for one in some):
            if isinstance(statement, ast.Import):
                roots |= {one.name.partition(".")[0] for one in statement.names}
            elif isinstance(statement, ast.ImportFrom):
                roots.add((statement.module or "").partition(".")[0])
    return roots
