"""Code beside a notebook that reads as one of our references or modules: a place for the instructor to look, no proof.

Two pieces of code read as one if they are equal once their comments, docstrings, annotations and the names of their
local variables are taken out. Everybody writes the same one-liners, so only long functions count. Only helper files are
looked at: who writes an answer in a notebook may well write what we wrote.
"""

import ast
import inspect
import textwrap
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from rnncourse.exercises import find
from rnncourse.grading.judge.cells import PARSED, PARSED_IN_ALL

LONG = 100  # nodes of a function from which on it is no accident


def copies(files, exercises):
    """(file, function in it, what it reads as) of each function in a Python file that reads as one of ours.

    Args:
        files: contents by name, of which those that end in .py are read.
        exercises: those whose references, and the course's modules that hold their answers, are compared.
    """
    ours, found, left = known_forms(tuple(one.name for one in exercises)), [], PARSED_IN_ALL
    for name in sorted(name for name in files if name.endswith(".py")):
        left -= len(files[name])
        if len(files[name]) <= PARSED and left >= 0:
            for function in _functions(files[name]):
                if (known := ours.get(form(function))) is not None:
                    found.append((name, function.name, known))
    return found


@cache
def known_forms(names):
    """The form of each long function that answers an exercise of these names -> what it is called by us."""
    sources = {}
    for exercise in map(find, names):
        for module in exercise.absent:
            sources[module] = Path(find_spec(module).origin).read_bytes()
        sources[f"the reference of {exercise.name}"] = textwrap.dedent(inspect.getsource(exercise.reference)).encode()
    return {form(function): ours for ours, source in sources.items() for function in _functions(source) if form(function)}


def form(function):
    """What is left of a function without the names of its own variables, or None if it is short."""
    body = [one for one in function.body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
    nodes = [node for statement in body for node in ast.walk(statement)]
    if len(nodes) < LONG:
        return None
    own = {node.arg: None for node in ast.walk(function.args) if isinstance(node, ast.arg)}
    own |= {node.id: None for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    places = {name: f"v{n}" for n, name in enumerate(own)}
    return tuple(_word(node, places) for node in nodes)


def _word(node, places):
    """A node as far as it counts: its kind, and the name, the number or the operator that it stands for."""
    if isinstance(node, (ast.Name, ast.arg)):
        name = node.id if isinstance(node, ast.Name) else node.arg
        return type(node).__name__, places.get(name, name)
    if isinstance(node, ast.Attribute):
        return "Attribute", node.attr
    if isinstance(node, ast.Constant):
        return "Constant", repr(node.value)
    return type(node).__name__, ""


def _functions(content):
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
