"""A student notebook runs from top to bottom before anything is solved, and every graded cell says so politely."""

import pytest

pytest.importorskip("nbclient")

from rnncourse.authoring.execute import execute
from rnncourse.authoring.page import is_test, nbgrader_block, shown


@pytest.fixture(scope="module")
def self_study(committed):
    """Lesson -> its student notebook, run as a learner's Run All Cells would."""
    done = {}

    def run(lesson):
        if lesson not in done:
            done[lesson] = execute(committed("course", lesson), allow_errors=True)
        return done[lesson]

    return run


def without_demos(notebook):
    """The notebook as the autograder runs it: long training cells are skipped."""
    notebook.cells = [cell for cell in notebook.cells if "demo" not in cell.metadata.get("tags", [])]
    return notebook


def faulty(notebook):
    """Cells with an error or with anything on stderr."""
    return {
        cell.id: output.get("ename") or output.text
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "error" or output.get("name") == "stderr"
    }


def test_nothing_fails_in_self_study(self_study, lesson):
    assert faulty(self_study(lesson)) == {}


def test_each_graded_cell_shows_one_polite_card(self_study, lesson):
    for cell in filter(is_test, self_study(lesson).cells):
        (output,) = cell.outputs
        assert output.data["text/plain"].startswith(f"not started · {output.data['text/plain'].split(' · ')[1]} · 0 of ")
        assert 'role="status"' in output.data["text/html"]
        assert "Traceback" not in shown(cell)


def test_exactly_the_graded_cells_raise_when_graded(committed, lesson):
    executed = execute(without_demos(committed("course", lesson)), allow_errors=True, NBGRADER_EXECUTION="autograde")
    graded = {cell.id for cell in executed.cells if is_test(cell)}
    assert faulty(executed) == dict.fromkeys(graded, "CheckFailed")
    for cell in filter(is_test, executed.cells):
        (output,) = cell.outputs
        assert output.traceback[0].startswith("not started · ")
        assert len(output.traceback) <= 12
        assert not any("Traceback" in line or ".py" in line for line in output.traceback)


def test_solutions_score_full_points_when_graded(committed, lesson):
    executed = execute(without_demos(committed("solutions", lesson)), NBGRADER_EXECUTION="autograde")
    assert faulty(executed) == {}
    for cell in filter(is_test, executed.cells):
        results = [output.data["text/plain"] for output in cell.outputs if output.output_type == "execute_result"]
        assert [float(result) for result in results] == [nbgrader_block(cell)["points"]]
