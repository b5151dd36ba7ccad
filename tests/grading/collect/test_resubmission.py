"""Work handed in again after the due date, and what lateness costs: the class's settings decide, at every run."""

import json
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from tests.grading.collect.conftest import ALL, NAME, STEP, changed, notebook


@pytest.fixture
def late(room):
    """Anna handed in time all that is right, then late only one exercise; the class takes 50 % a day."""

    def hand_in(first, second, rule=None):
        room.settings('late = "50% per day"\n' + (f'resubmission = "{rule}"\n' if rule else ""))
        in_time = room.hand_in("anna", *first)
        room.due(changed(in_time))
        return in_time, room.hand_in("anna", *second, mark="late")

    room.resubmit = hand_in
    return room


def scores(room):
    score, penalty = room.score("anna")
    return score - penalty


def remarks(room):
    return " ".join(text for event in json.loads(room.grade("--json"))["remarks"].values() for text in (one["text"] for one in event))


def test_late_work_never_takes_points_from_work_in_time(late):
    """Both come with one collecting: the newest is in place, the one in time is kept for the comparison."""
    late.resubmit(ALL, ())
    late.collect()
    assert late.files("anna")[f"{NAME}.ipynb"] == notebook(mark="late")
    late.grade()
    assert scores(late) == 25.0
    assert "the first counts: it has more points" in remarks(late)
    assert sorted(late.clerk.judged) == ["anna", "anna"], "each of the two is judged once"


def test_better_late_work_counts_after_the_deduction(late):
    late.resubmit(("last_valid",), ALL)
    late.collect()
    late.grade()
    assert late.score("anna") == (25.0, 12.5)
    said = remarks(late)
    assert "(2 points by the checks)" in said and "(25 points by the checks, 12.5 after the deduction for lateness)" in said
    assert "the second counts: it has more points" in said


def test_late_work_that_is_better_by_less_than_it_costs_does_not_count(late):
    late.resubmit([name for name in ALL if name != "last_valid"], ALL)
    late.collect()
    late.grade()
    assert late.score("anna") == (23.0, 0.0)


@pytest.mark.parametrize(("rule", "score"), [("better", (25.0, 12.5)), ("last", (25.0, 12.5)), ("in time", (2.0, 0.0))])
def test_the_rule_is_the_classs_choice(late, rule, score):
    late.resubmit(("last_valid",), ALL, rule)
    late.collect()
    late.grade()
    assert late.score("anna") == score


def test_the_rule_last_takes_points_away_as_nbgrader_does(late):
    late.resubmit(ALL, (), "last")
    late.collect()
    late.grade()
    assert scores(late) == 0.0


def test_another_rule_needs_no_new_judging(late):
    late.resubmit(ALL, ())
    late.collect()
    late.grade()
    late.settings('late = "50% per day"\nresubmission = "last"\n')
    late.clerk.judged.clear()
    late.grade()
    assert (scores(late), late.clerk.judged) == (0.0, [])
    late.settings('late = "50% per day"\n')
    late.grade()
    assert (scores(late), late.clerk.judged) == (25.0, [])
    assert late.grade().count("1 as before") == 1 and len(late.events("entered")) == 3


def test_work_graded_in_time_is_kept_though_it_is_gone_from_everywhere(late):
    """Collected and graded before the deadline, then late work comes and the exchange forgets the first."""
    late.settings('late = "50% per day"\n')
    in_time = late.hand_in("anna", *ALL)
    late.due(changed(in_time))
    late.collect()
    late.grade()
    shutil.rmtree(in_time)
    late.hand_in("anna", mark="late")
    late.collect()
    late.grade()
    assert scores(late) == 25.0


def test_work_collected_in_time_is_kept_without_having_been_graded(late):
    in_time = late.hand_in("anna", *ALL)
    late.due(changed(in_time))
    late.collect()
    shutil.rmtree(in_time)
    late.hand_in("anna", mark="late")
    late.collect()
    late.grade()
    assert scores(late) == 25.0


