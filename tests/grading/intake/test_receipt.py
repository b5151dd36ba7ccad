"""When work was handed in: neither an early claim nor a late collector changes it."""

import json
import os
from datetime import UTC, datetime, timedelta

import pytest

from rnncourse.grading.intake import read, submissions
from rnncourse.grading.intake.ledger import Ledger
from rnncourse.grading.intake.timestamp import parse_timestamp
from tests.grading.intake.conftest import NAME, STEP

DEADLINE = datetime(2026, 5, 10, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
FORMAT = "%Y-%m-%d %H:%M:%S.%f UTC"
LATER = datetime(2100, 1, 1, tzinfo=UTC)  # after everything that this test writes


class Class:
    """One student, anna, with what lies in submitted/, in the exchange and in kept/."""

    def __init__(self, folder):
        self.submitted, self.exchange, self.kept = folder / "submitted", folder / "exchange", folder / "kept"
        self.inbound = self.exchange / "course" / "inbound"
        self.inbound.mkdir(parents=True)

    def lay(self, folder, text="1", claim=None, modified=DEADLINE - HOUR):
        """Put a notebook with this text, and a claim, into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{NAME}.ipynb"
        path.write_bytes(notebook(text))
        os.utime(path, (modified.timestamp(),) * 2)
        if claim:
            (folder / "timestamp.txt").write_text(claim.strftime(FORMAT))
        return folder

    def collect(self, text="1", claim=None, **more):
        (self.submitted / "anna" / STEP / "timestamp.txt").unlink(missing_ok=True)
        self.lay(self.submitted / "anna" / STEP, text, claim, **more)

    def hand_in(self, text="1", name=f"anna+{STEP}+2020-01-01 00:00:00.000000 UTC+abc", claim=datetime(2020, 1, 1, tzinfo=UTC)):
        return self.lay(self.inbound / name, text, claim)

    def seen(self, now, exchange=False):
        """(time of receipt, texts of the remarks) at this moment."""
        options = {"exchange": self.exchange} if exchange else {}
        (found,) = submissions(self.submitted, STEP, kept=self.kept, now=now, **options)
        return found.received, " ".join(one.text for one in found.remarks)


def notebook(text):
    cells = [{"cell_type": "code", "metadata": {}, "source": text, "outputs": [], "execution_count": None}]
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells}).encode()


@pytest.fixture
def room(tmp_path):
    return Class(tmp_path)


def changed(folder):
    """The latest inode change of a folder and the notebook in it."""
    return datetime.fromtimestamp(max(os.stat(path).st_ctime for path in (folder, folder / f"{NAME}.ipynb")), UTC)


# ---------------------------------------------------------------- the exchange


def test_the_exchange_is_believed_and_not_the_student(room):
    folder = room.hand_in()
    room.collect(claim=datetime(2020, 1, 1, tzinfo=UTC))
    received, remarks = room.seen(LATER, exchange=True)
    assert received == changed(folder)
    assert remarks.startswith("in doubt: timestamp.txt says 2020-01-01 00:00:00 UTC, the exchange received these files at")


def test_of_several_hand_ins_the_one_with_these_files_counts(room):
    first = room.hand_in("1", f"anna+{STEP}+2026-01-01 00:00:00.000000 UTC+abc")
    second = room.hand_in("2", f"anna+{STEP}+2026-01-02 00:00:00.000000 UTC")
    room.hand_in("1", f"ben+{STEP}+2026-01-01 00:00:00.000000 UTC+abc")
    room.collect("2")
    assert room.seen(LATER, exchange=True)[0] == changed(second) >= changed(first)


def test_work_written_over_an_early_hand_in_is_late(room):
    folder = room.hand_in("1")
    before = changed(folder)
    (folder / f"{NAME}.ipynb").write_bytes(notebook("2"))
    os.utime(folder / f"{NAME}.ipynb", (0, 0))
    room.collect("2")
    received, _ = room.seen(LATER, exchange=True)
    assert received == changed(folder) >= before


def test_a_hand_in_of_other_files_is_no_witness(room):
    room.hand_in("early and empty")
    room.collect("late", claim=DEADLINE - HOUR)
    received, remarks = room.seen(DEADLINE + HOUR, exchange=True)
    assert received == DEADLINE - HOUR and "the exchange holds no hand-in with these files" in remarks


def test_files_that_collecting_leaves_out_do_not_matter(room):
    name = f"anna+{STEP}+2026-01-01 00:00:00.000000 UTC+abc"
    room.inbound.joinpath(name).mkdir()
    room.inbound.joinpath(name, "helper.py").write_text("x")
    folder = room.hand_in(name=name)
    room.collect()
    assert room.seen(LATER, exchange=True)[0] == changed(folder)


def test_a_link_in_the_exchange_is_no_witness(room, tmp_path):
    (room.inbound / f"anna+{STEP}+x").symlink_to(room.lay(tmp_path / "elsewhere"))
    room.collect()
    assert "the exchange holds no hand-in" in room.seen(LATER, exchange=True)[1]


def test_an_inbound_folder_that_is_closed_is_passed_over(room, monkeypatch):
    folder, closed = room.hand_in(), room.exchange / "another course" / "inbound"
    closed.mkdir(parents=True)
    room.collect()
    real = os.listdir

    def listdir(path):
        if path == closed:
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "listdir", listdir)
    assert room.seen(LATER, exchange=True)[0] == changed(folder)


# ---------------------------------------------------------------- claims, and what was seen


def test_a_late_collector_makes_nobody_late(room):
    room.collect(claim=DEADLINE - HOUR)
    received, remarks = room.seen(DEADLINE + 24 * HOUR)
    assert received == DEADLINE - HOUR and "nothing else bears witness" in remarks


def test_without_a_timestamp_the_files_themselves_say_when(room):
    room.collect(modified=DEADLINE - 2 * HOUR)
    assert room.seen(DEADLINE + HOUR)[0] == DEADLINE - 2 * HOUR


def test_nothing_is_received_after_it_was_seen(room):
    room.collect(claim=DEADLINE + 99 * HOUR, modified=DEADLINE + 99 * HOUR)
    received, remarks = room.seen(DEADLINE)
    assert received == DEADLINE and "names a later time" in remarks


def test_a_new_claim_for_work_that_was_seen_changes_nothing(room):
    room.collect(claim=DEADLINE + HOUR)
    late, _ = room.seen(DEADLINE + 2 * HOUR)
    room.collect(claim=DEADLINE - HOUR)
    received, remarks = room.seen(DEADLINE + 3 * HOUR)
    assert received == late == DEADLINE + HOUR and "was changed after" in remarks


def test_other_work_in_place_of_what_was_seen_came_after_it(room):
    room.collect("1", claim=DEADLINE - HOUR)
    room.seen(DEADLINE - HOUR / 2)
    room.seen(DEADLINE + HOUR)  # after the deadline the first work still lay there
    room.collect("2", claim=DEADLINE - HOUR / 3, modified=DEADLINE - HOUR / 3)
    received, remarks = room.seen(DEADLINE + 2 * HOUR)
    assert received == DEADLINE + HOUR and "until then other files of this student lay here" in remarks
    assert room.seen(DEADLINE + 9 * HOUR)[0] == received


def test_better_work_handed_in_before_the_deadline_is_not_late(room):
    room.collect("1", claim=DEADLINE - 5 * HOUR)
    room.seen(DEADLINE - 4 * HOUR)
    room.collect("2", claim=DEADLINE - HOUR)
    assert room.seen(DEADLINE + HOUR)[0] == DEADLINE - HOUR


def test_a_timestamp_that_lay_there_before_is_none_for_new_files(room):
    """An instructor copies late work over the old, and the old timestamp.txt stays."""
    room.collect("1", claim=DEADLINE - 5 * HOUR)
    room.seen(DEADLINE - 4 * HOUR)
    room.collect("2", claim=DEADLINE - 5 * HOUR, modified=DEADLINE + HOUR)
    assert room.seen(DEADLINE + 2 * HOUR)[0] == DEADLINE + HOUR


def test_work_that_comes_back_keeps_its_first_time(room):
    room.collect("1", claim=DEADLINE - HOUR)
    first, _ = room.seen(DEADLINE)
    room.collect("2", claim=DEADLINE + HOUR)
    room.seen(DEADLINE + 2 * HOUR)
    room.collect("1", claim=DEADLINE + 3 * HOUR)
    assert room.seen(DEADLINE + 4 * HOUR)[0] == first


def test_a_kept_folder_that_cannot_be_written_is_a_remark(room):
    room.collect(claim=DEADLINE - HOUR)
    room.kept.write_text("a file in the folder's place")
    received, remarks = room.seen(DEADLINE)
    assert received == DEADLINE - HOUR and "could not be written down" in remarks


def test_a_ledger_that_cannot_be_read_is_said_at_once(room):
    """Going on without it would believe claims that it disproves."""
    room.collect()
    (room.kept / STEP / "received.jsonl").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        room.seen(DEADLINE)


def test_a_full_disk_is_a_remark(room, monkeypatch):
    room.collect(claim=DEADLINE - HOUR)

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "write", full)
        broken.setattr(os, "fsync", full)
        received, remarks = room.seen(DEADLINE)
    assert received == DEADLINE - HOUR and remarks.count("no space left on device") == 1
    assert not list(room.kept.rglob("*.part"))


def test_the_ledger_survives_lines_that_were_cut_off(tmp_path):
    path = tmp_path / "received.jsonl"
    first = Ledger(path).see("anna", "d1", DEADLINE, [(DEADLINE - HOUR, "timestamp.txt")])
    for harm in (b'{"at": "2026', b"\0\xff\n[]\nnull\n{}\n", b'{"at": 5, "student": "anna", "digest": "d1"}'):
        path.write_bytes(path.read_bytes() + harm)
        second = Ledger(path)
        assert second.see("anna", "d1", DEADLINE + HOUR) == first
    third = Ledger(path).see("anna", "d2", DEADLINE + 2 * HOUR)
    assert third.other == DEADLINE + HOUR


def test_the_ledger_only_grows(tmp_path):
    path, before = tmp_path / "received.jsonl", b""
    for n in range(5):
        Ledger(path).see("anna", f"d{n % 2}", DEADLINE + n * HOUR)
        assert path.read_bytes().startswith(before)
        before = path.read_bytes()


def test_a_time_that_the_caller_knows_needs_no_remark(room):
    room.collect(claim=DEADLINE + HOUR)
    found = read(room.submitted / "anna" / STEP, student="anna", assignment=STEP, received=DEADLINE)
    assert found.received == DEADLINE and found.remarks == ()
    with pytest.raises(ValueError, match="zone"):
        read(room.submitted / "anna" / STEP, student="anna", assignment=STEP, received=datetime(2026, 5, 1))


@pytest.mark.parametrize(("text", "hour"), [
    ("2026-05-10 12:00:00.000000 UTC", 12), ("2026-05-10 12:00:00.5 CEST", 10), ("2026-05-10 12:00:00 +0200", 10),
    ("2026-05-10 12:00:00 Europe/Vienna", 10), ("2026-05-10T12:00:00+02:00", 10), ("2026-05-10T12:00:00Z\n", 12),
    ("2026-05-10 12:00 NOWHERE", 12), ("2026-05-10 12:00 ../../etc/passwd", 12),
])
def test_times_in_all_their_spellings(text, hour):
    assert parse_timestamp(text.encode()).replace(minute=0, second=0, microsecond=0) == DEADLINE.replace(hour=hour)


@pytest.mark.parametrize("content", [b"", b"now", b"\xff", b"2026-13-01", b"0001-01-01 00:00:00 +1400", b"9999-12-31 23:59:59 -1200"])
def test_what_names_no_time(content):
    assert parse_timestamp(content) is None
