"""The audit log: a chain that shows where it was touched, and that outlives a crash in the middle of a line."""

import errno
import json
import os

import pytest

from rnncourse.grading.records.audit import START, Audit


@pytest.fixture
def audit(tmp_path):
    audit = Audit(tmp_path / "audit.jsonl")
    for number in range(5):
        audit.append(event="entered", student=f"s{number}", assignment="a", verdict="v" * number)
    return audit


def lines(audit):
    return audit.path.read_bytes().splitlines(keepends=True)


def test_a_whole_chain(audit):
    assert audit.verify() is None
    assert json.loads(lines(audit)[0])["previous"] == START
    assert [event["student"] for event in audit.events()] == ["s0", "s1", "s2", "s3", "s4"]
    assert Audit(audit.path).head == audit.head
    assert audit.last()["s3", "a"] == ("entered", "vvv")


def test_no_log_is_a_whole_log(tmp_path):
    audit = Audit(tmp_path / "audit.jsonl")
    assert (audit.verify(), audit.head, list(audit.events()), audit.last()) == (None, START, [], {})


@pytest.mark.parametrize(
    ("touch", "line"),
    [
        (lambda all: [all[0], all[1].replace(b"s1", b"sX"), *all[2:]], 3),
        (lambda all: [all[0], *all[2:]], 2),
        (lambda all: all[1:], 1),
        (lambda all: [*all[:2], all[3], all[2], all[4]], 3),
        (lambda all: [*all[:2], all[1], *all[2:]], 3),
        (lambda all: [*all[:2], b"what\n", *all[2:]], 3),
        (lambda all: [*all[:2], b"[]\n", *all[2:]], 3),
        (lambda all: [*all[:2], b"\n", *all[2:]], 3),
        (lambda all: [*all[:2], b'{"previous":' + b"[" * 100_000 + b"\n"], 3),
    ],
)
def test_the_first_broken_line_is_named(audit, touch, line):
    audit.path.write_bytes(b"".join(touch(lines(audit))))
    assert Audit(audit.path).verify().line == line


def test_a_change_of_the_last_line_shows_in_the_head(audit):
    head = audit.head
    audit.path.write_bytes(audit.path.read_bytes().replace(b"s4", b"s5"))
    assert Audit(audit.path).verify() is None
    assert Audit(audit.path).head != head


@pytest.mark.parametrize("kept", [1, 10, 40, -2])
def test_a_torn_line_is_repaired_by_the_next(audit, kept):
    whole = lines(audit)
    audit.path.write_bytes(b"".join(whole[:4]) + whole[4][:kept])
    again = Audit(audit.path)
    assert "cut off" in again.verify().why
    assert [event["student"] for event in again.events()] == ["s0", "s1", "s2", "s3"]
    again.append(event="entered", student="next", assignment="a")
    assert again.verify() is None
    assert [event["student"] for event in Audit(audit.path).events()] == ["s0", "s1", "s2", "s3", "next"]


def test_a_line_that_lacks_only_its_end_is_kept(audit):
    audit.path.write_bytes(audit.path.read_bytes()[:-1])
    again = Audit(audit.path)
    assert again.verify() is None
    again.append(event="entered", student="next", assignment="a")
    assert again.verify() is None
    assert [event["student"] for event in again.events()][-2:] == ["s4", "next"]


def test_a_torn_first_line_and_a_long_line(tmp_path):
    audit = Audit(tmp_path / "audit.jsonl")
    audit.path.write_bytes(b'{"event":"ent')
    audit.append(event="x", text="y" * 300_000)
    audit.append(event="z")
    again = Audit(audit.path)
    again.append(event="last")
    assert again.verify() is None
    assert [event["event"] for event in again.events()] == ["x", "z", "last"]


def test_a_full_disk_leaves_the_log_as_it_was(audit, monkeypatch):
    before, write = audit.path.read_bytes(), os.pwrite

    def half(handle, content, place):
        if len(content) < 20:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(handle, content[: len(content) - 10], place)

    monkeypatch.setattr(os, "pwrite", half)
    with pytest.raises(OSError, match="No space"):
        audit.append(event="entered", student="new", assignment="a", text="z" * 50)
    monkeypatch.undo()
    assert audit.path.read_bytes() == before
    audit.append(event="entered", student="new", assignment="a")
    assert audit.verify() is None


def test_somebody_elses_line_is_taken_into_the_chain(audit):
    Audit(audit.path).append(event="entered", student="other", assignment="a")
    audit.append(event="entered", student="mine", assignment="a")
    assert audit.verify() is None


def test_any_text_fits_into_a_line(audit):
    audit.append(event="entered", student="\ud800\n\0\u2028", assignment="a")
    assert audit.verify() is None
    assert [event["student"] for event in audit.events()][-1] == "\ud800\n\0\u2028"
