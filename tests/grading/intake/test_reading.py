"""Regular files only, bounded, and one student's folder never touches another's."""

import io
import json
import os
import socket
import tarfile
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnncourse.grading.intake import IntakeLimits, Unread, read, submissions
from rnncourse.grading.intake import folder as reading
from rnncourse.grading.intake.choose import with_archives
from rnncourse.grading.intake.notes import Notes
from tests.grading.intake.conftest import NAME, RELEASE, STEP

NOTEBOOK = f"{NAME}.ipynb"


def taken(folder, **limits):
    found = read(folder, student="anna", assignment=STEP, received=datetime(2026, 5, 1, tzinfo=UTC), limits=IntakeLimits(**limits))
    return dict(found.files), found.remarks


def opened(folder, **limits):
    """The same, with what is in archives."""
    files, remarks = taken(folder, **limits)
    notes = Notes()
    return with_archives(files, {"notebook": []}, IntakeLimits(**limits), notes), (*remarks, *notes.remarks(100))


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "anna"
    made.mkdir()
    (made / NOTEBOOK).write_bytes(RELEASE)
    return made


def test_regular_files_are_taken(folder):
    (folder / "sub").mkdir()
    (folder / "sub" / "helper.py").write_text("x = 1")
    assert taken(folder) == ({NOTEBOOK: RELEASE, "sub/helper.py": b"x = 1"}, ())


@pytest.mark.parametrize("name", [".ipynb_checkpoints/x.ipynb", "__pycache__/x.pyc", "feedback/x.html", ".DS_Store", "timestamp.txt"])
def test_what_tools_leave_behind_is_no_content(folder, name):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("2026-01-01 00:00:00 UTC")
    assert set(taken(folder)[0]) == {NOTEBOOK}


def link(folder):
    (folder.parent / "secret").write_text("secret")
    (folder / "x.ipynb").symlink_to(folder.parent / "secret")


def link_to_a_folder(folder):
    (folder.parent / "other").mkdir()
    (folder.parent / "other" / "secret").write_text("secret")
    (folder / "x").symlink_to(folder.parent / "other")


def pipe(folder):
    os.mkfifo(folder / "x.ipynb")


def local_socket(folder):
    here = os.getcwd()
    os.chdir(folder)  # a socket's path may have 107 bytes
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("x.ipynb")
    finally:
        os.chdir(here)


def folder_named_like_a_notebook(folder):
    (folder / "x.ipynb").mkdir()


@pytest.mark.skipif(os.name != "posix", reason="links, pipes and sockets of POSIX systems")
@pytest.mark.parametrize("make", [link, link_to_a_folder, pipe, local_socket, folder_named_like_a_notebook])
def test_other_things_are_left_where_they_are(folder, make):
    make(folder)
    files, remarks = taken(folder)
    assert files == {NOTEBOOK: RELEASE}
    assert make is folder_named_like_a_notebook or [one.kind for one in remarks] == ["refused"]


def test_a_folder_that_is_a_link_is_refused(folder):
    (folder.parent / "ben").symlink_to(folder)
    files, remarks = taken(folder.parent / "ben")
    assert files == {} and [one.kind for one in remarks] == ["refused"]


