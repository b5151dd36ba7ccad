"""requirements.lock: exact, complete for pyproject.toml on every system, and free of CUDA."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
SYSTEMS = {
    "linux": {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux"},
    "darwin": {"sys_platform": "darwin", "os_name": "posix", "platform_system": "Darwin"},
    "win32": {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows"},
}


def lock():
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def asked_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [Requirement(line) for line in [*project["dependencies"], *sum(project["optional-dependencies"].values(), [])]]


def test_every_line_is_one_exact_version():
    loose = [str(line) for line in lock() if [s.operator for s in line.specifier] != ["=="] or "*" in str(line.specifier)]
    assert loose == []


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("python", PYTHONS)
def test_lock_satisfies_pyproject(python, system):
    machine = {**SYSTEMS[system], "python_version": python, "python_full_version": f"{python}.7"}
    locked = {}
    for line in lock():
        if line.marker is None or line.marker.evaluate(machine):
            assert canonicalize_name(line.name) not in locked, f"{line.name} is locked twice"
            (pin,) = line.specifier
            locked[canonicalize_name(line.name)] = pin.version
    wanted = [want for want in asked_for() if want.marker is None or want.marker.evaluate(machine)]
    unmet = [str(want) for want in wanted if not want.specifier.contains(locked.get(canonicalize_name(want.name), "0"))]
    assert unmet == []


def test_no_cuda():
    names = [canonicalize_name(line.name) for line in lock()]
    assert [name for name in names if name.startswith(("nvidia", "cuda", "triton"))] == []


def test_installed_environment_is_complete():
    """The lock is installed without looking for dependencies: nothing that a package needs may be missing from it."""
    check = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True)
    assert check.returncode == 0, check.stdout


def test_readme_names_the_locked_torch():
    (torch,) = [str(line) for line in lock() if line.name == "torch"]
    named = re.findall(r"torch==[\d.]+\d", (ROOT / "README.md").read_text())
    assert named and set(named) == {torch}
