"""The threat table of SECURITY.md promises nothing without a test, and names no test that is not there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]
NAME = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
HEAD = ["threat", "bubblewrap, root", "bubblewrap, user", "without isolation", "not promised", "shown by"]


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def table():
    """The rows below the heading "Threats", without the line under its head."""
    text = (REPO / "SECURITY.md").read_text(encoding="utf-8").split("## Threats", 1)[1].split("\n## ", 1)[0]
    head, _, *rows = [cells(line) for line in text.splitlines() if line.startswith("|")]
    return head, rows


@cache
def functions(file):
    """The functions of a file that stand for themselves: name -> whether it is an attack."""
    path = REPO / file
    if not path.is_file():
        return {}
    found = [one for one in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(one, ast.FunctionDef)]
    return {one.name: any("attack" in ast.dump(decorator) for decorator in one.decorator_list) for one in found}


def is_collected(file, name):
    """Whether pytest runs it: a test of a test file, or an attack of a topic that is graded."""
    from tests.grading.attacks.conftest import TOPICS

    if name not in functions(file):
        return False
    if Path(file).name.startswith("test_"):
        return name.startswith("test_")
    return file in {f"tests/grading/attacks/{topic}.py" for topic in TOPICS} and functions(file)[name]


ROWS = table()[1]


def test_the_table_is_whole():
    head, rows = table()
    assert head == HEAD and len(rows) >= 20 and len({row[0] for row in rows}) == len(rows)


@pytest.mark.parametrize("row", ROWS, ids=[row[0][:40] for row in ROWS])
def test_each_row_says_where_it_holds_and_which_test_shows_it(row):
    assert len(row) == len(HEAD) and all(row), row
    named = NAME.findall(row[-1])
    assert named and not NAME.sub("", row[-1]).strip(", "), f"expected names of tests and nothing else, got {row[-1]}"
    assert [f"{file}::{name}" for file, name in named if not is_collected(file, name)] == []


def test_names_that_are_none_are_noticed():
    assert not is_collected("tests/grading/sandbox/test_walls.py", "run")
    assert not is_collected("tests/grading/sandbox/test_walls.py", "test_that_is_not_there")
    assert not is_collected("tests/grading/attacks/denial.py", "in_the_call") and not is_collected(
        "tests/none.py", "test_it"
    )
    assert is_collected("tests/grading/attacks/denial.py", "a_fork_bomb")
