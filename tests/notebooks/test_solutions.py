"""The committed solution notebooks are what their sources give, today and twice in a row."""

import pytest

pytest.importorskip("nbgrader")
pytest.importorskip("jupytext")

from rnncourse.authoring.course_map import course_map
from rnncourse.authoring.execute import execute
from rnncourse.authoring.lint import lint
from rnncourse.authoring.page import is_test, shown
from rnncourse.authoring.release import release
from rnncourse.authoring.solution import solution_notebook, to_bytes, without_outputs


@pytest.fixture(scope="module")
def fresh(repo):
    """(lesson, which) -> an execution of its source, done now; another `which`, another execution."""
    done = {}

    def run(lesson, which=1):
        if (lesson, which) not in done:
            source = repo / "solutions" / f"{lesson}.py"
            done[lesson, which] = execute(solution_notebook(source), source=source)
        return done[lesson, which]

    return run


def check_cells(notebook):
    return {cell.id: shown(cell) for cell in notebook.cells if is_test(cell)}


def test_there_are_lessons(repo):
    assert sorted(path.parent.name for path in (repo / "solutions").glob("*/*.ipynb"))[:2] == ["0-start-here", "1-sequence-data"]


def test_committed_notebook_is_its_source(repo, committed, lesson):
    built, source = without_outputs(committed("solutions", lesson)), solution_notebook(repo / "solutions" / f"{lesson}.py")
    drifted = [one.id for one, two in zip(source.cells, built.cells, strict=False) if one != two]
    assert (len(source.cells), drifted) == (len(built.cells), []), f"solutions/{lesson}: run rnncourse build"
    assert to_bytes(built) == to_bytes(source)


def test_committed_checks_show_a_passed_card(committed, lesson):
    cards = check_cells(committed("solutions", lesson))
    assert all("✓ passed" in card for card in cards.values()), cards
    assert all(cell.execution_count for cell in committed("solutions", lesson).cells if cell.cell_type == "code" and cell.source)


def test_fresh_checks_show_what_is_committed(committed, fresh, lesson):
    assert check_cells(fresh(lesson)) == check_cells(committed("solutions", lesson))


def test_two_executions_give_the_same_bytes(committed, fresh, lesson):
    """The committed one and a fresh one; on a machine that draws or rounds otherwise, two fresh ones."""
    first, second = committed("solutions", lesson), fresh(lesson)
    if to_bytes(first) != to_bytes(second):
        first = fresh(lesson, which=2)
    different = [one.id for one, two in zip(first.cells, second.cells, strict=True) if one != two]
    assert not different
    assert to_bytes(first) == to_bytes(second)


def test_course_is_what_the_solutions_release(repo, tmp_path):
    release(repo, tmp_path)
    (tmp_path / "README.md").write_text(course_map(tmp_path), encoding="utf-8")
    new = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    old = {path.relative_to(repo / "course"): path.read_bytes() for path in (repo / "course").rglob("*")
           if path.is_file() and ".ipynb_checkpoints" not in path.parts}
    assert new.keys() == old.keys()
    assert [name for name in new if new[name] != old[name]] == []


def test_no_authoring_faults(repo):
    assert [str(fault) for fault in lint(repo)] == []
