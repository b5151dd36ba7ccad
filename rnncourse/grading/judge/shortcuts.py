"""Ready-made code that an exercise's own code names: read from the source, where nothing the learner runs can hide it.

Naming is not calling, so this takes no points. It tells an instructor where to look.
"""

import ast

from rnncourse.grading.judge.cells import PARSED, WORD, names_read, parsable


def mentioned(pieces, exercise):
    """Forbidden dotted names that the code of this exercise's function, or code that it uses, spells out."""
    whole = parsable(pieces)
    short = [piece for piece in pieces if whole and len(piece.source) <= PARSED]
    long = [piece for piece in pieces if piece.learners and not (whole and len(piece.source) <= PARSED)]
    words = {word for tree in _reachable(short, exercise.name) for word in _words(tree)}
    words |= {word for piece in long for word in WORD.findall(piece.source)}
    return [dotted for dotted in exercise.forbidden if dotted.rpartition(".")[2] in words and dotted.partition(".")[0] in words | _roots(short)]


def _reachable(pieces, name):
    """Syntax trees of the cell that makes this name, and of all that it reads in turn."""
    made, wanted = {}, [name]
    for piece in pieces:
        if piece.learners:
            made |= (here := _statements(piece.source))
            wanted += here if name in here else ()  # all of the cell that the function stands in
    trees = {}
    while wanted:
        one = wanted.pop()
        if one in made and one not in trees:
            trees[one] = made[one]
            wanted += _read(made[one])
    return trees.values()


def _read(statement):
    try:
        return names_read(ast.unparse(statement))
    except RecursionError:  # nested deeper than the writer of code can go
        return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}


def _statements(source):
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    return {name: statement for statement in body for name in _made(statement)}


def _made(statement):
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return [(one.asname or one.name).partition(".")[0] for one in statement.names]
    if hasattr(statement, "name"):
        return [statement.name]
    return [node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]


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
        for statement in _statements(piece.source).values():
            if isinstance(statement, ast.Import):
                roots |= {one.name.partition(".")[0] for one in statement.names}
            elif isinstance(statement, ast.ImportFrom):
                roots.add((statement.module or "").partition(".")[0])
    return roots
