"""Pages for everybody who has a result: results and notebooks from grading/, marks from the gradebook."""

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from rnncourse.grading.feedback.batch import Sheets, pages
from rnncourse.grading.feedback.folder import part, write
from rnncourse.grading.feedback.gradebook import Standing, standings
from rnncourse.grading.queue.results import Results
from rnncourse.grading.submission import is_plain_name

LARGEST = 64 * 2**20  # bytes of a notebook


@dataclass
class Outcome:
    """What was done: students and pages written, submissions that still wait for a person, and what went wrong."""

    students: int = 0
    pages: int = 0
    waiting: int = 0
    problems: list = field(default_factory=list)


def make_pages(root, assignment, students=(), url=None):
    """Write the pages of these students, by default of all who have a result; returns an `Outcome`.

    A fault with one student touches nobody else. `url` is the gradebook's, if it is not the usual one.

    Raises:
        ValueError: an assignment's or a student's name is none, or there is no such assignment.
        RecordsError: the gradebook cannot be read.
        NoReader: this machine has no process to make pages in.
    """
    root, outcome = Path(root), Outcome()
    results = Results(root / "grading" / "results", part(assignment))
    students = [part(student) for student in students] or [name for name in results.students() if is_plain_name(name)]
    if not students and not (root / "course" / assignment).is_dir():
        raise ValueError(f"there is no assignment course/{assignment}, and nobody has a result for it")
    known = standings(root, assignment, students, url) if students else {}
    for sheets, made in pages(_gather(root, assignment, results, students, known, outcome)):
        _write(root, sheets, made, known.get(sheets.student, Standing()), outcome)
    return outcome


def sheets_of(root, assignment, student, url=None):
    """The `Sheets` of one student, None if there is no result that can be read.

    Raises:
        RecordsError: the gradebook cannot be read.
    """
    verdict = Results(Path(root) / "grading" / "results", part(assignment)).get(part(student))
    if verdict is None:
        return None
    return _sheets(Path(root), assignment, student, verdict, standings(root, assignment, [student], url).get(student))


def _gather(root, assignment, results, students, known, outcome):
    """The `Sheets` of each student who has a verdict; the others are problems of the outcome."""
    for student in students:
        verdict = results.get(student)
        if verdict is None:
            outcome.problems.append(f"{student}: there is no result that can be read; grade this submission first")
        else:
            yield _sheets(root, assignment, student, verdict, known.get(student))


def _sheets(root, assignment, student, verdict, standing):
    """The pages to be made; where nothing could be graded, one for each notebook of the release."""
    standing = standing or Standing()
    released = sorted(path.stem for path in (root / "course" / assignment).glob("*.ipynb"))
    folder = root / "grading" / "autograded" / student / assignment
    names = [one.name for one in verdict.notebooks] or released
    notebooks = {name: _content(folder / f"{name}.ipynb") for name in names if is_plain_name(name)}
    return Sheets(student, assignment, verdict, notebooks, standing.marks, standing.received, standing.late)


def _write(root, sheets, made, standing, outcome):
    try:
        if isinstance(made, Exception):
            raise made
        write(root, sheets.student, sheets.assignment, made)
    except (OSError, ValueError) as error:
        outcome.problems.append(f"{sheets.student}: {error}")
        return
    outcome.students += 1
    outcome.pages += len(made)
    outcome.waiting += standing.waiting


def _content(path):
    """The bytes of a notebook, None if they cannot be read."""
    with suppress(OSError), open(path, "rb") as file:
        content = file.read(LARGEST + 1)
        return content if len(content) <= LARGEST else None
    return None
