"""A newcomer's first half hour: the course opens, a whole notebook runs, a wrong cell becomes a right one."""

import json
import re
from contextlib import suppress
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="the browser journeys need playwright")
from playwright.sync_api import TimeoutError, expect

from tests.browser.conftest import answer_dialogs

ROOT = Path(__file__).resolve().parents[2]
SOLVED = ROOT / "solutions/1-sequence-data/sequence_data.ipynb"
PASSED = re.compile("passed", re.IGNORECASE)
SECONDS = 120


def open_step_1(page):
    """Through the file browser: up to the course folder, into the step, onto the notebook."""
    page.locator(".jp-BreadCrumbs-home").click()
    for name in ("1-sequence-data", "sequence_data.ipynb"):
        page.locator(".jp-DirListing-itemText", has_text=name).dblclick()
    expect(page.locator("#jp-main-dock-panel .lm-TabBar-tab.jp-mod-current")).to_contain_text("sequence_data.ipynb")
    panel = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
    expect(panel.locator("h1").first).to_be_visible()
    panel.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
    return panel


def run_all(page, panel):
    """Run → Run All Cells, and wait until no cell is left running or waiting."""
    answer_dialogs(page)
    started = panel.locator(".jp-CodeCell .jp-InputPrompt", has_text=re.compile(r"\[[\d*]+\]")).first
    for _ in range(4):  # on a busy machine Lab can take the click before the notebook has its kernel: click again
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        with suppress(TimeoutError):
            started.wait_for(timeout=20_000)
            break
    wait_until_idle(panel)


def wait_until_idle(panel):
    prompts = panel.locator(".jp-CodeCell .jp-InputPrompt")
    for prompt in (prompts.first, prompts.last):  # both: cells out of sight get their star late
        expect(prompt).to_have_text(re.compile(r"\[\d+\]"), timeout=SECONDS * 1000)
    expect(prompts.filter(has_text="[*]")).to_have_count(0, timeout=SECONDS * 1000)
    errors = panel.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']")
    assert errors.all_inner_texts() == []


def graded_names():
    """The names of the functions that step 1 asks for, in order."""
    cells = json.loads(SOLVED.read_text())["cells"]
    graded = (cell["metadata"].get("nbgrader", {}) for cell in cells if cell["cell_type"] == "code")
    return [meta["grade_id"] for meta in graded if meta.get("solution")]


def solution(name):
    cells = json.loads(SOLVED.read_text())["cells"]
    (source,) = [cell["source"] for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade_id") == name]
    return "\n".join(line for line in "".join(source).splitlines() if "### " not in line)


def code_cell(panel, text):
    return panel.locator(".jp-CodeCell", has=panel.page.locator(".jp-InputArea-editor", has_text=text)).first


def rewrite(page, cell, source):
    """Replace what stands in a cell, as by select-all and paste, and run it."""
    cell.scroll_into_view_if_needed()
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(source)
    page.keyboard.press("Shift+Enter")


def test_the_course_opens_on_its_first_notebook_without_news(page, screenshot):
    panel = page.locator(".jp-NotebookPanel")
    expect(panel).to_have_count(1)
    assert page.url.partition("?")[0].endswith("/lab/tree/0-start-here/start_here.ipynb")
    expect(panel.locator("h1").first).to_be_visible()
    page.wait_for_timeout(3000)  # Lab asks about news a moment after it has loaded
    expect(page.locator(".Toastify__toast")).to_have_count(0)
    for tool in ("Formgrader", "Assignment List", "Validate"):
        expect(page.get_by_text(tool)).to_have_count(0)
    screenshot("start")


def test_run_all_then_mend_one_cell(page, screenshot):
    panel = open_step_1(page)
    run_all(page, panel)
    cards = panel.locator(".jp-OutputArea-output [role=status]")
    names = graded_names()
    assert cards.count() >= len(names) > 0
    screenshot("step-1-cards")

    name = names[0]
    card = code_cell(panel, f"check({name})").locator("[role=status]")
    expect(card).not_to_contain_text(PASSED)
    rewrite(page, code_cell(panel, f"def {name}("), solution(name))
    check = code_cell(panel, f"check({name})")
    check.scroll_into_view_if_needed()
    check.locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    expect(card).to_contain_text(PASSED, timeout=SECONDS * 1000)
    screenshot("step-1-passed")


def test_cards_in_the_dark_theme(page, screenshot):
    """Every card's text stands out from what is behind it by the 4.5 to 1 that WCAG asks for."""
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    page.locator(".lm-Menu-item[data-type=submenu]", has_text=re.compile("^Theme")).click()
    page.get_by_role("menuitem", name="JupyterLab Dark", exact=True).click()
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    panel = open_step_1(page)
    run_all(page, panel)
    cards = panel.locator(".jp-OutputArea-output [role=status]").all()
    cards[1].scroll_into_view_if_needed()
    screenshot("step-1-dark")
    assert min(card.evaluate(LOWEST_CONTRAST) for card in cards) >= 4.5


# For every element with text of its own: WCAG contrast between its colour and the nearest background behind it.
LOWEST_CONTRAST = """card => {
    const parts = colour => colour.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b]
        .map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
    const behind = element => {
        for (let at = element; at; at = at.parentElement) {
            const colour = parts(getComputedStyle(at).backgroundColor);
            if (colour.length < 4 || colour[3] > 0.5) return colour;
        }
        return [255, 255, 255];
    };
    const texts = [card, ...card.querySelectorAll("*")]
        .filter(e => e.checkVisibility() && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()));
    return Math.min(...texts.map(e => {
        const [low, high] = [light(parts(getComputedStyle(e).color)), light(behind(e))].sort((a, b) => a - b);
        return (high + 0.05) / (low + 0.05);
    }));
}"""
