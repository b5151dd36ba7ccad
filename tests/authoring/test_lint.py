"""Every lint rule finds its planted fault, and the clean lesson is free of all of them."""

from types import SimpleNamespace

import nbformat
import pytest

pytest.importorskip("nbgrader")
pytest.importorskip("jupytext")

from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from rnncourse.authoring import rating
from rnncourse.authoring.build import build
from rnncourse.authoring.lint import lint, lint_page
from rnncourse.authoring.page import Page
from rnncourse.authoring.release import release
from rnncourse.authoring.solution import solution_notebook, to_bytes


@pytest.fixture
def faults(source, rewrite):
    """(rule, cell) of each fault of the source after a replacement."""

    def after(old="", new=""):
        if old:
            rewrite(old, new)
        page = Page("doubling.ipynb", solution_notebook(source), source.parent)
        return [(fault.rule, fault.cell) for fault in lint_page(page)]

    return after


def test_clean_lesson_is_free_of_faults(course):
    assert build(course).good
    assert lint(course) == []


@pytest.mark.parametrize(
    ("old", "new", "rule", "cell"),
    [
        ("# # Doubling numbers", "# ## Doubling numbers", "headings", "cell-01"),
        ("# ## Why", "# # Why", "headings", "cell-06"),
        ("# ## Why", "# ##### Why", "headings", "cell-06"),
        ("these 5 minutes", "this", "opening-without-outcomes", ""),
        ("# - say why that is useful,\n", "", "opening-without-outcomes", ""),
        ("Difficulty 1/5 · ", "", "rating", "cell-03"),
        ("· 2 points", "· 3 points", "rating", "cell-03"),
        ("· 2 points", "· not graded", "rating", "cell-03"),
        ('# %% test="check_double" points=2\ncheck(double)\n', "", "missing-check", "double"),
        ("check(double)\n", "check(double)\nprint(double(1))\n", "impure-check", "check_double"),
        ("check(double)\n", "check(math)\n", "impure-check", "check_double"),
        ("Draw it.", "Obviously, draw it.", "banned-word", "picture"),
        ("Draw it.", "<details><summary>A</summary>You simply draw.</details>", "banned-word", "picture"),
        ("Draw it.", "![](doubling.py)", "missing-alt", "picture"),
        ("Draw it.", "Draw <img src='doubling.py'> it.", "missing-alt", "picture"),
        ("Draw it.", "<img src='doubling.py' alt=''>", "missing-alt", "picture"),
        ("Draw it.", "Open `/home/me/it.txt`.", "absolute-path", "picture"),
        ('print("lines")', 'open(r"C:\\data")', "absolute-path", "cell-09"),
        ("Draw it.", "[Draw](there.ipynb) it.", "broken-link", "picture"),
        ("Draw it.", "[Draw](#Nowhere) it.", "broken-link", "picture"),
        ('print("lines")', "\n".join(["x = 1"] * 26), "long-cell", "cell-09"),
        ('print("lines")', "total = 3\n\n# %%\nprint(total)", "needs-demo", "cell-10"),
    ],
)
def test_planted_fault_is_found_and_placed(faults, old, new, rule, cell):
    assert (rule, cell) in faults(old, new)


def test_a_name_that_a_plain_cell_makes_too_needs_no_demo(faults):
    assert faults('print("lines")', "total = 3\n\n# %%\ntotal = 4\nprint(total)") == []


def test_rules_spare_what_only_looks_like_a_fault(faults):
    fine = "Code: `![](x.png)`, `simply`, <https://example.org/tmp/x>, a/home/b, ![two dots](doubling.py), [why](#Why).\n#\n# ```\n# # no title\n# ```"
    assert faults("Draw it.", fine) == []


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ({"difficulty": 1, "importance": 5, "minutes": 5, "points": 2}, None),
        ({"difficulty": 1, "importance": 5, "minutes": 5, "points": 3}, "2 points, the exercise block 3"),
        ({"difficulty": 2, "importance": 5, "minutes": 5, "points": 2}, "difficulty 1, the exercise block 2"),
        ({"difficulty": 1, "importance": 4, "minutes": 5, "points": 2}, "importance 5, the exercise block 4"),
        ({"difficulty": 1, "importance": 5, "minutes": 9, "points": 2}, "minutes 5, the exercise block 9"),
    ],
)
def test_a_rating_line_has_to_agree_with_the_exercise_block(source, monkeypatch, block, words):
    monkeypatch.setattr(rating, "find", lambda number: SimpleNamespace(**block))
    messages = [fault.message for fault in lint_page(Page("x.ipynb", solution_notebook(source), source.parent))]
    assert len(messages) == (words is not None)
    assert all(words in message for message in messages)


