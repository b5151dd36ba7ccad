# nbgrader for this course. Every nbgrader command started in this folder reads this file.
#
# What is where: solutions/ is nbgrader's source, course/ its release; all that a class adds (submissions,
# gradebook, feedback, the exchange) lies in grading/, which git ignores.
import contextlib
import os

from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearOutput,
    DeduplicateIds,
    NbGraderPreprocessor,
    OverwriteCells,
    OverwriteKernelspec,
)
from nbgrader.utils import is_grade

here = os.path.dirname(os.path.abspath(__file__))
grading = os.path.join(here, "grading")
with contextlib.suppress(OSError):  # SQLite creates its file but not the folder; a read-only clone has no class
    os.makedirs(grading, exist_ok=True)


class UntagChecks(NbGraderPreprocessor):
    """Take all tags off graded cells, so that each of them is run."""

    def preprocess_cell(self, cell, resources, cell_index):
        if is_grade(cell):
            cell.metadata.pop("tags", None)
        return cell, resources


c = get_config()  # noqa: F821  nbgrader puts get_config here

# ---- the course ------------------------------------------------------------------------------------------------
# One name for the exchange and the gradebook; override it to run two classes at once.
c.CourseDirectory.course_id = os.environ.get("RNNCOURSE_COURSE", "rnncourse")
# The folder of this file, so that the commands work in a clone at any path.
c.CourseDirectory.root = here
# The executed solution notebooks are what nbgrader calls the source ...
c.CourseDirectory.source_directory = "solutions"
# ... and the notebooks that learners open are the release. `rnncourse build` writes both.
c.CourseDirectory.release_directory = "course"
# Everything else belongs to one class and is never committed.
c.CourseDirectory.submitted_directory = "grading/submitted"
c.CourseDirectory.autograded_directory = "grading/autograded"
c.CourseDirectory.feedback_directory = "grading/feedback"
c.CourseDirectory.solution_directory = "grading/solution"
c.CourseDirectory.source_with_tests_directory = "grading/source_with_tests"
# SQLite in grading/ unless a database is given, such as postgresql+psycopg://user@host/name.
c.CourseDirectory.db_url = os.environ.get("RNNCOURSE_DATABASE", "sqlite:///" + os.path.join(grading, "gradebook.db"))
# *.py: the text sources lie beside the solution notebooks, and nbgrader would hand them to the students.
# feedback: a student's fetched feedback lies in the assignment's folder and is no part of the next submission.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "*.py"]

# ---- the exchange ----------------------------------------------------------------------------------------------
# The folder through which students fetch and submit. One machine for all: set RNNCOURSE_EXCHANGE to a folder
# that everybody can write to. The default serves for trying things out alone.
c.Exchange.root = os.environ.get("RNNCOURSE_EXCHANGE", os.path.join(grading, "exchange"))

# ---- autograding -----------------------------------------------------------------------------------------------
# A check cell that a student deleted comes back, and scores 0 instead of failing the whole submission.
c.OverwriteCells.add_missing_cells = True
# A folder named rnncourse/ or numpy/ beside the student's notebook must not shadow the real package.
c.Execute.extra_arguments = ["--InteractiveShellApp.ignore_cwd=True"]
# Long training cells carry the tag demo, and nothing graded depends on them: grading a class skips them.
c.Execute.skip_cells_with_tag = "demo"
# Every other cell of the course takes seconds; nbgrader's 30 would be tight on a machine that grades a whole class.
c.Execute.timeout = 120
# A skipped check cell would count as passed, so a tag that a student adds to one must not survive.
c.Autograde.sanitize_preprocessors = [ClearOutput, DeduplicateIds, OverwriteKernelspec, OverwriteCells, UntagChecks, CheckCellMetadata]
# nbgrader gives 0 points to a check cell with anything on stderr, be it a deprecation warning. A failing check
# raises, so stderr says nothing about the points: drop it before the points are read.
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = r"(?s).*"

# ---- what an instructor's browser shows ---------------------------------------------------------------------------
# nbconvert hands the HTML in a student's markdown to the browser as it is: in Formgrader a <script> would run with the
# instructor's rights. Our filter takes everything active out, of feedback pages too.
try:
    from rnncourse.grading.feedback.formgrader import safe_markdown
except ImportError:  # a machine that only hands out assignments
    pass
else:
    c.HTMLExporter.filters = {"markdown2html": safe_markdown}

# ---- the student's copy ----------------------------------------------------------------------------------------
# What stands where the solution was. The check knows NotImplementedError and says "not started".
c.ClearSolutions.code_stub = {"python": "# Your code here\nraise NotImplementedError"}
c.ClearSolutions.text_stub = "*Your answer here.*"
