"""The explorer and the live widget in a browser: sliders, keys, typed text, dark theme, narrow page, exported page."""

import json
import os
import re
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("playwright", reason="the browser journeys need playwright")
from playwright.sync_api import TimeoutError, expect

from rnncourse.plots import StateView
from rnncourse.states import depth, inside
from tests.browser.conftest import answer_dialogs

TEXT = 'la me "le mi\n(el im) ko" ro ki me la '
VALUES = np.stack([depth(TEXT), 2 * inside(TEXT) - 1, np.sin(np.arange(len(TEXT)))], axis=1)
SECONDS = 90
NOTEBOOK = '''
import numpy as np
from rnncourse.models import CharacterModel
from rnncourse.plots import StateView
from rnncourse.states import depth, encode, inside, record
alphabet = "\\n \\"()aeiklmoru"
model = CharacterModel(len(alphabet), hidden=8, kind="lstm", rng=np.random.default_rng(0))
text = 'la "le mi" (al)'
cells = record(model, encode(text, alphabet)).cell[0]
StateView(text, cells, {"quotes": inside, "brackets": depth}).live(model, alphabet)
'''


def view():
    return StateView(TEXT, VALUES, {"quotes": inside, "brackets": depth})


def screenshot(page, name):
    folder = os.environ.get("RNNCOURSE_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.fixture(params=["light", "dark"])
def page(chromium, request):
    """The explorer's own document, as its frame holds it."""
    context = chromium.new_context(viewport={"width": 800, "height": 460}, color_scheme=request.param)
    page = context.new_page()
    page.scheme, page.faults = request.param, []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda said: page.faults.append(said.text) if said.type == "error" else None)
    page.set_content(view().html().page())
    yield page
    assert page.faults == []
    context.close()


def colour(cell):
    return [int(n) for n in re.findall(r"\d+", cell.evaluate("cell => getComputedStyle(cell).backgroundColor"))]


def test_sliders_keys_and_rules(page):
    expect(page.get_by_role("heading")).to_have_text("cell state of unit 1")  # the one that follows the quotes
    said, cells = page.get_by_role("status"), page.locator(".text b")
    expect(said).to_have_text("character 1 of 37, “l”: −1.00 (mean −0.08)")
    assert cells.count() == len(TEXT)
    outside, inside_ = colour(cells.nth(0)), colour(cells.nth(8))
    assert outside[0] > outside[2] and inside_[2] > inside_[0]  # orange below 0, purple above
    page.get_by_role("slider", name="character").focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    expect(said).to_have_text("character 7 of 37, “\"”: +1.00 (mean −0.08)")
    page.get_by_role("slider", name="unit").focus()
    page.keyboard.press("Home")
    expect(page.get_by_role("heading")).to_have_text("cell state of unit 0")
    page.get_by_role("combobox").select_option("quotes")
    page.get_by_role("button", name="unit 1 +1.00").click()
    expect(page.get_by_role("heading")).to_have_text("cell state of unit 1")
    expect(page.get_by_role("button", name="unit 1 +1.00")).to_be_focused()
    page.get_by_role("combobox").select_option("brackets")
    expect(page.get_by_role("button").first).to_have_text("unit 0 +1.00")
    cells.nth(12).click()
    expect(said).to_contain_text("character 13 of 37, “line break”")
    screenshot(page, f"explorer-{page.scheme}")


def test_it_follows_the_colour_scheme_and_letters_stay_readable(page):
    paper = colour(page.locator("main"))
    assert (max(paper) < 60) if page.scheme == "dark" else (min(paper) > 240)
    for cell in page.locator(".text b").all():
        ink, ground = (
            [int(n) / 255 for n in re.findall(r"\d+", cell.evaluate(f"cell => getComputedStyle(cell).{which}"))][:3] for which in ("color", "backgroundColor")
        )
        assert contrast(ink, ground) >= 4.5


def contrast(one, two):
    lights = sorted(sum(w * (v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4) for v, w in zip(c, (0.2126, 0.7152, 0.0722), strict=True)) for c in (one, two))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def test_it_fits_a_narrow_page_and_prints_its_colours(page):
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.locator("main").evaluate("main => getComputedStyle(main).printColorAdjust") == "exact"
    screenshot(page, f"explorer-narrow-{page.scheme}")


