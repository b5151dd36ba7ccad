"""What lateness costs."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnncourse.grading.records.late import Cutoff, NoPenalty, PerDay, parse_policy, started_days

DUE = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("late", "points"),
    [
        (-DAY, 0.0),
        (timedelta(0), 0.0),
        (15 * MINUTE, 0.0),
        (16 * MINUTE, 2.0),
        (DAY, 2.0),
        (DAY + 10 * MINUTE, 2.0),
        (DAY + 16 * MINUTE, 4.0),
        (3 * DAY, 6.0),
        (5 * DAY, 10.0),
        (9 * DAY, 10.0),
    ],
)
def test_per_day_with_grace_and_bound(late, points):
    assert PerDay(10, 15 * MINUTE, 5).penalty(20.0, DUE, DUE + late) == points


def test_a_penalty_never_exceeds_the_score():
    assert PerDay(30).penalty(20.0, DUE, DUE + 10 * DAY) == 20.0
    assert PerDay(30).penalty(0.0, DUE, DUE + 10 * DAY) == 0.0


@pytest.mark.parametrize(("late", "points"), [(-HOUR, 0.0), (HOUR, 0.0), (HOUR + MINUTE, 7.5)])
def test_cutoff(late, points):
    assert Cutoff(HOUR).penalty(7.5, DUE, DUE + late) == points


def test_none_costs_nothing():
    assert NoPenalty().penalty(7.5, DUE, DUE + 99 * DAY) == 0.0


@pytest.mark.parametrize("zone", [UTC, BERLIN, ZoneInfo("Asia/Kathmandu")])
def test_the_zone_in_which_a_time_is_written_does_not_matter(zone):
    policy = PerDay(10, zone="Europe/Berlin")
    received = DUE + DAY + HOUR
    assert policy.penalty(10.0, DUE.astimezone(zone), received.astimezone(zone)) == policy.penalty(10.0, DUE, received)


@pytest.mark.parametrize(
    ("due", "received", "wall", "elapsed"),
    [
        # Clocks go back in the night to 26 October 2025: the day has 25 hours.
        (datetime(2025, 10, 25, 23, 59, tzinfo=BERLIN), datetime(2025, 10, 26, 23, 59, tzinfo=BERLIN), 1, 2),
        (datetime(2025, 10, 25, 23, 59, tzinfo=BERLIN), datetime(2025, 10, 27, 0, 0, tzinfo=BERLIN), 2, 2),
        # Clocks go forward in the night to 29 March 2026: the day has 23 hours.
        (datetime(2026, 3, 28, 23, 59, tzinfo=BERLIN), datetime(2026, 3, 30, 0, 0, tzinfo=BERLIN), 2, 1),
        (datetime(2026, 3, 28, 23, 59, tzinfo=BERLIN), datetime(2026, 3, 29, 23, 59, tzinfo=BERLIN), 1, 1),
        # A deadline in the hour that is skipped a day later.
        (datetime(2026, 3, 28, 2, 30, tzinfo=BERLIN), datetime(2026, 3, 29, 3, 30, tzinfo=BERLIN), 1, 1),
    ],
)
def test_days_over_a_change_of_clocks(due, received, wall, elapsed):
    assert (started_days(due, received, BERLIN), started_days(due, received, UTC)) == (wall, elapsed)


@settings(deadline=None)
@given(
    st.integers(0, 400 * 86400), st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"])
)
def test_days_grow_with_time_and_stay_near_24_hours(seconds, zone):
    zone, due = ZoneInfo(zone), datetime(2025, 9, 1, 22, 30, tzinfo=UTC)
    days = started_days(due, due + timedelta(seconds=seconds), zone)
    assert days >= started_days(due, due + timedelta(seconds=max(0, seconds - 60)), zone)
    assert abs(days * 86400 - seconds) <= 86400 + 3600


@pytest.mark.parametrize(
    ("words", "policy"),
    [
        ("none", NoPenalty()),
        ("zero", Cutoff()),
        ("cutoff, grace 1 hour", Cutoff(HOUR)),
        ("10% per day", PerDay(10)),
        ("10% per day, grace 15 min, at most 5 days", PerDay(10, 15 * MINUTE, 5)),
        (
            "  12.5 %  a day,at most 1 day ,  Grace of 90 seconds, in Europe/Berlin",
            PerDay(12.5, 90 * timedelta(seconds=1), 1, "Europe/Berlin"),
        ),
        ("5% per day, grace 2 days", PerDay(5, 2 * DAY)),
    ],
)
def test_words_are_read_and_given_back(words, policy):
    assert parse_policy(words) == policy
    assert parse_policy(str(policy)) == policy


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "cannot read"),
        ("ten percent", 'cannot read "ten percent"; expected words such as'),
        ("10%", "cannot read"),
        ("0% per day", "more than 0"),
        ("101% per day", "at most 100, got 101"),
        ("10% per day, grace 15 parsecs", '"parsecs" in "grace 15 parsecs" is no unit of time'),
        ("10% per day, at most 0 days", "at most N days: expected a whole number from 1"),
        ("10% per day, grace 1 h, grace 2 h", "says a second time"),
        ("10% per day, in Nowhere/Land", '"Nowhere/Land" is no time zone'),
        ("10% per day, in ../../etc/passwd", "is no time zone"),
        ("cutoff, at most 3 days", '"at most 3 days" does not go with "cutoff"'),
        ("none, grace 1 h", "does not go with"),
        ("10% per day, please", 'cannot read "please"'),
    ],
)
def test_words_that_say_no_policy_are_explained(words, said):
    with pytest.raises(ValueError, match=".*") as error:
        parse_policy(words)
    assert said in str(error.value)


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="without one"):
        PerDay(10).penalty(1.0, DUE.replace(tzinfo=None), DUE)


@pytest.fixture
def late_room(room):
    room.due(room.received - timedelta(days=1, hours=1))
    return room


def penalty(room, student="anna", assignment=None):
    with room.gradebook() as gradebook:
        return gradebook.find_submission(assignment or room.step, student).late_submission_penalty


def test_the_penalty_stands_in_the_gradebook(late_room):
    with late_room.records() as records:
        entry = late_room.enter(records, policy=PerDay(10))
        assert (entry.score, entry.penalty, entry.seconds_late) == (25.0, 5.0, 25 * 3600.0)
        assert penalty(late_room) == 5.0
        assert not late_room.enter(records, policy=PerDay(10)).changed
        assert late_room.enter(records, policy=PerDay(20)).penalty == 10.0
        assert late_room.enter(records).penalty == 0.0
    assert penalty(late_room) == 0.0
    assert [event["penalties"] for event in late_room.audit() if event["event"] == "entering"] == [
        {late_room.name: 5.0},
        {late_room.name: 10.0},
        {},
    ]


def test_an_extension_counts(late_room):
    with late_room.records() as records:
        late_room.enter(records)
        with late_room.gradebook() as gradebook:
            gradebook.grant_extension(late_room.step, "anna", days=1)
        entry = late_room.enter(records, policy=PerDay(10))
    assert (entry.seconds_late, entry.penalty) == (3600.0, 2.5)


def test_without_a_due_date_nothing_is_late(room):
    with room.records() as records:
        room.enter(records)
        with room.gradebook() as gradebook:
            gradebook.grant_extension(room.step, "anna", days=1)  # an extension of nothing
        entry = room.enter(records, policy=Cutoff())
    assert (entry.seconds_late, entry.penalty) == (0.0, 0.0)


def test_points_by_hand_count_before_the_deduction(room):
    room.due(room.received - timedelta(hours=1), "essay")
    with room.records() as records:
        assert room.enter(records, room.essay(why="Because."), policy=PerDay(50)).penalty == 1.0
        room.by_hand("why", 3.0)
        entry = room.enter(records, room.essay(why="Because."), policy=PerDay(50))
    assert (entry.score, entry.penalty) == (5.0, 2.5)
