"""A class from release to grades, with nbgrader's own commands and the course's own first step."""

import csv
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytest.importorskip("nbgrader")
BeautifulSoup = pytest.importorskip("bs4").BeautifulSoup

REPO = Path(__file__).parents[2]
STEP, NAME = "1-sequence-data", "sequence_data"

# Planted mistakes: the code, the points that are left, the points of the exercise.
WRONG = {
    "next_step_pairs": ("""\
def next_step_pairs(ids, length):
    count = (len(ids) - 1) // length
    inputs = ids[: count * length].reshape(count, length)
    return inputs, inputs.copy()
""", 1, 3),
    "last_valid": ("""\
def last_valid(states, lengths):
    return states[:, -1].copy()
""", 0, 2),
    "ngram_bits": ("""\
def ngram_bits(train_ids, test_ids, vocabulary_size, order, alpha):
    return 1 / 0
""", 0, 4),
}
LOST = sum(points - left for _, left, points in WRONG.values())


def fill(cells, solutions):
    for name, source in solutions.items():
        cells[name].source = source


@pytest.fixture(scope="module")
def graded(classroom, solutions):
    """The class after everything: released, handed in, collected, graded, feedback given out, exported."""

    def right(cells, notebook):
        fill(cells, solutions)

    def wrong(cells, notebook):
        fill(cells, solutions | {name: code for name, (code, _, _) in WRONG.items()})

    def crashing(cells, notebook):
        fill(cells, solutions | {"encode_text": "import os\nos._exit(1)"})

    def tampering(cells, notebook):
        fill(cells, solutions | {name: code for name, (code, _, _) in WRONG.items()} | {"encode_text": "raise SystemExit('no')"})
        cells["check_encode_text"].metadata.tags = ["demo"]
        cells["check_ngram_bits"].metadata.tags = ["skip-execution"]
        cells["check_last_valid"].source = "2.0"
        notebook.cells.remove(cells["check_next_step_pairs"])

    classroom.began = datetime.now(UTC)
    classroom.instructor("generate_assignment", STEP, "--force")
    classroom.instructor("release_assignment", STEP)
    classroom.hand_in_all({
        "anna-right": right, "ben-wrong": wrong, "carl-empty": lambda cells, notebook: None,
        "dora-crashing": crashing, "emil-tampering": tampering,
    })
    classroom.handed_in = datetime.now(UTC)
    classroom.instructor("collect", STEP, "--ExchangeCollect.check_owner=False")
    classroom.said = classroom.instructor("autograde", STEP, good=False)
    classroom.instructor("generate_feedback", STEP)
    classroom.instructor("release_feedback", STEP)
    classroom.instructor("export", f"--CsvExportPlugin.to={classroom.folder / 'grades.csv'}")
    return classroom


def visible(page):
    """What a reader sees of a feedback page, on one line."""
    soup = BeautifulSoup(page, "html.parser")
    for hidden in soup(["style", "script"]):
        hidden.decompose()
    return " ".join(soup.get_text(" ").split())


def scores(graded, student):
    """Check cell -> points that the gradebook holds for this student."""
    with graded.gradebook() as gradebook:
        grades = gradebook.find_submission(STEP, student).notebooks[0].grades
        return {grade.name: grade.score for grade in grades}


def test_nbgrader_generates_what_the_build_wrote(graded):
    name = f"course/{STEP}/{NAME}.ipynb"
    assert (graded.clone / name).read_bytes() == (REPO / name).read_bytes()
    assert [path.name for path in (graded.exchange / "rnncourse/outbound" / STEP).iterdir()] == [f"{NAME}.ipynb"]


@pytest.mark.parametrize(("student", "score"), [
    ("anna-right", 25),
    ("ben-wrong", 25 - LOST),
    ("carl-empty", 0),
    ("dora-crashing", 0),
    ("emil-tampering", 25 - LOST - 2),
])
def test_scores_in_the_gradebook(graded, student, score):
    with graded.gradebook() as gradebook:
        submission = gradebook.find_submission(STEP, student)
        assert (submission.score, submission.max_score) == (score, 25)


def test_partial_points_count_before_the_error(graded):
    found = scores(graded, "ben-wrong")
    assert {f"check_{name}": left for name, (_, left, _) in WRONG.items()}.items() <= found.items()
    assert found["check_encode_text"] == 2


def test_a_crash_stops_nobody_else(graded):
    failed = set(re.findall(r"for student '([^']+)'", graded.said))
    assert failed == {"dora-crashing"}


def test_feedback_shows_the_card_and_no_traceback(graded):
    from rnncourse.learner.check import examine

    page = visible(graded.feedback("ben-wrong"))
    for name, (code, left, points) in WRONG.items():
        names = {}
        exec(code, names)
        report = examine(names[name])
        assert f"not yet · {report.id} {name} · {left} of {points} points" in page
        if report.cause is not None:
            assert " ".join(report.cause.text.split()) in page
    assert "passed · 1.1 encode_text · 2 of 2 points" in page
    assert "ZeroDivisionError" in page
    assert "Traceback" not in page
    assert not re.search(r"rnncourse/\w+/\w+\.py|CheckFailed\(", page)


def test_planted_mistakes_are_named(graded):
    from rnncourse.exercises import find

    page = visible(graded.feedback("ben-wrong"))
    for name in ("next_step_pairs", "last_valid"):
        assert any(sentence in page for sentence in find(name).mistakes), name


def test_feedback_of_an_empty_submission_says_not_started(graded):
    page = visible(graded.feedback("carl-empty"))
    assert page.count("not started · 1.") == 9
    assert page.count("NotImplementedError") == page.count("raise NotImplementedError")


def test_export_holds_the_grades(graded):
    with open(graded.folder / "grades.csv", encoding="utf-8", newline="") as file:
        rows = {row["student_id"]: (row["assignment"], float(row["score"]), float(row["max_score"])) for row in csv.DictReader(file)}
    assert rows["anna-right"] == (STEP, 25, 25)
    assert rows["ben-wrong"] == (STEP, 25 - LOST, 25)
    assert rows["carl-empty"] == rows["dora-crashing"] == (STEP, 0, 25)


def test_the_exchange_bears_witness_to_when_work_came(graded, tmp_path):
    """After a real submit and collect, a student's own claim of the time counts for nothing; without the exchange it is a notice."""
    from rnncourse.grading.intake import submissions

    submitted = graded.clone / "grading" / "submitted"
    (submitted / "anna-right" / STEP / "timestamp.txt").write_text("2020-01-01 00:00:00.000000 UTC")
    (known,) = (one for one in submissions(submitted, STEP, kept=tmp_path / "a", exchange=graded.exchange) if one.student == "anna-right")
    (claimed,) = (one for one in submissions(submitted, STEP, kept=tmp_path / "b") if one.student == "anna-right")
    assert graded.began <= known.received <= graded.handed_in
    assert [one.text for one in known.remarks if not one.text.startswith("in doubt: timestamp.txt says 2020-01-01")] == []
    assert claimed.received.year == 2020 and [one.kind for one in claimed.remarks] == ["receipt"]
