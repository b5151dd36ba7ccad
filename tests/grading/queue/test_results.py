"""A verdict on disk is whole, or not there."""

import os

import pytest

from rnncourse.checking.score import assess
from rnncourse.exercises import find
from rnncourse.grading.queue.results import Results
from rnncourse.grading.submission import Remark
from rnncourse.grading.verdict import Graded, NotebookVerdict, Verdict


def verdict(key="k"):
    wrong = assess(find("last_valid"), lambda states, lengths: states[:, -1].copy())
    right = assess(find("1.2"), find("1.2").reference)
    graded = (Graded("check_last_valid", wrong), Graded("check_next_step_pairs", right))
    notebook = NotebookVerdict("sequence_data", graded, {"mine": [{"output_type": "stream", "name": "stdout", "text": "hi\ud800"}]}, {"x": "no"})
    return Verdict("1-x", key, "d", "0", "none", (notebook,), (Remark("notice", "a sentence", "x"),))


def test_a_verdict_comes_back_equal(tmp_path):
    results = Results(tmp_path / "results", "1-x")
    results.put("anna", verdict())
    assert results.get("anna", "k") == verdict()
    assert results.get("anna").points == 3.0 and results.get("anna").max_points == 5.0
    assert results.students() == ["anna"]


def test_another_key_is_another_result(tmp_path):
    results = Results(tmp_path / "results", "1-x")
    results.put("anna", verdict())
    assert results.get("anna", "other") is None and results.get("ben") is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"notebooks": []}', verdict().to_json()[:-30]])
def test_a_damaged_file_is_no_verdict(tmp_path, content):
    results = Results(tmp_path / "results", "1-x")
    results.put("anna", verdict())
    (tmp_path / "results" / "1-x" / "anna.json").write_bytes(content)
    assert results.get("anna") is None


def test_a_failed_write_leaves_the_verdict_before(tmp_path, monkeypatch):
    results = Results(tmp_path / "results", "1-x")
    results.put("anna", verdict())

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        results.put("anna", verdict("new"))
    assert results.get("anna") == verdict()
    assert [path.name for path in (tmp_path / "results" / "1-x").iterdir()] == ["anna.json"]


@pytest.mark.parametrize("student", ["", "..", "a/b", "a\0"])
def test_a_name_that_is_no_folder_is_refused(tmp_path, student):
    with pytest.raises(ValueError, match="student"):
        Results(tmp_path / "results", "1-x").put(student, verdict())