@pytest.mark.parametrize(("limits", "lost"), [({"files": 1}, 2), ({"file_size": 10}, 3), ({"total": 20}, 1), ({"depth": 0}, 1)])
def test_bounds_hold_and_are_told(tmp_path, limits, lost):
    for name in ("a.txt", "b.txt", "deep/c.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * (9 if "total" in limits else 11))
    files, remarks = taken(tmp_path, **limits)
    assert len(files) == 3 - lost and remarks and {one.kind for one in remarks} == {"refused"}


# ---------------------------------------------------------------- archives


def zipped(*members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(*members, kind="w:gz"):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=kind) as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
            else:
                member.type, member.linkname = content
                archive.addfile(member)
    return buffer.getvalue()


@pytest.mark.parametrize(("name", "content"), [("w.zip", zipped((NOTEBOOK, RELEASE))), ("w.tar.gz", tarred((NOTEBOOK, RELEASE))), ("w.tar", tarred((NOTEBOOK, RELEASE), kind="w"))])
def test_an_archive_in_place_of_the_notebook_is_unpacked(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert RELEASE in opened(tmp_path)[0].values()


@pytest.mark.parametrize(("name", "content"), [
    ("w.zip", zipped(("../out.ipynb", "x"), ("/abs.ipynb", "x"), ("ok.txt", "ok"))),
    ("w.tar.gz", tarred(("../out.ipynb", b"x"), ("/abs.ipynb", b"x"), ("ok.txt", b"ok"))),
    ("w.tar", tarred(("link", (tarfile.SYMTYPE, "/etc/passwd")), ("hard", (tarfile.LNKTYPE, "/etc/passwd")), ("pipe", (tarfile.FIFOTYPE, "")), ("ok.txt", b"ok"), kind="w")),
    ("w.zip", zipped(("inner.zip", zipped(("x.ipynb", "x"))), ("ok.txt", "ok"))),
])
def test_what_leads_out_of_an_archive_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    files, remarks = opened(tmp_path)
    assert {content for path, content in files.items() if not path.endswith((".zip", ".tar", ".tar.gz"))} == {b"ok"}
    assert "refused" in {one.kind for one in remarks}
    assert not [path for path in files if path.startswith(("/", "..")) or "/../" in path]


def test_a_bomb_is_not_unpacked(tmp_path):
    (tmp_path / "w.zip").write_bytes(zipped(("bomb.ipynb", b"0" * 50_000_000)))
    files, remarks = opened(tmp_path, file_size=1_000_000)
    assert not any(len(content) > 1_000_000 for content in files.values()) and "refused" in {one.kind for one in remarks}


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", zipped((NOTEBOOK, RELEASE))[:-40], tarred((NOTEBOOK, RELEASE))[:200]])
@pytest.mark.parametrize("name", ["w.zip", "w.tar.gz"])
def test_a_broken_archive_raises_nothing(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert opened(tmp_path)[1]


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=300), st.sampled_from(["w.zip", "w.tar", "w.tar.gz", NOTEBOOK, "timestamp.txt", "x.py"]))
def test_any_file_raises_nothing(tmp_path, content, name):
    (tmp_path / name).write_bytes(content)
    opened(tmp_path)


# ---------------------------------------------------------------- a class


@pytest.fixture
def root(tmp_path):
    made = tmp_path / "submitted"
    for student in ("anna", "ben", "carl"):
        (made / student / STEP).mkdir(parents=True)
        (made / student / STEP / NOTEBOOK).write_bytes(RELEASE)
    return made


def everybody(root, **options):
    return {one.student: one for one in submissions(root, STEP, **options)}


def test_students_come_in_order_each_with_their_files(root):
    found = everybody(root)
    assert list(found) == ["anna", "ben", "carl"] and all(one.files == {NOTEBOOK: RELEASE} for one in found.values())
    assert len({one.digest for one in found.values()}) == 1 and all(one.received.tzinfo for one in found.values())


def test_one_bad_folder_touches_nobody_else(root):
    (root / "ben" / STEP / NOTEBOOK).unlink()
    (root / "ben" / STEP).rmdir()
    (root / "ben" / STEP).symlink_to(root / "anna" / STEP)
    (root / "list.txt").write_text("no student")
    found = everybody(root)
    assert list(found) == ["anna", "ben", "carl"]
    assert found["ben"].files == {} and found["anna"].files and found["carl"].files


def test_an_assignment_that_leads_elsewhere_is_refused(root):
    with pytest.raises(ValueError, match="assignment"):
        list(submissions(root, "../x"))


def test_a_failure_of_the_machine_over_one_folder_is_no_submission_of_nothing(root, monkeypatch):
    real = reading._read

    def broken(descriptor, most):
        if os.readlink(f"/proc/self/fd/{descriptor}").startswith(str(root / "ben")):
            raise OSError(5, "Input/output error")
        return real(descriptor, most)

    monkeypatch.setattr(reading, "_read", broken)
    found = everybody(root)
    assert list(found) == ["anna", "ben", "carl"] and found["anna"].files and found["carl"].files
    assert isinstance(found["ben"], Unread) and "Input/output error" in found["ben"].why


# ---------------------------------------------------------------- when it was handed in


NOW = datetime(2026, 5, 10, 12, 0, tzinfo=UTC)


def claim(root, student, when):
    (root / student / STEP / "timestamp.txt").write_text(when.strftime("%Y-%m-%d %H:%M:%S.%f UTC"))


def test_work_seen_once_keeps_its_time(root, tmp_path):
    first = everybody(root, kept=tmp_path / "kept", now=NOW)["anna"].received
    later = everybody(root, kept=tmp_path / "kept", now=NOW + timedelta(days=3))["anna"].received
    assert first == later <= NOW


def test_an_instructor_who_collects_late_makes_nobody_late(root):
    claim(root, "anna", NOW - timedelta(days=2))
    assert everybody(root, now=NOW)["anna"].received == NOW - timedelta(days=2)


def test_a_time_to_come_is_not_believed(root):
    claim(root, "anna", NOW + timedelta(days=300))
    assert everybody(root, now=NOW)["anna"].received <= NOW


def test_a_claim_from_before_work_that_was_seen_later_gains_nothing(root, tmp_path):
    """Seen with other content after the deadline, work cannot claim to be from before it."""
    kept = tmp_path / "kept"
    claim(root, "anna", NOW)
    everybody(root, kept=kept, now=NOW)
    changed = json.loads(RELEASE)
    changed["cells"][2]["source"] = "import numpy as np"
    (root / "anna" / STEP / NOTEBOOK).write_text(json.dumps(changed))
    claim(root, "anna", NOW - timedelta(days=5))
    assert everybody(root, kept=kept, now=NOW + timedelta(days=1))["anna"].received >= NOW


@pytest.mark.parametrize("text", ["", "yesterday", "9999-99-99 99:99:99 UTC", "\0" * 100, "x" * 100_000])
def test_an_odd_timestamp_raises_nothing(root, text):
    (root / "anna" / STEP / "timestamp.txt").write_text(text)
    assert everybody(root, now=NOW)["anna"].received <= NOW
