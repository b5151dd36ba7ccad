"""Which version of a release a submission was made from: the one whose texts and checks it holds most of.

A notebook keeps, with each of the course's graded cells, the checksum that the release gave it, and all texts that the
learner did not write. Neither has to be there: a submission that tells nothing is taken to be of the first version given.
"""

from rnncourse.grading.intake.choose import read_release
from rnncourse.grading.intake.limits import INTAKE
from rnncourse.grading.intake.match import is_work
from rnncourse.grading.intake.names import is_ignored, is_notebook
from rnncourse.grading.intake.notebook import UnreadableError, read_notebook


def version_of(files, versions, limits=INTAKE):
    """The number of the version, counted from 0; where several fit equally, the first of them.

    Args:
        files: relative POSIX path -> content, as in a Submission.
        versions: for each version, notebook name without suffix -> content.
        limits: an IntakeLimits.

    It reads what a student wrote, and raises nothing because of it.
    """
    if len(versions) < 2:
        return 0
    mine = set().union(*(_marks(cells) for cells in _readable(files, limits)))
    return max(range(len(versions)), key=lambda number: _likeness(mine, versions[number]))


def _likeness(mine, version):
    """Marks of the version that the submission has, less those that it lacks: so a version with one cell more is another."""
    marks = set().union(*(_marks(read_release(content)) for content in version.values()))
    if not any(isinstance(mark, tuple) for mark in mine):  # a program that knows no nbgrader took all checksums away
        marks = {mark for mark in marks if not isinstance(mark, tuple)}
    return 2 * len(marks & mine) - len(marks) if marks & mine else -(10**9)


def _marks(cells):
    """What tells of a version: checksums of named cells, and texts."""
    marks = set()
    for cell in cells:
        checksum = cell.block.get("checksum")
        if cell.grade_id and isinstance(checksum, str):
            marks.add((cell.grade_id, checksum))
        if cell.text and not is_work(cell):
            marks.add(cell.text)
    return marks


def _readable(files, limits):
    """The cells of each notebook that can be read."""
    paths = [path for path in sorted(files) if is_notebook(path) and not any(map(is_ignored, path.split("/")))]
    for path in paths[: limits.notebooks]:
        try:
            yield read_notebook(files[path], limits).cells
        except UnreadableError:
            continue
