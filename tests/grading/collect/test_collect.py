"""Collecting honest work: what is there afterwards, what is kept, and that nothing is lost or doubled."""

import errno
import os
import shutil
import stat
from datetime import UTC, datetime, timedelta

import pytest

from tests.grading.collect.conftest import ALL, NAME, STEP, changed, notebook


def test_a_hand_in_is_collected_with_the_time_of_the_exchange(room):
    folder = room.hand_in("anna", "encode_text", files={"helper.py": b"x = 1\n", "parts/more.py": b"y = 2\n"})
    said = room.collect()
    assert "1 collected, 0 as before, 0 not collected." in said
    assert room.files("anna") == {f"{NAME}.ipynb": notebook("encode_text"), "helper.py": b"x = 1\n", "parts/more.py": b"y = 2\n"}
    for name in ("timestamp.txt", "submission_secret.txt"):
        assert (room.place("anna") / name).read_bytes() == (folder / name).read_bytes()
    (event,) = room.events()
    assert (event["student"], event["assignment"], event["source"]) == ("anna", STEP, folder.name)
    assert datetime.fromisoformat(event["received"]) == changed(folder)


def test_what_is_collected_is_for_its_owner_alone(room):
    shutil.rmtree(room.root / "grading")
    room.hand_in("anna", files={"parts/helper.py": b""})
    room.collect()
    room.grade("--late", "cutoff")
    grading = room.root / "grading"
    assert stat.S_IMODE(grading.stat().st_mode) == 0o700
    for name in ("submitted", "audit.jsonl", "class.toml", "gradebook.db", "secret", "results", "kept"):
        paths = [grading / name, *(grading / name).rglob("*")]
        assert not [path for path in paths if path.stat().st_mode & 0o077], name


def test_collecting_again_copies_and_says_nothing_new(room):
    room.hand_in("anna")
    room.hand_in("ben")
    room.collect()
    before, inode = room.events(), room.place("anna").stat().st_ino
    assert "0 collected, 2 as before, 0 not collected." in room.collect()
    assert room.events() == before and room.place("anna").stat().st_ino == inode
    assert not list((room.root / "grading" / ".collecting").glob("*/*"))


def test_collecting_does_not_touch_what_was_graded(room):
    room.hand_in("anna", *ALL)
    room.collect()
    room.grade()
    lines = len(room.events("entered"))
    room.hand_in("ben")
    room.collect()
    assert "1 judged, 1 as before" in room.grade()
    assert [one["student"] for one in room.events("entered")] == ["anna", "ben"] and lines == 1


def test_the_newest_by_the_clock_of_the_exchange_is_taken_whatever_its_name_says(room):
    room.hand_in("anna", mark="first", claim=datetime(2099, 1, 1, tzinfo=UTC))
    room.hand_in("anna", "encode_text", claim=datetime(2001, 1, 1, tzinfo=UTC))
    room.collect()
    assert room.files("anna") == {f"{NAME}.ipynb": notebook("encode_text")}


def test_work_of_before_is_kept(room):
    room.hand_in("anna")
    room.collect()
    room.hand_in("anna", "encode_text")
    assert "1 collected" in room.collect()
    assert room.files("anna")[f"{NAME}.ipynb"] == notebook("encode_text")
    (earlier,) = (room.root / "grading" / "earlier" / "anna" / STEP).iterdir()
    assert (earlier / f"{NAME}.ipynb").read_bytes() == notebook()


def test_work_that_was_put_in_place_or_changed_by_hand_is_left(room):
    room.hand_in("anna")
    room.collect()
    (room.place("anna") / f"{NAME}.ipynb").write_bytes(notebook("encode_text"))
    said = room.collect()
    assert "0 collected, 1 as before" in said and "as if it had been put there or changed by hand" in said
    assert room.files("anna")[f"{NAME}.ipynb"] == notebook("encode_text")


def test_what_nbgrader_collected_without_the_helper_modules_is_completed(room):
    folder = room.hand_in("anna", files={"helper.py": b"x = 1\n"})
    room.place("anna").mkdir(parents=True)
    for name in (f"{NAME}.ipynb", "timestamp.txt"):
        (room.place("anna") / name).write_bytes((folder / name).read_bytes())
    room.collect()
    assert "helper.py" in room.files("anna")


def test_one_student_alone_and_nobody(room):
    room.hand_in("anna")
    room.hand_in("ben")
    assert "1 collected" in room.collect("--student", "ben")
    assert not room.place("anna").exists()
    assert "there are those of anna, ben" in room.collect("--student", "nobody", code=2)


def test_a_hand_in_without_a_timestamp_gets_that_of_the_exchange(room):
    folder = room.hand_in("anna")
    (folder / "timestamp.txt").unlink()
    room.collect()
    assert (room.place("anna") / "timestamp.txt").read_text() == changed(folder).strftime("%Y-%m-%d %H:%M:%S.%f UTC")


# ---------------------------------------------------------------- where there is nothing to collect from


def test_no_exchange_is_a_sentence_with_what_to_do(room, monkeypatch):
    monkeypatch.setenv("RNNCOURSE_EXCHANGE", str(room.root.parent / "none"))
    (room.root / "grading" / "exchange").mkdir(parents=True)
    said = room.collect(code=1)
    assert "there is no exchange at" in said and "exchange = in" in said and "A former version had it in" in said


