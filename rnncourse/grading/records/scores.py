"""Points into the gradebook: what nbgrader's autograde writes, so that formgrader and feedback find what they expect.

The rules are those of nbgrader's SaveAutoGrades and determine_grade, with one difference: nbgrader asks for manual
grading again whenever it autogrades. Here a manual score keeps its standing as long as the work it was given for is
unchanged. A manual score, extra credit or comment is never touched, whatever happens to the work.
"""

import json
from dataclasses import dataclass

from rnncourse.grading.records.errors import RecordsError
from rnncourse.grading.records.page import graded_cells, solution_cells
from rnncourse.grading.records.release import add_former_cells

NO_RESPONSE = "No response."


@dataclass(frozen=True)
class Work:
    """One notebook as it is to be scored.

    `page` and `former` are the contents of the autograded file, new and as it was (None if there was none), `points`
    maps a check cell's grade id to its points.
    """

    page: bytes
    points: dict
    former: bytes | None = None


class Scorer:
    """Scores the notebooks of one submission in an open gradebook; `changed` tells whether anything was written."""

    def __init__(self, gradebook):
        self._db, self._gradebook = gradebook.db, gradebook
        self.changed = False

    def put(self, row, **values):
        """Set columns of a row to these values, where they are not so already."""
        for name, value in values.items():
            if getattr(row, name) != value:
                setattr(row, name, value)
                self.changed = True

    def notebook(self, submitted, work):
        """Score one submitted notebook; returns its score as it stands now, manual grades included.

        Raises:
            RecordsError: the judged cells are not those of the gradebook.
        """
        rows, shown = self._grades(submitted), graded_cells(work.page)
        if shown.keys() - {cell.name for _, cell in rows}:
            rows = self._more_grades(submitted, work)
        self._check_cells(submitted, rows, work, shown)
        solutions = solution_cells(work.page)
        given, former = _answers(solutions), _answers(solution_cells(work.former))
        blank = self._blank(submitted, solutions)
        for grade, cell in rows:
            if cell.name in shown:
                self._grade(grade, cell, work.points, given, former, blank)
            else:  # of another version of the release than the one this work was made from
                self.put(grade, auto_score=0.0, needs_manual_grade=False)
        self._comments(submitted, blank)
        return sum(_score(grade) for grade, _ in rows)

    def missing(self, submitted):
        """Score a notebook that was not handed in: nothing, and nothing to grade by hand, as nbgrader does it."""
        rows = self._grades(submitted)
        for grade, _ in rows:
            self.put(grade, auto_score=0.0, needs_manual_grade=False)
        return sum(_score(grade) for grade, _ in rows)

    def add_notebooks(self, row, names):
        """Give a submission its rows for notebooks that came to the release after it was first entered."""
        from nbgrader.api import SubmittedNotebook

        lacking = set(names) - {submitted.name for submitted in row.notebooks}
        for notebook in row.assignment.notebooks if lacking else ():
            if notebook.name in lacking:
                self._db.add(SubmittedNotebook(notebook=notebook, assignment=row))
                self._db.flush()
                self.changed = True

    def _more_grades(self, submitted, work):
        """The same as `_grades`, with rows for all that the release has, or had when this work was made from it."""
        from nbgrader.api import Comment, Grade

        notebook = submitted.notebook
        add_former_cells(self._gradebook, notebook.assignment.name, notebook.name, json.loads(work.page))
        self._db.refresh(notebook)
        graded, written = (*notebook.grade_cells, *notebook.task_cells), (*notebook.solution_cells, *notebook.task_cells)
        for kind, cells in ((Grade, graded), (Comment, written)):
            known = {cell for (cell,) in self._db.query(kind.cell_id).filter(kind.notebook_id == submitted.id)}
            self._db.add_all([kind(cell_id=cell.id, notebook_id=submitted.id) for cell in cells if cell.id not in known])
        self._db.flush()
        self.changed = True
        return self._grades(submitted)

    def _grades(self, submitted):
        """(grade, its cell in the release) of all that is scored in a notebook."""
        from nbgrader.api import BaseCell, Grade

        rows = self._db.query(Grade, BaseCell).join(BaseCell, Grade.cell_id == BaseCell.id)
        return [tuple(row) for row in rows.filter(Grade.notebook_id == submitted.id).all()]

    def _check_cells(self, submitted, rows, work, shown):
        most = {name: block.get("points", 0) for name, block in shown.items() if not block.get("solution") and not block.get("task")}
        odd = (most.keys() ^ work.points.keys()) | (most.keys() - {cell.name for _, cell in rows})
        if odd:
            raise RecordsError(
                f"{submitted.name}: the verdict and the gradebook disagree about what is checked ({', '.join(sorted(odd))}); "
                "the release was changed after the one or the other. Grade the submission again."
            )
        for name, points in work.points.items():
            if not 0 <= points <= most[name]:
                raise RecordsError(
                    f"{submitted.name}: {name} is worth {most[name]:g} points, the verdict gives {points:g}"
                )

    def _blank(self, submitted, given):
        """Grade ids of the solution cells that are as they were released."""
        from nbformat import from_dict
        from nbgrader.utils import compute_checksum

        released = {cell.name: cell.checksum for cell in submitted.notebook.source_cells}
        released |= {name: sum for name, cell in given.items() if (sum := cell["metadata"]["nbgrader"].get("checksum"))}
        return {name for name, cell in given.items() if released.get(name) == compute_checksum(from_dict(cell))}

    def _grade(self, grade, cell, points, given, former, blank):
        if cell.name in points:
            auto, same = float(points[cell.name]), given == former and grade.auto_score == points[cell.name]
        elif cell.type == "TaskCell":
            auto, same = None, given == former
        else:
            auto = 0.0 if cell.name in blank else None
            same = former is not None and given.get(cell.name) == former.get(cell.name)
        by_hand = grade.manual_score is not None
        needs = grade.needs_manual_grade if by_hand and same else by_hand or auto is None
        self.put(grade, auto_score=auto, needs_manual_grade=needs)

    def _comments(self, submitted, blank):
        from nbgrader.api import BaseCell, Comment

        rows = self._db.query(Comment, BaseCell).join(BaseCell, Comment.cell_id == BaseCell.id)
        for comment, cell in rows.filter(Comment.notebook_id == submitted.id).all():
            self.put(comment, auto_comment=NO_RESPONSE if cell.name in blank and cell.type != "TaskCell" else None)


def _answers(solutions):
    """Grade id -> what the learner wrote, to be compared; None for None."""
    return solutions and {name: (cell["cell_type"], cell["source"]) for name, cell in solutions.items()}


def _score(grade):
    """The score of one grade, as nbgrader computes it in the database."""
    base = grade.manual_score if grade.manual_score is not None else grade.auto_score
    return base + (grade.extra_credit or 0.0) if base is not None else 0.0
