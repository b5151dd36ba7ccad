"""The audit log with the class's secret: what is cut off, gone, added or forged is noticed, said once and named for good."""

import json
import os
import sqlite3

import pytest
from click.testing import CliRunner

from rnncourse.cli import main
from rnncourse.grading.records import RecordsError
from rnncourse.grading.records.audit import START, Audit, class_audit

KEY = b"k" * 32


@pytest.fixture
def log(tmp_path):
    """The path of a log of five lines, written by one who has the key."""
    audit = Audit(tmp_path / "audit.jsonl", KEY)
    assert audit.resume() == ""
    for number in range(5):
        audit.append(event="entered", student=f"s{number}", assignment="a", verdict="v" * number)
    return audit.path


def lines(path):
    return path.read_bytes().splitlines(keepends=True)


def head_of(path):
    return path.with_name(f"{path.name}.head")


def forged(path, key=None, **event):
    """A line that follows from the last one, as whoever may write the file could add it."""
    audit = Audit(path)
    other = Audit(path, key)
    return other._line({"event": "entered", "student": "mallory", "assignment": "a", **event, "previous": audit.head}) + b"\n"


def test_a_whole_log_stays_whole_over_many_runs(log):
    for number in range(3):
        audit = Audit(log, KEY)
        assert audit.resume() == "" and audit.verify() is None
        audit.append(event="entered", student=f"t{number}", assignment="a")
    assert len(lines(log)) == 8 and json.loads(head_of(log).read_bytes())["lines"] == 8


TOUCHED = {
    "cut at the end of a line": (lambda log: log.write_bytes(b"".join(lines(log)[:3])), 4, "ends before this line, and 5 lines were written"),
    "cut in the middle of a line": (lambda log: log.write_bytes(b"".join(lines(log)[:3]) + lines(log)[3][:9]), 4, "5 lines were written"),
    "emptied": (lambda log: log.write_bytes(b""), 1, "5 lines were written"),
    "removed": (lambda log: log.unlink(), 1, "5 lines were written"),
    "its head removed": (lambda log: head_of(log).unlink(), 6, "names its last line is gone"),
    "cut, and its head removed": (lambda log: (log.write_bytes(b"".join(lines(log)[:3])), head_of(log).unlink()), 4, "names its last line is gone"),
    "cut, and its head written to fit": (
        lambda log: (log.write_bytes(b"".join(lines(log)[:3])), head_of(log).write_bytes(head_of(log).read_bytes().replace(b'"lines": 5', b'"lines": 3'))),
        4, "names its last line was changed",
    ),
    "its head garbage": (lambda log: head_of(log).write_bytes(b"[" * 5000), 6, "names its last line was changed"),
    "a line added without the key": (lambda log: log.write_bytes(log.read_bytes() + forged(log)), 6, "carry no signature"),
    "a line added with another key": (lambda log: log.write_bytes(log.read_bytes() + forged(log, b"o" * 32)), 6, "not as it was written"),
    "the last line changed": (lambda log: log.write_bytes(log.read_bytes().replace(b"s4", b"sX")), 5, "not as it was written"),
    "the last line taken for another": (
        lambda log: log.write_bytes(b"".join(lines(log)[:4]) + Audit(log, KEY)._line({"event": "entered", "student": "x", "previous": Audit(log)._look()[1]}) + b"\n"),
        5, "does not follow",
    ),
}  # fmt: skip


@pytest.mark.parametrize("touch", TOUCHED)
def test_what_is_touched_is_noticed_said_once_and_stays_in_the_log(log, touch):
    act, line, why = TOUCHED[touch]
    act(log)
    assert Audit(log, KEY).verify().line == line
    audit = Audit(log, KEY)
    assert f"line {line}: " in audit.resume()
    audit.append(event="entered", student="next", assignment="a")
    again = Audit(log, KEY)
    assert again.resume() == "", "said twice"
    named = again.verify()
    assert (named.line, named.named) == (line, True), "forgotten"
    breaks = [event for event in again.events() if event["event"] == "break"]
    assert [(event["line"], why in event["why"]) for event in breaks] == [(line, True)]


def test_a_new_break_after_a_named_one_is_said_again(log):
    log.write_bytes(b"".join(lines(log)[:3]))
    Audit(log, KEY).resume()
    log.write_bytes(log.read_bytes() + forged(log))
    assert "line 5: " in Audit(log, KEY).resume() and Audit(log, KEY).resume() == ""


def test_a_break_that_somebody_else_writes_names_nothing(log):
    log.write_bytes(b"".join(lines(log)[:3]))
    log.write_bytes(log.read_bytes() + forged(log, event="break", line=4, why="nothing to see"))
    assert "carry no signature" in Audit(log, KEY).resume()


