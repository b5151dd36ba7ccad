"""The same records on PostgreSQL: a real server, its locks, its end."""

from copy import copy
from datetime import timedelta

import pytest

from rnncourse.grading.records import Records, RecordsBusy, RecordsError, database
from rnncourse.grading.records.audit import Audit
from rnncourse.grading.records.exports import export
from rnncourse.grading.records.late import PerDay


@pytest.fixture(scope="module")
def prepared(postgres, template):
    """An empty gradebook on the server that knows both assignments."""
    url = postgres.url()
    with Records(template, db_url=url) as records:
        assert records.prepare("1-sequence-data")
        assert records.prepare("essay")
        assert not records.prepare("essay")
    return url


@pytest.fixture
def on_postgres(room, postgres, prepared):
    """A class whose gradebook is a database of its own on the server."""
    room.url = postgres.url(prepared)
    return room


def test_grades_late_work_answers_and_export(on_postgres):
    room = on_postgres
    room.due(room.received - timedelta(hours=1))
    with room.records() as records:
        entry = room.enter(records, room.verdict("wrong"), policy=PerDay(10))
        assert (entry.score, entry.penalty, entry.seconds_late) == (20.0, 2.0, 3600.0)
        assert room.enter(records, room.essay(why="Because.")).needs_manual_grade
        room.by_hand("why", 2.0, comment="Good.")
        before = room.state()
        assert not room.enter(records, room.verdict("wrong"), policy=PerDay(10)).changed
        assert not room.enter(records, room.essay(why="Because.")).changed
        assert room.state() == before
        room.enter(records, room.essay(why="No."))
    assert room.grades(assignment="essay")["why"] == (None, 2.0, True)
    questions = export(room.root, db_url=room.url)
    assert (questions.rows, questions.ungraded) == (13, 1)
    assert '"anna","","","","1-sequence-data"' in questions.text
    assert export(room.root, "canvas", db_url=room.url).text.splitlines()[0].endswith('"1-sequence-data","essay"')


def test_the_same_grades_as_on_sqlite(on_postgres, template):
    import shutil

    other = copy(on_postgres)
    other.root = on_postgres.root.parent / "sqlite"
    shutil.copytree(template, other.root)
    other.url = f"sqlite:///{other.root / 'grading' / 'gradebook.db'}"
    for room in (on_postgres, other):
        with room.records() as records:
            room.enter(records, room.verdict("wrong"))
            room.enter(records, room.essay(why="Because."))
    assert on_postgres.grades() == other.grades()
    assert on_postgres.grades(assignment="essay") == other.grades(assignment="essay")


def test_a_transaction_that_somebody_left_open(on_postgres, monkeypatch):
    """Another connection holds the row of a grade; formgrader does so for moments, a forgotten psql for hours."""
    from sqlalchemy import create_engine, text

    room, engine = on_postgres, create_engine(on_postgres.url)
    monkeypatch.setattr(database, "WAIT", 0.1)
    with room.records(patience=0.2) as records:
        room.enter(records, room.verdict("wrong"))
        before = room.state()
        with engine.begin() as other:
            other.execute(text("UPDATE grade SET extra_credit = 1"))
            with pytest.raises(RecordsBusy, match=r"tester@/class_\w+ for more than 0.2 seconds"):
                room.enter(records)
            other.rollback()
        assert room.state() == before
        assert room.enter(records).score == 25.0
    engine.dispose()


def test_another_writer_on_another_machine_is_waited_for(on_postgres, monkeypatch):
    """A clone elsewhere has its own lock file, but the same database."""
    from sqlalchemy import create_engine, text

    room, engine = on_postgres, create_engine(on_postgres.url)
    monkeypatch.setattr(database, "WAIT", 0.1)
    with room.records(patience=0.2) as records:
        with engine.begin() as other:
            other.execute(text(f"SELECT pg_advisory_xact_lock({database._POSTGRES_LOCK})"))
            with pytest.raises(RecordsBusy):
                room.enter(records)
        assert room.enter(records).changed
    engine.dispose()


def test_a_lost_connection_is_made_anew(on_postgres, postgres):
    room = on_postgres
    with room.records() as records:
        room.enter(records, room.verdict("wrong"))
        postgres.disconnect(room.url)
        assert room.enter(records).score == 25.0
    assert [event["event"] for event in room.audit()] == ["entering", "entered"] * 2


def test_a_connection_lost_in_the_middle(on_postgres, postgres, monkeypatch):
    """Between the audit line and the commit: the work is done once more, the line is not written a second time."""
    room, append, lost = on_postgres, Audit.append, []

    def and_then_lost(self, **event):
        line = append(self, **event)
        if not lost:
            lost.append(event["event"])
            postgres.disconnect(room.url)
        return line

    with room.records() as records:
        monkeypatch.setattr(Audit, "append", and_then_lost)
        assert room.enter(records).score == 25.0
    assert lost == ["entering"]
    assert [event["event"] for event in room.audit()] == ["entering", "entered"]


def test_a_server_that_is_gone_and_comes_back(on_postgres, postgres):
    room = on_postgres
    with room.records() as records:
        room.enter(records, room.verdict("wrong"))
        files = room.files()
        postgres.stop()
        try:
            with pytest.raises(RecordsError, match="cannot be reached.*nothing was entered") as error:
                room.enter(records)
        finally:
            postgres.start()
        assert "tester@" in str(error.value)
        assert room.files() == files
        assert room.enter(records).score == 25.0
    assert [event["event"] for event in room.audit()] == ["entering", "entered"] * 2
