"""The learner's folder: complete after every run, and no byte of the learner's ever lost."""

import json
import os
import tempfile
from pathlib import Path

import pytest

from rnncourse.launcher import LauncherError
from rnncourse.launcher import folder as launcher_folder
from rnncourse.launcher.folder import carry_out, plan_update
from rnncourse.launcher.summary import summary

START = Path("0-start-here/start_here.ipynb")
STEP1 = Path("1-sequence-data/sequence_data.ipynb")


@pytest.fixture
def course(tmp_path):
    course = tmp_path / "release"
    for path in (START, STEP1):
        release(course, path, f"release 1 of {path.name}")
    return course


def release(course, path, text):
    (course / path).parent.mkdir(parents=True, exist_ok=True)
    (course / path).write_text(text)


def update(course, folder):
    plan = plan_update(course, folder)
    carry_out(plan, course)
    return plan


def contents(folder):
    files = (path for path in folder.rglob("*") if path.is_file() and ".rnncourse" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


def test_new_folder_gets_every_notebook(course, tmp_path):
    plan = update(course, tmp_path / "mine")
    assert plan.new_folder and plan.added == [START, STEP1]
    assert contents(tmp_path / "mine") == contents(course)


def test_second_run_changes_nothing(course, tmp_path):
    mine = tmp_path / "mine"
    update(course, mine)
    before = {path: path.stat().st_mtime_ns for path in mine.rglob("*.ipynb")}
    plan = update(course, mine)
    assert plan.copies == [] and plan.kept == [START, STEP1]
    assert {path: path.stat().st_mtime_ns for path in mine.rglob("*.ipynb")} == before
    assert summary(plan)[1].strip() == "up to date; nothing was changed"


def test_learners_work_is_kept_while_the_release_stands(course, tmp_path):
    mine = tmp_path / "mine"
    update(course, mine)
    (mine / STEP1).write_text("my work")
    plan = update(course, mine)
    assert contents(mine)[STEP1.as_posix()] == "my work"
    assert plan.copies == []


@pytest.mark.parametrize("worked_on", [True, False])
def test_new_release_is_put_beside_once(course, tmp_path, worked_on):
    mine = tmp_path / "mine"
    update(course, mine)
    if worked_on:
        (mine / STEP1).write_text("my work")
    before = contents(mine)
    release(course, STEP1, "release 2")
    plan = update(course, mine)
    beside = STEP1.with_name("sequence_data-update-1.ipynb")
    assert plan.beside == {STEP1: beside}
    assert contents(mine) == {**before, beside.as_posix(): "release 2"}
    assert any(str(beside) in line for line in summary(plan))
    assert update(course, mine).copies == []


def test_each_further_release_gets_a_name_of_its_own(course, tmp_path):
    mine = tmp_path / "mine"
    for number in (1, 2, 3):
        release(course, STEP1, f"release {number}")
        update(course, mine)
    texts = contents(mine)
    assert texts["1-sequence-data/sequence_data.ipynb"] == "release 1"
    assert texts["1-sequence-data/sequence_data-update-1.ipynb"] == "release 2"
    assert texts["1-sequence-data/sequence_data-update-2.ipynb"] == "release 3"


def test_deleted_notebook_comes_back_in_its_newest_release(course, tmp_path):
    mine = tmp_path / "mine"
    update(course, mine)
    release(course, STEP1, "release 2")
    (mine / STEP1).unlink()
    plan = update(course, mine)
    assert plan.restored == [STEP1] and plan.beside == {}
    assert contents(mine)[STEP1.as_posix()] == "release 2"


def test_new_step_is_added(course, tmp_path):
    mine = tmp_path / "mine"
    update(course, mine)
    new = Path("2-bptt/bptt.ipynb")
    release(course, new, "step 2")
    plan = update(course, mine)
    assert plan.added == [new] and not plan.new_folder
    assert f"new        {new}" in "\n".join(summary(plan))


def test_notebook_that_left_the_release_stays(course, tmp_path):
    mine = tmp_path / "mine"
    update(course, mine)
    (course / STEP1).unlink()
    plan = update(course, mine)
    assert plan.retired == [STEP1]
    assert contents(mine)[STEP1.as_posix()] == "release 1 of sequence_data.ipynb"


def test_learners_other_files_are_left_alone(course, tmp_path):
    mine = tmp_path / "mine"
    (mine / "1-sequence-data").mkdir(parents=True)
    (mine / "notes.md").write_text("notes")
    (mine / STEP1).write_text("a file that happened to be there")
    plan = update(course, mine)
    assert contents(mine)["notes.md"] == "notes"
    assert contents(mine)[STEP1.as_posix()] == "a file that happened to be there"
    assert list(plan.beside) == [STEP1]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"given": 3}', None])
