"""Short keys become nbgrader's metadata, and a header that makes no sense is refused with file and line."""

import pytest

pytest.importorskip("jupytext")

from rnncourse.authoring.fault import AuthoringError
from rnncourse.authoring.solution import solution_notebook


def cell_named(notebook, name):
    return next(cell for cell in notebook.cells if cell.id == name)


@pytest.mark.parametrize(
    ("name", "flags", "points"),
    [
        ("imports", (False, True, False, False), None),
        ("double", (False, False, True, False), None),
        ("check_double", (True, True, False, False), 2),
        ("why", (True, False, True, False), 1.5),
        ("picture", (False, True, False, True), 1),
    ],
)
def test_each_role_gets_its_nbgrader_block(source, name, flags, points):
    block = cell_named(solution_notebook(source), name).metadata.nbgrader
    assert (block.grade, block.locked, block.solution, block.task) == flags
    assert block.get("points") == points
    assert (block.grade_id, block.schema_version) == (name, 3)


def test_nbgrader_accepts_the_metadata(source):
    validator = pytest.importorskip("nbgrader.nbgraderformat").MetadataValidator()
    notebook = solution_notebook(source)
    validator.validate_nb(notebook)
    assert sum("nbgrader" in cell.metadata for cell in notebook.cells) == 5


def test_ids_are_grade_ids_or_places(source):
    assert [cell.id for cell in solution_notebook(source).cells] == [
        "cell-01", "imports", "cell-03", "double", "check_double", "cell-06", "why", "picture", "cell-09",
    ]


def test_tags_stay_and_short_keys_go(source):
    notebook = solution_notebook(source)
    assert cell_named(notebook, "cell-09").metadata == {"tags": ["demo"]}
    assert not any({"solution", "test", "points"} & set(cell.metadata) for cell in notebook.cells)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('locked="imports"', 'looked="imports"', "unknown key 'looked'"),
        ('test="check_double" points=2', 'test="check_double"', "without points"),
        ("points=2", 'points="two"', "no positive number"),
        ("points=2", "points=0", "no positive number"),
        ("points=2", "points=true", "no positive number"),
        ('solution="double"', 'solution="double" points=2', "not graded ('solution')"),
        ('tags=["demo"]', "points=2", "not graded; points"),
        ('tags=["demo"]', 'tags="demo"', "no list of names"),
        ('solution="double"', 'solution="check_double"', "taken by the cell in line"),
        ('solution="double"', 'solution="double" locked="again"', "both 'solution' and 'locked'"),
        ('solution="double"', 'solution="cell-04"', "given by the build"),
        ('solution="double"', 'solution="dou ble"', "is no name"),
        ('solution="double"', "solution=double", "cannot read"),
        ('[markdown] task="picture"', 'task="picture"', "'task' in a code cell"),
        ('solution="double"', '[markdown] solution="double"', "'solution' in a markdown cell"),
        ('tags=["demo"]', "[raw]", "raw cell"),
    ],
)
def test_senseless_header_is_refused_with_its_line(source, rewrite, old, new, said):
    rewrite(old, new)
    lines = source.read_text().splitlines()
    with pytest.raises(AuthoringError) as refused:
        solution_notebook(source)
    file, line, message = str(refused.value).split(":", 2)
    assert said in message
    assert file == str(source)
    assert lines[int(line) - 1].startswith("# %%")


def test_text_above_the_first_cell_is_refused(source, rewrite):
    rewrite("# %% [markdown]", "import math\n# %% [markdown]")
    with pytest.raises(AuthoringError, match=r":1: text above the first cell"):
        solution_notebook(source)


def test_header_inside_a_string_is_refused(source, rewrite):
    rewrite('print("lines")', 'print("""\n# %% no cell\n""")')
    with pytest.raises(AuthoringError, match="out of strings"):
        solution_notebook(source)
