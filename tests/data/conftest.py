"""Packages that are made up or taken away, so that every branch of the loaders can be tried."""

from base64 import urlsafe_b64encode
from hashlib import sha256
from importlib import metadata

import pytest
from hypothesis import settings

# A busy machine is no failure: examples have no time limit; and the same examples are drawn in every run.
settings.register_profile("data", deadline=None, derandomize=True)
settings.load_profile("data")


@pytest.fixture
def without(monkeypatch):
    """Call `without("sktime", ...)`: from then on these packages count as not installed."""
    real, gone = metadata.distribution, set()

    def distribution(name):
        if name in gone:
            raise metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(metadata, "distribution", distribution)
    return lambda *names: gone.update(names)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Call `package(name, {path: bytes}, record=...)`: an installed package with these files.

    `record` is "full" (a hash each), "bare" (files without hashes) or None (no RECORD at all).
    """
    monkeypatch.syspath_prepend(tmp_path)

    def install(name, files, record="full"):
        info = tmp_path / f"{name}-9.9.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 9.9\n")
        lines = []
        for path, content in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(content)
            digest = urlsafe_b64encode(sha256(content).digest()).decode().rstrip("=")
            lines.append(f"{path},sha256={digest},{len(content)}" if record == "full" else f"{path},,")
        if record:
            (info / "RECORD").write_text("\n".join(lines) + "\n")
        return tmp_path

    return install
