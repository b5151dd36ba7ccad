"""Classes in temporary folders: the release of step 1, an assignment graded by hand, verdicts from real reports."""

import copy
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytest.importorskip("nbgrader")

REPO = Path(__file__).parents[3]
STEP, NAME = "1-sequence-data", "sequence_data"
RECEIVED = datetime(2026, 3, 1, 12, 0, 30, 250000, tzinfo=UTC)


def _last_step(states, lengths):
    return states[:, -1].copy()


def _nothing(ids, length):
    raise NotImplementedError


WRONG = {"last_valid": _last_step, "next_step_pairs": _nothing}


def _graded(**functions):
    """The check cells of step 1 with their reports; the right answer, unless another function is given."""
    from rnncourse.checking.score import assess
    from rnncourse.exercises import exercises
    from rnncourse.grading.verdict import Graded

    step = [one for one in exercises() if one.id.startswith("1.")]
    return tuple(Graded(f"check_{one.name}", assess(one, functions.get(one.name, one.reference))) for one in step)


@pytest.fixture(scope="session")
def reports():
    """ "right" and "wrong" -> the graded cells of step 1."""
    return {"right": _graded(), "wrong": _graded(**WRONG)}


@pytest.fixture(scope="session")
def essay():
    """A notebook with a checked function, two answers and a task that a person grades."""
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
    from nbgrader.utils import compute_checksum

    def ours(cell, grade_id, points=None, **kinds):
        block = {
            "grade_id": grade_id,
            "grade": False,
            "solution": False,
            "locked": False,
            "task": False,
            "schema_version": 3,
            "cell_type": cell.cell_type,
            **kinds,
        }
        cell.metadata.nbgrader = block | ({"points": points} if points is not None else {})
        cell.metadata.nbgrader["checksum"] = compute_checksum(cell)
        cell.id = grade_id
        return cell

    cells = [
        new_markdown_cell("# Why gates?", id="title"),
        ours(
            new_code_cell("def last_valid(states, lengths):\n    raise NotImplementedError"),
            "last_valid",
            solution=True,
        ),
        ours(new_code_cell("check(last_valid)"), "check_last_valid", 2, grade=True, locked=True),
        ours(new_markdown_cell("*Your answer here.*"), "why", 3, grade=True, solution=True),
        ours(new_markdown_cell("*Your answer here.*"), "how", 1, grade=True, solution=True),
        ours(new_markdown_cell("Draw the memory over time."), "plot", 4, task=True, locked=True),
        new_code_cell("print('hello')", id="free"),
    ]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    return json.loads(json.dumps(new_notebook(cells=cells, metadata={"kernelspec": kernel})))


@pytest.fixture(scope="session")
def template(tmp_path_factory, essay):
    """A clone of the course with nothing but step 1 and the essay, and an empty gradebook; copied for each test."""
    from rnncourse.grading.records import Records

    root = tmp_path_factory.mktemp("template") / "clone"
    for tree in ("course", "solutions"):
        shutil.copytree(REPO / tree / STEP, root / tree / STEP)
        (root / tree / "essay").mkdir()
        (root / tree / "essay" / "essay.ipynb").write_text(json.dumps(essay))
    shutil.copy(REPO / "nbgrader_config.py", root)
    with Records(root, db_url=f"sqlite:///{root / 'grading' / 'gradebook.db'}") as records:
        records.prepare(STEP)
        records.prepare("essay")
    return root


