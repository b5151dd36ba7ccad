"""axe-core finds nothing to complain of, in either colour scheme, wide and narrow; and nothing is cut off."""

import os
from pathlib import Path

import pytest

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.mark.parametrize(("scheme", "width"), [("light", 1000), ("dark", 400)])
def test_axe_finds_no_violation(window, axe, anna, ben, scheme, width):
    for student in (anna, ben):
        browser = window(viewport={"width": width, "height": 900}, color_scheme=scheme)
        shown = browser.show(student.page())
        shown.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        shown.evaluate(axe)
        found = shown.evaluate("rules => axe.run(document, rules)", RULES)
        told = [(one["id"], one["help"], [node["html"][:200] for node in one["nodes"]]) for one in found["violations"]]
        assert not told and len(found["passes"]) > 20
        assert shown.evaluate("document.documentElement.scrollWidth") <= width
        picture(shown, f"{student.student}-{scheme}-{width}")


def test_long_code_scrolls_inside_its_own_box_and_can_be_reached_by_key(window, anna):
    shown = window(viewport={"width": 400, "height": 900}).show(anna.page())
    box = shown.locator("[aria-label='Your code for 2.2']")
    assert box.evaluate("one => one.scrollWidth > one.clientWidth && one.tabIndex === 0")
    shown.keyboard.press("Tab")
    assert shown.evaluate("document.activeElement.textContent") == "Skip to the exercises"
    assert shown.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_on_paper_nothing_is_folded_away(window, anna):
    shown = window(viewport={"width": 800, "height": 900}, color_scheme="dark").show(anna.page())
    shown.emulate_media(media="print", color_scheme="dark")
    assert shown.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    closed = shown.locator("article details:not([open])")
    assert closed.count() > 3
    if shown.evaluate("CSS.supports('selector(details::details-content)')"):
        heights = closed.evaluate_all("all => all.map(one => one.lastElementChild.getBoundingClientRect().height)")
        assert min(heights) > 10
    picture(shown, "anna-print")


def picture(shown, name):
    """Kept in the folder RNNCOURSE_SCREENSHOTS, if that is set."""
    if folder := os.environ.get("RNNCOURSE_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        shown.screenshot(path=Path(folder) / f"feedback-{name}.png", full_page=True)
