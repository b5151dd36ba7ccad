"""A solution's function taken apart, to be written in another way."""

import ast
import textwrap
from dataclasses import dataclass


@dataclass(frozen=True)
class Function:
    """The one function of a solution: `parameters` as they stand in its definition, `call` as they are handed on."""

    name: str
    parameters: str
    call: str
    first: str
    doc: str
    body: str

    def definition(self, name=None, parameters=None, body=None, lead=""):
        """The function's source, with another name, other parameters, another body, or lines before the body."""
        text = f'"""{self.doc}"""\n{textwrap.dedent(lead).strip()}\n{self.body if body is None else textwrap.dedent(body).strip()}'
        return f"def {name or self.name}({self.parameters if parameters is None else parameters}):\n{textwrap.indent(text, '    ')}"

    @property
    def inner(self):
        """The source under a name of its own, and that name."""
        name = f"_{self.name}_inside"
        return self.definition(name), name


def function(source):
    """The Function in a solution's source."""
    node = next(one for one in ast.parse(source).body if isinstance(one, ast.FunctionDef))
    arguments = node.args
    names = [one.arg for one in arguments.args] + ([f"*{arguments.vararg.arg}"] if arguments.vararg else [])
    body = "\n".join(ast.unparse(one) for one in node.body[1:])
    return Function(node.name, ast.unparse(arguments), ", ".join(names), names[0], ast.get_docstring(node), body)


def other_locals(source, prefix="mein_"):
    """The source with every local variable under another name, parameters and nested functions' own names left alone."""
    tree = ast.parse(source)
    node = next(one for one in tree.body if isinstance(one, ast.FunctionDef))
    parameters = {one.arg for inner in ast.walk(node) if isinstance(inner, ast.arguments) for one in (*inner.args, *filter(None, [inner.vararg]))}
    made = {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)} - parameters
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and one.id in made:
            one.id = prefix + one.id
    return ast.unparse(tree)
