"""Whatever the bytes, a reader comes to its end within its bound, raises nothing, and says little about it.

Every reader of a student's bytes that `rnncourse grade` has: what lies in a folder, archives, notebooks, programs, the repair, code before
it runs, the time of receipt. Each runs here without the bounded process around it, so that a crash shows. What is
asserted of time is computing time, with the bound that a submission has in earnest.
"""

import json
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rnncourse.exercises import find
from rnncourse.grading.intake.archive import unpack
from rnncourse.grading.intake.folder import Taken
from rnncourse.grading.intake.ledger import Ledger
from rnncourse.grading.intake.limits import IntakeLimits
from rnncourse.grading.intake.lookalikes import suspicious
from rnncourse.grading.intake.notebook import UnreadableError, read_notebook
from rnncourse.grading.intake.notes import Notes
from rnncourse.grading.intake.receipt import time_of_receipt
from rnncourse.grading.intake.script import read_script
from rnncourse.grading.intake.shelf import Shelf
from rnncourse.grading.intake.timestamp import parse_timestamp
from rnncourse.grading.intake.transplant import repair
from rnncourse.grading.judge.cells import names_read, pieces
from rnncourse.grading.judge.reading import BOUNDS, NAMES, plain_notebook, read_files, search
from tests.grading.fuzz.seeds import ARCHIVES, CODE, NOTEBOOKS, PROGRAMS
from tests.grading.fuzz.strategies import archives, code, notebooks, programs, submissions
from tests.grading.intake.conftest import NAME, RELEASE, check_is_released

SMALL = IntakeLimits(file_size=50_000, total=90_000, entries=60, unpacked=10**6)
LIMITS = IntakeLimits()
ASKED = [[one.name, list(one.forbidden)] for one in (find("last_valid"), find("encode_text"))]
fuzz = settings.get_profile("fuzz")


def every(*seeds, to=lambda content: content):
    """Each seed as an example of its own."""

    def wrap(test):
        for content in (content for some in seeds for content in some.values()):
            test = example(to(content))(test)
        return test

    return wrap


@contextmanager
def within(seconds):
    """Fail if this takes more computing time."""
    started = time.process_time()
    yield
    assert time.process_time() - started < seconds


def check_remarks(remarks, most=LIMITS.remarks):
    assert len(remarks) <= most
    for one in remarks:
        assert len(one.text) < 1000 and one.text.isprintable() and len(one.cell) <= 200
        one.text.encode()


@fuzz
@every(ARCHIVES, to=lambda content: (content, "w.zip"))
@given(st.tuples(archives, st.sampled_from(["w.zip", "a/b/w.tar.gz"])))
def test_archive(drawn):
    content, path = drawn
    shelf = Shelf(SMALL, Notes())
    with within(BOUNDS.cpu_seconds):
        unpack(path, content, shelf)
    assert sum(map(len, shelf.files.values())) <= SMALL.total and len(shelf.files) <= SMALL.entries
    for name in shelf.files:
        assert name.encode() and name.isprintable() and not name.startswith("/") and ".." not in name.split("/")
    check_remarks(shelf.notes.remarks(LIMITS.remarks))


@fuzz
@every(NOTEBOOKS)
@given(notebooks)
def test_notebook(content):
    with within(BOUNDS.cpu_seconds):
        try:
            page = read_notebook(content, LIMITS)
        except UnreadableError as error:
            assert len(str(error)) < 300 and str(error).isprintable()
            return
    check_remarks(page.remarks)
    for cell in page.cells:
        assert cell.kind in ("code", "markdown", "raw") and isinstance(cell.grade_id, str) and cell.source.encode() is not None


@fuzz
@every(PROGRAMS)
@given(programs)
def test_script(content):
    with within(BOUNDS.cpu_seconds):
        page = read_script(content, LIMITS)
    assert len(page.cells) <= LIMITS.cells
    for cell in page.cells:
        assert cell.text and isinstance(cell.names, frozenset) and isinstance(cell.bare, str)


