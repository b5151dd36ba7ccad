"""A class made by a program: a folder with the course's release, and students whose work is known beforehand."""

import json
import os
import shutil
import sys
from pathlib import Path

REPO = Path(__file__).parents[2]
STEPS = {"1-sequence-data": "sequence_data", "2-bptt": "bptt"}


def make_class(folder):
    """A clone's folder with all that grading needs, and an empty grading/."""
    folder = Path(folder)
    for name in ("solutions", "course"):
        shutil.copytree(REPO / name, folder / name)
    shutil.copy(REPO / "nbgrader_config.py", folder)
    return folder


def environment(folder):
    """An environment in which nbgrader finds its programs and writes nothing outside the folder."""
    home = Path(folder, "home")
    names = {"HOME": home, "JUPYTER_CONFIG_DIR": home / "config", "JUPYTER_DATA_DIR": home / "data", "IPYTHONDIR": home / "ipython"}
    return os.environ | {key: str(path) for key, path in names.items()} | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "OMP_NUM_THREADS": "1",
    }  # fmt: skip


def hand_in(folder, student, step, change=lambda sources: None, solved=True):
    """Put a submission of this step in place: the release with the solutions' cells, changed by `change(sources)`."""
    name = STEPS[step]
    notebook = json.loads((REPO / "course" / step / f"{name}.ipynb").read_text(encoding="utf-8"))
    sources = _solutions(step) if solved else {}
    change(sources)
    for cell in notebook["cells"]:
        cell["source"] = sources.get(cell["id"], cell["source"])
    place = Path(folder, "grading", "submitted", student, step)
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def _solutions(step):
    notebook = json.loads((REPO / "solutions" / step / f"{STEPS[step]}.ipynb").read_text(encoding="utf-8"))
    return {cell["id"]: "".join(cell["source"]) for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("solution")}


def scores(folder, step):
    """Student -> points in the gradebook."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{folder}/grading/gradebook.db", course_id="rnncourse") as gradebook:
        return {one.student.id: one.score for one in gradebook.assignment_submissions(step)}
