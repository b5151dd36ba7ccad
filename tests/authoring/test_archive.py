"""The archive for students: it works by itself, and no answer of solutions/ is in it."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from rnncourse.authoring.archive import FOLDER, ArchiveError, write_archive

REPO = Path(__file__).parents[2]
ANSWER = (
    "import numpy as np\ndef last_valid(states, lengths):\n    return states[np.arange(len(states)), lengths - 1]\n"
)


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The folder that a student has after unpacking."""
    folder = tmp_path_factory.mktemp("student")
    write_archive(REPO, folder / "course.zip")
    with zipfile.ZipFile(folder / "course.zip") as archive:
        archive.extractall(folder)
    return folder / FOLDER


def answers():
    """(cell, text) of each answer in solutions/: the whole cell, and the part that students do not get."""
    for path in sorted((REPO / "solutions").glob("*/*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("solution"):
                source = "".join(cell["source"])
                hidden = re.findall(r"### BEGIN SOLUTION\n(.*?)\s*### END SOLUTION", source, re.DOTALL)
                yield from ((f"{path.stem}/{cell['id']}", text) for text in (source, *hidden))


def text_of(path):
    """What a student reads in a file; of a notebook the sources of its cells."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        return "\n\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
    return text


def test_no_answer_of_the_solutions_is_in_it(unpacked):
    kinds = (".py", ".ipynb", ".md", ".toml", ".html", ".json", ".js")
    texts = {str(path.relative_to(unpacked)): text_of(path) for path in unpacked.rglob("*") if path.suffix in kinds}
    # one line, such as the formula of a step, is in the package that the course is about
    looked_for = [(cell, answer) for cell, answer in answers() if len(answer.strip().splitlines()) > 1]
    assert len(looked_for) > 80
    assert [(cell, name) for cell, answer in looked_for for name, text in texts.items() if answer.strip() in text] == []
    solved = text_of(REPO / "solutions" / "1-sequence-data" / "sequence_data.ipynb")
    assert sum(answer.strip() in solved for _, answer in looked_for) >= 9  # they would be found if they were there


def test_it_holds_the_course_and_nothing_of_the_instructor_s(unpacked):
    names = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    assert {
        f"course/{path.relative_to(REPO / 'course').as_posix()}" for path in (REPO / "course").glob("*/*.ipynb")
    } <= names
    assert not [
        name
        for name in names
        if re.match(r"solutions/|tests/|grading/|\.git|nbgrader_config", name) or "__pycache__" in name
    ]
    assert (unpacked / ".ci" / "setup").stat().st_mode & 0o400


def test_a_student_can_work_with_it(unpacked, tmp_path):
    (tmp_path / "answers.py").write_text(ANSWER, encoding="utf-8")
    environment = os.environ | {
        "PYTHONPATH": str(unpacked),
        "RNNCOURSE_HOME": str(tmp_path / "home"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    for words in (["check", "answers.py", "last_valid"], ["lab", "mine", "--copy-only"]):
        done = subprocess.run(
            [sys.executable, "-P", "-m", "rnncourse", *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert list((tmp_path / "mine").glob("1-sequence-data/*.ipynb"))


def test_two_archives_have_the_same_bytes(tmp_path):
    for name in ("one", "other"):
        write_archive(REPO, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_a_release_with_an_answer_in_it_is_not_packed(tmp_path):
    for name in ("solutions", "course"):
        shutil.copytree(REPO / name, tmp_path / name)
    shutil.copy(REPO / "solutions" / "1-sequence-data" / "sequence_data.ipynb", tmp_path / "course" / "1-sequence-data")
    with pytest.raises(ArchiveError, match=r"course/1-sequence-data/sequence_data.ipynb.*solution"):
        write_archive(tmp_path, tmp_path / "course.zip")
    assert not (tmp_path / "course.zip").exists()
