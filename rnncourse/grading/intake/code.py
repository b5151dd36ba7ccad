"""What can be told of a cell's code without running or parsing it: names it defines, one definition's lines, its words.

`ast` would do for right code from friends. Students' cells hold magics and syntax errors, for which it gives nothing,
and nesting deep enough to bring the interpreter itself down. Regular expressions that never go back do here.
"""

import re
import unicodedata

_QUIET = re.compile(
    r'''
    \#[^\n]*+                                                        # a comment
    | """(?:[^"\\]++|\\.|"(?!""))*+(?:"""|\\?\Z)                      # strings, closed or not
    | \'\'\'(?:[^'\\]++|\\.|'(?!''))*+(?:\'\'\'|\\?\Z)
    | "(?:[^"\\\n]++|\\.)*+"?
    | '(?:[^'\\\n]++|\\.)*+'?
    ''',
    re.VERBOSE | re.DOTALL,
)
_DEFINITION = re.compile(r"^(?:async[ \t]++)?+(?:def|class)[ \t]++(\w++)|^(\w++)[ \t]*+(?::[^=\n]*+)?+=(?!=)", re.MULTILINE)
_WORDS = 20_000  # characters that are compared


def without_strings(source):
    """The code with every comment taken out and every string emptied; each line stays in its place."""
    return _QUIET.sub(lambda found: ("" if found[0][0] == "#" else '""') + "\n" * found[0].count("\n"), source)


def outside_strings(change, source):
    """The text with `change(code)` in place of each stretch of code; comments and strings stay as they are."""
    pieces, end = [], 0
    for quiet in _QUIET.finditer(source):
        pieces += [change(source[end:quiet.start()]), quiet[0]]
        end = quiet.end()
    return "".join([*pieces, change(source[end:])])


def plain(source):
    """The code without comments, blanks and a last semicolon: equal for two cells that do the same to a reader."""
    bare = _QUIET.sub(lambda found: "" if found[0][0] == "#" else found[0], source)
    return "".join(bare.split()).rstrip(";")


def defined(source):
    """Names that the code defines or assigns at its top level, as Python reads them.

    >>> sorted(defined("%matplotlib inline\\ndef f(x):\\n    y = 1\\nz = 2\\n'''\\ndef no(): '''"))
    ['f', 'z']
    """
    found = _DEFINITION.findall(without_strings(source))
    return frozenset(unicodedata.normalize("NFKC", one or other) for one, other in found)


def functions(source):
    """Names of the functions and classes that the code defines at its top level, in order."""
    found = (unicodedata.normalize("NFKC", one) for one, _ in _DEFINITION.findall(without_strings(source)) if one)
    return tuple(dict.fromkeys(found))


def definition_of(name, source):
    """The lines of the last function or class `name` at the top level, decorators and comments above it included; or "".

    Where there is none, the last assignment to the name counts, such as that of a lambda.

    >>> print(definition_of("f", "import math\\n\\n# twice\\ndef f(x):\\n    return 2 * x\\nprint(f(1))"))
    # twice
    def f(x):
        return 2 * x
    """
    lines, bare = source.split("\n"), without_strings(source).split("\n")
    starts = {}  # whether it is an assignment -> the line of the last
    for number, line in enumerate(bare):
        if (found := _DEFINITION.match(line)) and unicodedata.normalize("NFKC", found[1] or found[2]) == name:
            starts[found[1] is None] = number
    if not starts:
        return ""
    start = starts[min(starts)]
    end = start + 1
    while start and re.match(r"[@#]", lines[start - 1]):
        start -= 1
    while end < len(lines) and not re.match(r"[^\s#)\]}]", bare[end]):
        end += 1
    return "\n".join(lines[start:end]).rstrip()


def words(source):
    """The different words at the start of a text, to compare it by."""
    return frozenset(re.findall(r"\w+", source[:_WORDS]))


def likeness(one, other):
    """How alike two sets of words are: 0 have none in common, 1 are the same."""
    return 2 * len(one & other) / (len(one) + len(other)) if one or other else 1.0
