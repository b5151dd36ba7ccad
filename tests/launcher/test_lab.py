"""How JupyterLab is started, and the `rnncourse lab` command around it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from rnncourse.cli import main
from rnncourse.launcher import LauncherError, lab, release


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A released course of one notebook."""
    course = tmp_path / "release"
    (course / "0-start-here").mkdir(parents=True)
    notebook = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (course / "0-start-here/start_here.ipynb").write_text(json.dumps(notebook))
    monkeypatch.setattr(release, "released_course", lambda: course)
    return course


@pytest.fixture
def runtime(tmp_path, monkeypatch):
    """A private place where Jupyter servers note that they run."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    (tmp_path / "runtime").mkdir()
    return tmp_path / "runtime"


def rnncourse_lab(*arguments):
    return CliRunner().invoke(main, ["lab", *map(str, arguments)])


def test_copy_only(course, tmp_path):
    done = rnncourse_lab(tmp_path / "mine", "--copy-only")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "mine/0-start-here/start_here.ipynb").read_bytes() == next(course.rglob("*.ipynb")).read_bytes()
    assert "the folder, with 1 file\n" in done.output


def test_default_folder_is_my_course(course, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert rnncourse_lab("--copy-only").exit_code == 0
    assert (tmp_path / "my-course/0-start-here/start_here.ipynb").exists()


def test_dry_run_shows_the_command_and_writes_nothing(course, runtime, tmp_path):
    done = rnncourse_lab(tmp_path / "mine", "--dry-run", "--no-browser", "--port", 18888)
    assert done.exit_code == 0, done.output
    assert not (tmp_path / "mine").exists()
    command = done.output.partition("Would run: ")[2]
    for part in (sys.executable, "/lab/tree/0-start-here/start_here.ipynb", "port=18888", "open_browser=False"):
        assert part in command


def test_folder_that_is_a_file(course, tmp_path):
    (tmp_path / "essay").write_text("mine")
    done = rnncourse_lab(tmp_path / "essay")
    assert done.exit_code == 1
    assert "is a file, not a folder" in done.output and "Traceback" not in done.output


def test_without_jupyterlab_the_notebooks_are_copied_all_the_same(course, tmp_path, monkeypatch):
    monkeypatch.setattr(lab, "find_spec", lambda name: None)
    done = rnncourse_lab(tmp_path / "mine")
    assert done.exit_code == 1
    assert 'pip install "rnncourse[course]"' in done.output
    assert (tmp_path / "mine/0-start-here/start_here.ipynb").exists()


def test_port_in_use(course, runtime, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = rnncourse_lab(tmp_path / "mine", "--no-browser", "--port", port)
    assert done.exit_code == 1
    assert f"Port {port} cannot be used" in done.output


def test_programs_of_this_python_come_first_on_path(tmp_path):
    environment = lab.lab_environment(tmp_path, {"PATH": "/usr/bin", "HOME": "/home/ada"})
    assert environment["PATH"].split(os.pathsep) == [str(Path(sys.executable).parent), "/usr/bin"]
    assert environment["HOME"] == "/home/ada"


def test_own_jupyter_settings_path_is_kept(tmp_path):
    environment = lab.lab_environment(tmp_path, {"JUPYTER_CONFIG_PATH": "/own"})
    assert environment["JUPYTER_CONFIG_PATH"].split(os.pathsep) == [str(lab.SETTINGS), "/own"]


@pytest.mark.parametrize("record", ["", "{", "[]", '{"url": ""}', '{"url": "http://127.0.0.1:9/", "root_dir": null}'])
def test_odd_notes_of_servers_are_passed_over(runtime, tmp_path, record):
    (runtime / "jpserver-1.json").write_text(record)
    assert lab.running_lab(tmp_path) is None


def test_server_that_ended_without_a_word_is_passed_over(runtime, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}/"
    (runtime / "jpserver-1.json").write_text(json.dumps({"url": url, "root_dir": str(tmp_path), "token": "t"}))
    assert lab.running_lab(tmp_path) is None


@pytest.fixture
def served(course, runtime, tmp_path):
    """`rnncourse lab` itself in a process of its own, and the token-bearing address that it noted."""
    root = Path(__file__).resolve().parents[2]
    code = (
        "import sys; from pathlib import Path; from rnncourse.launcher import release; from rnncourse.cli import main;"
        f"release.released_course = lambda: Path({str(course)!r}); main(['lab', 'mine', '--no-browser'])"
    )
    private = {"JUPYTER_CONFIG_DIR": str(tmp_path / "config"), "JUPYTER_DATA_DIR": str(tmp_path / "data")}
    environment = {**os.environ, **private, "PYTHONPATH": str(root)}
    keyboard, terminal = os.openpty()  # at a terminal, Jupyter would ask back on Ctrl-C
    with (tmp_path / "log").open("w") as log:
        command = [sys.executable, "-c", code]
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdin=terminal, stdout=log, stderr=log)
    try:
        yield process, wait_for(lambda: lab.running_lab(tmp_path / "mine"), process, tmp_path / "log")
    finally:
        process.kill()
        process.wait()
        os.close(keyboard)
        os.close(terminal)


def wait_for(found, process, log, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        if value := found():
            return value
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def api(url, path):
    base, _, token = url.partition("lab/tree/0-start-here/start_here.ipynb")
    with urlopen(f"{base}{path}{token}", timeout=20) as answer:
        return answer.read().decode()


def test_lab_as_a_learner_finds_it(served, tmp_path):
    process, url = served
    notice = json.loads(api(url, "lab/api/settings/@jupyterlab/apputils-extension:notification"))
    assert notice["schema"]["properties"]["fetchNews"]["default"] == "false"
    page = api(url, "lab")
    disabled = page.partition('"disabledExtensions": [')[2].partition("]")[0]
    assert "@jupyter/nbgrader" in disabled
    assert "nbgrader" not in (tmp_path / "log").read_text()
    names = {entry["name"] for entry in json.loads(api(url, "api/contents"))["content"]}
    assert names == {"0-start-here"}

    again = rnncourse_lab(tmp_path / "mine", "--no-browser")
    assert again.exit_code == 0 and f"already runs in this folder: {url}" in again.output

    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0
    with pytest.raises(OSError):
        api(url, "api")


def test_settings_kept_between_runs_are_the_learners_own(tmp_path):
    """Lab writes a learner's choices (theme, font size) to the user's own folder, which the launcher does not move."""
    changed = set(lab.lab_environment(tmp_path, {})) - {"PATH"}
    assert changed == {"JUPYTER_CONFIG_PATH", "JUPYTER_PREFER_ENV_PATH", "JUPYTERLAB_WORKSPACES_DIR"}


def test_require_free_accepts_a_free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(LauncherError):
            lab.require_free(port)
    lab.require_free(port)
