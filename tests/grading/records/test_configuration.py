"""The records are those that nbgrader_config.py of the course speaks of, and opening the room costs nothing."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "environment", [{}, {"RNNCOURSE_DATABASE": "postgresql+psycopg://teacher@db/grades", "RNNCOURSE_COURSE": "spring"}]
)
def test_database_and_course_are_those_of_the_configuration(room, monkeypatch, environment):
    from traitlets.config.loader import PyFileConfigLoader

    from rnncourse.grading.records.database import default_course, default_url

    for name in ("RNNCOURSE_DATABASE", "RNNCOURSE_COURSE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    config = PyFileConfigLoader("nbgrader_config.py", path=str(room.root)).load_config().CourseDirectory
    assert (default_url(room.root), default_course()) == (config.db_url, config.course_id)
    assert config.autograded_directory == "grading/autograded"
    assert config.submitted_directory == "grading/submitted"
    assert config.release_directory == "course"


def test_the_password_is_not_told(room):
    from rnncourse.grading.records import RecordsError

    with pytest.raises(RecordsError) as error:
        room.records(db_url="postgresql+psycopg://teacher:hunter2@127.0.0.1:1/grades")
    assert "cannot be reached" in str(error.value)
    assert "hunter2" not in str(error.value)


def test_importing_is_cheap():
    code = """if True:
        import sys, rnncourse.grading.records, rnncourse.grading.records.exports, rnncourse.cli.export
        heavy = {"nbgrader", "nbformat", "nbconvert", "sqlalchemy", "alembic", "filelock", "psycopg", "torch", "numpy"}
        print(sorted(heavy & {name.split(".")[0] for name in sys.modules}))"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60, env=os.environ
    )
    assert done.stdout.strip() in ("[]", "['numpy']")  # reports speak of NumPy arrays
