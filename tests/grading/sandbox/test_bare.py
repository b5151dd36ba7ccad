"""A kernel without walls, where an instructor asks for it: limits, a clean start and a clean end all the same."""

import time
from pathlib import Path

import pytest

from rnncourse.grading.sandbox import bare, bounds, box


@pytest.fixture
def start_bare(small):
    """Start kernels without bubblewrap; no isolation is needed for that."""
    from rnncourse.grading.sandbox import Kernel

    started = []

    def begin(**options):
        started.append(Kernel(small, isolated=False, **options))
        started[-1].start()
        return started[-1]

    yield begin
    for kernel in started:
        kernel.kill()


def test_it_works_without_bubblewrap_in_a_private_folder_with_limits(start_bare, run, monkeypatch, tmp_path):
    monkeypatch.setenv("RNNCOURSE_DATABASE", "secret")
    monkeypatch.setattr(box, "Bubblewrap", None)
    kernel = start_bare(files={"helper.py": b"ANSWER = 42\n"})
    code = """
import helper, os, resource, rnncourse.exercises
print(helper.ANSWER, "RNNCOURSE_DATABASE" in os.environ, os.getcwd().startswith(os.environ["HOME"]),
      resource.getrlimit(resource.RLIMIT_FSIZE)[1] // 2**20, rnncourse.exercises.exercises())
"""
    assert run(kernel, code).text == "42 False True 16 ()\n"
    assert not kernel.why


@pytest.mark.parametrize("grouped", [True, False])
def test_its_end_takes_along_what_it_started(start_bare, run, monkeypatch, grouped):
    if not grouped:
        monkeypatch.setattr(bounds, "new_group", lambda limits: None)
    kernel = start_bare()
    code = "import os, subprocess\np = subprocess.Popen(['sleep', '1000'], start_new_session=True)\n"
    code += "print(os.getcwd(), p.pid)"
    folder, pid = run(kernel, code).text.split()
    kernel.kill()
    until = time.monotonic() + 5
    while alive(int(pid)) and time.monotonic() < until:
        time.sleep(0.02)
    assert not alive(int(pid))
    assert not Path(folder).exists()


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


DEEPER = "import os, time\nfor n in range({}):\n    os.mkdir('d')\n    os.chdir('d')\n"
FULL = "for n in range(8): open(f'f{n}', 'wb').write(bytes(8 * 2**20))\ntime.sleep(25)"


@pytest.mark.parametrize(
    ("depth", "why"), [(1500, "it wrote more than 32 MB in its folder"), (2200, "it made folders in folders")]
)
def test_a_folder_that_grows_without_end_is_noticed(start_bare, run, depth, why):
    """Each file is small, and no file system bounds them; deeper than Python recurses, deeper than a path can be named."""
    kernel = start_bare()
    folder = Path(run(kernel, "import os\nprint(os.getcwd())").text.strip())
    assert run(kernel, DEEPER.format(depth) + FULL).status == "died"
    assert kernel.why.startswith(why)
    kernel.kill()
    assert not folder.exists()


@pytest.mark.parametrize("again", ["", "    if os.fork(): os._exit(0)\n"])
def test_many_processes_are_noticed_also_where_the_system_does_not_count(start_bare, run, monkeypatch, small, again):
    """The processes of root are counted nowhere; and orphans are still the kernel's."""
    monkeypatch.setattr(bounds, "new_group", lambda limits: None)
    monkeypatch.setattr(bare, "resource_limits", lambda limits, processes: {})
    kernel = start_bare()
    code = f"import os, time\nfor n in range(100):\n  if os.fork() == 0:\n{again}    time.sleep(30)\n    os._exit(0)\ntime.sleep(25)"
    assert run(kernel, code).status == "died"
    assert kernel.why == f"it started more than {small.processes} processes and threads"
