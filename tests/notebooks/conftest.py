"""The lessons of this repo."""

from pathlib import Path

import nbformat
import pytest

REPO = Path(__file__).parents[2]
LESSONS = sorted(path.relative_to(REPO / "solutions").with_suffix("").as_posix() for path in (REPO / "solutions").glob("*/*.py"))


def pytest_generate_tests(metafunc):
    if "lesson" in metafunc.fixturenames:
        metafunc.parametrize("lesson", LESSONS, scope="session")


@pytest.fixture(scope="session")
def repo():
    """The repo's folder."""
    return REPO


@pytest.fixture(scope="session")
def committed():
    """(tree, lesson) -> the notebook that lies in the repo."""

    def read(tree, lesson):
        path = REPO / tree / f"{lesson}.ipynb"
        assert path.exists(), f"{path.relative_to(REPO)} is missing: run rnncourse build"
        return nbformat.read(path, as_version=4)

    return read
