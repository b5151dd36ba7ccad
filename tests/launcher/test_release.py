"""Where the released notebooks are found: in a wheel, in a checkout, or nowhere."""

import pytest

from rnncourse.launcher import LauncherError
from rnncourse.launcher.release import released_course


@pytest.fixture
def package(tmp_path):
    package = tmp_path / "rnncourse/__init__.py"
    package.parent.mkdir()
    package.touch()
    return package


def notebook(folder):
    (folder / "0-start-here").mkdir(parents=True)
    (folder / "0-start-here/start_here.ipynb").write_text("{}")
    return folder


def test_checkout(package, tmp_path):
    course = notebook(tmp_path / "course")
    assert released_course(package) == course


def test_wheel_before_a_neighbour_called_course(package, tmp_path):
    notebook(tmp_path / "course")
    inside = notebook(tmp_path / "rnncourse/_course")
    assert released_course(package) == inside


@pytest.mark.parametrize("file", [None, "README.md", ".ipynb_checkpoints/x.ipynb"])
def test_no_notebooks(package, tmp_path, file):
    if file:
        (tmp_path / "course" / file).parent.mkdir(parents=True)
        (tmp_path / "course" / file).write_text("")
    with pytest.raises(LauncherError, match="No course notebooks"):
        released_course(package)
