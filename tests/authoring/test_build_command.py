"""`rnncourse build` from the terminal."""

import pytest
from click.testing import CliRunner

pytest.importorskip("nbgrader")
pytest.importorskip("jupytext")

from rnncourse.cli import main


def run(folder, monkeypatch, *words):
    monkeypatch.chdir(folder)
    return CliRunner().invoke(main, ["build", *words])


def test_build_then_check_then_up_to_date(course, monkeypatch):
    late = run(course, monkeypatch, "--check")
    assert late.exit_code == 1
    assert "stale: solutions/9-doubling/doubling.ipynb" in late.output
    assert not (course / "course").exists()
    first = run(course / "solutions", monkeypatch)  # from a folder inside the repo
    assert first.exit_code == 0, first.output
    assert "wrote course/9-doubling/doubling.ipynb" in first.output
    for words in (["--check"], []):
        again = run(course, monkeypatch, *words)
        assert (again.exit_code, again.output) == (0, "Everything is up to date.\n")


@pytest.mark.parametrize(("words", "said"), [(["tripling"], "no source is called 'tripling'"), (["--check", "tripling"], "no source is called")])
def test_unknown_name_is_one_clear_line(course, monkeypatch, words, said):
    outcome = run(course, monkeypatch, *words)
    assert outcome.exit_code == 1
    assert said in outcome.output


def test_senseless_header_is_one_clear_line(course, monkeypatch, rewrite):
    rewrite(' points=2', '')
    outcome = run(course, monkeypatch)
    assert outcome.exit_code == 1
    assert "doubling.py:" in outcome.output
    assert "without points" in outcome.output
    assert "course/ was left as it was" in outcome.output


def test_outside_of_a_clone(tmp_path, monkeypatch):
    outcome = run(tmp_path, monkeypatch)
    assert outcome.exit_code == 1
    assert "go to a clone of the course" in outcome.output
