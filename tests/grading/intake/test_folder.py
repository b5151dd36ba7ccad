"""A student's folder that changes while it is read, and names that no screen or disk would take."""

import os
import shutil
from datetime import UTC, datetime

import pytest

from rnncourse.grading.intake import IntakeLimits, read, submissions
from rnncourse.grading.intake import folder as reading

NOW = datetime(2026, 5, 10, tzinfo=UTC)
pytestmark = pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="this system cannot open files without following links")


def taken(folder, **limits):
    found = read(folder, student="anna", assignment="a", received=NOW, limits=IntakeLimits(**limits))
    return dict(found.files), found.remarks


@pytest.fixture
def place(tmp_path):
    """A student's folder, and a secret beside it that nobody may reach through it."""
    (tmp_path / "outside" / "sub").mkdir(parents=True)
    for name in ("x.py", "sub/x.py"):
        (tmp_path / "outside" / name).write_text("secret")
    mine = tmp_path / "mine"
    (mine / "sub").mkdir(parents=True)
    for name in ("x.py", "sub/x.py", "y.py"):
        (mine / name).write_text("mine")
    return mine


def file_becomes_a_link(place):
    (place / "x.py").unlink()
    (place / "x.py").symlink_to(place.parent / "outside" / "x.py")


def folder_becomes_a_link(place):
    shutil.rmtree(place / "sub")
    (place / "sub").symlink_to(place.parent / "outside" / "sub")


def file_becomes_a_pipe(place):
    (place / "x.py").unlink()
    os.mkfifo(place / "x.py")


def file_becomes_a_folder(place):
    (place / "x.py").unlink()
    (place / "x.py").mkdir()


def file_grows(place):
    (place / "x.py").write_bytes(b"x" * 1001)


def file_goes(place):
    (place / "x.py").unlink()


@pytest.mark.parametrize("swap", [file_becomes_a_link, folder_becomes_a_link, file_becomes_a_pipe, file_becomes_a_folder, file_grows, file_goes])
def test_what_changes_between_looking_and_reading_is_refused(place, monkeypatch, swap):
    order, swapped = reading._importance, []

    def swap_then_order(item):  # called when all names are known and nothing is read yet
        if not swapped:
            swapped.append(swap(place))
        return order(item)

    monkeypatch.setattr(reading, "_importance", swap_then_order)
    files, remarks = taken(place, file_size=1000)
    assert set(files.values()) == {b"mine"} and len(files) == 2
    assert [one.kind for one in remarks] == ["refused"]


def test_a_hard_link_is_taken_and_noted(place):
    os.link(place.parent / "outside" / "x.py", place / "z.py")
    files, remarks = taken(place)
    assert files["z.py"] == b"secret" and [one.kind for one in remarks] == ["notice"]


def test_a_device_is_refused(place, monkeypatch):
    if os.geteuid() == 0:
        try:
            os.mknod(place / "null", 0o20666, os.makedev(1, 3))
        except PermissionError:
            pytest.skip("a container without the right to make devices")
        files, remarks = taken(place)
        assert "null" not in files and "a device" in remarks[0].text
    else:
        assert reading.kind(os.stat("/dev/null").st_mode) == "a device"


def test_a_closed_folder_is_refused_and_the_rest_is_taken(place, monkeypatch):
    real = os.open

    def closed(path, *words, **more):  # root may read everything, so the system's answer is put on
        if path == "sub":
            raise PermissionError(13, "Permission denied")
        return real(path, *words, **more)

    with monkeypatch.context() as changed:
        changed.setattr(os, "open", closed)
        files, remarks = taken(place)
    assert set(files) == {"x.py", "y.py"} and "permission denied" in remarks[0].text


def test_notebooks_are_taken_before_a_pile_of_other_files(tmp_path):
    for n in range(9):
        (tmp_path / f"a{n}.csv").write_bytes(b"x" * 100)
    (tmp_path / "z.ipynb").write_bytes(b"n" * 100)
    files, remarks = taken(tmp_path, total=250)
    assert "z.ipynb" in files and len(files) == 2 and len(remarks) == 8


def test_only_so_many_names_are_looked_at(tmp_path):
    for n in range(30):
        (tmp_path / f"a{n}").write_bytes(b"")
    files, remarks = taken(tmp_path, entries=20)
    assert len(files) == 20 and "was not looked at" in remarks[0].text


def test_remarks_are_bounded_and_the_gravest_stay(tmp_path):
    for n in range(30):
        (tmp_path / f"a{n}").symlink_to("x")
    os.link(__file__, tmp_path / "b") if os.stat(__file__).st_dev == tmp_path.stat().st_dev else (tmp_path / "b").symlink_to("x")
    remarks = taken(tmp_path, remarks=10)[1]
    assert len(remarks) == 10 and [one.kind for one in remarks] == ["refused"] * 9 + ["notice"]
    assert "left out" in remarks[-1].text


@pytest.mark.parametrize(("name", "kept"), [("a\nb.py", "a_b.py"), ("a\\b.py", "a_b.py"), ("\u202ea.py", "_a.py"), (b"\xff.py", "_.py")])
def test_names_that_cannot_be_shown_are_written_otherwise(tmp_path, name, kept):
    try:
        with open(os.path.join(os.fsencode(tmp_path), os.fsencode(name)), "wb") as file:
            file.write(b"x")
    except OSError:
        pytest.skip("a file system that refuses this name itself")
    files, remarks = taken(tmp_path)
    assert files == {kept: b"x"} and [one.kind for one in remarks] == ["repaired"] and remarks[0].text.isprintable()


def test_a_students_name_that_cannot_be_shown_is_refused_and_hurts_nobody(tmp_path):
    for name in ("anna", "an\nna", "anna\u202e"):
        (tmp_path / name / "a").mkdir(parents=True)
        (tmp_path / name / "a" / "x.py").write_text("x")
    found = {one.student: one for one in submissions(tmp_path, "a")}
    assert set(found) == {"anna", r"an\nna", r"anna\u202e"} and found["anna"].files
    others = [one for name, one in found.items() if name != "anna"]
    assert all(not one.files and one.remarks[0].kind == "refused" for one in others)


@pytest.mark.parametrize("where", ["student", "above", "assignment"])
def test_no_part_of_the_way_to_an_assignment_is_a_link(tmp_path, where):
    root, outside = tmp_path / "root", tmp_path / "outside"
    (outside / "week" / "one").mkdir(parents=True)
    (outside / "week" / "one" / "x.py").write_text("secret")
    link = root / {"student": "ben", "above": "ben/week", "assignment": "ben/week/one"}[where]
    link.parent.mkdir(parents=True)
    link.symlink_to(outside / {"student": ".", "above": "week", "assignment": "week/one"}[where])
    (found,) = submissions(root, "week/one")
    assert found.student == "ben" and not found.files and "a symbolic link" in found.remarks[0].text


@pytest.mark.parametrize("name", ["..", "a/../b", "/a", "a//b", "", "a\0"])
def test_names_of_assignments_that_lead_elsewhere(tmp_path, name):
    with pytest.raises(ValueError, match="expected a name"):
        submissions(tmp_path, name)


def test_students_without_the_assignment_are_left_out(tmp_path):
    (tmp_path / "anna" / "other").mkdir(parents=True)
    assert list(submissions(tmp_path, "a")) == []
