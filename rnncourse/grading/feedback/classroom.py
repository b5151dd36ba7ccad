"""Pages for everybody who has a result: results and notebooks from grading/, marks from the gradebook."""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from rnncourse.grading.feedback.document import page
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
        ValueError: an assignment's or a student's name is none.
        RecordsError: the gradebook cannot be read.
    """
    root, outcome = Path(root), Outcome()
    results = Results(root / "grading" / "results", part(assignment))
    students = [part(student) for student in students] or [name for name in results.students() if is_plain_name(name)]
    known = standings(root, assignment, students, url) if students else {}
    for student in students:
        try:
            found = known.get(student, Standing())
            pages = _pages(root, assignment, student, _verdict(results, student), found)
            write(root, student, assignment, pages)
        except (OSError, ValueError) as error:
            outcome.problems.append(f"{student}: {error}")
            continue
        outcome.students += 1
        outcome.pages += len(pages)
        outcome.waiting += found.waiting
    return outcome


def _verdict(results, student):
    verdict = results.get(student)
    if verdict is None:
        raise ValueError("there is no result that can be read; grade this submission first")
    return verdict


def _pages(root, assignment, student, verdict, found):
    """Notebook name -> page; where nothing could be graded, one for each notebook of the release."""
    released = sorted(path.stem for path in (root / "course" / assignment).glob("*.ipynb"))
    folder = root / "grading" / "autograded" / student / assignment
    return {
        name: page(
            student, assignment, verdict, name, _notebook(folder / f"{part(name)}.ipynb"),
            manual=found.marks.get(name, ()), received=found.received, late=found.late.get(name),
        )
        for name in [one.name for one in verdict.notebooks] or released
    }  # fmt: skip


def _notebook(path):
    """The notebook as parsed JSON, None if it cannot be read: then the page does without the student's own text."""
    with suppress(OSError, ValueError, RecursionError), open(path, "rb") as file:
        content = file.read(LARGEST + 1)
        return json.loads(content) if len(content) <= LARGEST else None
    return None