PICTURE = {"image/png": "iVBORw0KGgo=", "text/plain": "a picture"}


@pytest.mark.parametrize(
    ("output", "rule"),
    [
        (new_output("display_data", PICTURE), "missing-alt"),
        (new_output("display_data", PICTURE | {"text/html": "<img src='data:,'>"}), "missing-alt"),
        (new_output("display_data", PICTURE | {"text/html": "<img alt='two dots' src='data:,'>"}), None),
        (new_output("stream", text="<object at 0x7f0011223344>"), "unstable-output"),
        (new_output("stream", text="saved to /tmp/abc/x"), "absolute-path"),
        (new_output("display_data", {"text/html": "<img alt='b' src='data:image/png;base64,AB /tmp/x'>"[:45] + "'>"}), None),
    ],
)
def test_faults_in_outputs(source, output, rule):
    notebook = solution_notebook(source)
    notebook.cells[-1].outputs = [output]
    found = [(fault.rule, fault.cell) for fault in lint_page(Page("doubling.ipynb", notebook, source.parent))]
    assert found == ([(rule, "cell-09")] if rule else [])


def test_a_solution_that_fails_its_check_is_found(course, rewrite):
    rewrite("math.cos(0)", "math.cos(1)")
    assert [(fault.rule, fault.cell) for fault in build(course).faults] == [("failing-solution", "check_double")]


@pytest.mark.parametrize("copied", ["id", "grade_id"])
def test_duplicate_ids_are_found(source, copied):
    notebook = solution_notebook(source)
    first, second = notebook.cells[3], notebook.cells[4]
    if copied == "id":
        second.id = first.id
    else:
        second.metadata.nbgrader.grade_id = first.metadata.nbgrader.grade_id
    assert ("duplicate-id", "double") in [(fault.rule, fault.cell) for fault in lint_page(Page("x.ipynb", notebook))]


def test_duplicate_ids_are_found_in_a_file(course):
    assert build(course).good
    path = course / "course/9-doubling/doubling.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace('"id": "cell-03"', '"id": "cell-01"'), encoding="utf-8")
    assert [(fault.rule, fault.cell) for fault in lint(course)] == [("duplicate-id", "cell-01")]


def test_an_unlocked_task_is_found(source):
    notebook = solution_notebook(source)
    notebook.cells[7].metadata.nbgrader.locked = False
    assert [(fault.rule, fault.cell) for fault in lint_page(Page("x.ipynb", notebook, source.parent))] == [("unlocked-task", "picture")]


def plant(path, change):
    notebook = nbformat.read(path, as_version=4)
    change(notebook)
    path.write_bytes(to_bytes(notebook))


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda notebook: notebook.cells.append(new_code_cell("x = number + number * math.cos(0)", id="x")), None),
        (lambda notebook: notebook.cells.append(new_code_cell("return number + number * math.cos(0)  # so", id="x")), "solution-in-release"),
        (lambda notebook: notebook.cells.append(new_markdown_cell("Because two is company.", id="x")), "solution-in-release"),
        (lambda notebook: notebook.cells.append(new_code_cell("### BEGIN SOLUTION", id="x")), "solution-in-release"),
        (lambda notebook: notebook.cells[-1].outputs.append(new_output("stream", text="two")), "output-in-release"),
        (lambda notebook: notebook.cells[-1].update(execution_count=3), "output-in-release"),
    ],
)
def test_leaks_into_the_release_are_found(course, change, rule):
    assert build(course).good
    plant(course / "course/9-doubling/doubling.ipynb", change)
    assert [fault.rule for fault in lint(course)] == ([rule] if rule else [])


def test_source_in_release_and_missing_counterparts_are_found(course, source):
    assert build(course).good
    (course / "course/9-doubling/doubling.py").write_text("")
    source.rename(source.with_name("renamed.py"))
    assert [fault.rule for fault in lint(course)] == ["source-in-release", "no-source", "not-built"]


def test_release_says_what_nbgrader_said(course):
    assert build(course).good
    plant(course / "solutions/9-doubling/doubling.ipynb", lambda notebook: notebook.cells[3].update(source="### BEGIN SOLUTION\n1"))
    from rnncourse.authoring.release import ReleaseError

    with pytest.raises(ReleaseError, match="no end solution statement"):
        release(course, course / "elsewhere")