def test_an_exchange_inside_the_class_is_refused(room, monkeypatch):
    inside = room.root / "grading" / "exchange"
    (inside / "rnncourse" / "inbound").mkdir(parents=True)
    monkeypatch.setenv("RNNCOURSE_EXCHANGE", str(inside))
    assert "no student may enter" in room.collect(code=1)


def test_a_course_that_released_nothing_is_a_sentence(room):
    room.inbound.rmdir()
    assert "nbgrader release_assignment makes it" in room.collect(code=1)


# ---------------------------------------------------------------- faults


def killed(room, monkeypatch, where, calls=1):
    """Collect, and be interrupted at the n-th call of a function in one of the modules."""
    from rnncourse.grading.collect import place

    real, count = getattr(place.os, where), [0]

    def stop(*given, **more):
        count[0] += 1
        if count[0] == calls:
            raise KeyboardInterrupt
        return real(*given, **more)

    with monkeypatch.context() as patch:
        patch.setattr(place.os, where, stop)
        room.collect(code=130)


@pytest.mark.parametrize("calls", [1, 2])
def test_killed_between_the_log_and_the_renames_it_is_completed(room, monkeypatch, calls):
    """At the second rename the work of before is away and the new not yet there."""
    room.hand_in("anna")
    room.collect()
    folder = room.hand_in("anna", "encode_text")
    killed(room, monkeypatch, "rename", calls)
    assert [one["source"] for one in room.events()][-1] == folder.name
    shutil.rmtree(room.inbound)  # the exchange is no help any more
    room.inbound.mkdir()
    room.collect()
    assert room.files("anna")[f"{NAME}.ipynb"] == notebook("encode_text")
    assert len(list((room.root / "grading" / "earlier" / "anna" / STEP).iterdir())) == 1
    assert len(room.events(student="anna")) == 2


def test_killed_while_copying_it_begins_again(room, monkeypatch):
    from rnncourse.grading.collect import copying

    room.hand_in("anna", files={"helper.py": b"x"})
    real = copying.write_new

    def stop(path, content):
        real(path, content)
        if path.name.endswith(".ipynb"):
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(copying, "write_new", stop)
        room.collect(code=130)
    assert room.events() == [] and not room.place("anna").exists()
    room.collect()
    assert set(room.files("anna")) == {f"{NAME}.ipynb", "helper.py"} and len(room.events()) == 1


def test_a_full_disk_costs_nobody_the_work_of_before(room, monkeypatch):
    from rnncourse.grading.collect import copying

    for student in ("anna", "ben", "carl"):
        room.hand_in(student)
    room.collect()
    for student in ("anna", "ben", "carl"):
        room.hand_in(student, "encode_text")
    real = copying.write_new

    def full(path, content):
        if "ben" in path.parts:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(copying, "write_new", full)
        said = room.collect(code=1)
    assert "2 collected, 0 as before, 1 not collected." in said and "ben: not collected: no space left on device" in said
    assert room.files("ben")[f"{NAME}.ipynb"] == notebook() and room.files("carl")[f"{NAME}.ipynb"] == notebook("encode_text")
    room.collect()
    assert room.files("ben")[f"{NAME}.ipynb"] == notebook("encode_text")


def test_a_log_that_cannot_be_written_leaves_the_work_of_before(room, monkeypatch):
    from rnncourse.grading.records.audit import Audit

    room.hand_in("anna")
    room.collect()
    room.hand_in("anna", "encode_text")

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(Audit, "append", full)
        room.collect(code=1)
    assert room.files("anna")[f"{NAME}.ipynb"] == notebook()
    room.collect()
    assert room.files("anna")[f"{NAME}.ipynb"] == notebook("encode_text") and len(room.events()) == 2


def test_a_fault_of_our_own_with_one_hand_in_does_not_stop_the_others(room, monkeypatch):
    from rnncourse.grading.collect.place import Place

    for student in ("anna", "ben", "carl"):
        room.hand_in(student)
    real = Place.digest

    def digest(self, path):
        if "ben" in self.path.parts:
            raise OverflowError("Python int too large to convert to C long")
        return real(self, path)

    monkeypatch.setattr(Place, "digest", digest)
    said = room.collect(code=1)
    assert "2 collected, 0 as before, 1 not collected." in said
    assert "ben: not collected: collecting itself failed with OverflowError" in said


def test_only_one_writes(room):
    from rnncourse.grading.records import Records

    room.hand_in("anna")
    with Records(room.root) as records:
        assert records.audit
        said = room.collect(code=1)
    assert "another run is writing" in said and not room.place("anna").exists()


def test_the_time_of_receipt_is_the_collected_one_whatever_happens_later(room):
    """The exchange is changed, then gone, and timestamp.txt rewritten: the grade's time of receipt stays."""
    folder = room.hand_in("anna", *ALL)
    received = changed(folder)
    room.collect()
    room.grade()
    first = room.events("entering")[-1]["received"]
    os.utime(folder, (0, 0))
    (room.place("anna") / "timestamp.txt").write_text("2001-01-01 00:00:00.000000 UTC")
    room.grade()
    (folder / f"{NAME}.ipynb").unlink()
    room.grade("--regrade")
    times = {one["received"] for one in room.events("entering")}
    assert times == {first} and datetime.fromisoformat(first) == received


def test_the_same_files_handed_in_again_are_no_later_work(room):
    first = room.hand_in("anna", *ALL)
    room.due(changed(first) + timedelta(microseconds=1))
    room.collect()
    room.hand_in("anna", *ALL)
    room.collect()
    room.grade("--late", "cutoff")
    assert room.score("anna") == (25.0, 0.0)
