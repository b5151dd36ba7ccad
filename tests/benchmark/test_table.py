"""The table: whole runs only, whatever a kill left behind; it grows and nothing in it changes."""

import json

import pytest

from rnncourse.benchmark.table import Busy, Table


def rows(key, count=3, value=0):
    return [{"row": n, "of": count, "key": key, "value": value} for n in range(count)]


def test_what_is_added_is_there_again(tmp_path):
    table = Table(tmp_path / "new" / "rows.jsonl")
    assert len(table) == 0 and "a" not in table
    table.add(rows("a"))
    table.add(rows("b", 1))
    again = Table(table.path)
    assert "a" in again and again["a"] == rows("a") and again.rows == rows("a") + rows("b", 1) == table.rows


@pytest.mark.parametrize("cut", [2, 5, 40, 60, 100])
def test_a_run_that_was_cut_short_does_not_count(tmp_path, cut):
    table = Table(tmp_path / "rows.jsonl")
    table.add(rows("a"))
    whole = table.path.read_bytes()
    table.add(rows("b"))
    table.path.write_bytes(table.path.read_bytes()[:-cut])
    torn = table.path.read_bytes()
    again = Table(table.path)
    assert "a" in again and "b" not in again
    again.add(rows("b", value=1))
    assert table.path.read_bytes().startswith(torn) and torn.startswith(whole)
    assert Table(table.path)["b"] == rows("b", value=1) and Table(table.path)["a"] == rows("a")


def test_the_first_whole_rows_of_a_run_stay(tmp_path):
    table = Table(tmp_path / "rows.jsonl")
    table.add(rows("a"))
    table.add(rows("a", value=9))
    assert Table(table.path)["a"] == table["a"] == rows("a")


def test_what_is_no_row_is_left_out(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("\n\n[1]\nnonsense\n" + json.dumps({"key": "x"}) + "\n" + "".join(json.dumps(row) + "\n" for row in rows("a")))
    assert Table(path).rows == rows("a")


def test_one_writer_at_a_time(tmp_path):
    pytest.importorskip("fcntl", reason="no file locks on this system")
    path = tmp_path / "rows.jsonl"
    with Table(path).alone(), pytest.raises(Busy, match="another comparison writes"), Table(path).alone():
        pass
    with Table(path).alone() as table:
        assert table.rows == []
