"""Sets up .venv: the exact lock, the package, and a kernel of its own.

Plain standard library, since it runs before anything is installed; called by .ci/setup. Repeated, it
compares one stamp and returns at once. Interrupted, it leaves no stamp, so the next call goes on.
"""

import hashlib
import platform
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "rnncourse-ready"
LOCK = ROOT / "requirements.lock"
TORCH_CPU = "https://download.pytorch.org/whl/cpu"
PROBE_SECONDS = 5


class SetupError(Exception):
    """What went wrong, in words for the person at the terminal."""


def main():
    """Make .venv ready, or exit with one clear message."""
    try:
        with one_at_a_time():
            if not ready():
                build()
    except SetupError as error:
        sys.exit(f"\nSetting up did not work. {error}")
    except KeyboardInterrupt:
        sys.exit("\nSet-up interrupted: the same command goes on from here.")


def ready():
    """Whether .venv was completed for exactly these files, in this place, and still runs."""
    return STAMP.is_file() and STAMP.read_text() == fingerprint() and runs(PYTHON)


def fingerprint():
    """One line that changes whenever the environment has to be brought up to date."""
    digest = hashlib.sha256(str(ROOT).encode())  # a venv does not survive a move
    for name in ("requirements.lock", "pyproject.toml", ".ci/environment.py"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def runs(python, code="pass"):
    """Whether this interpreter starts and the line of code succeeds."""
    try:
        return subprocess.run([python, "-I", "-c", code], capture_output=True).returncode == 0
    except OSError:
        return False


def build():
    """Create .venv if need be and install into it: torch, the lock, the package, the kernel."""
    STAMP.unlink(missing_ok=True)
    make_venv()
    say("Installing what the course needs (a few minutes the first time).")
    install_torch()
    pip("install", "--no-deps", "-r", LOCK, failed="The packages of requirements.lock could not be installed.")
    pip("install", "--no-deps", "-e", ROOT, failed="The course's own package could not be installed.")
    install_kernel()
    finish()
    say("Everything is installed in .venv.")


def make_venv():
    """A virtual environment with pip, made anew unless a usable one is there."""
    usable = "import pip, sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))"
    if runs(PYTHON, usable):
        return
    if not runs(sys.executable, "import venv, ensurepip"):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise SetupError(
            f"Python {version} is here without its venv module.\n"
            f"On Debian and Ubuntu: sudo apt install python{version}-venv\n"
            "Then run the same command again."
        )
    say(f"Creating a virtual environment in .venv (Python {platform.python_version()}).")
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise SetupError(f"Python's venv module failed: {error}") from error


def install_torch():
    """On Linux the small CPU build where PyTorch's index answers, else the same version from the plain index."""
    torch = locked("torch")
    if installed("torch") == torch.partition("==")[2]:
        return
    if sys.platform == "linux" and answers(f"{TORCH_CPU}/torch/"):
        if pip("install", "--no-deps", "--index-url", TORCH_CPU, torch):
            return
    if sys.platform == "linux":
        say(f"PyTorch's CPU index does not answer: taking {torch} from the plain index (it can be much larger).")
    # With its dependencies: what the plain index has on Linux may be the CUDA build, which needs them to start.
    pip("install", "-c", LOCK, torch, failed=f"{torch} could not be installed.")


def locked(name):
    """The lock's exact requirement for a package, such as torch==2.13.0."""
    found = re.search(rf"^{re.escape(name)}==[^\s;]+", LOCK.read_text(), re.MULTILINE)
    if not found:
        raise SetupError(f"requirements.lock pins no version of {name}: renew it with make lock.")
    return found.group()


def installed(name):
    """The version of a package in .venv without its local part (+cpu), or an empty string."""
    code = f"from importlib.metadata import version; print(version({name!r}).partition('+')[0])"
    return subprocess.run([PYTHON, "-I", "-c", code], capture_output=True, text=True).stdout.strip()


def answers(url):
    """Whether the page is there within a few seconds; a process of its own bounds a hanging name look-up too."""
    code = f"import urllib.request; urllib.request.urlopen({url!r}, timeout={PROBE_SECONDS})"
    try:
        probe = subprocess.run([PYTHON, "-I", "-c", code], capture_output=True, timeout=PROBE_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return probe.returncode == 0


def pip(*arguments, failed=None):
    """Run .venv's pip with the person's own pip settings; True if it worked, SetupError(failed) if it must."""
    command = [PYTHON, "-m", "pip", "--disable-pip-version-check", arguments[0], "--quiet", *arguments[1:]]
    worked = subprocess.run(command, cwd=ROOT).returncode == 0
    if failed and not worked:
        raise SetupError(f"{failed} pip's own message is above.")
    return worked


def install_kernel():
    """The kernel `python3` of .venv, by the absolute path of its Python."""
    command = [PYTHON, "-m", "ipykernel", "install", "--sys-prefix", "--name", "python3"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SetupError(f"The notebook kernel could not be registered:\n{done.stderr}")


def finish():
    """Write the stamp last, in one step: it is there only if all the rest is."""
    part = STAMP.with_suffix(".part")
    part.write_text(fingerprint())
    part.replace(STAMP)


class one_at_a_time:
    """Lets a second `make` in the same checkout wait for the first instead of installing into its files."""

    def __enter__(self):
        try:
            import fcntl
        except ImportError:
            return
        self.file = LOCK.open()
        with suppress(OSError):  # a file system without locks: go on without one
            fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *error):
        if hasattr(self, "file"):
            self.file.close()


def say(line):
    """One line for the person at the terminal, at once."""
    print(line, flush=True)


if __name__ == "__main__":
    main()
