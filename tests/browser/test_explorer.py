"""The explorer and the live widget in headless Chromium: drawn, moved by key and mouse, typed into, and accessible."""

import importlib.util
import os
from functools import partial
from pathlib import Path

import nbformat
import numpy as np
import pytest

pytest.importorskip("playwright", reason="the browser journeys need playwright")
from playwright.sync_api import expect

from rnncourse import models, states
from rnncourse.plots.explorer import TextStates

ROOT = Path(__file__).resolve().parents[2]
TEXT = 'ab "ba" ab\nba "ab" bb'
ALPHABET = ' "ab\n'
AXE_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"page-has-heading-one": {"enabled": False}},  # the notebook around it has one
}
# What anywidget gives a widget's front end: a model with traits, and an element to draw in; Python answers by `python`.
FRONT_END = """async ([esm, css, text, data]) => {
  document.head.appendChild(Object.assign(document.createElement('style'), {textContent: css}));
  const el = document.body.appendChild(document.createElement('main'));
  const traits = {text, data, wrong: ''}, listeners = {};
  const model = {
    get: (name) => traits[name],
    set: (name, value) => { traits[name] = value; },
    on: (event, act) => { listeners[event] = act; },
    save_changes: async () => {
      for (const [name, value] of Object.entries(await window.python(traits.text))) {
        traits[name] = value;
        listeners[`change:${name}`]?.();
      }
    },
  };
  const url = URL.createObjectURL(new Blob([esm], {type: 'text/javascript'}));
  (await import(url)).default.render({model, el});
}"""


@pytest.fixture(scope="module")
def model():
    return models.CharacterModel(len(ALPHABET), hidden=6, kind="lstm", rng=np.random.default_rng(0))


@pytest.fixture(scope="module")
def view(model):
    inside = np.array([TEXT[: t + 1].count('"') % 2 for t in range(len(TEXT))])
    return TextStates(TEXT, states.record_text(model, TEXT, ALPHABET).cell, {"inside quotes": inside})


@pytest.fixture
def window(chromium):
    """Opens a page with some HTML in it: window(html, **context options); page errors fail the test."""
    contexts, errors = [], []

    def open_(html, **options):
        contexts.append(chromium.new_context(**options))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.set_content(html)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def explorer(window, view):
    """The explorer as a notebook's page shows it: in its frame."""
    return window(f"<html lang=en><title>page</title><body>{view.html()._repr_html_()}").frame_locator("iframe")


def axe_violations(page):
    package = importlib.util.find_spec("axe_playwright_python")
    inside = Path(package.origin).parent if package else ROOT
    places = (os.environ.get("RNNCOURSE_AXE", ""), ROOT / "node_modules/axe-core/axe.min.js", inside / "axe.min.js")
    found = next((Path(place) for place in places if place and Path(place).is_file()), None)
    if found is None and os.environ.get("CI"):
        pytest.fail("axe-core is not installed: pip install axe-playwright-python, or set RNNCOURSE_AXE to axe.min.js")
    if found is None:
        pytest.skip("axe-core is not installed (pip install axe-playwright-python, or set RNNCOURSE_AXE to axe.min.js)")
    page.evaluate(found.read_text(encoding="utf-8"))
    result = page.evaluate("rules => axe.run(document, rules)", AXE_RULES)
    assert len(result["passes"]) > 10
    return [(one["id"], one["help"], [node["html"][:200] for node in one["nodes"]]) for one in result["violations"]]


def told(view, unit, at):
    value = f"{view.states[at, unit]:+.2f}".replace("-", "−")
    character = {" ": "space", "\n": "line break"}.get(TEXT[at], TEXT[at])
    return f"unit {unit} is {value} after character {at + 1} ({character})"


def test_it_shows_the_text_and_the_first_unit(explorer, view):
    letters = explorer.locator(".paper span")
    expect(letters).to_have_count(len(TEXT))
    assert letters.all_text_contents() == [c.replace("\n", "⏎\n") for c in TEXT]
    # int8 keeps a value to a 254th of the unit's range, so the second decimal may differ by one
    assert explorer.locator("output").text_content().startswith(f"unit {view.unit} is ")
    high = int(np.abs(view.states[:, view.unit]).argmax())
    expected = "rgb(241, 163, 64)" if view.states[high, view.unit] > 0 else "rgb(153, 142, 195)"
    assert letters.nth(high).evaluate("one => one.style.background") == expected


