"""What a notebook's code cells are to a check: the cells that ask for one, and what of a long demonstration runs.

A cell tagged `demo` trains for minutes and decides nothing, so no check waits for it. What it defines in passing is
another matter: a helper that a learner wrote there is there in JupyterLab, and has to be there when the work is checked.
"""

import ast
import re
from contextlib import suppress

CHECK = re.compile(r"check\((\w+)\)\s*")
LONGEST = 20_000  # characters of one cell; in a longer one nothing is looked for
QUICK = {"np", "numpy", "math"}  # packages whose functions are called for a constant, such as np.sqrt(2)
_MAGIC = re.compile(r"^[ \t]*[%!?][^\n]*", re.MULTILINE)


def checked_name(source):
    """The name of the function that a check cell, `check(name)` and nothing else, checks; None for any other cell."""
    found = CHECK.fullmatch(source)
    return found[1] if found else None


def definitions(source):
    """Those statements of a demonstration that take no time: imports, functions, classes, and plain assignments.

    An assignment is plain if its value calls nothing but functions of NumPy and of `math`.

    >>> print(definitions("import math\\nSCALE = math.sqrt(2)\\nlosses = train(3)\\ndef helper(x):\\n    return SCALE * x"))
    import math
    SCALE = math.sqrt(2)
    def helper(x):
        return SCALE * x
    """
    if len(source) > LONGEST:
        return ""
    with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        return "\n".join(ast.unparse(one) for one in ast.parse(_MAGIC.sub("", source)).body if _defines(one))
    return ""


def _defines(statement):
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        return all(isinstance(one, ast.Name) for one in _targets(statement)) and _plain(statement.value)
    return isinstance(statement, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))


def _targets(statement):
    for target in statement.targets if isinstance(statement, ast.Assign) else [statement.target]:
        yield from target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]


def _plain(value):
    """Whether computing a value takes no time: the body of a lambda does not run yet, a loop in brackets does."""
    if isinstance(value, ast.Lambda):
        return True
    if isinstance(value, (ast.ListComp, ast.SetComp, ast.DictComp, ast.Await)):
        return False
    if isinstance(value, ast.Call) and not _quick(value.func):
        return False
    return value is None or all(map(_plain, ast.iter_child_nodes(value)))


def _quick(function):
    while isinstance(function, ast.Attribute):
        function = function.value
    return isinstance(function, ast.Name) and function.id in QUICK
