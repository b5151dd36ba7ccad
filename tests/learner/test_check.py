"""`check` in self-study and while nbgrader runs; hints, progress and predictions with their record."""

import json

import numpy as np
import pytest

from rnncourse import check, examine, hint, predict, progress
from rnncourse.checking.report import CheckFailed
from rnncourse.learner.progress import table


def last_valid(states, lengths):
    return states[np.arange(len(states)), lengths - 1]


def wrong(states, lengths):
    return states[:, -1]


def partly(ids, length):
    count = (len(ids) - 1) // length
    inputs = ids[: count * length].reshape(count, length)
    return inputs, inputs


def unwritten(states, lengths):
    raise NotImplementedError


def records(home):
    return [json.loads(line) for line in (home / "record.jsonl").read_text().splitlines()]


def test_self_study_shows_the_card_raises_nothing_and_returns_none(capsys, home):
    assert check(last_valid) is None
    assert check(wrong, "1.7") is None
    shown = capsys.readouterr().out
    assert "passed · 1.7 last_valid · 2 of 2 points" in shown
    assert "likely cause  the last step of the padded array is taken" in shown
    assert [(r["exercise"], r["status"], r["points"]) for r in records(home)] == [("1.7", "passed", 2.0), ("1.7", "failed", 0.0)]


@pytest.mark.parametrize("thing", [42, None, "last_valid", [1], np.mean, lambda x: x, last_valid(np.zeros((1, 1, 1)), np.array([1]))])
def test_nothing_handed_to_check_makes_it_raise_in_self_study(thing, capsys):
    assert check(thing) is None
    assert capsys.readouterr().out.strip()


def test_an_unknown_name_tells_the_nearest(capsys):
    def last_valids(states, lengths):
        return states

    check(last_valids)
    assert "did you mean last_valid" in capsys.readouterr().out


def test_while_grading_points_are_a_plain_float_and_a_failure_raises_the_card(monkeypatch, home, capsys):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    points = check(last_valid)
    assert type(points) is float and points == 2.0
    with pytest.raises(CheckFailed) as failed:
        check(wrong, "1.7")
    assert any("the last step of the padded array" in line for line in failed.value._render_traceback_())
    with pytest.raises(CheckFailed, match="not started"):
        check(unwritten, "1.7")
    with pytest.raises(CheckFailed):
        check(42)
    assert not home.exists()  # an instructor's machine keeps no learner's record


def test_an_exercise_without_points_never_stops_a_grader(monkeypatch, capsys):
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    assert check(lambda series: series, "0.1") == 0.0
    assert "not yet · 0.1 running_mean" in capsys.readouterr().out


def test_examine_is_the_same_check_as_data(capsys, home):
    report = examine(partly, "1.2")
    assert (report.status, report.points, report.max_points) == ("failed", 1.0, 3.0)
    assert capsys.readouterr().out == "" and not home.exists()


def test_hints_climb_and_the_card_shows_the_next_one(capsys, home):
    hint("1.7")
    assert "Hint 1 of 3 · 1.7 last_valid" in capsys.readouterr().out
    check(wrong, "1.7")
    assert '(2 of 3: hint("1.7"))' in capsys.readouterr().out
    for _ in range(3):
        hint("last_valid")
    shown = capsys.readouterr().out
    assert shown.count("Hint 3 of 3") == 2 and "This was the last one." in shown
    hint("1.77")
    assert "no exercise is called '1.77'" in capsys.readouterr().out


def test_progress_keeps_the_best_result_and_counts_hints(capsys):
    check(partly, "1.2")
    check(last_valid)
    check(wrong, "1.7")
    hint("1.2")
    rows = {row["exercise"]: row for row in table().rows}
    assert (rows["1.7 last_valid"]["state"], rows["1.7 last_valid"]["points"]) == ("solved", 2.0)
    assert (rows["1.2 next_step_pairs"]["state"], rows["1.2 next_step_pairs"]["points"]) == ("tried", 1.0)
    assert rows["1.2 next_step_pairs"]["hints"] == 1
    assert rows["1.9 ngram_bits"]["state"] == "open"
    assert {row["exercise"].split(".")[0] for row in table(1).rows} == {"1"}
    capsys.readouterr()
    progress(1)
    assert capsys.readouterr().out.startswith("1 of 9 exercises solved, 3 of 25 points")


def test_the_first_prediction_is_kept_and_shown_beside_the_outcome(capsys):
    predict("it gets worse", "shuffle")
    guess = predict("it stays the same", "shuffle")
    capsys.readouterr()
    guess.outcome("0.97 in order, 0.96 shuffled")
    shown = capsys.readouterr().out
    assert "you predicted     it gets worse" in shown
    assert "later changed to  it stays the same" in shown
    assert "it turned out     0.97 in order, 0.96 shuffled" in shown


def test_an_empty_prediction_is_asked_for_politely(capsys, home):
    predict("…", "shuffle").outcome("0.97")
    shown = capsys.readouterr().out
    assert "Write it between the quotes" in shown and "nothing yet" in shown
    assert not home.exists()


def test_html_of_a_prediction_escapes_what_was_written():
    from rnncourse.learner.prediction import _Beside

    html = _Beside(predict("<b>more</b>", "q"), "<i>1</i>")._repr_mimebundle_()["text/html"]
    assert "&lt;b&gt;more" in html and "&lt;i&gt;1" in html


def test_a_record_that_cannot_be_written_is_told_once_and_the_card_still_shown(tmp_path, monkeypatch, capsys):
    blocked = tmp_path / "a file"
    blocked.write_text("in the way")
    monkeypatch.setenv("RNNCOURSE_HOME", str(blocked / "home"))
    check(last_valid)
    shown = capsys.readouterr().out
    assert "passed · 1.7" in shown
    assert shown.count("your progress could not be saved") == 1 and "RNNCOURSE_HOME" in shown
    progress()
    hint("1.7")
    assert "Hint 1 of 3" in capsys.readouterr().out


def test_a_graders_own_record_stays_out_of_the_students_pages(monkeypatch, capsys):
    predict("my own guess", "shuffle")
    hint("1.7")
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    capsys.readouterr()
    predict("…", "shuffle").outcome("0.97")
    hint("1.7")
    shown = capsys.readouterr().out
    assert "my own guess" not in shown and "Hint 1 of 3" in shown


def test_a_damaged_line_of_the_record_is_passed_over(home):
    check(last_valid)
    with open(home / "record.jsonl", "a") as file:
        file.write('{"kind": "check", "exerc\n[1, 2]\n\n')
    check(last_valid)
    assert table(1).summary.startswith("1 of 9")


def test_the_record_stays_in_its_folder_and_holds_no_code(home):
    check(wrong, "1.7")
    assert set(records(home)[0]) == {"kind", "time", "exercise", "status", "points"}
