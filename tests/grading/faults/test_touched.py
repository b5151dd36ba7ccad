"""Files of the class are changed between two runs, by hand or by the course: the next run says so, and no point moves."""

import json

from rnncourse.grading.records.audit import class_audit
from tests.grading.faults.conftest import STEP


def test_a_changed_result_a_cut_log_and_another_release_in_one_run(room):
    room_ = room.make(3)
    room_.work(0)
    room_.grade()
    scores, grading = room_.scores, room_.folder / "grading"
    result = grading / "results" / STEP / "student-01.json"
    text = result.read_text()
    result.write_text(text.replace('"points": 0.0', '"points": 2.0'))
    assert result.read_text() != text
    log = grading / "audit.jsonl"
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:2]))
    _one_check_less(room_.folder / "course" / STEP / "sequence_data.ipynb")

    said = room_.grade()
    assert "1 judged, 2 as before, 0 without a verdict" in said
    assert "a kept verdict is not as it was written" in said and ": student-01" in said
    assert "the audit log was touched" in said and "6 lines were written" in said
    assert "made from an earlier version of the release, and graded by that one: student-00, student-01, student-02" in said
    assert room_.scores == scores == {f"student-{n:02}": room.expected(0, n) for n in range(3)}
    assert class_audit(room_.folder).verify().line == 3
    again = room_.grade()
    assert "touched" not in again and "as it was written" not in again and "0 judged, 3 as before" in again


def _one_check_less(path):
    """The release without its first check, which is worth points."""
    notebook = json.loads(path.read_text())
    checks = [cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade")]
    notebook["cells"].remove(checks[0])
    path.write_text(json.dumps(notebook))
