"""What a class needs to use a cluster over TLS: a certificate that is its own authority, its key, and the workers' key.

All who have the certificate and its key may join the cluster, and nobody else: scheduler, workers and the grading
process show it to each other. `openssl` makes it, which is on nearly every Linux machine.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from rnncourse.grading.queue.keys import class_secret, derived_key

FOLDER, CERTIFICATE, KEY, WORKER_KEY = "cluster", "certificate.pem", "key.pem", "worker.key"
DAYS = 366
_REQUEST = """
[req]
prompt = no
distinguished_name = name
x509_extensions = extensions
[name]
CN = rnncourse class
[extensions]
basicConstraints = critical, CA:TRUE
keyUsage = critical, digitalSignature, keyCertSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


class NoCertificateError(Exception):
    """The certificate could not be made; the message says why."""


def make_cluster_files(folder):
    """Make `folder`/cluster/ with certificate, key and worker key, as far as they are not there; returns its path.

    `folder` is the class's grading/. Only their owner can read the files.

    Raises:
        NoCertificateError: openssl is not there, or refused.
        OSError, ValueError: the folder cannot be written, or the class's secret is damaged.
    """
    place = Path(folder) / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    place.chmod(0o700)
    if not ((place / CERTIFICATE).exists() and (place / KEY).exists()):
        _make_certificate(place)
    key = derived_key(class_secret(folder), "workers").hex() + "\n"
    _write_private(place / WORKER_KEY, key.encode())
    return place


def _make_certificate(place):
    if shutil.which("openssl") is None:
        raise NoCertificateError("the program openssl is not installed; install it (Debian, Ubuntu: apt install openssl) and run again")
    with tempfile.TemporaryDirectory(dir=place) as half:  # closed to others, as its parent is
        half = Path(half)
        (half / "request").write_text(_REQUEST)
        done = subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", str(DAYS),
             "-config", half / "request", "-keyout", half / KEY, "-out", half / CERTIFICATE],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise NoCertificateError(f"openssl made no certificate: {(done.stderr.strip().splitlines() or ['no reason given'])[-1][:200]}")
        for name in (KEY, CERTIFICATE):  # a certificate without its key would count as made
            (half / name).chmod(0o600)
            os.replace(half / name, place / name)


def _write_private(path, content):
    half = path.with_name(f".{path.name}")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    os.replace(half, path)
