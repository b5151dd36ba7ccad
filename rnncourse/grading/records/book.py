"""The records of a class, kept by one writer: the gradebook, the autograded notebooks and the audit log, in step.

Entering a verdict goes in this order:

1. the autograded files are written beside their place and seen onto the disk (full disk: nothing has happened);
2. a transaction on the gradebook begins, and all its statements are sent (refused: nothing has happened);
3. the audit log gets its line "entering", on the disk, with everything there is to say;
4. the transaction is committed: from here on the points count;
5. the files are renamed into place;
6. the audit log gets its line "entered".

So a grade in the gradebook always has its line in the log. A process that is killed before 4 has changed nothing that
counts; killed after it, the same call again finds what is missing, supplies it and ends with 6. What is already all
there is left alone: entering the same verdict twice writes nothing the second time, and manual grades stay.
"""

import os
import secrets
from contextlib import contextmanager
from pathlib import Path

from rnncourse.grading.records.audit import any_verdicts, class_audit
from rnncourse.grading.records.database import Database, default_course, default_url
from rnncourse.grading.records.due import due_dates
from rnncourse.grading.records.entering import Entering
from rnncourse.grading.records.errors import RecordsError
from rnncourse.grading.records.facts import facts, head, names
from rnncourse.grading.records.folder import Staged, sweep
from rnncourse.grading.records.late import NoPenalty
from rnncourse.grading.records.page import autograded
from rnncourse.grading.records.receipt import SECRET, TIMESTAMP, Submitted
from rnncourse.grading.records.release import read_release, record
from rnncourse.grading.records.scores import Work
from rnncourse.grading.records.writer import Writer
from rnncourse.grading.submission import LONGEST_NAME, is_plain_name


class Records:
    """A class's records, open for writing; a context manager, or to be closed with `close`.

    `root` is the clone of the course, with nbgrader_config.py. `db_url` and `course_id` are those of
    nbgrader_config.py unless given. `patience` is how long to wait for a database that others hold, `wait` how long
    for another run to end, both in seconds. `audit` is the class's `Audit`, `notice` what was wrong with it, as a
    sentence, where that was not known before.

    Raises:
        RecordsBusy: another run is writing, or the database was held for longer than `patience`.
        RecordsError: the database cannot be opened.
    """

    def __init__(self, root, *, db_url=None, course_id=None, patience=120.0, wait=10.0):
        self.root = os.path.abspath(root)
        folder = os.path.join(self.root, "grading")
        self._autograded = os.path.join(folder, "autograded")
        with _disk("the folder for the class's records"):
            os.makedirs(folder, exist_ok=True)
            self._writer = Writer(folder, wait)
        try:
            self.audit = class_audit(self.root)
            with _disk("the audit log"):
                self.notice = self.audit.resume(expected=any_verdicts(self.root))
            sweep(self._autograded)
            self._database = Database(db_url or default_url(self.root), course_id or default_course(), patience)
        except BaseException:
            self._writer.release()
            raise

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.close()

    def close(self):
        """Give the database and the lock back."""
        self._database.close()
        self._writer.release()

    def prepare(self, assignment):
        """Have the gradebook know an assignment's notebooks and cells as they are released; call it before `enter`.

        Due date, submissions and manual grades stay, also where the release has changed (see `release.record`).
        Returns whether anything was new.

        Raises:
            RecordsError: there is no such assignment.
        """
        _check_name("assignment", assignment)
        notebooks = read_release(self.root, assignment)
        return self._database.transaction(lambda gradebook: record(gradebook, assignment, notebooks))

    def due_dates(self, assignment):
        """When the assignment is due, as a `DueDates`."""
        return self._database.transaction(lambda gradebook: due_dates(gradebook, assignment))

    def enter(self, submission, verdict, notebooks, *, seconds, limits, policy=None, seed_id=""):
        """Put one verdict on record; returns an `Entry`. The module's text says in which order.

        `submission` is the `Submission`, `verdict` its `Verdict`, `notebooks` maps a notebook's name to the repaired
        notebook (nbformat 4, as a dictionary); one that the release has and `notebooks` has not was not handed in.
        `seconds` is how long judging took (None: it was judged before), `limits` the `Limits` it ran under, `policy`
        what lateness costs (see `late`; None costs nothing), `seed_id` names the seed without telling it.

        Raises:
            RecordsBusy: the database was held by others for too long; nothing was entered.
            RecordsError: nothing was entered, unless the message says otherwise; running again completes.
        """
        folder = self._place(submission)
        judged = _judged(verdict, notebooks)
        pages = {name: autograded(notebook, judged[name]) for name, notebook in notebooks.items()}
        known = facts(submission, verdict, seconds, limits, policy, seed_id)
        submitted = Submitted(self.root, submission)
        files = _files(submitted, pages, _content(folder, SECRET))
        with _disk(f"the records of {submission.student}"), Staged(self._autograded, folder, files) as staged:
            works = {name: _work(name, page, judged[name], folder) for name, page in pages.items()}
            entering = Entering(self.audit, known, works, policy or NoPenalty(), files_changed=not staged.same)
            try:
                entry = self._database.transaction(lambda gradebook: entering.record(gradebook, submission, submitted))
            except BaseException as error:
                entering.withdraw(error)
                raise
            if entering.line:
                self._finish(staged, known, entering.line)
                submitted.leave_time()
        return entry

    def _place(self, submission):
        """The autograded folder of a submission."""
        _check_name("student", submission.student)
        _check_name("assignment", submission.assignment)
        return os.path.join(self._autograded, submission.student, submission.assignment)

    def _finish(self, staged, known, line):
        try:
            staged.publish()
            self.audit.append(**head("entered"), **names(known), of=line)
        except OSError as error:
            raise RecordsError(
                f"the points of {known['student']} are in the gradebook, but the records beside it could not be "
                f"completed ({error.strerror or error}); make room or mend the rights, and run again."
            ) from error