def violations(page, axe, within="document"):
    page.evaluate(axe)
    found = page.evaluate(f"axe.run({within}).then(result => result.violations.map(one => one.id + ': ' + one.nodes.map(n => n.html).join(' ')))")
    return [one for one in found if not one.startswith("page-has-heading-one")]


def test_axe_finds_nothing_in_the_explorer(page, axe):
    assert violations(page, axe) == []


def test_figure_explorer_and_card_survive_export(chromium, tmp_path):
    """nbconvert's page, with no kernel behind it: the figure has its alt text, the frame runs, the live widget's still is seen."""
    pytest.importorskip("nbconvert")
    import nbformat
    from nbconvert import HTMLExporter

    frame, picture = view().html()._repr_html_(), view()._repr_mimebundle_()[0]
    live = f"<div data-rnn-still>{frame}</div>"
    bundles = [picture, {"text/html": live, "text/plain": "still"}, {"application/vnd.jupyter.widget-view+json": {"model_id": "0" * 32, "version_major": 2, "version_minor": 1}, "text/plain": "(In JupyterLab you can type a text here.)"}]
    outputs = [nbformat.v4.new_output("display_data", data=data) for data in bundles]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("view", outputs=outputs)])
    for template in ("lab", "classic", "basic"):
        html, _ = HTMLExporter(template_name=template).from_notebook_node(notebook)
        context = chromium.new_context(offline=True, viewport={"width": 900, "height": 1000})
        page = context.new_page()
        path = tmp_path / f"{template}.html"
        path.write_text(html, encoding="utf-8")
        page.goto(path.as_uri(), wait_until="domcontentloaded")
        expect(page.get_by_role("img", name=re.compile("^Cell state of unit 1 over 37 characters"))).to_be_visible()
        inner = page.frame_locator("iframe")
        inner.get_by_role("slider", name="unit").focus()
        page.keyboard.press("End")
        expect(inner.get_by_role("heading")).to_have_text("cell state of unit 2")
        screenshot(page, f"exported-{template}")
        context.close()


def run_cell(page):
    """Run the one cell; again if Lab took the keys before the notebook had its kernel."""
    for _ in range(4):
        page.locator(".jp-Cell .cm-content").click()
        page.keyboard.press("Control+Enter")
        with suppress(TimeoutError):
            page.locator(".jp-InputPrompt", has_text=re.compile(r"\[[\d*]+\]")).wait_for(timeout=15_000)
            return


def test_type_into_the_live_widget(chromium, lab, home):
    pytest.importorskip("anywidget", reason="the live widget needs anywidget")
    cell = {"cell_type": "code", "id": "live", "metadata": {}, "source": NOTEBOOK.strip(), "outputs": [], "execution_count": None}
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    (home / "my-course/live.ipynb").write_text(json.dumps({"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}))
    context = chromium.new_context(viewport={"width": 1200, "height": 900})
    page = context.new_page()
    page.set_default_timeout(SECONDS * 1000)
    answer_dialogs(page)
    # a workspace of its own: Lab opens again what an earlier journey left open, and may bring that to the front
    page.goto(re.sub(r"/lab/tree/[^?]+", "/lab/workspaces/live/tree/live.ipynb", lab))
    page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
    run_cell(page)
    panel = page.locator(".rnnx").last  # below the box; the still is in a frame of its own
    panel.get_by_role("slider", name="unit").wait_for()
    expect(page.locator("[data-rnn-still]")).to_be_hidden()  # the widget stands in its place
    box, said = page.get_by_label("Type what the network reads:"), panel.get_by_role("status")
    expect(said).to_contain_text("character 1 of 15")
    box.fill('la "le mi" (al) la me')
    expect(said).to_contain_text("character 1 of 21")
    panel.get_by_role("slider", name="unit").focus()
    page.keyboard.press("Home")
    expect(panel.get_by_role("heading")).to_have_text("cell state of unit 0")
    box.fill("la x")
    expect(page.get_by_role("alert")).to_contain_text("has never seen 'x'")
    box.fill("la me ki")
    expect(page.locator(".wrong")).to_be_hidden()
    expect(panel.get_by_role("heading")).to_have_text("cell state of unit 0")
    screenshot(page, "live")
    page.evaluate("document.body.dataset.jpThemeLight = 'false'")  # what Lab's dark theme sets
    page.locator(".jp-Cell .cm-content").click()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".rnnx.dark")).to_have_count(2)
    assert max(colour(page.locator(".rnnx.dark").last)) < 60
    screenshot(page, "live-dark")
    context.close()
