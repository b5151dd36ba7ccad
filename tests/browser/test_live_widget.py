"""The live widget in JupyterLab itself: one types into a cell's output and sees the states of the typed text."""

import re
from contextlib import suppress

import nbformat
import pytest

pytest.importorskip("playwright", reason="the browser journeys need playwright")
pytest.importorskip("anywidget", reason="without anywidget the live view is the explorer")
from playwright.sync_api import TimeoutError, expect

CODE = """
import numpy as np
from rnncourse import models, states
from rnncourse.plots.explorer import TextStates
model = models.CharacterModel(3, hidden=4, kind="lstm", rng=np.random.default_rng(0))
TextStates("abca", states.record_text(model, "abca", "abc").cell).live(model, "abc")
"""
SECONDS = 90_000


@pytest.fixture
def notebook(page, home):
    """A notebook with a live view in it, open in JupyterLab."""
    cell = nbformat.v4.new_code_cell(CODE.strip())
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=kernel), home / "my-course" / "live.ipynb")
    page.locator(".jp-BreadCrumbs-home").click()
    page.locator(".jp-DirListing-itemText", has_text="live.ipynb").dblclick(timeout=SECONDS)
    panel = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)", has_text="TextStates")
    panel.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=SECONDS)
    return panel


def run(page, notebook):
    """Run the first cell; Lab can take the keys before the notebook has its kernel, so they are pressed until it starts."""
    started = notebook.locator(".jp-CodeCell .jp-InputPrompt", has_text=re.compile(r"\[[\d*]+\]")).first
    for _ in range(4):
        notebook.locator(".cm-content").first.click()
        page.keyboard.press("Control+Enter")
        with suppress(TimeoutError):
            started.wait_for(timeout=15_000)
            return


def test_one_types_and_sees_the_states(page, notebook, screenshot):
    run(page, notebook)
    view = notebook.locator(".rnn-states")
    expect(view.locator(".paper span")).to_have_count(4, timeout=SECONDS)
    view.get_by_label("type here").fill("cabbc")
    expect(view.locator(".paper span")).to_have_text(list("cabbc"), timeout=SECONDS)
    view.get_by_label("unit", exact=True).press("End")
    expect(view.locator("output")).to_contain_text("unit 3 is ")
    view.get_by_label("type here").fill("cax")
    expect(view.get_by_role("alert")).to_contain_text("'x' (character 3 of 3) is not in the alphabet", timeout=SECONDS)
    screenshot("live-widget")