def test_damaged_manifest_loses_nothing(course, tmp_path, damage):
    mine = tmp_path / "mine"
    update(course, mine)
    (mine / STEP1).write_text("my work")
    manifest = mine / ".rnncourse/manifest.json"
    manifest.unlink() if damage is None else manifest.write_text(damage)
    update(course, mine)
    assert contents(mine)[STEP1.as_posix()] == "my work"
    assert json.loads(manifest.read_text())["given"].keys() == {START.as_posix(), STEP1.as_posix()}
    assert update(course, mine).copies == []


def test_interrupted_copy_is_completed_by_the_next_run(course, tmp_path, monkeypatch):
    mine, real = tmp_path / "mine", launcher_folder.copy_new

    def interrupted(source, target, private):
        if target.name == STEP1.name:
            raise KeyboardInterrupt
        real(source, target, private)

    monkeypatch.setattr(launcher_folder, "copy_new", interrupted)
    with pytest.raises(KeyboardInterrupt):
        update(course, mine)
    monkeypatch.undo()
    (mine / START).write_text("my work")
    update(course, mine)
    assert contents(mine)[STEP1.as_posix()] == contents(course)[STEP1.as_posix()]
    assert contents(mine)[START.as_posix()] == "my work"


def test_file_that_appears_meanwhile_is_not_overwritten(course, tmp_path):
    mine = tmp_path / "mine"
    plan = plan_update(course, mine)
    (mine / STEP1).parent.mkdir(parents=True)
    (mine / STEP1).write_text("made meanwhile")
    with pytest.raises(LauncherError):
        carry_out(plan, course)
    assert (mine / STEP1).read_text() == "made meanwhile"


def test_disk_without_hard_links(course, tmp_path, monkeypatch):
    def no_links(source, target):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    update(course, tmp_path / "mine")
    assert contents(tmp_path / "mine") == contents(course)


def test_hidden_and_compiled_files_are_not_course_material(course, tmp_path):
    release(course, Path("1-sequence-data/.ipynb_checkpoints/x.ipynb"), "checkpoint")
    release(course, Path("1-sequence-data/__pycache__/x.pyc"), "compiled")
    assert plan_update(course, tmp_path / "mine").added == [START, STEP1]


def test_planning_writes_nothing(course, tmp_path):
    plan_update(course, tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize("inside", ["taken", "taken/deeper"])
def test_a_file_where_the_folder_should_be(course, tmp_path, inside):
    (tmp_path / "taken").write_text("my essay")
    with pytest.raises(LauncherError, match="is a file, not a folder"):
        plan_update(course, tmp_path / inside)
    assert (tmp_path / "taken").read_text() == "my essay"


@pytest.mark.parametrize("inside", [".", "1-sequence-data", "elsewhere/new"])
def test_the_courses_own_folder_is_refused(course, inside):
    with pytest.raises(LauncherError, match="belongs to the course itself"):
        plan_update(course, course / inside)


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="needs POSIX permissions")
def test_read_only_folder(course):
    with tempfile.TemporaryDirectory() as public:
        mine = Path(public) / "mine"
        update(course, mine)
        Path(public).chmod(0o755)
        os.chmod(mine, 0o555)
        before = contents(mine)
        new = Path(public) / "release"
        release(new, Path("2-bptt/bptt.ipynb"), "step 2")
        os.chmod(new, 0o755)
        as_an_ordinary_user(lambda: update(new, mine), expect="cannot be read or written")
        assert contents(mine) == before
        os.chmod(mine, 0o755)


def as_an_ordinary_user(action, expect):
    """Run the action without root's right to write anywhere; it must raise LauncherError."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        with pytest.raises(LauncherError, match=expect):
            action()
    finally:
        if root:
            os.seteuid(0)
