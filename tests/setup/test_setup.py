"""`.ci/setup` and `.ci/environment.py`: the right Python, the right torch, quick when done, sound after an interruption."""

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def program(folder, name, *lines):
    """Write a small shell program, as a stand-in for a real one."""
    path = folder / name
    path.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
    path.chmod(0o755)


@pytest.fixture
def path(tmp_path):
    """A PATH that holds what the scripts need and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("sh", "bash", "dirname"):
        (folder / tool).symlink_to(shutil.which(tool))
    return folder


def run_setup(path, *arguments):
    command = [path / "sh", ROOT / ".ci/setup", *arguments]
    return subprocess.run(command, env={"PATH": str(path)}, capture_output=True, text=True)


def test_no_python(path):
    done = run_setup(path)
    assert done.returncode == 1
    assert "none was found" in done.stderr and "make lab PYTHON=" in done.stderr


def test_only_an_old_python(path):
    program(path, "python3", 'test "$1" = --version && echo "Python 3.8.10" && exit', "exit 1")
    done = run_setup(path)
    assert done.returncode == 1
    assert "Found only: Python 3.8.10." in done.stderr


def test_asked_for_python_is_unfit(path):
    program(path, "python3", "exit 0")
    done = run_setup(path, "python3.99")
    assert done.returncode == 1
    assert "'python3.99' is none of them" in done.stderr


def test_a_later_name_is_found_behind_an_old_python3(path):
    program(path, "python3", "exit 1")
    program(path, "python3.12", 'test "$2" = -c && exit 0', 'echo "started $*"')
    done = run_setup(path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("started -I ") and done.stdout.strip().endswith("environment.py")


@pytest.fixture
def env(tmp_path, monkeypatch):
    """.ci/environment.py at work on a checkout in a temporary folder."""
    spec = importlib.util.spec_from_file_location("environment", ROOT / ".ci/environment.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / ".ci").mkdir()
    for name in ("requirements.lock", "pyproject.toml", ".ci/environment.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    places = {"ROOT": ".", "VENV": ".venv", "PYTHON": ".venv/bin/python", "STAMP": ".venv/ready", "LOCK": "requirements.lock"}
    for name, place in places.items():
        monkeypatch.setattr(module, name, tmp_path / place)
    return module


@pytest.fixture
def built(env):
    """A .venv that was completed: an interpreter that runs, and the stamp."""
    env.PYTHON.parent.mkdir(parents=True)
    env.PYTHON.symlink_to(sys.executable)
    env.finish()
    return env


def test_ready_after_it_was_finished(built):
    assert built.ready()


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml", ".ci/environment.py"])
def test_not_ready_once_a_file_it_depends_on_changed(built, name):
    with (built.ROOT / name).open("a") as file:
        file.write("# changed\n")
    assert not built.ready()


def test_not_ready_when_the_interpreter_is_gone(built):
    built.PYTHON.unlink()
    built.PYTHON.symlink_to("/nowhere/python3")
    assert not built.ready()


def test_interrupted_build_leaves_no_stamp(built, monkeypatch):
    def interrupt():
        raise KeyboardInterrupt

    monkeypatch.setattr(built, "make_venv", lambda: None)
    monkeypatch.setattr(built, "install_torch", interrupt)
    (built.ROOT / "requirements.lock").write_text("torch==1.0\n")
    with pytest.raises(SystemExit, match="goes on from here"):
        built.main()
    assert not built.STAMP.exists() and not built.ready()


def test_half_made_venv_is_made_anew(env):
    (env.VENV / "bin").mkdir(parents=True)
    (env.VENV / "bin/python").write_text("cut off")
    env.make_venv()
    assert env.runs(env.PYTHON, "import pip, sys; assert sys.prefix != sys.base_prefix")


def test_usable_venv_is_kept(env):
    env.make_venv()
    mark = env.VENV / "mark"
    mark.touch()
    env.make_venv()
    assert mark.exists()


def test_debian_without_venv_package(env, monkeypatch):
    monkeypatch.setattr(env, "runs", lambda *_: False)
    with pytest.raises(env.SetupError, match=rf"apt install python3\.{sys.version_info.minor}-venv"):
        env.make_venv()


@pytest.fixture
def torch(env, monkeypatch):
    """install_torch on Linux with nothing installed; collects the pip commands and lets each one work."""
    calls = []
    monkeypatch.setattr(env.sys, "platform", "linux")
    monkeypatch.setattr(env, "installed", lambda name: "")
    monkeypatch.setattr(env, "answers", lambda url: True)
    monkeypatch.setattr(env, "pip", lambda *arguments, failed=None: calls.append([*map(str, arguments)]) or True)
    env.calls, env.pinned = calls, env.locked("torch")
    return env


def test_cpu_torch_where_its_index_answers(torch, capsys):
    torch.install_torch()
    assert torch.calls == [["install", "--no-deps", "--index-url", torch.TORCH_CPU, torch.pinned]]
    assert capsys.readouterr().out == ""


def test_plain_index_pinned_and_one_line_where_it_does_not(torch, monkeypatch, capsys):
    monkeypatch.setattr(torch, "answers", lambda url: False)
    torch.install_torch()
    assert torch.calls == [["install", "-c", str(torch.LOCK), torch.pinned]]
    assert capsys.readouterr().out.count("\n") == 1


def test_plain_index_when_the_cpu_index_lacks_the_version(torch, monkeypatch):
    worked = iter([False, True])
    monkeypatch.setattr(torch, "pip", lambda *args, failed=None: torch.calls.append([*map(str, args)]) or next(worked))
    torch.install_torch()
    assert [torch.TORCH_CPU in call for call in torch.calls] == [True, False]
    assert all(call[-1] == torch.pinned for call in torch.calls)


def test_no_index_is_asked_when_torch_is_there(torch, monkeypatch):
    monkeypatch.setattr(torch, "installed", lambda name: torch.pinned.partition("==")[2])
    torch.install_torch()
    assert torch.calls == []


def test_macos_takes_the_plain_index_silently(torch, monkeypatch, capsys):
    monkeypatch.setattr(torch.sys, "platform", "darwin")
    torch.install_torch()
    assert torch.calls == [["install", "-c", str(torch.LOCK), torch.pinned]]
    assert capsys.readouterr().out == ""


def test_unlocked_torch_is_refused(env):
    (env.ROOT / "requirements.lock").write_text("torchvision==1.0\ntorch>=2\n")
    with pytest.raises(env.SetupError, match="pins no version of torch"):
        env.install_torch()


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/torch/" else 404)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_probe_of_an_index(env, monkeypatch):
    monkeypatch.setattr(env, "PYTHON", sys.executable)
    server = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    try:
        assert env.answers(f"{base}/torch/")
        assert not env.answers(f"{base}/elsewhere/")
    finally:
        server.shutdown()
        server.server_close()


def test_probe_gives_up_on_a_silent_server(env, monkeypatch):
    monkeypatch.setattr(env, "PYTHON", sys.executable)
    monkeypatch.setattr(env, "PROBE_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert not env.answers(f"http://127.0.0.1:{silent.getsockname()[1]}/torch/")


def test_a_second_call_waits_for_the_first(env):
    order = []

    def second():
        with env.one_at_a_time():
            order.append("second")

    waiting = threading.Thread(target=second)
    with env.one_at_a_time():
        waiting.start()
        waiting.join(timeout=0.3)
        order.append("first")
    waiting.join()
    assert order == ["first", "second"]


def test_kernel_is_this_environments():
    """`make lab` and `make test` run in .venv, whose kernel must be its own Python."""
    from jupyter_client.kernelspec import KernelSpecManager

    command = KernelSpecManager().get_kernel_spec("python3").argv[0]
    assert command == "python" or Path(command).parent == Path(sys.executable).parent


@pytest.mark.parametrize("code", [0, 7])
def test_ci_runs_the_tests_and_hands_on_their_exit_code(path, code):
    program(path, "make", 'echo "make $* with CI=$CI"', f"exit {code}")
    for name in ("chromium", "git", "bwrap"):
        program(path, name)
    done = subprocess.run([path / "bash", ROOT / ".ci/run"], env={"PATH": str(path)}, capture_output=True, text=True)
    ran = [line for line in done.stdout.splitlines() if line.startswith("make ")]
    assert done.returncode == code
    assert ran == ["make test with CI=true", "make test-long with CI=true"][: 1 if code else 2]  # the long ones only after the others


def test_ci_installs_what_is_missing(path):
    program(path, "id", "echo 0")
    program(path, "git")
    program(path, "make", "exit 0")
    program(path, "apt-get", f'echo "apt-get $*" >> {path}/log')
    done = subprocess.run([path / "bash", ROOT / ".ci/run"], env={"PATH": str(path)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    update, install = (path / "log").read_text().splitlines()
    assert "update" in update and " chromium bubblewrap" in install


def test_every_target_is_in_the_help():
    targets = (ROOT / "Makefile").read_text().partition(".PHONY:")[2].splitlines()[0].split()
    shown = subprocess.run(["make", "help"], cwd=ROOT, env={**os.environ}, capture_output=True, text=True).stdout
    assert [t for t in targets if t not in ("help", "setup") and f"make {t} " not in shown] == []
