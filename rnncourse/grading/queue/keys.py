"""What a result depends on, as one hash: the same key, the same verdict; anything else that counts, another key."""

import hashlib
import hmac
import json
import os
import secrets
from functools import cache
from importlib import resources
from pathlib import Path

from rnncourse import __version__

JUDGING = ("checking", "exercises", "grading/bounded", "grading/intake", "grading/judge", "grading/sandbox")  # the code that decides


def job_key(assignment, digest, release, limits, isolated, secret):
    """The key of one job, hexadecimal: submission, release, deciding code, limits, isolation, secret."""
    parts = {
        "assignment": assignment,
        "digest": digest,
        "release": {name: hashlib.sha256(content).hexdigest() for name, content in sorted(release.items())},
        "version": __version__,
        "code": code_digest(),
        "limits": limits.as_dict(),
        "isolated": isolated,
        "secret": hashlib.sha256(b"name of " + secret).hexdigest(),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def seed_key(secret, assignment, digest):
    """What the cases of one submission are drawn from; another content, other cases, so one answer helps no other."""
    return hmac.digest(secret, f"{assignment}\0{digest}".encode(), hashlib.sha256)


def derived_key(secret, purpose):
    """A key for one purpose, such as "results": who knows it knows neither the secret nor the key of another purpose.

    No assignment begins with a zero byte, so none of these is a `seed_key`.
    """
    return hmac.digest(secret, f"\0rnncourse {purpose}".encode(), hashlib.sha256)


def signature(key, *parts):
    """The keyed checksum of some bytes, hexadecimal; where a part ends counts, so ("ab", "c") is not ("a", "bc")."""
    total = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()


def is_signature(found, key, *parts):
    """Whether `found`, whatever it is, is the signature of these bytes."""
    return isinstance(found, str) and hmac.compare_digest(found.encode("utf-8", "replace"), signature(key, *parts).encode())


@cache
def code_digest():
    """SHA-256 over the code that decides about a verdict."""
    total = hashlib.sha256()
    for room in JUDGING:
        folder = Path(str(resources.files("rnncourse"))) / room
        for path in sorted(folder.rglob("*.py")):
            total.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def class_secret(folder):
    """The class's secret from `folder`/secret, made at the first call; only its owner can read it.

    Raises:
        ValueError: the file is there but holds no secret.
    """
    path = Path(folder) / "secret"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(path)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
    return _read(path)


def _read(path):
    try:
        content = bytes.fromhex(path.read_text().strip())
    except ValueError:
        content = b""
    if len(content) < 16:
        raise ValueError(f"{path} holds no secret (it should be 64 hexadecimal digits); remove it, and all work is graded anew with a fresh one")
    return content
