"""What students can put into an exchange: nothing of it is read that is not theirs, each piece is named, others lose nothing."""

import os
import shutil
import socket
import stat
from datetime import UTC, datetime, timedelta

import pytest

from tests.grading.collect.conftest import ALL, NAME, STEP, changed, notebook

BOOK = f"{NAME}.ipynb"
AS_ROOT = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files to others")
EARLY = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def victim(room):
    """A classmate who handed in work that is all right, and a file that only the instructor can read."""
    (room.elsewhere / BOOK).write_bytes(notebook(*ALL))
    (room.elsewhere / "private.txt").write_text("the instructor's")
    return room.hand_in("victim", *ALL)


def assert_nothing_leaked(room, student="mallory"):
    assert all(b"solved" not in content and b"instructor" not in content for content in room.files(student).values())
    assert room.files("victim") == {BOOK: notebook(*ALL)}


# ---------------------------------------------------------------- files that are not what they seem


def test_links_of_all_kinds_are_named_and_not_followed(room, victim):
    """To a solved notebook, to a classmate's, to a private file, to a folder, and one that leads back in."""
    folder = room.hand_in("mallory", files={BOOK: None, "own.py": b"x = 1\n"})
    (folder / BOOK).symlink_to(room.elsewhere / BOOK)
    (folder / "classmate.ipynb").symlink_to(victim / BOOK)
    (folder / "private.txt").symlink_to(room.elsewhere / "private.txt")
    (folder / "there").symlink_to(room.elsewhere)
    (folder / "here.ipynb").symlink_to(BOOK)
    said = room.collect()
    assert room.files("mallory") == {"own.py": b"x = 1\n"}
    assert_nothing_leaked(room)
    for name in (BOOK, "classmate.ipynb", "private.txt", "there", "here.ipynb"):
        assert f'"{name}" is a symbolic link; only regular files are taken' in said
    said = room.grade()
    assert "in doubt: in the hand-in" in said and f'"{BOOK}" is a symbolic link' in said
    assert room.score("mallory")[0] == 0 and room.score("victim")[0] == 25


def test_a_hand_in_that_is_a_link_to_a_classmates_is_none(room, victim):
    (room.inbound / f"mallory+{STEP}+2026-01-01 00:00:00.000000 UTC+x").symlink_to(victim)
    said = room.collect(code=1)
    assert "is a symbolic link and no folder; it was not taken" in said and not room.place("mallory").exists()
    assert_nothing_leaked(room)


@pytest.mark.parametrize("which", ["course", "inbound"])
def test_nothing_is_collected_through_a_linked_parent_folder(room, victim, which):
    """The exchange is for everybody to write: a folder above the hand-ins can be moved away and a link put there."""
    folder = room.inbound if which == "inbound" else room.inbound.parent
    folder.rename(room.elsewhere / "moved")
    folder.symlink_to(room.elsewhere / "moved")
    said = room.collect(code=1)
    assert f"{folder} is a symbolic link" in said and "Traceback" not in said
    assert not room.place("victim").exists()


def test_hard_links_are_refused_and_named(room, victim):
    folder = room.hand_in("mallory", files={BOOK: None, "mine.ipynb": notebook()})
    os.link(victim / BOOK, folder / BOOK)
    said = room.collect(code=1)
    assert f'"{BOOK}" is a hard link: the same file has another name elsewhere' in said
    assert room.files("mallory") == {"mine.ipynb": notebook()}
    assert "victim: not collected" in said, "the other name of the same file is no more trustworthy"
    (folder / BOOK).unlink()
    room.collect()
    assert room.files("victim") == {BOOK: notebook(*ALL)}


