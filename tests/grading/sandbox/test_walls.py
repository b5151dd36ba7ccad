"""What code in the sandbox can see, reach and write; every test leaves the kernel as it was."""

import ast
import os
import socket
import sys
from pathlib import Path

import pytest

from rnncourse.grading.limits import MB

REPO = Path(__file__).parents[3]


@pytest.fixture
def ask(kernel, run):
    """Run code that prints a literal, and give its value."""

    def value(code):
        ran = run(kernel, code)
        assert ran.status == "ok", ran.text
        return ast.literal_eval(ran.text)

    return value


def test_there_is_no_network(ask):
    refused = """
import socket
def refused(address):
    try:
        socket.create_connection(address, 2).close()
    except OSError as error:
        return error.errno
print([refused(address) for address in {addresses}])
"""
    with socket.create_server(("127.0.0.1", 0)) as server:  # also the host's own loopback is another one
        addresses = [server.getsockname(), ("1.1.1.1", 53), ("169.254.169.254", 80)]
        errors = ask(refused.replace("{addresses}", repr(addresses)))
    assert None not in errors and errors[0] is not None


def test_the_host_s_abstract_sockets_are_out_of_reach(ask):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0rnncourse-test-{os.getpid()}")
        server.listen()
        code = f"""
import socket
try:
    socket.socket(socket.AF_UNIX).connect({server.getsockname()!r})
    print("'reached'")
except OSError as error:
    print(repr(type(error).__name__))
"""
        assert ask(code) == "ConnectionRefusedError"


def test_families_that_a_network_namespace_does_not_keep_apart_are_closed(ask, isolated):
    if not isolated.seccomp:
        pytest.skip("system calls are not filtered on this machine (libseccomp and pyseccomp)")
    code = """
import socket
opened = []
for family in (40, 38, 17, 31, 2**32 + 40):  # vsock, crypto, packet, bluetooth, and vsock with a bit too many
    try:
        socket.socket(family, socket.SOCK_STREAM)
        opened.append(family)
    except (OSError, OverflowError):
        pass
print(opened)
"""
    assert ask(code) == []


def test_the_course_s_answers_are_not_there(ask):
    paths = [
        REPO / name
        for name in ("solutions", "course", "tests", ".git", "nbgrader_config.py", "rnncourse/exercises/step1.py")
    ]
    paths += [REPO / "rnncourse" / room for room in ("grading", "authoring", "cli", "launcher")]
    assert all(path.exists() for path in paths if path.name != ".git")
    assert ask(f"import os\nprint([path for path in {list(map(str, paths))} if os.path.exists(path)])") == []


def test_no_copy_of_a_reference_is_anywhere(ask):
    """Whatever a learner's code can read of rnncourse holds no exercise block."""
    code = """
import os, rnncourse
found = []
for place, _, names in os.walk(os.path.dirname(rnncourse.__file__)):
    for name in names:
        with open(os.path.join(place, name), "rb") as file:
            if b"mistakes =" in (text := file.read()) or b"reference = lambda" in text:
                found.append(name)
print(found)
"""
    assert ask(code) == []
    assert ask("from rnncourse.exercises import exercises\nprint(len(exercises()))") == 0


def test_home_folders_and_other_places_of_the_host_are_not_there(ask):
    roots = ask("import os\nprint(os.listdir('/'))")
    assert set(roots) <= {
        "bin",
        "dev",
        "etc",
        "home",
        "lib",
        "lib32",
        "lib64",
        "libx32",
        "proc",
        "run",
        "sbin",
        "tmp",
        "usr",
        "nix",
        "gnu",
    } | {Path(path).parts[1] for path in (REPO, os.path.realpath(sys.executable), sys.prefix, sys.base_prefix)}
    assert ask("import os\nprint(os.listdir('/home'))") == ["learner"]
    assert set(ask("import os\nprint(os.listdir('/etc'))")) <= {
        "alternatives",
        "fonts",
        "group",
        "hosts",
        "ld.so.cache",
        "nsswitch.conf",
        "passwd",
    }


def test_only_the_sandbox_s_own_processes_are_seen(ask):
    pids = ask("import os\nprint(sorted(int(name) for name in os.listdir('/proc') if name.isdigit()))")
    assert pids[:2] == [1, 2] and len(pids) < 6


def test_the_learner_is_nobody_special(ask):
    code = """
with open("/proc/self/status") as file:
    print({line.split(":")[0]: line.split(":")[1].strip() for line in file})
"""
    status = ask(code)
    assert set(status["Uid"].split()) != {"0"}
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
    assert status["NoNewPrivs"] == "1" and status["Groups"] in ("", "65534")


