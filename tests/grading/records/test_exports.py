"""Tables for elsewhere: their columns, their numbers, and that no cell of a student's acts in a spreadsheet."""

import csv
import io
from datetime import timedelta

import pytest
from click.testing import CliRunner

from rnncourse.cli import main
from rnncourse.grading.records import RecordsError
from rnncourse.grading.records.exports import LAYOUTS, export
from rnncourse.grading.records.exports.sheet import FORMULA, as_csv
from rnncourse.grading.records.late import PerDay


def table(text):
    return list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))


@pytest.fixture
def graded(room):
    """Anna all right, a day late; Ben half right; Carl only registered; the essay waits for a person."""
    room.due(room.received - timedelta(hours=2))
    with room.gradebook() as gradebook:
        gradebook.add_student("carl", first_name="=cmd()", last_name='O"Neil, C.', email="carl@example.org")
        gradebook.add_student("anna", first_name="Ada", last_name="Müller", lms_user_id="77")
    with room.records() as records:
        room.enter(records, submission=room.submission("anna"), policy=PerDay(10))
        room.enter(records, room.verdict("wrong"), room.submission("ben", received=room.received - timedelta(days=1)))
        room.enter(records, room.essay(why="Because."), room.submission("anna", "essay"))
    room.by_hand("how", 1.0, extra=0.5)
    return room


def get(room, layout="questions", **settings):
    return export(room.root, layout, db_url=room.url, **settings)


def test_questions(graded):
    done = get(graded)
    head, *rows = table(done.text)
    found = [dict(zip(head, row, strict=True)) for row in rows]
    assert done.rows == len(found) == 9 + 9 + 4
    assert done.ungraded == 1
    assert '"check_last_valid","1.7 last_valid"' in done.text
    by = {(row["student"], row["assignment"], row["question"]): row for row in found}
    wrong = by["ben", graded.step, "check_last_valid"]
    assert (wrong["auto_score"], wrong["score"], wrong["max_score"], wrong["status"], wrong["manual_score"]) == (
        "0",
        "0",
        "2",
        "failed",
        "",
    )
    assert wrong["cause"].startswith("the last step of the padded array")
    assert wrong["seconds_late"] == "0"
    late = by["anna", graded.step, "check_ngram_bits"]
    assert (late["seconds_late"], late["notebook_late_penalty"]) == ("7200", "2.5")
    assert late["received_utc"] == "2026-03-01T12:00:30.250000+00:00"
    why, how = by["anna", "essay", "why"], by["anna", "essay", "how"]
    assert (why["needs_manual_grade"], why["auto_score"], why["exercise"]) == ("yes", "", "")
    assert (how["manual_score"], how["extra_credit"], how["score"], how["needs_manual_grade"]) == (
        "1",
        "0.5",
        "1.5",
        "no",
    )


def test_canvas(graded):
    head, possible, *rows = table(get(graded, "canvas", ids={graded.step: "4711"}).text)
    assert head == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", f"{graded.step} (4711)", "essay"]
    assert possible == ["    Points Possible", "", "", "", "", "25", "10"]
    assert rows == [
        ["ben", "", "", "ben", "", "20", ""],
        ["Müller, Ada", "77", "", "anna", "", "22.5", "3.5"],
        ['O"Neil, C., =cmd()', "", "", "carl", "", "", ""],
    ]


def test_moodle(graded):
    head, *rows = table(get(graded, "moodle", assignments=[graded.step]).text)
    assert head == ["First name", "Last name", "ID number", "Email address", graded.step]
    assert rows == [
        ["", "", "ben", "", "20"],
        ["Ada", "Müller", "anna", "", "22.5"],
        ["'=cmd()", 'O"Neil, C.', "carl", "carl@example.org", ""],
    ]


def test_nbgrader(graded):
    head, *rows = table(get(graded, "nbgrader", assignments=[graded.step]).text)
    assert head[:4] == ["assignment", "duedate", "timestamp", "student_id"]
    found = {row[3]: row[7:] for row in rows}
    assert found == {"ben": ["20", "0", "20", "25"], "anna": ["25", "2.5", "22.5", "25"], "carl": ["0", "0", "0", "25"]}


@pytest.mark.parametrize("sign", FORMULA)
def test_a_formula_is_text(sign):
    assert table(as_csv([[f"{sign}1+1", -1.5, "a=b", ""]])) == [[f"'{sign}1+1", "-1.5", "a=b", ""]]


def test_any_text_becomes_a_file():
    text = as_csv([["\ud800\0", 'a"b\r\nc', True, None, 1e-12]], mark=True)
    assert text.encode().startswith(b"\xef\xbb\xbf")
    assert table(text) == [["⟨U+D800⟩⟨U+0000⟩", 'a"b c', "yes", "", "1e-12"]]


def test_what_is_not_there_is_said(room, tmp_path):
    with pytest.raises(RecordsError, match="no gradebook at .* yet"):
        export(tmp_path)
    assert not (tmp_path / "grading").exists()
    with pytest.raises(RecordsError, match=f"no assignment 7-x; it has: {room.step}, essay"):
        get(room, assignments=["7-x"])
    with pytest.raises(ValueError, match="Canvas cannot read"):
        get(room, "canvas", mark=True)


def test_an_empty_class_gives_headings(room):
    assert [get(room, layout).rows for layout in LAYOUTS] == [0, 0, 0, 0]


def command(room, monkeypatch, *words, good=True):
    monkeypatch.chdir(room.root)
    monkeypatch.setenv("RNNCOURSE_DATABASE", room.url)
    done = CliRunner().invoke(main, ["export", *words])
    assert (done.exit_code == 0) == good, done.output
    return done


def test_the_command_prints_or_writes(graded, monkeypatch):
    printed = command(graded, monkeypatch, "--format", "moodle")
    assert table(printed.stdout)[0][:3] == ["First name", "Last name", "ID number"]
    assert "1 submission has answers that nobody has graded yet" in printed.stderr
    written = command(graded, monkeypatch, "--to", "grades.csv", "--assignment", graded.step, "--excel")
    assert "18 rows in grades.csv" in written.stderr
    assert (graded.root / "grades.csv").read_bytes().startswith(b'\xef\xbb\xbf"student"')
    canvas = command(graded, monkeypatch, "--format", "canvas", "--canvas-id", f"{graded.step}=12")
    assert f"{graded.step} (12)" in canvas.stdout
    assert sorted(path.name for path in graded.root.iterdir() if path.name.startswith(".")) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--assignment", "7-x"], "no assignment 7-x"),
        (["--canvas-id", "a=1"], "goes with --format canvas"),
        (["--format", "canvas", "--canvas-id", "a"], "expected ASSIGNMENT=ID"),
        (["--format", "canvas", "--excel"], "Canvas cannot read"),
        (["--check-audit"], "there is no audit log at"),
        (["--to", "nowhere/grades.csv"], "could not be written: No such file"),
    ],
)
def test_the_command_says_what_is_wrong(room, monkeypatch, words, said):
    assert said in command(room, monkeypatch, *words, good=False).output


def test_the_command_checks_the_log(graded, monkeypatch):
    whole = command(graded, monkeypatch, "--check-audit").output
    assert "The audit log is whole" in whole
    path = graded.root / "grading" / "audit.jsonl"
    path.write_text(path.read_text().replace('"points":0.0', '"points":2.0', 1))
    assert "line 3: the line is not as it was written" in command(graded, monkeypatch, "--check-audit", good=False).output
