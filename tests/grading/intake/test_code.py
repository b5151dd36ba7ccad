"""What a cell's code defines, found without parsing it, and letters that are not what they seem."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnncourse.grading.intake.code import defined, definition_of, plain, without_strings
from rnncourse.grading.intake.lookalikes import suspicious

F = "def f(x):\n    return x"


@pytest.mark.parametrize(("source", "names"), [
    (F, {"f"}),
    ("async def f(): pass\nclass C:\n    def inner(self): pass\nx: int = 1\ny = 2", {"f", "C", "x", "y"}),
    ("%%time\n!echo don't\ndef f(: syntax error", {"f"}),
    ('"""\ndef no(): pass\n"""\ntext = \'\'\'\nx = 1\'\'\'', {"text"}),
    ("# def no(): pass\nif a == b: pass\nf(x=1)\nd['a'] = 1", set()),
    ("f = lambda x: x", {"f"}),
    ("\uff46 = 1", {"f"}),
    ('s = "\\"\\\n= "\nt = 1', {"s", "t"}),
    ("x = 'unclosed\ndef f(): pass", {"x", "f"}),
])
def test_names_at_the_top_level(source, names):
    assert defined(source) == names


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["def f(a):\n    return 'x'", "y = '''\nz = 1\n'''", "class K:\n    w = 2", "# def g(): pass", "if 1:\n    u = 1", "print(\"def h(): pass\")"])))
def test_it_is_what_python_itself_finds(pieces):
    source = "\n".join(pieces)
    wanted = {getattr(node, "name", None) or node.targets[0].id for node in ast.parse(source).body if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Assign)}
    assert defined(source) == wanted


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="'\"\\#\n xdef=():", max_size=60))
def test_lines_stay_in_their_places(source):
    assert without_strings(source).count("\n") == source.count("\n")
    assert isinstance(plain(source), str) and isinstance(definition_of("x", source), str)


def test_a_definition_with_all_that_belongs_to_it():
    body = '# why\n@decorated\ndef f(\n    a,\n):\n    """Doc\nat the margin."""\n\n    return 1'
    assert definition_of("f", f"import x\n{F}\n\n{body}\n\n\ny = 1\n") == body
    assert definition_of("g", body) == ""


def test_an_assignment_counts_where_there_is_no_definition():
    assert definition_of("f", "x = 1\nf = lambda x: (\n    x\n)\ny = f(1)") == "f = lambda x: (\n    x\n)"
    assert definition_of("f", f"{F}\n\nf = jit(f)") == F


def test_code_is_the_same_but_for_comments_and_blanks():
    assert plain("check( f )  # done\n") == plain("check(f);") != plain("check(g)")
    assert plain("x = '# no comment'") != plain("x = ''")


HARMLESS = [
    "größe, naïve, 数据, данные, δx, Δt, σ_x, µ, ℓ_1, sayı, ἀ = range(10)",
    "print('👩\u200d💻 ✔\ufe0f')  # می\u200cخواهم, שלום\u200f",
    "оса = 1  # Russian for wasp: every letter has a twin, but no such name is about",
]


@pytest.mark.parametrize("source", HARMLESS)
def test_honest_letters_are_nothing_to_report(source):
    assert suspicious(source) == []


@pytest.mark.parametrize(("source", "line", "told"), [
    ("a = 1\nb = '\u202e'", 2, "U+202E (right-to-left override)"),
    ("# \u2066 x", 1, "U+2066 (left-to-right isolate)"),
    ("x\u200b = 1", 1, "U+200B (zero width space)"),
    ("x = 1\n\ny\u200d = 1", 3, "U+200D (zero width joiner)"),
    ("'''\n'''; сheck(f)", 2, "U+0441 (cyrillic small letter es) in a name that looks like check"),
    ("\uff50rint(1)", 1, "U+FF50 (fullwidth latin small letter p) in a name that looks like print"),
    ("о = 1\no = 2", 1, "U+043E (cyrillic small letter o) in a name that looks like o"),
    ("ΟΝ = 1", 1, "in a name that looks like ON"),
    ("\u3164 = 1", 1, "U+3164 (hangul filler)"),
])
def test_what_is_not_what_it_seems(source, line, told):
    found = suspicious(source, frozenset({"ON"}))
    assert len(found) == 1 and found[0][0] == line and told in found[0][1]


def test_a_flood_is_told_in_few_words():
    assert len(suspicious("\u202e\n" * 10_000)) == 20