def test_no_system_call_that_works_on_the_system(ask, isolated):
    if not isolated.seccomp:
        pytest.skip("system calls are not filtered on this machine (libseccomp and pyseccomp)")
    code = """
import ctypes, fcntl, os
libc = ctypes.CDLL(None, use_errno=True)
calls = {
    "unshare": (0x10000000,), "setns": (0, 0), "mount": (0, 0, 0, 0, 0), "umount": (b"/tmp",), "chroot": (b"/tmp",),
    "ptrace": (0, 0, 0, 0), "personality": (0x0040000,),
    "memfd_create": (b"x", 0), "shmget": (0, 4096, 0o1600), "msgget": (0, 0o1600),
}
allowed = []
for name, arguments in calls.items():
    if getattr(libc, name)(*arguments) != -1:
        allowed.append(name)
try:
    fcntl.ioctl(0, 0x5412, b"x")
    allowed.append("TIOCSTI")
except OSError as error:
    if error.errno != 1:
        allowed.append(f"TIOCSTI {error}")
print(allowed)
"""
    assert ask(code) == []


def test_nothing_but_the_private_folders_can_be_written_to(ask):
    folders = ["/", "/etc", "/usr", "/dev", "/run", "/home", "/proc/sys/kernel", sys.prefix, sys.base_prefix]
    folders += [str(REPO), str(REPO / "rnncourse")]
    code = f"""
import os
wrote = []
for folder in {folders}:
    try:
        open(os.path.join(folder, "made"), "w").close()
        wrote.append(folder)
    except OSError:
        pass
for path in ("/proc/sys/kernel/hostname", "/etc/passwd", "/run/rnncourse/launch.py"):
    try:
        open(path, "w").close()
        wrote.append(path)
    except OSError:
        pass
print(wrote)
"""
    assert ask(code) == []


def test_the_private_folders_are_of_limited_size(ask):
    code = """
import os
sizes = {}
for folder in ("/tmp", "/dev/shm", os.path.expanduser("~"), "/run/kernel"):
    paths = []
    try:
        while len(paths) < 20:
            paths.append(f"{folder}/fill-{len(paths)}")
            with open(paths[-1], "wb") as file:
                for _ in range(8):
                    file.write(bytes(2**20))
    except OSError as error:
        assert error.errno == 28, error
        sizes[folder] = sum(map(os.path.getsize, paths))
    for path in paths:
        os.unlink(path)
print(sizes)
"""
    sizes = ask(code)
    assert len(sizes) == 4 and max(sizes.values()) <= 32 * MB


def test_a_file_cannot_be_larger_than_the_limit(ask):
    code = """
import os
try:
    with open("/tmp/large", "wb") as file:
        for _ in range(20):
            file.write(bytes(2**20))
except OSError as error:
    print((error.errno, os.path.getsize("/tmp/large")))
os.unlink("/tmp/large")
"""
    number, size = ask(code)
    assert number == 27 and size <= 16 * MB


def test_the_limits_of_a_process_are_set_for_good(ask):
    names = ("AS", "CPU", "FSIZE", "NOFILE", "NPROC", "CORE")
    code = f"import resource as r\nprint([r.getrlimit(getattr(r, 'RLIMIT_' + name)) for name in {names}])"
    assert ask(code) == [(bound, bound) for bound in (2048 * MB, 600, 16 * MB, 256, 64, 0)]


def test_memory_beyond_the_limit_of_a_process_is_refused(ask):
    assert (
        ask("try:\n    bytearray(3 * 2**30)\n    print('had it')\nexcept MemoryError:\n    print(repr('refused'))")
        == "refused"
    )


def test_the_environment_is_made_from_nothing(run, start, monkeypatch):
    monkeypatch.setenv("RNNCOURSE_DATABASE", "postgresql://teacher:hunter2@db/grades")
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    kernel = start()
    code = """
import glob
found = b""
for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
    try:
        found += open(path, "rb").read()
    except OSError:
        pass
print(found)
"""
    found = ast.literal_eval(run(kernel, code).text)
    assert b"PYTHONHASHSEED=0" in found and b"OMP_NUM_THREADS=1" in found and b"TZ=UTC" in found
    assert b"hunter2" not in found and b"NBGRADER" not in found and b"JPY_" not in found


def test_variables_that_are_asked_for_are_set(run, start):
    kernel = start(variables={"NBGRADER_EXECUTION": "autograde"})
    assert run(kernel, "import os; print(os.environ['NBGRADER_EXECUTION'])").text == "autograde\n"
