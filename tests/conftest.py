"""For all tests: the slow rooms first, so that two workers end at about the same time; one browser for all rooms, and axe-core for what it shows."""

import importlib.util
import os
import shutil
from pathlib import Path

import pytest

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
    "--disable-component-update", "--disable-sync", "--disable-quic",
]  # fmt: skip
SLOW = ("notebooks", "nbgrader", "browser", "exercises", "authoring")


def pytest_collection_modifyitems(items):
    """Files of slow rooms come first, in the order of SLOW; within a file nothing changes."""
    items.sort(key=lambda item: next((place for place, room in enumerate(SLOW) if f"tests/{room}/" in item.nodeid), len(SLOW)))


@pytest.fixture(scope="session")
def chromium():
    """The system's Chromium, one a process: playwright cannot be begun twice. Its absence fails in CI and skips elsewhere."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None and os.environ.get("CI"):
        pytest.fail("Chromium is not installed: apt-get install chromium")
    if path is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def _axe_file():
    """axe.min.js: the file RNNCOURSE_AXE, or what the Python package carries."""
    package = importlib.util.find_spec("axe_playwright_python")
    carried = package and package.origin and Path(package.origin).with_name("axe.min.js")
    return next((Path(place) for place in (os.environ.get("RNNCOURSE_AXE"), carried) if place and Path(place).is_file()), None)


@pytest.fixture(scope="session")
def axe():
    """The source of axe-core; its absence fails in CI and skips elsewhere."""
    found = _axe_file()
    if found is None and os.environ.get("CI"):
        pytest.fail("axe-core is not installed: pip install axe-playwright-python, or set RNNCOURSE_AXE to axe.min.js")
    if found is None:
        pytest.skip("axe-core is not installed (pip install axe-playwright-python, or set RNNCOURSE_AXE to axe.min.js)")
    return found.read_text(encoding="utf-8")