def test_work_put_in_place_by_hand_is_compared_too(room):
    """No exchange: the instructor copies files, before the deadline and after it."""

    def put(mark, *solved):
        room.place("anna").mkdir(parents=True, exist_ok=True)
        (room.place("anna") / f"{NAME}.ipynb").write_bytes(notebook(*solved, mark=mark))
        (room.place("anna") / "timestamp.txt").write_text(datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC"))

    shutil.rmtree(room.exchange)
    room.settings('late = "50% per day"\n')
    room.due(datetime.now(UTC) + timedelta(hours=1))
    put("first", *ALL)
    room.grade()
    room.due(datetime.now(UTC) - timedelta(milliseconds=1))
    put("worse")  # its time is now
    room.grade()
    assert scores(room) == 25.0


def test_an_extension_makes_late_work_work_in_time(late):
    late.resubmit(ALL, ("last_valid",))
    late.collect()
    late.grade()
    with late.gradebook() as gradebook:
        gradebook.grant_extension(STEP, "anna", days=1)
    late.grade()
    assert late.score("anna") == (2.0, 0.0), "both are in time, and the last one counts"


def test_the_hand_in_in_time_that_cannot_be_judged_leaves_the_grade_of_before(late, monkeypatch):
    from rnncourse.grading.queue.work import Done

    late.resubmit(ALL, ())
    late.collect()
    real = late.clerk.run

    def run(tagged):
        for tag, done in real(tagged):
            yield tag, Done(None, 0.1, "no kernel comes up") if len(late.clerk.judged) > 1 else done

    monkeypatch.setattr(late.clerk, "run", run)
    assert "anna: no verdict, and the grade of before stays: no kernel comes up" in late.grade(code=1)
    monkeypatch.undo()


# ---------------------------------------------------------------- what lateness costs


def test_the_policy_is_kept_with_the_class_and_holds_without_the_option(room):
    room.hand_in("anna", *ALL)
    room.due(datetime.now(UTC) - timedelta(hours=1))
    room.collect()
    said = room.grade("--late", "10% per day, grace 15 min")
    assert 'The class\'s late policy is now "10% per day, grace 15 min", kept in' in said
    assert "Late work: 10% per day, grace 15 min. Handed in again late: the better of it and the work in time counts" in said
    said = room.grade()
    assert room.score("anna") == (25.0, 2.5) and "Late work: 10% per day, grace 15 min." in said
    assert room.grade("--late", "10% per day, grace 15 minutes") and len(room.events("entered")) == 1


def test_another_policy_in_the_option_is_refused(room):
    room.settings('# ours\nlate = "cutoff"\n')
    room.hand_in("anna", *ALL)
    room.collect()
    assert '--late "none" contradicts the late policy of the class, "cutoff"' in room.grade("--late", "none", code=1)
    assert (room.root / "grading" / "class.toml").read_text() == '# ours\nlate = "cutoff"\n' and room.clerk.judged == []


def test_a_class_graded_with_a_policy_that_is_written_nowhere_is_not_graded_without(room):
    """As an earlier version left it, or with class.toml lost: going on would erase what lateness cost."""
    room.hand_in("anna", *ALL)
    room.due(datetime.now(UTC) - timedelta(hours=1))
    room.collect()
    room.grade("--late", "50% per day")
    (room.root / "grading" / "class.toml").unlink()
    said = room.grade(code=1)
    assert "was graded with the late policy \"50% per day\"" in said and "--late '50% per day' to keep it" in said
    assert room.score("anna") == (25.0, 12.5)
    room.grade("--late", "none")
    assert room.score("anna") == (25.0, 0.0)


def test_one_assignment_may_have_a_policy_of_its_own(room):
    room.settings(f'late = "none"\n[assignments.{STEP}]\nlate = "cutoff"\nresubmission = "last"\n')
    room.hand_in("anna", *ALL)
    room.due(datetime.now(UTC) - timedelta(hours=1))
    room.collect()
    said = json.loads(room.grade("--json"))
    assert (said["late"], said["resubmission"]) == ("cutoff", "last") and room.score("anna") == (25.0, 25.0)


def test_settings_that_cannot_be_read_stop_everything_with_the_line(room):
    room.hand_in("anna")
    room.settings('resubmission = "better"\nlaet = "cutoff"\n')
    for command in (room.collect, room.grade):
        if command == room.grade:
            room.place("anna").mkdir(parents=True)
        said = command(code=1)
        assert "class.toml, line 2: laet: no such setting; did you mean late?" in said
