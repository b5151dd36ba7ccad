"""Locked database, full disk, kill -9: the state of before stays whole, and running again completes it."""

import errno
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
from contextlib import contextmanager, suppress
from copy import copy

import pytest

from rnncourse.grading.records import RecordsBusy, RecordsError, audit, database, folder
from rnncourse.grading.records.audit import Audit
from rnncourse.grading.records.database import Database
from rnncourse.grading.records.folder import Staged


@pytest.fixture
def started(room):
    """A class in which Anna's wrong answers are entered; her secret is handed in, so that runs can be compared."""
    place = room.root / "grading" / "submitted" / "anna" / room.step
    place.mkdir(parents=True)
    (place / "submission_secret.txt").write_text("5ec" * 40)
    with room.records() as records:
        room.enter(records, room.verdict("wrong"))
    return room


def without_log(room):
    state = room.state()
    del state["audit"]
    return state


def expected(room, tmp_path):
    """What an undisturbed class holds after the right answers have followed the wrong ones."""
    shutil.copytree(room.root, tmp_path / "undisturbed")
    other = copy(room)
    other.root, other.url = tmp_path / "undisturbed", room.url.replace(str(room.root), str(tmp_path / "undisturbed"))
    with other.records() as records:
        other.enter(records)
    return without_log(other)


def completes(room, wanted):
    """Running again gives the undisturbed state, once, with a whole log."""
    with room.records() as records:
        room.enter(records)
        assert not room.enter(records).changed
    assert without_log(room) == wanted
    assert [event["event"] for event in room.audit()].count("entered") == 2
    assert Audit(room.root / "grading" / "audit.jsonl").verify() is None
    assert not list((room.root / "grading" / "autograded" / folder.STAGE).glob("*"))


# ---- kill -9 -------------------------------------------------------------------------------------------------------


def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)


def killed(room, prepare):
    """Enter the right answers in a process of their own, which kills itself where `prepare` has put that."""
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        try:
            prepare(pytest.MonkeyPatch())
            with room.records() as records:
                room.enter(records)
        finally:
            os._exit(1)  # not reached, if it was killed
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def after(function, number=1):
    """The function, that kills the process at the end of its `number`th call."""
    calls = []

    def called(*words, **named):
        result = function(*words, **named)
        calls.append(words)
        return die() if len(calls) == number else result

    return called


