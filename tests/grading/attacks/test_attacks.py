"""Honest work loses nothing; no attack gains a point, harms a neighbour, reaches the host or leaves a submission without a verdict.

One file, since its tests look at one class: in two files, two workers of pytest would grade it twice.
"""

import csv
import json
import os
import re
from dataclasses import replace

from bs4 import BeautifulSoup

from rnncourse.grading.intake.names import shown_name
from rnncourse.grading.records.audit import Audit
from rnncourse.grading.submission import is_plain_name
from tests.grading.attacks.attack import STEPS
from tests.grading.attacks.conftest import TOPICS, of_topic
from tests.grading.attacks.room import HALF, NEIGHBOURS

POINTS = {1: 25.0, 2: 34.0, 3: 34.0}
HIDDEN = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def test_there_are_many_attacks():
    names = [one.name for topic in (*TOPICS, "honest") for one in of_topic(topic)]
    assert len(names) == len(set(names)) and sum(len(of_topic(topic)) for topic in TOPICS) >= 100


# ---------------------------------------------------------------- each attack


def test_it_ends_in_a_verdict_and_gains_nothing(attack, outcome):
    if not _judged(attack):
        assert "rename it" in _failures(outcome.room)[outcome.student]
        return
    assert attack.keeps <= outcome.points <= attack.may
    assert outcome.verdict.isolation == "bubblewrap"


def _failures(room):
    return {student: why for run in room.runs for student, why in run["failures"].items()}


def _judged(attack):
    """Whether its folder is one that a gradebook can hold; else nobody is graded by that name."""
    return is_plain_name(shown_name(os.fsdecode(attack.student or attack.name)))


def test_it_breaks_nothing(attack, outcome):
    if not _judged(attack):
        return
    said = outcome.text
    assert "BREACH" not in said, re.findall(r"BREACH[^\n]*", said)[:5]
    if attack.ran:
        assert "held: " in said


def test_it_is_seen_where_it_can_be(attack, outcome):
    if not _judged(attack):
        return
    assert re.search(attack.remark, outcome.remarks), outcome.remarks
    assert re.search(attack.finding, outcome.findings), outcome.findings
    if attack.also is not None:
        attack.also(outcome)


# ---------------------------------------------------------------- honest but unusual work, graded beside them


def test_honest_work_gets_its_points(work, outcome):
    assert outcome.points == work.may == work.keeps, outcome.findings


def test_honest_work_is_not_accused(work, outcome):
    assert "tampered" not in outcome.remarks
    assert re.search(work.remark, outcome.remarks) and re.search(work.finding, outcome.findings)
    if work.also is not None:
        work.also(outcome)


# ---------------------------------------------------------------- the neighbours


def test_neighbours_have_their_points(room):
    for step in HALF:
        points = {cell: one.report.points for cell, one in _checks(room, NEIGHBOURS[0], step).items()}
        half = sum(points[f"check_{exercise}"] for exercise in HALF[step])
        scores = room.scores(step)
        for student in NEIGHBOURS:
            assert scores[student] == (POINTS[step] if "right" in student else half), (student, step)


def _checks(room, student, step):
    (notebook,) = room.verdict(student, step).notebooks
    return {one.cell: one for one in notebook.graded}


def test_the_gradebook_holds_what_was_judged_and_nobody_else(room):
    for step in HALF:
        assignment = STEPS[step][0]
        judged = {student for run in room.runs if run["assignment"] == assignment for student in run["judged"]}
        assert room.scores(step) == {student: room.verdict(student, step).points for student in judged}


def test_neighbours_get_the_same_verdict_as_without_attackers(room):
    """To the byte; but for the remarks, which say from where the time of receipt is known."""
    for step in HALF:
        for student in NEIGHBOURS[:2]:
            one, other = (replace(room.verdict(student, step, root), remarks=()) for root in (room.root, room.alone))
            assert one.to_json() == other.to_json()


# ---------------------------------------------------------------- the host


def test_everybody_with_a_name_was_graded(room):
    assert [student for student in _failures(room) if is_plain_name(student)] == []


def test_nothing_else_was_changed(room):
    assert room.changes() == []


def test_no_file_was_left(room):
    assert room.marks() == []


def test_no_temporary_folder_is_left(room):
    assert list(room.temp.iterdir()) == []


def test_nobody_was_called(room):
    assert room.ears.heard == []


def test_no_process_and_no_mount_is_left(room):
    assert room.left_over == [] and room.new_mounts == set()


def test_no_secret_got_out(room):
    own = room.root / "grading"
    secrets = [text.encode() for text in (*room.secrets.values(), (own / "secret").read_text().strip())]
    for folder in ("results", "autograded", "feedback"):
        for path in (own / folder).rglob("*"):
            if path.is_file() and path.name != "submission_secret.txt":
                content = path.read_bytes()
                assert not [text for text in secrets if text in content], path


# ---------------------------------------------------------------- text that wants to be more


def test_pages_have_nothing_active(room):
    for path in (room.root / "grading" / "feedback").rglob("*.html"):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        assert not page.find(["script", "iframe", "object", "embed", "form", "base", "link", "video", "audio"]), path
        for tag in page.find_all(True):
            assert not [name for name in tag.attrs if name.startswith("on")], (path, tag.name)
            assert not str(tag.get("href", "#")).lower().startswith(("javascript:", "data:", "vbscript:", "http")), (path, tag)


def test_autograded_notebooks_hold_no_output_that_a_browser_runs(room):
    cards = 0
    for path in (room.root / "grading" / "autograded").rglob("*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            check = cell["id"].startswith("check_")
            for output in cell.get("outputs", []):
                kinds = set(output.get("data", {}))
                assert kinds <= {"text/plain", "image/png", "image/jpeg"} | ({"text/html"} if check else set()), (path, cell["id"])
                if check and "text/html" in kinds:
                    cards += 1
                    html = "".join(output["data"]["text/html"])
                    assert not BeautifulSoup(html, "html.parser").find(["script", "img", "svg", "iframe", "style", "a", "form", "b"]), path
    assert cards > 100


def test_the_audit_log_is_whole_and_a_line_is_a_line(room):
    audit = Audit(room.root / "grading" / "audit.jsonl")
    assert audit.verify() is None
    events = list(audit.events())
    assert {event["event"] for event in events} <= {"entering", "entered", "withdrawn"}
    assert all("ben_student" not in event.get("student", "") for event in events)


def test_tables_hold_no_formula(room):
    for path in room.root.glob("*.csv"):
        with open(path, encoding="utf-8-sig", newline="") as file:
            for row in csv.reader(file):
                assert not [cell for cell in row if cell[:1] in "=+@\t\r" and cell[:1] or re.match(r"-\D", cell)], (path.name, row)


def test_the_terminal_is_sent_no_command(room):
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", room.said)


def test_no_line_on_the_terminal_is_an_attackers(room):
    lines = room.said.split("\n")
    assert any("evil.test" in line for line in lines)
    assert not [line for line in lines if HIDDEN.search(line)]
    assert not [line for line in lines if re.match(rf"\s*({'|'.join(NEIGHBOURS)}): (refused|tampered|no verdict)", line)]


def test_a_row_of_a_table_is_a_line_of_its_file(room):
    for path in room.root.glob("*.csv"):
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read()
        rows = list(csv.reader(text.splitlines()))
        assert len(rows) == text.count("\r\n") and len({len(row) for row in rows}) == 1, path.name
        assert not [cell for row in rows for cell in row if HIDDEN.search(cell)], path.name
    assert "evil.test" in (room.root / "questions.csv").read_text()
