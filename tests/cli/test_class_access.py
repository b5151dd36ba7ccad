"""What other users of the same machine can read of a class: nothing, tried as another user where the tests are root's."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from rnncourse.cli import main
from rnncourse.grading.access import close_class, openings

REPO = Path(__file__).parents[2]
NOBODY = 65534
FILES = (
    "gradebook.db", "secret", "audit.jsonl", "submitted/ada/1-sequence-data/sequence_data.ipynb",
    "feedback/ada/1-sequence-data/sequence_data.html", "results/1-sequence-data/ada.json", "kept/ada/one.ipynb",
)  # fmt: skip


@pytest.fixture
def root(monkeypatch):
    """A class as it lay there until now, in a place that everybody can reach, with the modes of a usual umask."""
    for name in ("EXCHANGE", "DATABASE"):
        monkeypatch.delenv(f"RNNCOURSE_{name}", raising=False)
    with tempfile.TemporaryDirectory(prefix="rnn-class-", dir="/tmp") as folder:
        root = Path(folder)
        shutil.copy(REPO / "nbgrader_config.py", root)
        for name in FILES:
            path = root / "grading" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("for the instructor's eyes")
        (root / "solutions").mkdir()
        (root / "solutions" / "answer.py").write_text("the answer")
        for path in (root, *root.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        monkeypatch.chdir(root)
        yield root


def readable_to_others(root):
    """The class's files that another user can read."""
    if os.geteuid() == 0 and shutil.which("setpriv"):
        words = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "cat"]
        return [
            name
            for name in FILES
            if subprocess.run([*words, root / "grading" / name], capture_output=True).returncode == 0
        ]
    folders = {name: [root / "grading" / name, *(root / "grading" / name).parents] for name in FILES}
    return [
        name
        for name, path in folders.items()
        if path[0].stat().st_mode & 4 and all(one.stat().st_mode & 1 for one in path[1:])
    ]


@pytest.mark.parametrize(
    "command", [("grade", "1-sequence-data"), ("feedback", "1-sequence-data"), ("export",), ("export", "--check-audit")]
)
def test_each_command_of_an_instructor_closes_the_class(root, command):
    assert readable_to_others(root) == list(FILES)  # as it was: all of it
    CliRunner().invoke(main, command)
    assert readable_to_others(root) == []


def test_nbgrader_s_own_commands_close_it_too(root):
    from traitlets.config.loader import PyFileConfigLoader

    PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    assert readable_to_others(root) == []


def test_a_new_class_is_closed_from_the_start(root):
    shutil.rmtree(root / "grading")
    close_class(root)
    assert (root / "grading").stat().st_mode & 0o777 == 0o700


def test_what_nbgrader_gives_out_keeps_its_modes_and_the_wall_is_the_top(root):
    """nbgrader copies modes into the exchange, so a feedback page must stay readable once it is released."""
    (root / "grading" / "exchange").mkdir(mode=0o755)
    close_class(root)
    modes = {name: (root / "grading" / name).stat().st_mode & 0o777 for name in (*FILES, "exchange", "submitted")}
    assert modes["secret"] == modes["gradebook.db"] == 0o600 and modes["submitted"] == 0o700
    assert modes["feedback/ada/1-sequence-data/sequence_data.html"] == 0o644 and modes["exchange"] == 0o755


def test_a_class_that_a_group_of_instructors_shares_stays_shared(root):
    (root / "grading").chmod(0o2775)
    close_class(root)
    assert (root / "grading").stat().st_mode & 0o7777 == 0o2770
    assert (root / "grading" / "gradebook.db").stat().st_mode & 0o777 == 0o640
    assert not [one for one in openings(root, "/elsewhere") if "grading" in one.what]


def test_a_link_in_the_class_s_folder_is_not_followed(root):
    outside = root / "outside"
    outside.write_text("another's")
    outside.chmod(0o644)
    (root / "grading" / "link").symlink_to(outside)
    close_class(root)
    assert outside.stat().st_mode & 0o777 == 0o644


def notes():
    """What the doctor says of the class in this folder."""
    facts = json.loads(CliRunner().invoke(main, ["doctor", "--json"]).output)
    return [fact for fact in facts if fact["name"] == "class"]


def test_the_doctor_names_each_opening_with_the_command_that_closes_it(root, monkeypatch):
    elsewhere = root / "grades.db"
    elsewhere.write_text("")
    elsewhere.chmod(0o644)
    monkeypatch.setenv("RNNCOURSE_DATABASE", f"sqlite:///{elsewhere}")
    found = notes()
    assert {fact["state"] for fact in found} == {"note"} and len(found) == 5
    text = " ".join(fact["text"] for fact in found)
    assert all(
        words in text
        for words in ("grading/secret", "can enter grading/", "solutions/", "grades.db", "the exchange lies")
    )
    for fact in found:
        for command in fact["mends"]:
            if command.startswith("chmod"):
                subprocess.run(command, shell=True, check=True)
    monkeypatch.setenv("RNNCOURSE_EXCHANGE", "/srv/nbgrader/exchange")
    assert notes() == [] and readable_to_others(root) == []


def test_the_doctor_has_nothing_to_say_of_a_learner_s_clone(root):
    shutil.rmtree(root / "grading")
    assert notes() == []
