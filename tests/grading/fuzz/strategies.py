"""Inputs drawn from the seeds: bytes cut, doubled, spliced and overwritten, JSON changed in its parts, code put together from pieces."""

import json

from hypothesis import strategies as st

from tests.grading.fuzz.seeds import ARCHIVES, CODE, NOTEBOOKS, PROGRAMS, RIGHT

_NUMBERS = [b"\0" * 8, b"\xff" * 8, b"\xff" * 4, b"\xff\xff\xff\x7f", b"\xff" * 7 + b"\x7f", b"\0" * 7 + b"\x80", b"\1", b"77777777777\0", b"-0000000001\0"]


@st.composite
def changed(draw, seeds, most=8):
    """The bytes of a seed with up to `most` changes, half of them in the parts that say how long things are: at the ends."""
    content = bytearray(draw(st.sampled_from(list(seeds.values()))))
    for _ in range(draw(st.integers(0, most))):
        end = min(len(content), draw(st.sampled_from([600, 10**9])))
        place = draw(st.integers(0, end))
        place = len(content) - place if draw(st.booleans()) else place
        length = draw(st.integers(0, 40))
        kind = draw(st.sampled_from(["write", "write", "number", "insert", "cut", "double", "splice", "end"]))
        if kind == "write":
            content[place:place + length] = draw(st.binary(min_size=length, max_size=length))
        elif kind == "number":
            number = draw(st.sampled_from(_NUMBERS))
            content[place:place + len(number)] = number
        elif kind == "insert":
            content[place:place] = draw(st.binary(max_size=40))
        elif kind == "cut":
            del content[place:place + length * 20]
        elif kind == "double":
            content[place:place] = content[place:place + length * 20]
        elif kind == "splice":
            content[place:] = draw(st.sampled_from(list(seeds.values())))[place:]
        else:
            del content[place:]
    return bytes(content[:200_000])


archives = st.one_of(changed(ARCHIVES), st.binary(max_size=2000))
programs = st.one_of(changed(PROGRAMS), st.binary(max_size=500))

# ---------------------------------------------------------------- code

_WORDS = [
    "last_valid", "encode_text", "x", "np", "def ", "class ", "lambda ", "return ", "yield ", "await ", "async ", "import ", "from ", "if ", "else", "for ", "in ", "while ",
    "try", "except*", "finally", "with ", "as ", "global ", "nonlocal ", "del ", "match ", "case ", "type ", "not ", "is ", "or ", "None", "...", "%", "!", "?",
    "(", ")", "[", "]", "{", "}", ":", ",", ";", ".", "=", ":=", "==", "+", "-", "**", "*", "@", "->", "\\", "#", "'", '"', "'''", '"""', "f'", 'f"', "rb'", "{x", "!r}", ":>{y}}",
    "\n", "\n    ", "\n        ", "\t", "\f", "\r", "\xa0", "\u3000", "\u2028", "\x00", "\ud800", "\u202e", "\u0430", "\U0001d431", "\x1a", "\ufeff",
    "1", "0x", "1e999", "1_0", "9" * 5000, "0777", "1j",
]  # fmt: skip
_pieces = st.one_of(st.sampled_from(_WORDS), st.text(max_size=8), st.sampled_from(list(CODE.values())), st.sampled_from(list(RIGHT.values())))


@st.composite
def code(draw):
    """Python, nearly Python and no Python at all; a part of it may be there many times over."""
    parts = draw(st.lists(_pieces, max_size=25))
    if parts and draw(st.integers(0, 5)) == 0:
        place, times = draw(st.integers(0, len(parts) - 1)), draw(st.sampled_from([2, 30, 300, 3000]))
        parts[place] *= min(times, 1 + 30_000 // (len(parts[place]) + 1))
    text = "".join(parts)
    if text and draw(st.booleans()):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + text[place + draw(st.integers(0, 30)):]
    return text[:60_000]


# ---------------------------------------------------------------- notebooks

_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=10), st.sampled_from(["code", "markdown", "raw", "last_valid", "demo"])),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(["source", "metadata", "nbgrader", "grade_id", "tags", "id", "cell_type", "attachments", "a"]), inner, max_size=4)),
    max_leaves=12,
)  # fmt: skip
_KEYS = ["id", "source", "metadata", "cell_type", "attachments", "outputs", "level", "input"]


@st.composite
def edited(draw):
    """A notebook of the seeds, parsed, with some of its cells moved, doubled, deleted or changed."""
    name = draw(st.sampled_from(["solved", "half", "colab", "odd", "the release"]))
    notebook = json.loads(NOTEBOOKS[name])
    cells = notebook["cells"]
    for _ in range(draw(st.integers(1, 12))):
        place, other = (draw(st.integers(0, max(len(cells) - 1, 0))) for _ in range(2))
        kind = draw(st.sampled_from(["source", "source", "field", "grade", "delete", "double", "move", "value"]))
        cell = cells[place] if cells else None
        if not isinstance(cell, dict):
            kind = "value"
        if kind == "source":
            cell["source"] = draw(code())
        elif kind == "field":
            cell[draw(st.sampled_from(_KEYS))] = draw(_values)
        elif kind == "grade":
            cell["metadata"] = {"nbgrader": draw(_values), "tags": draw(_values)}
        elif kind == "delete":
            del cells[place]
        elif kind == "double":
            cells.insert(other, json.loads(json.dumps(cell)))
        elif kind == "move":
            cells.insert(other, cells.pop(place))
        else:
            cells.insert(place, draw(_values))
    return json.dumps(notebook).encode("utf-8", "surrogatepass")


notebooks = st.one_of(edited(), edited(), changed(NOTEBOOKS), _values.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass")))
_names = st.sampled_from(["sequence_data.ipynb", "work.ipynb", "a/sequence_data (1).ipynb", "x.ipynb.txt", "w.zip", "w.tar", "w.tar.gz", "w.tgz", "sequence_data.py", "b.py", "data.csv", "w.7z", "\u00fc.ipynb"])


@st.composite
def submissions(draw):
    """The files of a submission: path -> content."""
    kinds = {"ipynb": notebooks, "txt": notebooks, "py": programs, "zip": archives, "tar": archives, "gz": archives, "tgz": archives}
    paths = draw(st.lists(_names, unique=True, min_size=1, max_size=4))
    return {path: draw(kinds.get(path.rpartition(".")[2], st.binary(max_size=50))) for path in paths}