def test_pipes_sockets_and_devices_are_refused_at_once(room, victim):
    folder = room.hand_in("mallory", "encode_text")
    os.mkfifo(folder / "pipe.ipynb")
    here = os.open(".", os.O_RDONLY)
    os.chdir(folder)  # a socket's path has to be short
    server = socket.socket(socket.AF_UNIX)
    server.bind("socket.ipynb")
    os.fchdir(here)
    os.close(here)
    try:
        os.mknod(folder / "zero.ipynb", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    except PermissionError:
        device = ""
    else:
        device = '"zero.ipynb" is a device'
    said = room.collect()
    server.close()
    assert '"pipe.ipynb" is a named pipe' in said and '"socket.ipynb" is a socket' in said and device in said
    assert set(room.files("mallory")) == {BOOK}


def test_a_timestamp_that_is_a_link_names_no_time_and_is_not_copied(room):
    folder = room.hand_in("mallory", "encode_text")
    (folder / "timestamp.txt").unlink()
    (room.elsewhere / "early.txt").write_text("2001-01-01 00:00:00.000000 UTC")
    (folder / "timestamp.txt").symlink_to(room.elsewhere / "early.txt")
    (folder / "submission_secret.txt").unlink()
    (folder / "submission_secret.txt").symlink_to("/etc/hostname")
    said = room.collect()
    assert '"timestamp.txt" is a symbolic link' in said and '"submission_secret.txt" is a symbolic link' in said
    stamp = room.place("mallory") / "timestamp.txt"
    assert stamp.is_file() and not stamp.is_symlink() and stamp.read_text().startswith(f"{changed(folder):%Y-%m-%d %H:%M}")
    assert not (room.place("mallory") / "submission_secret.txt").exists()


# ---------------------------------------------------------------- owners


@AS_ROOT
def test_a_hand_in_of_another_user_than_the_student_is_refused_and_the_own_one_taken(room):
    own = room.hand_in("daemon", "encode_text")
    foreign = room.hand_in("daemon", mark="foreign")
    for folder, user in ((own, "daemon"), (foreign, "games")):
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, user)
    said = room.collect()
    assert f'"{foreign.name}" was not taken: it belongs to the user games and not to daemon' in said
    assert room.files("daemon") == {BOOK: notebook("encode_text")}


@AS_ROOT
def test_a_file_of_another_user_in_a_hand_in_is_refused(room):
    folder = room.hand_in("daemon", files={"planted.py": b"raise SystemExit", "parts/planted.py": b"", "own.py": b""})
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, "games" if "planted.py" in path.parts or path.name == "parts" else "daemon")
    said = room.collect()
    assert '"planted.py" belongs to another user than the hand-in' in said and '"parts" belongs to another user' in said
    assert set(room.files("daemon")) == {BOOK, "own.py"}


@AS_ROOT
def test_owners_can_be_left_unchecked_where_names_differ(room):
    folder = room.hand_in("daemon")
    shutil.chown(folder, "games")
    for path in folder.rglob("*"):
        shutil.chown(path, "games")
    assert "check_owner = false" in room.collect(code=1)
    room.settings("check_owner = false\n")
    assert "1 collected" in room.collect()


# ---------------------------------------------------------------- races


def meanwhile(monkeypatch, change, times=1):
    """Have `change()` happen between the look at a hand-in and the opening of its first notebook, so many times."""
    from rnncourse.grading.collect import copying

    real, left = copying._content, [times]

    def content(folder, entry):
        if entry.parts[-1] == BOOK and left[0]:
            left[0] -= 1
            change()
        return real(folder, entry)

    monkeypatch.setattr(copying, "_content", content)


def test_a_file_that_becomes_a_link_while_it_is_copied(room, victim, monkeypatch):
    room.hand_in("mallory", mark="")
    room.collect("--student", "victim")
    folder = room.hand_in("mallory", "encode_text")

    def swap():
        (folder / BOOK).unlink()
        (folder / BOOK).symlink_to(room.elsewhere / BOOK)

    meanwhile(monkeypatch, swap)
    said = room.collect("--student", "mallory")
    assert f'"{folder.name}" was not taken' in said
    assert room.files("mallory") == {BOOK: notebook()}  # the hand-in before it
    assert_nothing_leaked(room)


def test_a_folder_that_becomes_a_link_while_it_is_copied(room, victim, monkeypatch):
    folder = room.hand_in("mallory", files={f"work/{BOOK}": notebook(), BOOK: None})

    def swap():
        shutil.rmtree(folder / "work")
        (folder / "work").symlink_to(room.elsewhere)

    meanwhile(monkeypatch, swap)
    room.collect(code=1)
    assert not room.place("mallory").exists()


def test_a_hand_in_that_never_rests_is_refused_and_named(room, monkeypatch):
    folder = room.hand_in("mallory")
    turn = iter(range(100))
    meanwhile(monkeypatch, lambda: (folder / "more.py").write_text(str(next(turn))), times=100)
    said = room.collect(code=1)
    assert "it was changed again and again while it was copied" in said and room.events() == []


def test_a_change_that_ends_is_waited_for(room, monkeypatch):
    """A student's submit that is under way: what is collected is what it was in the end, as a whole."""
    folder = room.hand_in("anna")
    meanwhile(monkeypatch, lambda: (folder / BOOK).write_bytes(notebook("encode_text")))
    room.collect()
    assert room.files("anna") == {BOOK: notebook("encode_text")}
    assert datetime.fromisoformat(room.events()[0]["received"]) == changed(folder)


