"""The time in the gradebook, beside the time in the submitted folder."""

import os
from datetime import datetime, timedelta

import pytest

from rnncourse.grading.records.late import Cutoff


@pytest.fixture
def place(room):
    folder = room.root / "grading" / "submitted" / "anna" / room.step
    folder.mkdir(parents=True)
    return folder


def recorded(room):
    with room.gradebook() as gradebook:
        return gradebook.find_submission(room.step, "anna").timestamp


def entered(room, **settings):
    with room.records() as records:
        return room.enter(records, **settings)


def naive(moment):
    return moment.replace(tzinfo=None)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-03-01 12:00:29.5 UTC", datetime(2026, 3, 1, 12, 0, 29, 500_000)),
        ("2026-03-01 13:00:31 CET\n", datetime(2026, 3, 1, 12, 0, 31)),
        ("2026-03-01T12:00:30", datetime(2026, 3, 1, 12, 0, 30)),
    ],
)
def test_the_students_own_time_where_it_says_the_same(room, place, text, time):
    """To the microsecond the one that formgrader compares it with."""
    (place / "timestamp.txt").write_text(text)
    entered(room)
    assert recorded(room) == time


@pytest.mark.parametrize(
    "text",
    [
        "2020-01-01 00:00:00 UTC",
        "yesterday",
        "",
        "\0",
        "9" * 5000,
        "2026-03-01",
        "99999-01-01 00:00:00 UTC",
        "2026-03-01 12:00:30 +99999999",
    ],
)
def test_the_time_of_receipt_where_the_students_says_something_else(room, place, text):
    (place / "timestamp.txt").write_text(text)
    entered(room)
    assert recorded(room) == naive(room.received)
    assert (place / "timestamp.txt").read_text() == text


def test_the_time_of_receipt_where_the_due_date_lies_between(room, place):
    room.due(room.received - timedelta(seconds=1))
    (place / "timestamp.txt").write_text(f"{room.received - timedelta(seconds=2):%Y-%m-%d %H:%M:%S.%f} UTC")
    assert entered(room, policy=Cutoff()).penalty == 25.0
    assert recorded(room) == naive(room.received)


def test_a_missing_time_is_supplied(room, place):
    entered(room)
    assert (place / "timestamp.txt").read_text() == "2026-03-01 12:00:30.250000 UTC"
    before = room.state()
    assert not entered(room).changed
    assert room.state() == before


def test_links_are_not_followed(room, place):
    outside = room.root / "outside.txt"
    (place / "timestamp.txt").symlink_to(outside)
    outside.write_text("x")
    (place / "submission_secret.txt").symlink_to(outside)
    entered(room)
    assert outside.read_text() == "x"
    secret = room.files()[f"grading/autograded/anna/{room.step}/submission_secret.txt"]
    assert len(secret) == 128


def test_what_is_no_file_is_not_waited_for(room, place):
    os.mkfifo(place / "timestamp.txt")
    (place / "submission_secret.txt").mkdir()
    entered(room)
    assert recorded(room) == naive(room.received)


def test_a_secret_is_kept(room, place):
    secret = f"grading/autograded/anna/{room.step}/submission_secret.txt"
    entered(room)
    made = room.files()[secret]
    assert not entered(room).changed
    assert room.files()[secret] == made
    (place / "submission_secret.txt").write_text("c" * 128)
    assert entered(room).changed
    assert room.files()[secret] == b"c" * 128


def test_an_archive_without_a_folder_is_no_hindrance(room):
    entered(room)
    assert not (room.root / "grading" / "submitted").exists()
