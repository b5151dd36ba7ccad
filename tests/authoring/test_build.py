"""Building: the same bytes twice, only what changed, and never half a notebook."""

import os

import nbformat
import pytest

pytest.importorskip("nbgrader")
pytest.importorskip("jupytext")

from rnncourse.authoring import build as build_module
from rnncourse.authoring.build import build, is_fresh, sources, stale
from rnncourse.authoring.execute import execute
from rnncourse.authoring.fault import AuthoringError
from rnncourse.authoring.solution import solution_notebook, to_bytes


def tree(folder):
    """Every file of the folder with its bytes."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def built(course):
    """The small course, built once."""
    outcome = build(course)
    assert outcome.good, outcome
    return course


@pytest.fixture
def runs(monkeypatch):
    """The sources that are executed from here on."""
    seen = []

    def watched(notebook, **options):
        seen.append(options["source"].stem)
        return execute(notebook, **options)

    monkeypatch.setattr(build_module, "execute", watched)
    return seen


def test_two_builds_give_the_same_bytes(built):
    before = {name: tree(built / name) for name in ("solutions", "course")}
    build(built, everything=True)
    assert {name: tree(built / name) for name in ("solutions", "course")} == before


def test_solution_is_executed_and_clean(built):
    notebook = nbformat.read(built / "solutions/9-doubling/doubling.ipynb", as_version=4)
    demo = notebook.cells[-1]
    assert [output.text for output in demo.outputs] == ["two\nlines\n"]
    assert all("execution" not in cell.metadata for cell in notebook.cells)
    assert notebook.metadata.language_info.version == "3.11.0"
    assert notebook.metadata.kernelspec.name == "python3"


def test_student_copy_has_no_solution_no_output_no_source(built):
    notebook = nbformat.read(built / "course/9-doubling/doubling.ipynb", as_version=4)
    cells = {cell.id: cell for cell in notebook.cells}
    assert cells["double"].source.endswith("    # Your code here\n    raise NotImplementedError")
    assert cells["why"].source == "*Your answer here.*"
    assert cells["check_double"].source == "check(double)"
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)
    assert sorted(tree(built / "course")) == ["9-doubling/doubling.ipynb", "README.md"]


def test_map_names_minutes_and_points(built):
    text = (built / "course/README.md").read_text()
    assert "| `9-doubling` | [Doubling numbers](9-doubling/doubling.ipynb) | 5 | 4.5 |" in text


def test_nothing_is_run_when_nothing_changed(built, runs):
    assert build(built).written == []
    assert runs == []
    assert stale(built) == []


def test_only_the_changed_source_is_run(built, runs):
    other = built / "solutions/8-other/other.py"
    other.parent.mkdir()
    other.write_text((built / "solutions/9-doubling/doubling.py").read_text(encoding="utf-8"), encoding="utf-8")
    assert stale(built) == ["solutions/8-other/other.ipynb"]
    assert build(built).good
    assert runs == ["other"]


@pytest.mark.parametrize("harm", ["half a file", "edited by hand", "outputs cleared"])
def test_a_notebook_that_is_not_its_source_is_stale(built, source, harm):
    path = source.with_suffix(".ipynb")
    notebook = nbformat.read(path, as_version=4)
    if harm == "edited by hand":
        notebook.cells[0].source += " "
    if harm == "outputs cleared":
        notebook.cells[1].execution_count = None
    content = to_bytes(notebook)
    path.write_bytes(content[: len(content) // 2] if harm == "half a file" else content)
    assert not is_fresh(source)
    assert build(built).good
    assert is_fresh(source)


def test_course_edited_by_hand_is_stale_and_made_anew(built):
    good = tree(built / "course")
    (built / "course/README.md").write_text("mine")
    (built / "course/8-gone").mkdir()
    (built / "course/8-gone/leak.py").write_text("")
    assert stale(built) == ["course/8-gone/leak.py", "course/README.md"]
    assert build(built).good
    assert tree(built / "course") == good
    assert not (built / "course/8-gone").exists()


def test_failing_cell_keeps_the_old_notebooks_and_says_where(built, source, rewrite):
    before = tree(built / "course"), source.with_suffix(".ipynb").read_bytes()
    rewrite('print("lines")', "number = 0\n1 / number")
    outcome = build(built)
    line = source.read_text().splitlines().index("1 / number") + 1
    assert outcome.failures == [f"solutions/9-doubling/doubling.py:{line}: cell 'cell-09' failed: ZeroDivisionError: division by zero"]
    assert (tree(built / "course"), source.with_suffix(".ipynb").read_bytes()) == before


@pytest.mark.parametrize(("code", "said"), [("import os; os._exit(3)", "Kernel died"), ("def f(:", "SyntaxError"), ("while True: pass", "time")])
def test_a_kernel_that_dies_or_hangs_is_reported(source, rewrite, code, said):
    rewrite('print("lines")', code)
    with pytest.raises(AuthoringError, match=f"cell 'cell-09' failed: .*{said}"):
        execute(solution_notebook(source), source=source, cell_seconds=2)


def test_faults_leave_the_course_as_it_was(built, rewrite):
    before = tree(built / "course")
    rewrite("Draw it.", "Simply draw it.")
    outcome = build(built)
    assert [fault.rule for fault in outcome.faults] == ["banned-word"]
    assert tree(built / "course") == before


def test_interrupted_write_leaves_no_half_file(built, source, rewrite, monkeypatch):
    before = tree(built / "solutions")
    rewrite("Draw it.", "Draw a picture.")
    monkeypatch.setattr(os, "replace", lambda *paths: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        build(built)
    after = tree(built / "solutions")
    assert set(after) == set(before)
    assert after["9-doubling/doubling.ipynb"] == before["9-doubling/doubling.ipynb"]


def test_names_choose_sources_and_an_unknown_one_is_told(course):
    assert [path.stem for path in sources(course, ["9-doubling"])] == ["doubling"]
    assert [path.stem for path in sources(course, ["doubling.py"])] == ["doubling"]
    with pytest.raises(LookupError, match="there are 9-doubling"):
        sources(course, ["tripling"])


def test_kernel_sees_nothing_of_the_author(source, rewrite, monkeypatch):
    monkeypatch.setenv("RNNCOURSE_HOME", "the author's own")
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    rewrite('print("lines")', 'import os; print(os.environ["RNNCOURSE_HOME"], os.environ.get("NBGRADER_EXECUTION"), os.listdir())')
    executed = execute(solution_notebook(source), source=source)
    shown = executed.cells[-1].outputs[0].text
    assert "author" not in shown
    assert shown.rstrip().endswith("None []")
