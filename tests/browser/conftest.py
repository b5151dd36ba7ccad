"""A learner at a browser: `rnncourse lab` in a process of its own, and headless Chromium looking at it."""

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

SECONDS = 60  # for one step of a journey, on a busy machine


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """A learner's home folder, so that no settings of the person who tests play a part."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def lab(home):
    """The address, with its token, that `rnncourse lab my-course --no-browser` prints."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "rnncourse", "lab", "my-course", "--no-browser", "--port", str(port)],
        cwd=home, env=learners_environment(home), stdin=subprocess.DEVNULL,
        stdout=(home / "log").open("w"), stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield printed_address(home / "log", process)
    finally:
        process.terminate()
        process.wait(timeout=30)


def learners_environment(home):
    """This process's environment without anything that marks a class or CI, and with a home of its own."""
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "NBGRADER_EXECUTION")}
    kept = {name: value for name, value in kept.items() if not name.startswith(("JUPYTER", "PYTEST"))}
    return {**kept, "HOME": str(home), "XDG_DATA_HOME": str(home / "data"), "RNNCOURSE_HOME": str(home / "progress")}


def printed_address(log, process):
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(r"http://127\.0\.0\.1:\d+/lab/tree/\S+token=\w+", log.read_text())
        if found and answers(found.group()):
            return found.group()
        time.sleep(0.2)
    raise AssertionError(f"rnncourse lab did not come up:\n{log.read_text()}")


def answers(address):
    try:
        return urlopen(address, timeout=10).status == 200
    except OSError:
        return False


@pytest.fixture
def page(chromium, lab):
    """A browser window as a learner has it right after `rnncourse lab`."""
    context = chromium.new_context(viewport={"width": 1400, "height": 1000}, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(SECONDS * 1000)
    page.goto(lab)
    page.locator(".jp-NotebookPanel").first.wait_for()
    # Lab takes the file browser to the first notebook's folder when it has restored itself: wait for that.
    page.locator(".jp-DirListing-item", has_text="start_here.ipynb").wait_for()
    page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
    yield page
    context.close()


def answer_dialogs(page):
    """Take what Lab proposes: on a busy machine it asks for a kernel if a cell is run before its own is there."""
    page.add_locator_handler(page.locator("dialog.jp-Dialog"), lambda dialog: dialog.locator(".jp-mod-accept").click())


@pytest.fixture
def screenshot(page):
    """Call it with a name to keep a picture in the folder RNNCOURSE_SCREENSHOTS, if that is set."""
    folder = os.environ.get("RNNCOURSE_SCREENSHOTS")

    def take(name):
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=Path(folder) / f"{name}.png")

    return take
