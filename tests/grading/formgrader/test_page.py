"""What an instructor's browser shows of a student's markdown is inert, in nbgrader's own pages."""

import runpy
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from traitlets.config import Config

nbconvert = pytest.importorskip("nbconvert")
REPO = Path(__file__).parents[3]

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><a xlink:href='javascript:alert(1)'>x</a></svg>",
    "[x](javascript:alert(1)) [y](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](https://evil.example/beacon.png) ![y](data:image/svg+xml;base64,PHN2Zy8+)",
    "<iframe src='https://evil.example'></iframe><object data=x></object><embed src=x>",
    "<form action='https://evil.example'><input name=q><button>go</button></form>",
    "<style>body{display:none}</style><link rel=stylesheet href=x><meta http-equiv=refresh content='0;url=x'>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<details open ontoggle=alert(1)><summary>s</summary></details><a href='vbscript:x'>z</a>",
]


def shown(source):
    return shown_cells(nbformat.v4.new_markdown_cell(source))


def shown_cells(*cells):
    """The notebook's page as nbgrader's exporter makes it with the repo's own configuration."""
    config = Config()
    runpy.run_path(str(REPO / "nbgrader_config.py"), init_globals={"get_config": lambda: config})
    notebook = nbformat.v4.new_notebook(cells=list(cells))
    html, _ = nbconvert.HTMLExporter(config=config, template_name="basic").from_notebook_node(notebook)
    return BeautifulSoup(html, "html.parser")


@pytest.mark.parametrize("source", HOSTILE)
def test_nothing_active_is_left(source):
    page = shown(source)
    assert not page.find(["script", "iframe", "object", "embed", "form", "input", "button", "style", "link", "meta", "svg", "math"])
    for tag in page.find_all(True):
        assert not [name for name in tag.attrs if name.startswith("on")], tag
        assert tag.get("style") in (None, "overflow-wrap:anywhere", "display:list-item"), tag
        for name in ("href", "src"):
            assert not str(tag.get(name, "")).lower().startswith(("javascript:", "vbscript:", "data:text", "data:image/svg")), tag
    assert not [one for one in page.find_all("img") if str(one.get("src", "")).startswith("http")]


def test_an_honest_answer_stays_readable():
    page = shown("## My *answer*\n\n- one\n- two\n\n`code` and $x_t$ and [link](https://example.org)\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    assert page.find("h2") and len(page.find_all("li")) == 2 and page.find("td").text == "1"
    assert page.find("math").get_text() == "xt" and page.find("a", href="https://example.org")


def test_code_is_readable_and_coloured():
    source = 'def f(x):\n    return x + 15  # <span class="n">'
    page = shown_cells(nbformat.v4.new_code_cell(source))
    assert page.find("div", class_="highlight").get_text().strip() == source
    assert [tag.get_text() for tag in page.select("span.k, span.nf, span.mi")] == ["def", "f", "return", "15"]


def test_only_a_check_cell_shows_a_card():
    from rnncourse.checking.card import as_html
    from rnncourse.checking.report import Report

    card = as_html(Report("1.1", "f", "passed", 1.0, 1.0))
    output = nbformat.v4.new_output("display_data", {"text/html": card, "text/plain": "as text"})
    own = nbformat.v4.new_code_cell("show()", outputs=[output])
    check = nbformat.v4.new_code_cell("check(f)", outputs=[output])
    check.metadata.nbgrader = {"grade_id": "check_f", "grade": True, "solution": False, "points": 1}
    assert [len(shown_cells(cell).select("[role=status]")) for cell in (own, check)] == [0, 1]
    assert "as text" in shown_cells(own).get_text()


def test_a_picture_that_was_taken_out_is_said():
    page = shown('<img src=x onerror=alert(1) alt="><script>alert(1)</script>"> ![b](attachment:none.png)')
    assert page.get_text().count("picture left out") == 2 and not page.find(["img", "script"])
