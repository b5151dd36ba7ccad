"""A class in a temporary folder: an instructor's clone, an exchange, and students with folders of their own."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest

REPO = Path(__file__).parents[2]
STEP, NAME = "1-sequence-data", "sequence_data"


class Classroom:
    """Runs nbgrader's own commands, for the instructor and for each student, on a filesystem exchange."""

    def __init__(self, folder):
        self.folder = folder
        self.clone = folder / "clone"
        self.clone.mkdir()
        for name in ("solutions", "course"):
            shutil.copytree(REPO / name, self.clone / name)
        shutil.copy(REPO / "nbgrader_config.py", self.clone)
        self.exchange = folder / "exchange"
        self.exchange.mkdir(mode=0o777)
        self.exchange.chmod(0o777)  # nbgrader insists on it, whatever the umask

    def instructor(self, command, *words, good=True):
        """An nbgrader command in the clone; returns what it printed."""
        return self._run(self.clone, "instructor", command, *words, good=good)

    def student(self, name, command, *words):
        """An nbgrader command in the student's own folder, which has no configuration file."""
        home = self.folder / "students" / name
        home.mkdir(parents=True, exist_ok=True)
        place = (f"--Exchange.root={self.exchange}", f"--Exchange.cache={home / 'cache'}")
        return self._run(home, name, command, *words, "--course=rnncourse", f"--student={name}", *place)

    def hand_in(self, name, change):
        """Fetch the assignment as this student, change the notebook, submit it."""
        self.student(name, "fetch_assignment", STEP)
        path = self.folder / "students" / name / STEP / f"{NAME}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        change({cell.id: cell for cell in notebook.cells}, notebook)
        nbformat.write(notebook, path)
        self.student(name, "submit", STEP)

    def hand_in_all(self, changes):
        """The same for many students, two at a time."""
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda item: self.hand_in(*item), changes.items()))

    def feedback(self, name):
        """The feedback page that this student fetches, as text."""
        self.student(name, "fetch_feedback", STEP)
        (page,) = (self.folder / "students" / name / STEP / "feedback").rglob(f"{NAME}.html")
        return page.read_text(encoding="utf-8")

    def gradebook(self):
        """The class's gradebook, open for reading."""
        from nbgrader.api import Gradebook

        return Gradebook(f"sqlite:///{self.clone / 'grading' / 'gradebook.db'}", course_id="rnncourse")

    def _run(self, where, who, command, *words, good=True):
        home = self.folder / "home" / who
        environment = os.environ | {
            # nbgrader looks for alembic on PATH; without it the gradebook is made by halves.
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
            "HOME": str(home), "JUPYTER_CONFIG_DIR": str(home / "config"), "JUPYTER_DATA_DIR": str(home / "data"),
            "IPYTHONDIR": str(home / "ipython"), "RNNCOURSE_HOME": str(home / "rnncourse"),
            "RNNCOURSE_EXCHANGE": str(self.exchange), "OMP_NUM_THREADS": "1",
            "RNNCOURSE_STOCK_AUTOGRADE": "1",  # here it is nbgrader's own autograde that is looked at
        }
        done = subprocess.run([sys.executable, "-m", "nbgrader", command, *words], cwd=where, env=environment,
                              capture_output=True, text=True, check=False)
        said = done.stdout + done.stderr
        assert (done.returncode == 0) == good, f"nbgrader {command}: exit {done.returncode}\n{said}"
        return said


@pytest.fixture(scope="session")
def classroom(tmp_path_factory):
    """An empty class with the course's solutions and student notebooks."""
    return Classroom(tmp_path_factory.mktemp("class"))


@pytest.fixture(scope="session")
def solutions():
    """Cell id -> source of the solution notebook of step 1."""
    notebook = nbformat.read(REPO / "solutions" / STEP / f"{NAME}.ipynb", as_version=4)
    return {cell.id: cell.source for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")}
