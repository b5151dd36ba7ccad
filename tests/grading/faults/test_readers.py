"""A reader of submissions that stops in every way there is: this costs the submission that it met, and nobody else.

The faults are put into the reader from outside, by a module that Python loads at its start, so that they strike in whatever
process reads. Each lies in wait for one student's file.
"""

import pytest

from tests.grading.faults.conftest import STEP

FAULTS = '''
import os, resource, signal, sys

from rnncourse.grading.bounded import Bounds
from rnncourse.grading.intake import transplant
from rnncourse.grading.judge import reading

reading.BOUNDS = Bounds(cpu_seconds=1, memory=512 * 2**20, answer=2**20)
real = transplant.choose


def choose(files, *given):
    fault = files.get("fault.txt", b"").decode()
    if fault.endswith("Error") or fault in ("KeyboardInterrupt", "SystemExit"):
        raise __builtins__[fault]("as asked")
    if fault == "too long":
        while True:
            pass
    if fault == "too large":
        bytearray(2**30)
    if fault == "too much":
        given[2].notice("x" * 2**21)
    if fault.startswith("SIG"):
        os.kill(os.getpid(), getattr(signal, fault))
    return real(files, *given)


transplant.choose = choose
'''
WHY = {
    "ValueError": "stopped with ValueError", "OverflowError": "stopped with OverflowError", "RecursionError": "stopped with RecursionError",
    "KeyError": "stopped with KeyError", "UnicodeDecodeError": "stopped with TypeError", "OSError": "stopped with OSError", "MemoryError": "MB of memory",
    "KeyboardInterrupt": "stopped with KeyboardInterrupt", "SystemExit": "stopped with SystemExit", "too long": "more than 1 seconds of computing time",
    "too large": "more than 512 MB of memory", "too much": "takes more than 1 MB", "SIGSEGV": "crashed", "SIGABRT": "crashed", "SIGFPE": "crashed",
}  # fmt: skip
MACHINE = ("SIGKILL", "SIGTERM", "ImportError")


@pytest.fixture
def faulty(room, tmp_path, monkeypatch):
    """A room in which the reader has these faults; `lay(student, fault)` puts one into a student's work."""
    (tmp_path / "faults").mkdir()
    (tmp_path / "faults" / "sitecustomize.py").write_text(FAULTS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "faults"))
    room_ = room.make(len(WHY) + 2)
    room_.work(0)

    def lay(student, fault):
        (room_.folder / "grading" / "submitted" / student / STEP / "fault.txt").write_text(fault)

    room_.lay = lay
    return room_


def test_each_fault_is_its_own_submissions_and_the_neighbours_have_their_points(faulty, room):
    struck = dict(zip(faulty.students[1:-1], WHY, strict=True))
    for student, fault in struck.items():
        faulty.lay(student, fault)
    said = faulty.grade()
    assert " 0 without a verdict" in said and "Traceback" not in said
    last = faulty.students[-1]
    assert faulty.scores == dict.fromkeys(struck, 0.0) | {faulty.students[0]: room.expected(0, 0), last: room.expected(0, len(WHY) + 1)}
    lines = {line.split(":")[0].strip(): line for line in said.splitlines() if "could not be read" in line}
    assert lines.keys() == struck.keys()
    for student, fault in struck.items():
        assert WHY[fault] in lines[student], (fault, lines[student])


def test_what_the_machine_does_to_a_reader_is_no_verdict_and_a_rerun_gives_it(faulty, room):
    struck = dict(zip(faulty.students[1:4], MACHINE, strict=True))
    faulty.students = faulty.students[:5]
    for student, fault in struck.items():
        faulty.lay(student, fault)
    words = [word for student in faulty.students for word in ("--student", student)]
    said = faulty.grade(*words, good=False)
    assert "2 judged, 0 as before, 3 without a verdict" in said and "Traceback" not in said
    for student, fault in struck.items():
        assert f"{student}: no verdict" in said and (fault in said)
    assert faulty.scores == {student: room.expected(0, n) for n, student in enumerate(faulty.students) if student not in struck}
    for student in struck:
        faulty.lay(student, "")
    assert "3 judged, 2 as before, 0 without" in faulty.grade(*words)
    assert faulty.scores == {student: room.expected(0, n) for n, student in enumerate(faulty.students)}