@fuzz
@every(NOTEBOOKS, to=lambda content: {f"{NAME}.ipynb": content})
@every(PROGRAMS, to=lambda content: {f"{NAME}.py": content})
@every(ARCHIVES, to=lambda content: {"w.zip": content})
@given(submissions())
def test_repair(files):
    with within(BOUNDS.cpu_seconds):
        found = repair(files, {NAME: RELEASE})
    check_remarks(found.remarks)
    notebook = found.notebooks[NAME]
    check_is_released(notebook)
    again = repair({f"{NAME}.ipynb": json.dumps(notebook).encode()}, {NAME: RELEASE})
    assert again.notebooks[NAME] == notebook
    assert not [one for one in again.remarks if one.kind in ("refused", "repaired")]


@fuzz
@every(NOTEBOOKS, to=lambda content: {f"{NAME}.ipynb": content})
@given(submissions())
def test_reading(files):
    """All of it, as the child does it: what comes out can be written as JSON and read again."""
    with within(BOUNDS.cpu_seconds):
        text = json.dumps(read_files(files, {NAME: RELEASE}), ensure_ascii=False).encode("utf-8", "surrogatepass")
    assert len(text) < 10**7
    data = json.loads(text.decode("utf-8", "surrogatepass"))
    assert data["notebooks"].keys() == {NAME} == data["pieces"].keys() and isinstance(data["readable"], bool)


def notebook_of(source):
    """The release with this code in one cell, and the code to run of it."""
    notebook = plain_notebook(json.loads(RELEASE))
    for cell in notebook["cells"]:
        if cell["id"] == "last_valid":
            cell["source"] = source
    return pieces(notebook, plain_notebook(json.loads(RELEASE)))


@fuzz
@every(CODE)
@given(code())
def test_code(source):
    """Names that code reads, the code to run, ready-made functions in it, and letters that look like others."""
    with within(NAMES.cpu_seconds):
        assert all(isinstance(name, str) for name in names_read(source))
        found = notebook_of(source)
        said = search([vars(piece) for piece in found], ASKED)
        odd = suspicious(source)
    assert said.keys() == {name for name, _ in ASKED} and all(set(said[name]) <= set(forbidden) for name, forbidden in ASKED)
    assert [piece.source for piece in found if piece.cell == "last_valid"] == ([source] if source.strip() else [])
    assert len(odd) <= 20 and all(text.isprintable() for _, text in odd)


NOW = datetime(2026, 5, 10, 12, tzinfo=UTC)
_stamps = st.one_of(
    st.binary(max_size=200),
    st.builds(lambda when, zone: f"{when} {zone}".encode(), st.datetimes(), st.one_of(st.sampled_from(["UTC", "CET", "+14:00", "-99:99", "../../etc/passwd", "Europe", "\0"]), st.text(max_size=10))),
)


@fuzz
@example(b"0001-01-01 00:00:00 +14:00")
@example(b"9999-12-31 23:59:59 -12:00")
@example(b"2026-03-01 17:05 " + b"a" * 180)
@given(_stamps)
def test_timestamp(content):
    moment = parse_timestamp(content)
    assert moment is None or moment.utcoffset() == timedelta(0)


@fuzz
@given(st.none() | _stamps, st.none() | st.floats(), st.none() | st.datetimes(timezones=st.just(UTC)), st.booleans())
def test_receipt(claim, modified, handed_in, exchange):
    notes = Notes()
    found = time_of_receipt(Taken({}, claim, modified=modified), notes, now=NOW, handed_in=handed_in, exchange=exchange)
    assert found <= NOW and found.utcoffset() == timedelta(0)
    check_remarks(notes.remarks(LIMITS.remarks))


@fuzz
@given(st.lists(st.one_of(st.binary(max_size=100), st.dictionaries(st.sampled_from(["at", "student", "digest", "claim", "other", "by"]), st.one_of(
    st.none(), st.integers(), st.text(max_size=5), st.just("2026-05-01T00:00:00+00:00"), st.lists(st.integers(), max_size=2)), max_size=6).map(lambda data: json.dumps(data).encode())), max_size=6))  # fmt: skip
def test_ledger(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("ledger") / "received.jsonl"
    path.write_bytes(b"\n".join(lines))
    seen = Ledger(path).see("anna", "0" * 64, NOW)
    assert seen.first <= NOW


@pytest.mark.parametrize("seconds", [0.0])
def test_a_reader_that_takes_too_long_would_be_seen(seconds):
    with pytest.raises(AssertionError), within(seconds):
        sum(range(100_000))
