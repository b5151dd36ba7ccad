"""Python code, highlighted when the page is made: six classes of words, and nothing else but text."""

from functools import cache, lru_cache
from itertools import groupby

from markupsafe import Markup, escape

from rnncourse.grading.feedback.bounded import bounded
from rnncourse.grading.characters import spelt

MOST = 12_000  # characters of one cell that are shown


@lru_cache(maxsize=256)
def highlighted(source, most=MOST):
    """The code as HTML to stand in a <pre>; cut if it is very long, plain if it cannot be taken apart."""
    source = spelt(source, most).strip("\n")
    return bounded(lambda: _highlighted(source), escape(source))


def _highlighted(source):
    from pygments.lexers.python import PythonLexer

    tokens = PythonLexer(stripnl=False, ensurenl=False).get_tokens(source)
    pieces = []
    for kind, run in groupby(tokens, key=lambda token: _class(token[0])):
        text = escape("".join(text for _, text in run))
        pieces.append(Markup('<span class="{}">{}</span>').format(kind, text) if kind else text)
    return Markup("").join(pieces)


@cache
def _class(token):
    from pygments.token import Comment, Keyword, Name, Number, Operator, String

    classes = {
        Comment: "c", String: "s", Number: "n", Keyword: "k", Operator.Word: "k",
        Name.Function: "f", Name.Class: "f", Name.Decorator: "f",
    }  # fmt: skip
    return next((name for kind, name in classes.items() if token in kind), "")