def _judged(verdict, notebooks):
    """Notebook name -> its verdict, or None for one that nobody judged."""
    judged = {one.name: one for one in verdict.notebooks}
    if judged.keys() - notebooks.keys():
        lacking = min(judged.keys() - notebooks.keys())
        raise ValueError(f"notebooks: expected one for each of the verdict's, got none for {lacking}")
    for name in notebooks:
        _check_name("notebook", name)
    return {name: judged.get(name) for name in notebooks}


def _work(name, page, judged, folder):
    """What there is to score of one notebook."""
    points = {one.cell: one.report.points for one in judged.graded} if judged else {}
    return Work(page, points, _content(folder, f"{name}.ipynb"))


def _content(folder, name):
    """A file of the autograded folder as it is before this entry, or None."""
    try:
        return Path(folder, name).read_bytes()
    except OSError:
        return None


def _files(submitted, pages, secret):
    """Name -> content of all that lies in the autograded folder; `secret` is the one that lies there already.

    nbgrader's release_feedback stops for the whole class where one submission has no secret, so there always is one.
    """
    files = {f"{name}.ipynb": page for name, page in pages.items()}
    files[TIMESTAMP] = submitted.text.encode()
    files[SECRET] = submitted.secret() or secret or secrets.token_hex(64).encode()
    return files


def _check_name(what, name):
    """Refuse a name that would not stay in its folder or does not fit into the gradebook."""
    if not is_plain_name(name):
        raise RecordsError(f"{what}: expected a plain name of at most {LONGEST_NAME} characters, got {name!r:.200}")


@contextmanager
def _disk(what):
    try:
        yield
    except OSError as error:
        raise RecordsError(
            f"{what} could not be written ({error.strerror or error}); nothing was entered. Make room or mend the "
            "rights, and run again."
        ) from error
