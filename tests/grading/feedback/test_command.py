"""`rnncourse feedback` on a class, with marks from nbgrader's own gradebook, to the page that a student fetches."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from rnncourse.cli import main
from rnncourse.grading.queue.results import Results

pytest.importorskip("nbgrader")
BeautifulSoup = pytest.importorskip("bs4").BeautifulSoup

REPO = Path(__file__).parents[3]
STEP, NAME = "2-bptt", "bptt"
STUDENTS = ("anna", "ben", "carl")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A class: the course's folder with a gradebook that knows the assignment and three students."""
    root = tmp_path_factory.mktemp("class")
    (root / "course" / STEP).mkdir(parents=True)
    shutil.copy(REPO / "course" / STEP / f"{NAME}.ipynb", root / "course" / STEP)
    shutil.copy(REPO / "nbgrader_config.py", root)
    (root / "grading").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(
            "PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        )  # nbgrader looks for alembic there
        fill_gradebook(root)
    return root


def fill_gradebook(root):
    with opened(root) as gradebook:
        gradebook.add_assignment(STEP, duedate=datetime(2026, 3, 5, 12, 0))
        gradebook.add_notebook(NAME, STEP)
        for name in ("rnn_step", "rnn_forward"):
            gradebook.add_grade_cell(f"check_{name}", NAME, STEP, max_score=3, cell_type="code")
            gradebook.add_solution_cell(name, NAME, STEP)
        for name, points in (("why_vanish", 4), ("what_clipping", 2)):
            gradebook.add_grade_cell(name, NAME, STEP, max_score=points, cell_type="markdown")
            gradebook.add_solution_cell(name, NAME, STEP)
        for student in STUDENTS:
            gradebook.add_student(student)
        mark_anna(gradebook)
        mark_ben(gradebook)


def opened(root):
    from nbgrader.api import Gradebook

    return Gradebook(f"sqlite:///{root / 'grading' / 'gradebook.db'}", course_id="rnncourse")


def mark_anna(gradebook):
    submission = gradebook.add_submission(STEP, "anna", timestamp=datetime(2026, 3, 5, 14, 30))
    submission.notebooks[0].late_submission_penalty = 1.5
    set_grade(gradebook, "anna", "check_rnn_step", auto_score=3.0, needs_manual_grade=False)
    set_grade(gradebook, "anna", "check_rnn_forward", auto_score=0.0, manual_score=1.5, needs_manual_grade=False)
    set_grade(gradebook, "anna", "why_vanish", manual_score=3.0, extra_credit=0.5, needs_manual_grade=False)
    gradebook.find_comment("why_vanish", NAME, STEP, "anna").manual_comment = "Good: <b>the product</b> is the point."
    gradebook.find_comment("rnn_step", NAME, STEP, "anna").manual_comment = "Nice and short."
    gradebook.db.commit()


def mark_ben(gradebook):
    gradebook.add_submission(STEP, "ben", timestamp=datetime(2026, 3, 5, 11, 0))
    for name in ("check_rnn_step", "check_rnn_forward"):
        set_grade(gradebook, "ben", name, auto_score=3.0, needs_manual_grade=False)
    for name in ("why_vanish", "what_clipping"):
        set_grade(gradebook, "ben", name, auto_score=0.0, needs_manual_grade=False)
        gradebook.find_comment(name, NAME, STEP, "ben").auto_comment = "No response."
    gradebook.db.commit()


def set_grade(gradebook, student, cell, **values):
    grade = gradebook.find_grade(cell, NAME, STEP, student)
    for name, value in values.items():
        setattr(grade, name, value)
    gradebook.db.commit()


@pytest.fixture
def graded(root, anna, monkeypatch):
    """The class with a result and an autograded notebook for each student, as `rnncourse grade` leaves them."""
    for name in ("RNNCOURSE_DATABASE", "RNNCOURSE_COURSE", "RNNCOURSE_EXCHANGE"):
        monkeypatch.delenv(name, raising=False)
    results = root / "grading" / "results" / STEP
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir(parents=True)
    for student in STUDENTS:
        Results(results.parent, STEP).put(student, anna.verdict)
        folder = root / "grading" / "autograded" / student / STEP
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{NAME}.ipynb").write_text(json.dumps(anna.notebook))
    monkeypatch.chdir(root)
    return root


def feedback(*arguments):
    return CliRunner().invoke(main, ["feedback", STEP, *arguments])


def shown(root, student):
    return BeautifulSoup(
        (root / "grading/feedback" / student / STEP / f"{NAME}.html").read_text(encoding="utf-8"), "html.parser"
    )


def text(element):
    return " ".join(element.get_text(" ").split())


def test_every_student_gets_a_page_and_the_instructor_is_told_what_comes_next(graded):
    done = feedback()
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        "1 submission has an answer to be graded by hand; run this again when that is done.",
        "3 pages for 3 students, in grading/feedback.",
        "To give them out: nbgrader release_feedback 2-bptt",
    ]
    assert all(shown(graded, student).h1 for student in STUDENTS)


def test_marks_comments_and_lateness_come_from_the_gradebook(graded):
    feedback()
    page = shown(graded, "anna")
    assert [text(line) for line in page.find(class_="score").find_all("li")] == [
        "13.5 from the checks",
        "3.5 from your instructor",
        "up to 2 more: 1 answer is waiting for your instructor",
        "2 hours 30 minutes late: 1.5 points taken off",
    ]
    assert "received 5 March 2026, 14:30 UTC" in text(page.header)
    assert "Good: <b>the product</b> is the point." in text(page) and "Nice and short." in text(page)
    assert "Your instructor set these points; the check gave 0." in text(page)