@pytest.mark.parametrize("behind", [1, 2, 5])
def test_a_kill_between_line_and_head_is_no_tampering(log, behind):
    """The head as it was some lines ago: a kill loses one, a power cut may lose more."""
    whole, audit = log.read_bytes(), Audit(log.with_name("other"), KEY)
    audit.resume()
    for number in range(5 - behind):
        audit.append(event="entered", student=f"s{number}", assignment="a", verdict="v" * number)
    head_of(log).write_bytes(head_of(audit.path).read_bytes())
    assert Audit(log, KEY).verify() is None and Audit(log, KEY).resume() == ""
    assert log.read_bytes() == whole and json.loads(head_of(log).read_bytes())["lines"] == 5


def test_a_torn_line_is_no_tampering(log):
    log.write_bytes(log.read_bytes() + b'{"event":"ent')
    audit = Audit(log, KEY)
    assert audit.resume() == ""
    audit.append(event="entered", student="next", assignment="a")
    assert audit.verify() is None


def test_a_head_that_cannot_be_written_stops_no_entry(log, monkeypatch):
    audit, write = Audit(log, KEY), os.open

    def no_head(path, *rest, **more):
        if str(path).endswith(".head"):
            raise OSError(5, "Input/output error")
        return write(path, *rest, **more)

    monkeypatch.setattr(os, "open", no_head)
    audit.append(event="entered", student="next", assignment="a")
    monkeypatch.undo()
    assert Audit(log, KEY).verify() is None and Audit(log, KEY).resume() == ""


def test_a_log_of_an_earlier_version_is_said_once_and_goes_on(tmp_path):
    old = Audit(tmp_path / "audit.jsonl")
    for number in range(3):
        old.append(event="entered", student=f"s{number}", assignment="a")
    audit = Audit(old.path, KEY)
    assert "line 1: from here on the lines carry no signature: an earlier version" in audit.resume()
    audit.append(event="entered", student="next", assignment="a")
    assert Audit(old.path, KEY).resume() == "" and len(list(Audit(old.path, KEY).events())) == 5
    assert json.loads(lines(old.path)[0])["previous"] == START


# ---------------------------------------------------------------- the class


def test_the_next_run_says_that_the_log_was_cut(room, monkeypatch):
    with room.records() as records:
        assert records.notice == ""
        room.enter(records)
    path = room.root / "grading" / "audit.jsonl"
    path.write_bytes(lines(path)[0])
    with room.records() as records:
        assert "line 2: the log ends before this line, and 2 lines were written" in records.notice
        room.enter(records)
    assert export(room, monkeypatch, "--check-audit").startswith(f"Error: {path}, line 2: the log ends")
    assert [event["event"] for event in room.audit()] == ["entering", "break", "entering", "entered"]


def test_log_and_head_gone_after_grading_is_noticed(room, monkeypatch):
    from rnncourse.grading.queue.results import Results

    with room.records() as records:
        room.enter(records)
    Results(room.root / "grading" / "results", room.step).put("anna", room.verdict()[0])
    path = room.root / "grading" / "audit.jsonl"
    path.unlink()
    head_of(path).unlink()
    assert "the log is gone, although there are grades" in export(room, monkeypatch, "--check-audit")
    with room.records() as records:
        assert "the log is gone, although there are grades" in records.notice


def make_folder(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("touch", [make_folder, lambda path: (path.unlink(), path.symlink_to(path))], ids=["a folder", "a link to itself"])
@pytest.mark.parametrize("words", [("--check-audit",), ()], ids=["check", "export"])
def test_a_log_that_cannot_be_read_is_a_sentence(room, monkeypatch, touch, words):
    with room.records() as records:
        room.enter(records)
    touch(room.root / "grading" / "audit.jsonl")
    said = export(room, monkeypatch, *words)
    assert said.startswith("Error: the audit log ") and "cannot be read" in said and len(said.splitlines()) == 1
    with pytest.raises(RecordsError, match="cannot be read"):
        room.records()


def test_the_class_is_free_after_a_log_that_cannot_be_read(room):
    path = room.root / "grading" / "audit.jsonl"
    path.mkdir()
    with pytest.raises(RecordsError, match="cannot be read"):
        room.records()
    path.rmdir()
    with room.records() as records:
        room.enter(records)
    assert class_audit(room.root).verify() is None
    with sqlite3.connect(room.root / "grading" / "gradebook.db") as database:
        assert database.execute("SELECT count(*) FROM submitted_assignment").fetchone() == (1,)


def export(room, monkeypatch, *words):
    monkeypatch.chdir(room.root)
    done = CliRunner().invoke(main, ["export", *words])
    assert done.exit_code == 1 and not isinstance(done.exception, OSError), done.exception
    return done.output
