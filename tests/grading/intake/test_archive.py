"""Archives in every dialect are unpacked alike, and none makes more work than its size."""

import io
import struct
import tarfile
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnncourse.grading.intake.archive import unpack
from rnncourse.grading.intake.limits import IntakeLimits
from rnncourse.grading.intake.notes import Notes
from rnncourse.grading.intake.shelf import Shelf

LONG = "/".join(["folder" * 10] * 3) + "/notebook.ipynb"
SMALL = IntakeLimits(file_size=5000, total=9000, entries=40)


def unpacked(content, limits=SMALL, path="w.zip"):
    shelf = Shelf(limits, Notes())
    unpack(path, content, shelf)
    return shelf.files, [f"{one.kind}: {one.text}" for one in shelf.notes.remarks(100)]


def tarred(*members, form=tarfile.GNU_FORMAT):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def zipped(*members, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_dialect_of_tar(form):
    members = {"a.ipynb": b"x" * 600, LONG: b"long", "./dot/Übung.txt": b"", "b.py": b"end"}
    files, remarks = unpacked(tarred(*members.items(), form=form))
    assert files == {name.removeprefix("./"): content for name, content in members.items()} and remarks == []


def test_files_lie_beside_the_archive_and_windows_separators_are_understood():
    files, _ = unpacked(zipped(("sub\\a.ipynb", b"x")), path="work/w.zip")
    assert files == {"work/sub/a.ipynb": b"x"}


@pytest.mark.parametrize("name", ["..\\x", "a/../../x", "C:\\x", "\\x", "."])
def test_paths_that_lead_out_are_refused(name):
    files, remarks = unpacked(zipped((name, b"x"), ("ok", b"ok")))
    assert files == {"ok": b"ok"} and len(remarks) == 1


def test_a_damaged_entry_costs_only_itself():
    content = zipped(("a.txt", b"first" * 20), ("b.txt", b"second"), method=zipfile.ZIP_STORED)
    files, remarks = unpacked(content.replace(b"first", b"FIRST", 1))
    assert files == {"b.txt": b"second"} and "damaged" in remarks[0]


def test_encrypted_and_unusually_compressed_entries_are_refused():
    encrypted = bytearray(zipped(("a.txt", b"x")))
    for place in (encrypted.index(b"PK\x03\x04") + 6, encrypted.index(b"PK\x01\x02") + 8):
        encrypted[place] |= 1
    assert unpacked(bytes(encrypted)) == ({}, ['refused: "a.txt" in "w.zip" was not taken: it is encrypted'])
    files, remarks = unpacked(zipped(("a.txt", b"x"), method=zipfile.ZIP_LZMA))
    assert files == {} and "compression" in remarks[0]


def test_an_entry_that_lies_about_its_size_is_refused():
    content = bytearray(zipped(("a.txt", b"0" * 100_000)))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", content, content.index(mark) + offset, 10)
    files, remarks = unpacked(bytes(content))
    assert files == {} and remarks


def test_a_file_and_a_folder_of_one_name_cannot_both_be_taken():
    assert set(unpacked(zipped(("a", b"1"), ("a/b", b"2")))[0]) == {"a"}
    assert set(unpacked(zipped(("a/b", b"2"), ("a", b"1")))[0]) == {"a/b"}


@pytest.mark.parametrize("make", [zipped, tarred])
def test_more_entries_than_are_looked_at(make):
    files, remarks = unpacked(make(*((f"f{n}", b"") for n in range(41))))
    assert len(files) <= 40 and "more than 40 entries" in remarks[-1]


def test_all_files_together_are_bounded():
    files, remarks = unpacked(zipped(*((f"f{n}", b"0" * 4000) for n in range(5))))
    assert sum(map(len, files.values())) <= 9000 and len(remarks) == 3


def test_a_compressed_tar_is_unpacked_only_so_far():
    import gzip

    files, remarks = unpacked(gzip.compress(tarred(("a", b"0" * 20_000_000))))
    assert files == {} and "unpacks to more than" in remarks[0]


@pytest.mark.parametrize("size", [b"-0000000010\0", b"77777777777\0", b"\xff" * 12, b"\x80" + b"\0" * 10 + b"\1", b"garbage\0\0\0\0\0"])
def test_a_tar_header_with_an_impossible_size_ends_the_reading(size):
    """Negative sizes sent the parser of Python's own library round in a circle (CVE-2025-8194)."""
    header = bytearray(tarred(("a", b"x"))[:512])
    header[124:136] = size
    header[148:156] = b"%06o\0 " % sum(header[:148] + b" " * 8 + header[156:])
    files, remarks = unpacked(bytes(header) + b"x" * 512)
    assert files == {} and len(remarks) == 1


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.sampled_from([zipped(("a/b", b"x" * 99), ("c", b"y")), tarred((LONG, b"x" * 99), ("c", b"y"), form=tarfile.PAX_FORMAT)]),
       st.lists(st.tuples(st.integers(0, 3000), st.binary(min_size=1, max_size=4)), max_size=6))
def test_a_changed_archive_raises_nothing(content, changes):
    changed = bytearray(content)
    for place, some in changes:
        place %= len(changed)
        changed[place:place + len(some)] = some
    for path in unpacked(bytes(changed))[0]:
        assert path.encode() and not path.startswith("/") and ".." not in path.split("/")
