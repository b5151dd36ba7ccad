"""Pages lie where nbgrader looks for them, whatever a submission brought along."""

import os
import stat

import pytest

from rnncourse.grading.feedback import write


def brought(root, where, name, content, student="anna"):
    folder = root / "grading" / where / student / "1-x"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def beside(folder):
    return (folder / "submission_secret.txt").read_text(), (folder / "timestamp.txt").read_text()


def test_pages_and_the_two_files_that_nbgrader_needs(tmp_path):
    brought(tmp_path, "submitted", "submission_secret.txt", b"abc")
    brought(tmp_path, "submitted", "timestamp.txt", b"2026-03-05 14:03:00 UTC")
    folder = write(tmp_path, "anna", "1-x", {"nb": "<p>é</p>"})
    assert folder == tmp_path / "grading/feedback/anna/1-x"
    assert (folder / "nb.html").read_text(encoding="utf-8") == "<p>é</p>"
    assert beside(folder) == ("abc", "2026-03-05 14:03:00 UTC")
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o644}
    assert sorted(path.name for path in folder.iterdir()) == ["nb.html", "submission_secret.txt", "timestamp.txt"]


def test_the_graded_copy_counts_not_a_newer_one(tmp_path):
    brought(tmp_path, "submitted", "submission_secret.txt", b"newer")
    brought(tmp_path, "autograded", "submission_secret.txt", b"graded")
    assert beside(write(tmp_path, "anna", "1-x", {}))[0] == "graded"


@pytest.mark.parametrize("secret", [None, b"", b"\xff\xfe", b"x" * 5000])
def test_without_a_usable_secret_one_is_made_and_kept(tmp_path, secret):
    if secret is not None:
        brought(tmp_path, "submitted", "submission_secret.txt", secret)
    made = beside(write(tmp_path, "anna", "1-x", {"nb": "1"}))[0]
    assert len(made) == 128
    assert beside(write(tmp_path, "anna", "1-x", {"nb": "2"}))[0] == made
    assert beside(write(tmp_path, "ben", "1-x", {"nb": "2"}))[0] != made


def test_links_and_pipes_of_a_submission_are_not_followed(tmp_path):
    (tmp_path / "private").write_text("key")
    folder = tmp_path / "grading/submitted/anna/1-x"
    folder.mkdir(parents=True)
    (folder / "submission_secret.txt").symlink_to(tmp_path / "private")
    os.mkfifo(folder / "timestamp.txt")
    secret, moment = beside(write(tmp_path, "anna", "1-x", {}))
    assert secret != "key" and moment == ""


def test_a_page_of_an_earlier_time_goes_and_a_newer_replaces(tmp_path):
    write(tmp_path, "anna", "1-x", {"old": "1", "nb": "1"})
    folder = write(tmp_path, "anna", "1-x", {"nb": "2"})
    assert [path.name for path in folder.glob("*.html")] == ["nb.html"] and (folder / "nb.html").read_text() == "2"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../x", "a\\b", "a\0b", "x" * 300, None, 5])
def test_names_that_lead_elsewhere_are_refused_before_anything_is_written(tmp_path, name):
    for student, assignment, notebook in ((name, "1-x", "nb"), ("anna", name, "nb"), ("anna", "1-x", name)):
        with pytest.raises(ValueError, match="expected a plain name"):
            write(tmp_path, student, assignment, {notebook: "x"})
    assert not list(tmp_path.rglob("*.html"))


def test_a_full_disk_leaves_the_page_that_was_there(tmp_path, monkeypatch):
    folder = write(tmp_path, "anna", "1-x", {"nb": "before"})

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(tmp_path, "anna", "1-x", {"nb": "after"})
    assert (folder / "nb.html").read_text() == "before"
    assert sorted(path.name for path in folder.iterdir()) == ["nb.html", "submission_secret.txt", "timestamp.txt"]
