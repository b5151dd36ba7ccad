"""What Formgrader's buttons and nbgrader's own commands do in the class's folder: what `rnncourse grade` and `feedback` do.

nbgrader gives each of its converters an exporter, made when the converter starts, before it has touched a file. That is
where we come in. Grading is a program of its own, so that Formgrader's server runs none of a learner's code, parses
none of their files, and loses nothing if the program is ended.
"""

import os
import re
import subprocess
import sys

from nbconvert.exporters import HTMLExporter, NotebookExporter

from rnncourse.grading.characters import visible

STOCK = "RNNCOURSE_STOCK_AUTOGRADE"  # set to 1: nbgrader's own autograde
UNPROTECTED = "nbgrader's own autograde runs learners' code unprotected, with your rights, beside the checks"
SAID = 20_000  # characters of what the program said


class CourseAutograde(NotebookExporter):
    """Made by nbgrader's `Autograde`: grades the same submissions as `rnncourse grade`, and leaves nothing else to do."""

    def __init__(self, config=None, parent=None, **settings):
        super().__init__(config=config, parent=parent, **settings)
        if parent is None:  # nobody autogrades, somebody looks at the class
            return
        if os.environ.get(STOCK) == "1":
            parent.log.warning("%s (%s=1)", UNPROTECTED, STOCK)
            return
        grade(parent)
        parent.assignments = {}


class CourseFeedback(HTMLExporter):
    """Made by nbgrader's `GenerateFeedback`: the page that `rnncourse feedback` writes, for work that `rnncourse grade` judged.

    For any other, nbgrader's own page, bounded and harmless (`page`).
    """

    def from_filename(self, filename, resources=None, **settings):
        """(HTML, resources) of one autograded notebook."""
        html = self._our_page((resources or {}).get("nbgrader", {}))
        if html is None:
            return super().from_filename(filename, resources=resources, **settings)
        return html, {**resources, "output_extension": self.file_extension}

    def _our_page(self, names):
        from rnncourse.grading.feedback.batch import pages
        from rnncourse.grading.feedback.classroom import sheets_of

        course = getattr(self.parent, "coursedir", None)
        if course is None or not names:
            return None
        sheets = sheets_of(course.root, names["assignment"], names["student"], names["db_url"])
        if sheets is None or names["notebook"] not in sheets.notebooks:
            return None
        ((_, made),) = pages([sheets])
        if isinstance(made, Exception):
            raise made
        return made[names["notebook"]]


def grade(autograde):
    """Run `rnncourse grade` for the submissions that nbgrader's converter was asked for; what it says goes into the log.

    Raises:
        NbGraderException: a submission is without a verdict; or it was asked for what only nbgrader's own autograde does.
    """
    course = autograde.coursedir
    _demand_whole_submissions(autograde)
    words = [sys.executable, "-m", "rnncourse", "grade", course.assignment_id, "--database", course.db_url]
    for student in _students(autograde):
        words += ["--student", student]
    place = {"cwd": course.root, "env": {**os.environ, "RNNCOURSE_COURSE": course.course_id}, "stdin": subprocess.DEVNULL}
    done = subprocess.run(words, **place, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    said = visible(done.stdout.decode("utf-8", "replace"), SAID)
    if done.returncode:
        _refuse(autograde, f"rnncourse grade {course.assignment_id} ended with exit code {done.returncode}:\n{said}")
    autograde.log.info("rnncourse grade %s\n%s", course.assignment_id, said)


def _demand_whole_submissions(autograde):
    if autograde.coursedir.notebook_id != "*":
        _refuse(
            autograde,
            f"expected a whole submission, got --notebook {autograde.coursedir.notebook_id}: a verdict is about all notebooks "
            f"of an assignment. Run: rnncourse grade {autograde.coursedir.assignment_id} ({STOCK}=1 would bring back nbgrader's "
            "own autograde, but that runs learners' code unprotected and with your rights)",
        )


def _refuse(autograde, why):
    from nbgrader.converters import NbGraderException

    autograde.log.error(why)
    raise NbGraderException(why)


def _students(autograde):
    """The students that were asked for by name, or by a pattern; none stands for the whole class."""
    course = autograde.coursedir
    if course.student_id == "*" and not course.student_id_exclude:
        return []
    pattern = re.compile(autograde._format_source("(?P<assignment_id>.*)", "(?P<student_id>.*)", escape=True))
    found = {match["student_id"] for match in map(pattern.match, autograde.assignments) if match}
    return sorted(found - set(course.student_id_exclude.split(",")))
