"""What a machine is found to have, and what is said where it has nothing."""

import shutil
import subprocess
import sys

import pytest

from rnncourse.grading.limits import Limits
from rnncourse.grading.sandbox import Kernel, SandboxError, advice, bubblewrap, isolation, process, seccomp, trial


@pytest.fixture
def anew():
    """Ask again, whatever this process has found before; and forget the answer afterwards."""
    trial.isolation.cache_clear()
    yield isolation
    trial.isolation.cache_clear()


def test_asking_needs_no_jupyter(isolated):
    """The answer comes in a blink, also where nothing but the core is installed."""
    code = "import sys\nfrom rnncourse.grading.sandbox import isolation\nisolation()\n"
    code += "print({'zmq', 'jupyter_client', 'traitlets', 'numpy', 'IPython'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_the_answer_is_found_once(isolated):
    assert isolation() is isolated and isolated.kind == "bubblewrap"
    assert isolated.why.endswith(".") and isolated.memory in ("cgroup", "rlimit")


def test_without_bubblewrap_there_is_none_and_a_kernel_is_refused(anew, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    found = anew()
    assert (
        found.kind == "none"
        and found.why == "No sandbox can be made here: bubblewrap (the program bwrap) is not installed."
    )
    assert any("apt install bubblewrap" in line for line in found.advice)
    with pytest.raises(SandboxError, match="bubblewrap"):
        Kernel(Limits()).start()


def test_a_bubblewrap_that_fails_is_quoted(anew, monkeypatch, tmp_path):
    broken = tmp_path / "bwrap"
    broken.write_text(
        "#!/bin/sh\necho 'bwrap: No permissions to create a new namespace' >&2\nexit 1\n", encoding="ascii"
    )
    broken.chmod(0o755)
    monkeypatch.setattr(process, "program", lambda: str(broken))
    found = anew()
    assert found.kind == "none" and "No permissions to create a new namespace" in found.why


@pytest.mark.parametrize(
    ("facts", "hole"),
    [
        ({"uid": 0}, "is root inside"),
        ({"capabilities": "0000000000000400"}, "has the powers of root"),
        ({"privileges": "0"}, "can gain privileges"),
        ({"interfaces": ["lo", "eth0"]}, "has a network"),
    ],
)
def test_a_sandbox_with_a_hole_is_none(facts, hole):
    sound = {"uid": 1000, "seccomp": "2", "privileges": "1", "capabilities": "0000000000000000", "interfaces": ["lo"]}
    assert trial._judged(sound, bubblewrap.MAPPED_USER, "rlimit").seccomp
    with pytest.raises(SandboxError, match=hole):
        trial._judged(sound | facts, bubblewrap.MAPPED_USER, "rlimit")


def test_without_libseccomp_it_works_and_says_so(anew, isolated, monkeypatch):
    monkeypatch.setattr(seccomp, "program", lambda: b"")
    found = anew()
    assert found.kind == "bubblewrap" and not found.seccomp and "pyseccomp" in found.advice[0]


@pytest.mark.parametrize(
    ("files", "environment", "told"),
    [
        ({"/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1"}, {}, "/etc/apparmor.d/bwrap"),
        ({"/proc/sys/kernel/unprivileged_userns_clone": "0"}, {}, "sysctl kernel.unprivileged_userns_clone=1"),
        ({"/proc/sys/user/max_user_namespaces": "0"}, {}, "sysctl user.max_user_namespaces=10000"),
        ({"/.dockerenv": ""}, {}, "systempaths=unconfined"),
        ({"/run/.containerenv": ""}, {}, "take the container itself as the sandbox"),
        ({}, {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "automountServiceAccountToken: false"),
    ],
)
def test_advice_on_linux_fits_what_is_found(monkeypatch, files, environment, told):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/bwrap")
    monkeypatch.setattr(advice, "_reads", lambda path: files.get(path, ""))
    monkeypatch.setattr(advice.os.path, "exists", lambda path: path in files)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert told in " ".join(advice.advice("none")) and advice.INSTALL not in advice.advice("none")


@pytest.mark.parametrize(("platform", "told"), [("darwin", "on Linux"), ("win32", "WSL2")])
def test_advice_elsewhere(monkeypatch, platform, told):
    monkeypatch.setattr(sys, "platform", platform)
    (line,) = advice.advice("none")
    assert told in line


def test_advice_where_only_parts_are_missing():
    assert advice.advice("bubblewrap", seccomp=True, memory="cgroup", cpu="cgroup") == ()
    assert advice.advice("bubblewrap", seccomp=True, memory="cgroup", cpu="processor") == (advice.QUOTA,)
    assert "systemd-run" in advice.advice("bubblewrap", seccomp=True, memory="rlimit")[0]
