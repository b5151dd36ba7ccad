"""What the attackers' text does on the instructor's terminal and in the tables of the class."""

import csv
import re

from tests.grading.attacks.room import NEIGHBOURS

HIDDEN = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


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
