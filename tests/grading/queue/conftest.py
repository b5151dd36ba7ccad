"""A class's folder with the release of step 1, and records that only remember what was entered."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

REPO = Path(__file__).parents[3]
STEP, NAME = "1-sequence-data", "sequence_data"


class Remembered:
    """What `rnncourse.grading.records.Records` is asked to do, kept in a list."""

    def __init__(self):
        self.prepared, self.entered = [], []

    def prepare(self, assignment):
        self.prepared.append(assignment)

    def enter(self, submission, verdict, notebooks, *, seconds, limits, policy=None, seed_id=""):
        self.entered.append((submission.student, verdict))
        assert set(notebooks) == {NAME}


@pytest.fixture
def room(tmp_path):
    """`root` of a class; `hand_in(student, **sources)` hands in the release with these solution cells written."""
    shutil.copytree(REPO / "course" / STEP, tmp_path / "course" / STEP)
    release = json.loads((REPO / "course" / STEP / f"{NAME}.ipynb").read_text())

    def hand_in(student, **sources):
        notebook = json.loads(json.dumps(release))
        for cell in notebook["cells"]:
            if cell["id"] in sources:
                cell["source"] = sources[cell["id"]]
        folder = tmp_path / "grading" / "submitted" / student / STEP
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{NAME}.ipynb").write_text(json.dumps(notebook))

    return SimpleNamespace(root=tmp_path, hand_in=hand_in, records=Remembered(), step=STEP, name=NAME)
