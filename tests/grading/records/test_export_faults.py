"""What lies in a class's folder is not what it should be: each command says in one sentence what is wrong, and ends."""

import json
import shutil
import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner

from rnncourse.cli import main
from rnncourse.grading.feedback import gradebook as feedbacks
from rnncourse.grading.queue.results import Results
from rnncourse.grading.records.exports import layouts


@pytest.fixture
def graded(room, monkeypatch):
    """Anna's step 1, entered; the commands wait for nobody."""
    with room.records() as records:
        room.enter(records)
    Results(room.root / "grading" / "results", room.step).put("anna", room.verdict()[0])
    monkeypatch.chdir(room.root)
    monkeypatch.setenv("RNNCOURSE_DATABASE", room.url)
    for module in (layouts, feedbacks):
        monkeypatch.setattr(module, "PATIENCE", 0.2, raising=False)
    return room


def sentence(*words):
    """What a command says when it ends with 1 or 2: exactly one line, and no traceback behind it."""
    done = CliRunner().invoke(main, words)
    assert isinstance(done.exception, SystemExit) and done.exit_code in (1, 2), repr(done.exception)
    lines = [line for line in done.output.splitlines() if line.startswith("Error:")]
    assert len(lines) == 1 and "Traceback" not in done.output, done.output
    return lines[0]


@pytest.mark.parametrize("words", [("export",), ("export", "--check-audit")])
def test_a_log_that_is_a_folder(graded, words):
    log = graded.root / "grading" / "audit.jsonl"
    log.unlink()
    log.mkdir()
    assert "audit.jsonl cannot be read (Is a directory)" in sentence(*words)
    assert CliRunner().invoke(main, ["export", "--format", "moodle"]).exit_code == 0  # needs no log


def test_a_log_with_entries_of_another_shape_costs_only_what_they_would_say(graded):
    log = graded.root / "grading" / "audit.jsonl"
    odd = [
        {"event": "entering", "student": "anna", "assignment": graded.step, "questions": what}
        for what in (7, [7], [{}], {"notebook": 1}, [{"notebook": [], "cell": {}}])
    ]
    odd += [{"event": "entering", "student": ["anna"], "assignment": graded.step}, {"event": ["entered"]}]
    log.write_text("".join(json.dumps(one) + "\n" for one in odd))
    done = CliRunner().invoke(main, ["export"])
    assert done.exit_code == 0 and done.stdout.count('"anna"') == 9, done.output


@pytest.mark.parametrize("words", [("export",), ("export", "--format", "canvas"), ("feedback", "1-sequence-data")])
def test_a_gradebook_that_somebody_holds_is_not_one_or_is_gone(graded, words):
    path = graded.root / "grading" / "gradebook.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert "has held the database" in sentence(*words)
    path.write_text("this is no database, " * 100)
    assert "the database" in sentence(*words) and "refused" in sentence(*words)
    path.unlink()
    path.mkdir()
    assert "there is no gradebook at" in sentence(*words)
    path.rmdir()
    assert "there is no gradebook at" in sentence(*words)
    assert not path.exists()


def test_an_assignment_that_is_not_there(graded):
    assert "the gradebook has no assignment 9-x" in sentence("export", "--assignment", "9-x")
    assert "course/9-x" in sentence("feedback", "9-x")


def test_a_result_that_is_none_stops_nobody_else(graded):
    folder = graded.root / "grading" / "results" / graded.step
    shutil.copy(folder / "anna.json", folder / "ben.json")
    good = json.loads((folder / "anna.json").read_bytes())
    for name, points in (("carl", "many"), ("dora", [1]), ("emil", {})):
        bad = json.loads(json.dumps(good))
        bad["notebooks"][0]["graded"][0]["report"]["points"] = points
        (folder / f"{name}.json").write_text(json.dumps(bad))
    (folder / "fay.json").mkdir()
    done = CliRunner().invoke(main, ["feedback", graded.step])
    assert done.exit_code == 1 and isinstance(done.exception, SystemExit), repr(done.exception)
    assert {line.split(":")[0] for line in done.output.splitlines() if line.startswith("no page for")} == {
        f"no page for {name}" for name in ("ben", "carl", "dora", "emil", "fay")
    }
    assert "1 page for 1 student" in done.output