def test_arrow_keys_and_buttons_choose_units_and_characters(explorer, view):
    unit, place = explorer.get_by_label("unit", exact=True), explorer.get_by_label("character")
    unit.focus()
    unit.press("Home")
    expect(explorer.locator("output")).to_have_text(told(view, 0, 0))
    unit.press("ArrowRight")
    expect(explorer.locator("output")).to_have_text(told(view, 1, 0))
    assert unit.get_attribute("aria-valuetext") == "unit 1"
    place.focus()
    for _ in range(2):
        place.press("ArrowRight")
    expect(explorer.locator("output")).to_have_text(told(view, 1, 2))
    assert place.get_attribute("aria-valuetext") == "character 3, space"
    second = explorer.locator("button").nth(1)
    second.click()
    chosen = view.top["inside quotes"][1][0]
    expect(second).to_have_attribute("aria-pressed", "true")
    expect(explorer.locator("output")).to_have_text(told(view, chosen, 2))
    explorer.locator(".paper span").nth(10).click()
    expect(explorer.locator("output")).to_have_text(told(view, chosen, 10))


@pytest.mark.parametrize(("scheme", "width"), [("light", 900), ("dark", 320)])
def test_the_page_in_the_frame_has_no_barrier_and_nothing_is_cut_off(window, view, scheme, width):
    page = window(view.html().page(), viewport={"width": width, "height": 700}, color_scheme=scheme)
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    dark = page.locator("main").evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(28, 28, 28)"
    assert dark == (scheme == "dark")
    letter = page.locator(".paper span").first
    assert letter.evaluate("one => getComputedStyle(one).color") == "rgb(0, 0, 0)"
    assert letter.evaluate("one => getComputedStyle(one.parentNode).getPropertyValue('print-color-adjust')") == "exact"


@pytest.fixture
def widget(window, view, model):
    """The live widget's own front end, drawn in a page; what is typed is answered by its own Python side."""
    pytest.importorskip("anywidget")
    made = view.live(model, ALPHABET, widget=True)

    def python(text):
        made.text = text
        return {"data": made.data, "wrong": made.wrong}

    def open_(**options):
        page = window("<html lang=en><title>page</title><body>", **options)
        page.expose_function("python", python)
        page.evaluate(FRONT_END, [str(made._esm), str(made._css), made.text, made.data])
        return page

    return open_


def test_typed_text_is_read_and_coloured(widget):
    page = widget()
    box = page.get_by_label("type here")
    expect(box).to_have_value(TEXT)
    box.fill("")
    box.press_sequentially('"ab')
    expect(page.locator(".paper span")).to_have_text(['"', "a", "b"])
    slider = page.get_by_label("unit", exact=True)
    slider.press("End")
    expect(page.locator("output")).to_contain_text("unit 5 is ")


def test_what_cannot_be_read_is_told_and_the_last_text_stays(widget):
    page = widget()
    page.get_by_label("type here").fill("abX")
    expect(page.get_by_role("alert")).to_contain_text("'X' (character 3 of 3) is not in the alphabet")
    expect(page.locator(".paper span")).to_have_count(len(TEXT))
    page.get_by_label("type here").fill("ab")
    expect(page.get_by_role("alert")).to_be_empty()
    expect(page.locator(".paper span")).to_have_count(2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_widget_has_no_barrier(widget, scheme):
    assert axe_violations(widget(viewport={"width": 500, "height": 700}, color_scheme=scheme)) == []


@pytest.fixture(scope="module")
def exported():
    """The committed notebook as nbconvert exports it."""
    nbconvert = pytest.importorskip("nbconvert")
    notebook = nbformat.read(ROOT / "solutions/4-hidden-states/hidden_states.ipynb", as_version=4)
    return partial(lambda name: nbconvert.HTMLExporter(template_name=name).from_notebook_node(notebook)[0])


@pytest.mark.parametrize("template", ["lab", "classic"])
def test_after_export_every_picture_has_its_alt_text_and_the_explorer_works(window, exported, template):
    page = window("")
    page.route("**/*", lambda route: route.abort())  # no network: the page has to hold all it needs
    page.set_content(exported(template), wait_until="domcontentloaded")
    pictures = page.locator(".jp-OutputArea img, .output img")
    assert pictures.count() >= 8
    assert all(len(alt or "") > 40 for alt in pictures.evaluate_all("all => all.map(one => one.getAttribute('alt'))"))
    frames = page.locator("iframe")
    expect(frames).to_have_count(2)  # the explorer, and what the live cell shows where nobody types
    assert all("A text of 200 characters" in frames.nth(k).get_attribute("title") for k in range(2))
    inside = frames.first.content_frame
    expect(inside.locator(".paper span")).to_have_count(200)
    inside.get_by_label("unit", exact=True).press("Home")
    expect(inside.locator("output")).to_contain_text("unit 0 is ")
