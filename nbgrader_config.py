# nbgrader for this course. Every nbgrader command started in this folder reads this file.
#
# What is where: solutions/ is nbgrader's source, course/ its release; all that a class adds (submissions,
# gradebook, feedback) lies in grading/, which git ignores. The exchange is elsewhere: students can write to it.
import contextlib
import glob
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
    os.makedirs(grading, mode=0o700, exist_ok=True)
with contextlib.suppress(ImportError):  # a machine that only hands out assignments
    from rnncourse.grading.access import close_class

    close_class(here)  # other users of this machine cannot pass grading/, whatever the modes of the files in it


class UntagChecks(NbGraderPreprocessor):
    """Take all tags off graded cells, so that each of them is run."""

    def preprocess_cell(self, cell, resources, cell_index):
        if is_grade(cell):
            cell.metadata.pop("tags", None)
        return cell, resources


def solution_sources():
    """Patterns, by full path, of the text sources in solutions/ and its folders; nbgrader writes such a path with /./."""
    solutions = os.path.join(here, "solutions")
    folders = [os.path.relpath(folder, solutions) for folder, _, _ in os.walk(solutions)]
    return [os.path.join(glob.escape(solutions), *dot, glob.escape(one), "*.py") for one in folders for dot in ((), (".",))]


try:  # the class's settings, grading/class.toml; a file that cannot be used stops here, and nbgrader says why
    from rnncourse.grading.settings import NBGRADER_EXCHANGE, read_settings
except ImportError:  # a machine that only hands out assignments
    database, exchange = None, "/usr/local/share/nbgrader/exchange"
else:
    settings = read_settings(here)
    database, exchange = settings.database, str(settings.exchange or NBGRADER_EXCHANGE)

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
c.CourseDirectory.db_url = os.environ.get("RNNCOURSE_DATABASE") or database or "sqlite:///" + os.path.join(grading, "gradebook.db")
# feedback: a student's fetched feedback lies in the assignment's folder and is no part of the next submission.
tools = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback"]
# The text sources lie beside the solution notebooks, and nbgrader would hand them to the students. A pattern without
# a folder, which serves where assignments are made, would at submit also drop the modules that students write.
c.CourseDirectory.ignore = [*tools, *solution_sources()]
c.GenerateAssignmentApp.CourseDirectory.ignore = c.ReleaseAssignmentApp.CourseDirectory.ignore = [*tools, "*.py"]

# ---- the exchange ----------------------------------------------------------------------------------------------
# The folder through which students fetch and submit: RNNCOURSE_EXCHANGE, else exchange in grading/class.toml, else
# nbgrader's own. Everybody can write to it, so it must not be in grading/. `rnncourse collect` reads the same.
c.Exchange.root = os.environ.get("RNNCOURSE_EXCHANGE") or exchange

# ---- autograding -----------------------------------------------------------------------------------------------
# A check cell that a student deleted comes back, and scores 0 instead of failing the whole submission.
c.OverwriteCells.add_missing_cells = True
# A folder named rnncourse/ or numpy/ beside the student's notebook must not shadow the real package; a module of the
# student's own is found, after all others.
c.Execute.extra_arguments = [
    "--InteractiveShellApp.ignore_cwd=True",
    "--InteractiveShellApp.exec_lines=import sys; sys.path.append('')",
]
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

# ---- Formgrader and feedback ------------------------------------------------------------------------------------
# nbconvert hands the HTML in a student's markdown to the browser as it is: in Formgrader a <script> would run with the
# instructor's rights. And Formgrader's autograde button runs learners' code with them. So pages are made of bounded,
# harmless pieces, and buttons and commands do what `rnncourse grade` and `rnncourse feedback` do.
# RNNCOURSE_STOCK_AUTOGRADE=1 brings nbgrader's own autograde back: only where you trust everybody.
try:
    from rnncourse.grading.formgrader import configure
except ImportError:  # a machine that only hands out assignments
    pass
else:
    configure(c)

# ---- the student's copy ----------------------------------------------------------------------------------------
# What stands where the solution was. The check knows NotImplementedError and says "not started".
c.ClearSolutions.code_stub = {"python": "# Your code here\nraise NotImplementedError"}
c.ClearSolutions.text_stub = "*Your answer here.*"