def half_a_line(monkeypatch):
    write = os.pwrite

    def half(handle, content, place):
        write(handle, content[: len(content) // 2], place)
        die()

    monkeypatch.setattr(audit.os, "pwrite", half)


STAGES = {  # where it is killed -> whether the points count by then
    "while the files are written": (lambda m: m.setattr(folder.os, "fchmod", die), False),
    "when the files are written": (lambda m: m.setattr(Database, "transaction", die), False),
    "before the line entering": (lambda m: m.setattr(Audit, "append", die), False),
    "in the line entering": (half_a_line, False),
    "after the line entering": (lambda m: m.setattr(Audit, "append", after(Audit.append)), False),
    "after the commit": (lambda m: m.setattr(Staged, "publish", die), True),
    "between two files": (lambda m: m.setattr(folder.os, "replace", after(os.replace)), True),
    "when the files are in place": (lambda m: m.setattr(Staged, "publish", after(Staged.publish)), True),
    "after the line entered": (lambda m: m.setattr(Audit, "append", after(Audit.append, 2)), True),
}


@pytest.mark.parametrize("stage", STAGES)
def test_killed_and_run_again(started, tmp_path, stage):
    prepare, counts = STAGES[stage]
    wanted, before = expected(started, tmp_path), without_log(started)
    killed(started, prepare)
    with started.gradebook() as gradebook:
        assert gradebook.find_submission(started.step, "anna").score == (25.0 if counts else 20.0)
    if not counts:
        assert without_log(started) == before
    else:
        assert Audit(started.root / "grading" / "audit.jsonl").last()["anna", started.step][0] in (
            "entering",
            "entered",
        )
    completes(started, wanted)


def test_killed_while_the_database_was_made(room):
    """nbgrader makes the tables first and notes their version afterwards."""
    (room.root / "grading" / "gradebook.db").unlink()

    def prepare(monkeypatch):
        import nbgrader.api

        monkeypatch.setattr(nbgrader.api, "get_alembic_version", die)

    killed(room, prepare)
    with room.records() as records:
        records.prepare(room.step)
        assert room.enter(records).score == 25.0
    with sqlite3.connect(room.root / "grading" / "gradebook.db") as connection:
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)


def test_a_gradebook_of_an_older_nbgrader_is_refused(room):
    with sqlite3.connect(room.root / "grading" / "gradebook.db") as connection:
        connection.execute("ALTER TABLE student DROP COLUMN lms_user_id")
    with pytest.raises(RecordsError, match=r"older nbgrader \(no student.lms_user_id\).*nbgrader db upgrade"):
        room.records()


# ---- locked --------------------------------------------------------------------------------------------------------


@contextmanager
def held(room, how):
    """The database held by somebody else; gives a function that lets it go."""
    other = sqlite3.connect(room.root / "grading" / "gradebook.db", isolation_level=None)
    try:
        if how == "reading":
            other.execute("BEGIN")
            other.execute("SELECT * FROM student").fetchone()
        else:
            other.execute("BEGIN EXCLUSIVE" if how == "alone" else "BEGIN IMMEDIATE")
        yield lambda: other.execute("ROLLBACK")
    finally:
        other.close()


@pytest.mark.parametrize("how", ["alone", "writing", "reading"])
def test_a_database_held_for_too_long(started, tmp_path, how):
    wanted, before = expected(started, tmp_path), without_log(started)
    with started.records(patience=0.2) as records:
        with (
            held(started, how),
            pytest.raises(RecordsBusy, match="Nothing is lost: close what has it open .* run the same command again"),
        ):
            started.enter(records)
        assert without_log(started) == before
        # Who only reads is noticed at the commit, after the line "entering": the log says that nothing came of it.
        assert [event["event"] for event in started.audit()][2:] == (
            ["entering", "withdrawn"] if how == "reading" else []
        )
    completes(started, wanted)


@pytest.mark.parametrize("how", ["alone", "writing", "reading"])
def test_a_database_that_is_let_go_in_time(started, tmp_path, monkeypatch, how):
    wanted, pauses = expected(started, tmp_path), []
    with held(started, how) as let_go:

        def sleep(seconds):
            pauses.append(seconds)
            if len(pauses) == 3:
                let_go()

        monkeypatch.setattr(database, "WAIT", 0.05)
        monkeypatch.setattr(database.time, "sleep", sleep)
        with started.records(patience=60.0) as records:
            started.enter(records)
    assert pauses == [0.1, 0.2, 0.4]
    assert without_log(started) == wanted
    assert [event["event"] for event in started.audit()] == ["entering", "entered"] * 2


def test_a_second_run_is_told_who_writes(room):
    with room.records():
        with pytest.raises(
            RecordsBusy, match=rf"another run .*\(process {os.getpid()} on {socket.gethostname()}, since 20.* UTC\)"
        ):
            room.records()
        (room.root / "grading" / "writer.json").write_text("{")
        with pytest.raises(RecordsBusy, match="which left no note of itself"):
            room.records()
    with room.records() as records:
        assert room.enter(records).changed


def test_a_failed_opening_gives_the_lock_back(room):
    with pytest.raises(RecordsError, match="is no database URL"):
        room.records(db_url="nonsense")
    room.records().close()


# ---- full disk -----------------------------------------------------------------------------------------------------


def full(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    ("where", "counts"),
    [
        ((folder.tempfile, "mkdtemp"), False),
        ((folder.os, "fchmod"), False),
        ((audit.os, "pwrite"), False),
        ((folder.os, "replace"), True),
    ],
)
def test_a_full_disk_at_each_step(started, tmp_path, monkeypatch, where, counts):
    wanted, before = expected(started, tmp_path), without_log(started)
    with started.records() as records:
        with monkeypatch.context() as patch:
            patch.setattr(*where, full)
            with pytest.raises(RecordsError, match="No space left on device") as error:
                started.enter(records)
        assert ("nothing was entered" in str(error.value)) != counts
        assert (without_log(started) == before) != counts
    completes(started, wanted)


def test_a_first_entry_on_a_full_disk_leaves_no_trace(room, monkeypatch):
    before = room.state()
    with room.records() as records, monkeypatch.context() as patch:
        patch.setattr(audit.os, "pwrite", full)
        with pytest.raises(RecordsError, match="No space"):
            room.enter(records)
    assert room.state() == before
    assert not (room.root / "grading" / "autograded" / "anna").exists()


@pytest.fixture
def small_disk(started):
    """The class's folder on a disk of its own, of 4 MB; gives a function that leaves so many bytes free on it."""
    grading = started.root / "grading"
    kept = shutil.move(grading, started.root / "kept")
    grading.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", grading], capture_output=True, check=False
    ).returncode:
        pytest.skip("mounting a small disk needs root; the tests above do without")
    try:
        shutil.copytree(kept, grading, dirs_exist_ok=True)

        def leave(free):
            with suppress(OSError), open(grading / "ballast", "wb") as file:
                while True:
                    file.write(bytes(4096))
                    file.flush()
            os.truncate(grading / "ballast", max(0, os.path.getsize(grading / "ballast") - free))

        yield leave
    finally:
        subprocess.run(["umount", grading], check=True)


def test_a_disk_that_is_really_full(started, tmp_path, small_disk):
    wanted = expected(started, tmp_path)
    before, outcomes = without_log(started), set()
    with started.records() as records:
        for free in range(0, 200_000, 16_384):
            small_disk(free)
            try:
                started.enter(records)
                outcomes.add("entered")
                break
            except RecordsError as error:
                outcomes.add("refused")
                if "are in the gradebook" not in str(error):
                    assert without_log(started) == before
        (started.root / "grading" / "ballast").unlink()
    assert outcomes == {"refused", "entered"}
    completes(started, wanted)
