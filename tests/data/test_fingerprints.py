import hashlib

import pytest

from rnncourse.data import fingerprints
from rnncourse.data.fingerprints import DamagedData, fingerprint, recorded_hashes, verify

FILES = {"toyset/data/one.txt": b"one", "toyset/data/two.txt": b"two"}


@pytest.fixture
def known(monkeypatch):
    """The fingerprint of FILES as the course would know it."""
    value = fingerprint([hashlib.sha256(content).digest() for content in FILES.values()])
    monkeypatch.setitem(fingerprints.KNOWN, "toy", value)


def test_the_known_files_pass_without_a_note(package, known):
    package("toyset", FILES)
    assert verify("toy", "toyset", list(FILES)) == ""


@pytest.mark.parametrize("damage", [b"", b"on", b"one\n", b"0ne"])
def test_a_damaged_file_is_named_with_the_line_that_mends_it(package, known, damage):
    root = package("toyset", FILES)
    (root / "toyset/data/two.txt").write_bytes(damage)
    with pytest.raises(DamagedData) as error:
        verify("toy", "toyset", list(FILES))
    assert "toyset/data/two.txt" in str(error.value) and "one.txt" not in str(error.value)
    assert "pip install --force-reinstall --no-deps --no-cache-dir toyset" in str(error.value)


def test_a_newer_release_is_accepted_and_says_so(package, known):
    package("toyset", {**FILES, "toyset/data/two.txt": b"two, second edition"})
    assert "another edition" in verify("toy", "toyset", list(FILES))


@pytest.mark.parametrize("record", ["bare", None])
def test_without_hashes_known_files_pass_and_others_say_that_nothing_can_tell(package, known, record):
    root = package("toyset", FILES, record=record)
    assert verify("toy", "toyset", list(FILES)) == ""
    (root / "toyset/data/one.txt").write_bytes(b"uno")
    assert "keeps no hash" in verify("toy", "toyset", list(FILES))


def test_a_file_left_out_of_a_full_record_is_not_called_verified(package, known):
    root = package("toyset", {"toyset/data/one.txt": b"one"})
    (root / "toyset/data/two.txt").write_bytes(b"dos")
    assert "keeps no hash" in verify("toy", "toyset", list(FILES))


def test_one_file_has_its_own_hash_as_fingerprint_and_the_order_of_several_counts():
    a, b = hashlib.sha256(b"a").digest(), hashlib.sha256(b"b").digest()
    assert fingerprint([a]) == hashlib.sha256(b"a").hexdigest()
    assert fingerprint([a, b]) != fingerprint([b, a])


def test_a_real_package_records_its_hashes():
    assert len(recorded_hashes("numpy")["numpy/__init__.py"]) == 43
