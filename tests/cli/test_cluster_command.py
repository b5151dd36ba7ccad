"""`rnncourse cluster` makes what the commands that it shows need, for one account's eyes, and keeps what is there."""

import ssl
import stat

import pytest
from click.testing import CliRunner

from rnncourse.cli import main
from rnncourse.grading.queue.keys import class_secret, derived_key

NAMES = ("certificate.pem", "key.pem", "worker.key")


@pytest.fixture
def root(tmp_path, monkeypatch):
    (tmp_path / "nbgrader_config.py").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def cluster(*words):
    return CliRunner().invoke(main, ["cluster", *words])


def test_files_are_made_once_and_closed_to_others(root):
    done = cluster("node1")
    assert done.exit_code == 0 and "tls://node1:8786" in done.output and "RNNCOURSE_WORKER_KEY" in done.output
    place = root / "grading" / "cluster"
    assert sorted(path.name for path in place.iterdir()) == sorted(NAMES)
    assert {stat.S_IMODE(path.stat().st_mode) for path in place.iterdir()} == {0o600}
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    before = {name: (place / name).read_bytes() for name in NAMES}
    assert cluster().exit_code == 0
    assert {name: (place / name).read_bytes() for name in NAMES} == before


def test_the_certificate_is_one_that_python_takes_at_its_strictest(root):
    assert cluster().exit_code == 0
    place = root / "grading" / "cluster"
    server, client = (ssl.create_default_context(purpose, cafile=place / "certificate.pem") for purpose in (ssl.Purpose.CLIENT_AUTH, ssl.Purpose.SERVER_AUTH))
    for context in (server, client):
        context.check_hostname, context.verify_mode = False, ssl.CERT_REQUIRED
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        context.load_cert_chain(place / "certificate.pem", place / "key.pem")
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = client.wrap_bio(to_client, to_server), server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert all(end.getpeercert(binary_form=True) for end in ends)


def test_the_worker_key_says_nothing_of_the_secret(root):
    assert cluster().exit_code == 0
    secret = class_secret(root / "grading")
    key = bytes.fromhex((root / "grading" / "cluster" / "worker.key").read_text())
    assert key == derived_key(secret, "workers") and key != secret
    assert len({derived_key(secret, purpose) for purpose in ("workers", "results", "audit", "sample")}) == 4


def test_without_openssl_it_says_what_to_install(root, monkeypatch):
    monkeypatch.setenv("PATH", "")
    done = cluster()
    assert done.exit_code == 1 and "openssl is not installed" in done.output and "Traceback" not in done.output
