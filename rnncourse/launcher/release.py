"""The student notebooks that came with this package."""

from pathlib import Path

import rnncourse
from rnncourse.launcher import LauncherError


def released_course(package=None):
    """Return the folder of the released notebooks: `course/` of a checkout, or the wheel's own copy.

    Raises LauncherError if neither holds a notebook.
    """
    package = Path(package or rnncourse.__file__).parent
    for course in (package / "_course", package.parent / "course"):
        if any(path.suffix == ".ipynb" for path in released_files(course)):
            return course
    raise LauncherError(
        "No course notebooks came with this installation of rnncourse. In a clone of the course they "
        "are in course/ (make notebooks builds them); otherwise install the package again."
    )


def released_files(course):
    """Yield the path of every released file, relative to the course folder, in reading order."""
    for path in sorted(course.rglob("*")):
        inside = path.relative_to(course)
        private = any(part.startswith(".") or part == "__pycache__" for part in inside.parts)
        if path.is_file() and not private:
            yield inside