class Room:
    """A class; `enter` hands in and enters, `gradebook` looks at what became of it."""

    step, name, received = STEP, NAME, RECEIVED

    def __init__(self, root, reports, essay):
        self.root, self._reports, self._essay = root, reports, essay
        self.url = f"sqlite:///{root / 'grading' / 'gradebook.db'}"

    def records(self, **settings):
        from rnncourse.grading.records import Records

        return Records(self.root, **{"db_url": self.url, "wait": 0.0, "patience": 0.3} | settings)

    def submission(self, student="anna", assignment=STEP, received=RECEIVED, work=b"work"):
        from rnncourse.grading.submission import Submission

        return Submission(student, assignment, {"notebook.ipynb": work}, received)

    def verdict(self, kind="right", outputs=None, failed=None):
        """(verdict, notebooks) for step 1."""
        notebook = json.loads((self.root / "course" / STEP / f"{NAME}.ipynb").read_text())
        return self._verdict(STEP, NAME, self._reports[kind], outputs, failed), {NAME: notebook}

    def essay(self, kind="right", **sources):
        """(verdict, notebooks) for the essay, with these sources in its cells."""
        notebook = copy.deepcopy(self._essay)
        for cell in notebook["cells"]:
            cell["source"] = sources.get(cell["id"], cell["source"])
        graded = tuple(one for one in self._reports[kind] if one.cell == "check_last_valid")
        return self._verdict("essay", "essay", graded), {"essay": notebook}

    def _verdict(self, assignment, name, graded, outputs=None, failed=None):
        from rnncourse.grading.verdict import NotebookVerdict, Verdict

        notebook = NotebookVerdict(name, graded, outputs or {}, failed or {})
        return Verdict(assignment, "k" * 64, "d" * 64, "0.1.0", "bubblewrap", (notebook,))

    def enter(self, records, judged=None, submission=None, **settings):
        from rnncourse.grading.limits import Limits

        verdict, notebooks = judged or self.verdict()
        submission = submission or self.submission(assignment=verdict.assignment)
        return records.enter(submission, verdict, notebooks, **{"seconds": 1.5, "limits": Limits()} | settings)

    def gradebook(self):
        from nbgrader.api import Gradebook

        return Gradebook(self.url, course_id="rnncourse")

    def state(self):
        """Everything that the gradebook holds and the autograded folder and log contain, to be compared."""
        from sqlalchemy import text

        with self.gradebook() as gradebook, gradebook.engine.connect() as connection:
            tables = (
                "student",
                "submitted_assignment",
                "submitted_notebook",
                "grade",
                "comment",
                "assignment",
                "notebook",
                "base_cell",
            )
            rows = {table: sorted(map(repr, connection.execute(text(f"SELECT * FROM {table}")))) for table in tables}
        return rows | {"files": self.files(), "audit": self.audit()}

    def files(self):
        """Path -> content of what lies in the autograded folders; what waits to be put there is not looked at."""
        found = [path for path in (self.root / "grading" / "autograded").glob("[!.]*/**/*") if path.is_file()]
        return {str(path.relative_to(self.root)): path.read_bytes() for path in found}

    def audit(self):
        from rnncourse.grading.records.audit import Audit

        return list(Audit(self.root / "grading" / "audit.jsonl").events())

    def events(self):
        return [(event["event"], event["student"]) for event in self.audit()]

    def grades(self, student="anna", assignment=STEP):
        """Cell -> (auto, manual, needs manual grading)."""
        with self.gradebook() as gradebook:
            (notebook,) = gradebook.find_submission(assignment, student).notebooks
            return {
                grade.name: (grade.auto_score, grade.manual_score, grade.needs_manual_grade)
                for grade in notebook.grades
            }

    def by_hand(self, cell, score, *, comment=None, extra=None, student="anna", assignment="essay"):
        """Grade one cell by hand, as formgrader does."""
        with self.gradebook() as gradebook:
            grade = gradebook.find_grade(cell, assignment, assignment, student)
            grade.manual_score, grade.extra_credit, grade.needs_manual_grade = score, extra, False
            if comment is not None:
                gradebook.find_comment(cell, assignment, assignment, student).manual_comment = comment
            gradebook.db.commit()

    def due(self, moment, assignment=STEP):
        with self.gradebook() as gradebook:
            gradebook.update_or_create_assignment(assignment, duedate=moment)


@pytest.fixture
def room(template, tmp_path, reports, essay):
    """A class with an empty gradebook."""
    shutil.copytree(template, tmp_path / "clone")
    return Room(tmp_path / "clone", reports, essay)
