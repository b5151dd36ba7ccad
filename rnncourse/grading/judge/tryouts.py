"""Goes on with a cell after a try-out of the course's ready-made code, which is not there while work is graded.

A learner compares an answer with the course's own function in the cell of the answer, or above it; what follows in
that cell must not be lost by that. It is sent into the kernel as source, before any cell of the learner's runs. What
it passes over is what a cell shows, never an answer: nobody gains a point by it.
"""

import ast
import sys

WRAPPED = (
    ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Assert, ast.Delete, ast.For, ast.While, ast.If, ast.With,
    ast.Try, ast.Match,
)  # fmt: skip
ME = __name__

lost = set()  # names that a passed-over statement would have made


class PassOver(ast.NodeTransformer):
    """Wraps each statement of a cell in a `try` that lets only errors of ready-made code pass."""

    def visit_Module(self, tree):
        last = tree.body[-1:]
        tree.body = [one if one in last and isinstance(one, ast.Expr) else self._wrapped(one) for one in tree.body]
        return tree

    def _wrapped(self, statement):
        if not isinstance(statement, WRAPPED):
            return statement
        names = sorted(_made(statement))
        (attempt,) = ast.parse(f"try: pass\nexcept Exception:\n if not __import__({ME!r}).passes({names!r}): raise").body
        for node in ast.walk(attempt):
            ast.copy_location(node, statement)
        attempt.body = [statement]
        return attempt


def _made(statement):
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def passes(names):
    """Whether the error at hand comes of ready-made code that is not there; then these names are missing from now on."""
    error = sys.exc_info()[1]
    absent = sys.modules.get("rnncourse.absent")
    ready = absent is not None and isinstance(error, absent.ReadyMade)
    if not ready and not (type(error) is NameError and error.name in lost):
        return False
    space = sys._getframe(1).f_globals
    for name in names:  # what had this name before is not what the statement would have made
        if getattr(space.get(name), "__module__", None) != space.get("__name__"):
            space.pop(name, None)
    lost.update(names)
    print(f"Passed over while the work is graded: {error}.")
    return True