def test_a_student_who_left_the_answers_blank_or_is_not_in_the_gradebook(graded):
    feedback()
    ben, carl = shown(graded, "ben"), shown(graded, "carl")
    assert (
        text(ben).count("No response.") == 2
        and "0 of 4" in text(ben.nav)
        and "late" not in text(ben.find(class_="score"))
    )
    assert "2 answers are waiting" in text(carl.find(class_="score")) and "received" not in text(carl.header)


def test_only_one_student(graded):
    shutil.rmtree(graded / "grading/feedback", ignore_errors=True)
    assert feedback("--student", "ben").exit_code == 0
    assert [path.name for path in (graded / "grading/feedback").iterdir()] == ["ben"]


def test_a_damaged_result_stops_nobody_else(graded):
    (graded / "grading/results" / STEP / "ben.json").write_text('{"half": ')
    (graded / "grading/autograded/carl" / STEP / f"{NAME}.ipynb").write_text("[" * 100_000)
    done = feedback()
    assert done.exit_code == 1
    assert "no page for ben: there is no result that can be read; grade this submission first" in done.output
    assert "2 pages for 2 students" in done.output
    assert "4 of 5" in text(shown(graded, "carl").nav)


def test_a_refused_submission_gets_a_page_of_each_released_notebook(graded, anna):
    refused = replace(anna.verdict, notebooks=())
    Results(graded / "grading/results", STEP).put("carl", refused)
    assert feedback("--student", "carl").exit_code == 0
    assert "No check of the notebook bptt could be run: see “About what you handed in”." in text(shown(graded, "carl"))


def test_nothing_graded_yet_no_gradebook_bad_names(graded, monkeypatch):
    unknown = CliRunner().invoke(main, ["feedback", "1-sequence-data"])
    assert unknown.exit_code == 1 and "there is no assignment course/1-sequence-data" in unknown.output
    (graded / "course" / "1-sequence-data").mkdir()
    none = CliRunner().invoke(main, ["feedback", "1-sequence-data"])
    assert none.exit_code == 1 and "First: rnncourse grade 1-sequence-data" in none.output
    away = feedback("--database", f"sqlite:///{graded}/nowhere.db")
    assert away.exit_code == 1 and "there is no gradebook" in away.output and not (graded / "nowhere.db").exists()
    bad = CliRunner().invoke(main, ["feedback", "../x"])
    assert bad.exit_code == 1 and "expected a plain name" in bad.output
    monkeypatch.chdir("/")
    outside = feedback()
    assert outside.exit_code == 1 and "nbgrader_config.py" in outside.output
    assert all("Traceback" not in one.output for one in (unknown, none, away, bad, outside))


def test_the_same_class_gives_the_same_bytes(graded):
    def pages():
        feedback()
        return {path: path.read_bytes() for path in (graded / "grading/feedback").rglob("*.html")}

    assert pages() == pages()


# ---------------------------------------------------------------- nbgrader gives them out


class Exchange:
    """nbgrader's own commands for an instructor in the class's folder and a student in a home of their own."""

    def __init__(self, root, folder):
        self.root, self.home = root, folder / "home"
        self.exchange = folder / "exchange"
        self.exchange.mkdir(mode=0o777)
        self.exchange.chmod(0o777)  # nbgrader insists on it, whatever the umask
        self.home.mkdir()
        shutil.copytree(root / "course" / STEP, self.exchange / "rnncourse/outbound" / STEP)
        (self.exchange / "rnncourse/inbound").mkdir()

    def collect(self, student):
        """What nbgrader's collect does: the folder in the exchange becomes the submitted one."""
        (inbound,) = (self.exchange / "rnncourse/inbound").iterdir()
        shutil.copytree(inbound, self.root / "grading/submitted" / student / STEP)

    def instructor(self, command, *words):
        return self._run(self.root, command, STEP, *words)

    def student(self, name, command):
        return self._run(
            self.home,
            command,
            STEP,
            "--course=rnncourse",
            f"--student={name}",
            f"--Exchange.root={self.exchange}",
            f"--Exchange.cache={self.home / 'cache'}",
        )

    def _run(self, where, command, *words):
        environment = os.environ | {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
            "HOME": str(self.home),
            "JUPYTER_CONFIG_DIR": str(self.home / "config"),
            "JUPYTER_DATA_DIR": str(self.home / "data"),
            "IPYTHONDIR": str(self.home / "ipython"),
            "RNNCOURSE_EXCHANGE": str(self.exchange),
        }
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", command, *words],
            cwd=where,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr


def test_stock_nbgrader_delivers_exactly_our_page(graded, tmp_path):
    """Handed in, our pages made, released, fetched; students without a secret do not stop the release."""
    exchange = Exchange(graded, tmp_path)
    shutil.copytree(graded / "course" / STEP, exchange.home / STEP)
    exchange.student("anna", "submit")
    exchange.collect("anna")
    assert feedback().exit_code == 0
    exchange.instructor("release_feedback")
    exchange.student("anna", "fetch_feedback")
    fetched = list((exchange.home / STEP / "feedback").rglob("*.html"))
    assert [path.name for path in fetched] == [f"{NAME}.html"]
    assert fetched[0].read_bytes() == (graded / "grading/feedback/anna" / STEP / f"{NAME}.html").read_bytes()
    given = list((exchange.exchange / "rnncourse/feedback").iterdir())
    assert len(given) == len(STUDENTS) and all(path.stat().st_mode & 0o004 for path in given)
