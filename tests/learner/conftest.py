import pytest


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A fresh record folder; self-study, not grading."""
    monkeypatch.setenv("RNNCOURSE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    return tmp_path / "home"