# ---------------------------------------------------------------- time


def test_a_forged_timestamp_is_late_all_the_same_and_grade_says_so(room):
    room.due(datetime.now(UTC) - timedelta(hours=1))
    room.hand_in("mallory", *ALL, claim=EARLY)
    room.collect()
    said = room.grade("--late", "50% per day")
    assert room.score("mallory") == (25.0, 12.5)
    assert "mallory: receipt: in doubt: timestamp.txt says 2020-01-01 00:00:00 UTC, the exchange received" in said


def test_a_timestamp_rewritten_after_collecting_is_named_and_counts_for_nothing(room):
    room.due(datetime.now(UTC) - timedelta(hours=1))
    room.hand_in("mallory", *ALL)
    room.collect()
    (room.place("mallory") / "timestamp.txt").write_text("2020-01-01 00:00:00.000000 UTC")
    shutil.rmtree(room.exchange)
    said = room.grade("--late", "50% per day")
    assert room.score("mallory")[1] == 12.5
    assert "in doubt: timestamp.txt says 2020-01-01" in said


def test_a_hand_in_changed_after_it_was_collected_is_named(room):
    """The change makes the exchange a witness of nothing, so that the student's own claim would count."""
    room.due(datetime.now(UTC) - timedelta(hours=1))
    folder = room.hand_in("mallory", *ALL, claim=EARLY)
    room.collect()
    (folder / BOOK).write_bytes(b"{}")
    said = room.grade("--late", "50% per day")
    assert room.score("mallory") == (25.0, 12.5)
    assert f'the hand-in "{folder.name}" in the exchange was changed after it was collected; what was collected counts' in said


def test_a_link_in_the_exchange_is_named_by_grade_also_where_nbgrader_collected(room):
    """nbgrader's collect copies what the link leads to; the exchange then holds no such file, and the claim counts."""
    folder = room.hand_in("mallory", files={BOOK: None}, claim=EARLY)
    (room.elsewhere / BOOK).write_bytes(notebook(*ALL))
    (folder / BOOK).symlink_to(room.elsewhere / BOOK)
    shutil.copytree(folder, room.place("mallory"))
    said = room.grade()
    assert f'"{BOOK}" is a symbolic link' in said
    assert "in doubt: the exchange holds no hand-in with these files" in said


def test_honest_work_gives_no_doubt(room):
    room.hand_in("anna", *ALL, files={"helper.py": b"x = 1\n"})
    room.collect()
    assert "in doubt" not in room.grade()
    assert "in doubt" not in room.grade()


# ---------------------------------------------------------------- bounds and names


def test_a_hand_in_beyond_the_limits_is_bounded_and_the_notebook_taken(room, tmp_path):
    from rnncourse.grading.collect.copying import copy
    from rnncourse.grading.intake import IntakeLimits
    from rnncourse.grading.intake.folder import opened

    files = {f"{n:03}.txt": b"x" for n in range(30)} | {"large.bin": b"x" * 300_000, "a/b/c/deep.py": b""}
    limits = IntakeLimits(files=3, entries=50, file_size=200_000, depth=2)
    with opened(room.hand_in("mallory", "encode_text", files=files)) as folder:
        copied = copy(folder, tmp_path / "copy", limits)
    assert (BOOK,) in copied.paths and len(copied.paths) == 3 + 2  # nbgrader's own two are no content
    why = " ".join(copied.refused)
    assert '"large.bin" was not taken' in why and "more than 2 folders deep" in why and "a hand-in may have 3 files" in why


@pytest.mark.parametrize("name", ["..", ".hidden", "a\\b", "line\nbreak", "x" * 150])
def test_names_that_are_no_students_are_named_and_make_no_folder(room, name):
    room.hand_in("anna")
    room.inbound.joinpath(f"{name}+{STEP}+2026-01-01").mkdir()
    said = room.collect(code=1)
    assert "1 collected, 0 as before, 1 not collected." in said and "names no student" in said
    assert [path.name for path in (room.root / "grading" / "submitted").iterdir()] == ["anna"]


def test_an_empty_hand_in_takes_nothing_away(room):
    room.hand_in("anna", "encode_text")
    room.collect()
    room.hand_in("anna", files={BOOK: None})
    said = room.collect()
    assert "it holds no file that could be taken" in said
    assert room.files("anna") == {BOOK: notebook("encode_text")}
