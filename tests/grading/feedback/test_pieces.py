"""The pieces of a page, one at a time: characters, code, formulas, pictures, Markdown, outputs, cells, names."""

import base64
import io
import struct
import time
import zlib

import pytest

from rnncourse.grading.feedback.bounded import bounded
from rnncourse.grading.characters import spelt, visible
from rnncourse.grading.feedback.code import highlighted
from rnncourse.grading.feedback.formula import formula
from rnncourse.grading.feedback.markdown import answer, hint
from rnncourse.grading.feedback.notebook import opening_title, read_cells, title
from rnncourse.grading.feedback.outputs import safe_outputs
from rnncourse.grading.feedback.picture import MOST, data_uri

Image = pytest.importorskip("PIL.Image")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\n\ttext", "plain\n\ttext"),
        ("a\x00b", "a⟨U+0000⟩b"),
        ("\ud800", "⟨U+D800⟩"),
        ("a\r\nb\rc", "a\nb⟨U+000D⟩c"),
        ("é ß 漢字 עברית العربية 🙂", "é ß 漢字 עברית العربية 🙂"),
        ("👩\u200d🔬 می\u200cخواهم", "👩\u200d🔬 می\u200cخواهم"),
        ("pass\u200dword", "pass⟨U+200D⟩word"),
        ("\U000e0041", "⟨U+E0041⟩"),
        ("e\u0301 n\u0303", "e\u0301 n\u0303"),
        ("x" + "\u0301" * 9, "x" + "\u0301" * 4 + "…"),
        (7, "7"),
    ],
)
def test_hidden_characters_are_spelt_and_scripts_are_left_alone(text, shown):
    assert spelt(text) == shown
    assert spelt(text).encode("utf-8")


def test_long_text_is_cut():
    assert spelt("x" * 100, 10) == "x" * 10 + " …"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("10 %\r50 %\r100 %\ndone\r\n", "100 %\ndone\n"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("a\x1b]0;title\x07b", "a⟨U+001B⟩]0;title⟨U+0007⟩b"),
    ],
)
def test_printed_text_is_as_a_terminal_leaves_it(text, shown):
    assert visible(text, 100) == shown


def test_a_parser_that_takes_long_or_breaks_is_left_behind():
    started = time.monotonic()

    def never():
        while True:
            pass

    assert bounded(never, "otherwise", 0.1) == "otherwise" and time.monotonic() - started < 5
    assert bounded(lambda: [].pop(), "otherwise") == "otherwise"
    assert bounded(lambda: "work", "otherwise") == "work"


def test_code_is_highlighted_in_few_classes():
    shown = highlighted('@cache\ndef f(x):\n    """Doc."""\n    return x < 1.5 and "</pre>"  # why & how\n')
    assert (
        '<span class="f">@cache</span>' in shown
        and '<span class="k">return</span>' in shown
        and '<span class="n">1.5</span>' in shown
    )
    assert (
        '<span class="c"># why &amp; how</span>' in shown and "&#34;&lt;/pre&gt;&#34;" in shown and "x &lt; " in shown
    )


@pytest.mark.parametrize(
    "tex",
    [
        r"\frac{\partial L}{\partial h_t}",
        r"W_{hh}^\top h_{t-1} + b",
        r"\sigma(z) = \frac{1}{1 + e^{-z}}",
        r"\mathbf{h}_t \in \mathbb{R}^{H}",
        r"\begin{cases} 1 & x > 0 \\ 0 & \text{else} \end{cases}",
        r"\lVert g \rVert_2 \le 1",
        r"\hat{y} \odot \tilde{c}_t",
        "x < y & z",
    ],
)
def test_formulas_become_mathml(tex):
    shown = formula(tex)
    assert shown.startswith('<math display="inline">') and "\\" not in shown


@pytest.mark.parametrize(
    "tex", ["{", r"\frac", "x" * 3000, r"\newcommand{\a}{b}\a", r"\begin{matrix}", "{" * 900 + "}" * 900, r"\left("]
)
def test_what_is_no_formula_is_shown_as_it_was_written(tex):
    assert formula(tex).startswith('<code class="tex">')


def test_formulas_lose_links_styles_and_wide_gaps():
    styled = r"\href{javascript:x}{a}\style{color:red}{b}\class{skip}{c}\color{red;x}d"
    shown = formula(styled + r"\rule{99em}{99em}\kern{-99em}e\hspace{1em}f")
    assert "javascript" not in shown and "style" not in shown.replace("<mstyle", "").replace("</mstyle", "")
    assert all(word not in shown for word in ("class", "href", "colour", "mathcolor", "99", "mathbackground"))


def bitmap(kind, mode="RGB", size=(40, 30), **options):
    file = io.BytesIO()
    Image.new(mode, size, 100 if mode in "LP" else None).save(file, kind, **options)
    return file.getvalue()


def cleaned(kind, content):
    uri = data_uri(kind, base64.b64encode(content).decode())
    return base64.b64decode(uri.partition(",")[2])


def pixels(content):
    return Image.open(io.BytesIO(content)).convert("RGBA").tobytes()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1", "LA"])
def test_png_pictures_keep_their_pixels_and_lose_the_rest(mode):
    from PIL.PngImagePlugin import PngInfo

    words = PngInfo()
    words.add_text("Comment", "hidden words")
    content = bitmap("PNG", mode, pnginfo=words) + b"<script>behind the end</script>"
    clean = cleaned("image/png", content)
    assert b"hidden words" not in clean and b"script" not in clean and pixels(clean) == pixels(content)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 30, "optimize": True}])
def test_jpeg_pictures_keep_their_pixels_and_lose_the_rest(options):
    gradient = Image.linear_gradient("L").resize((90, 70)).convert("RGB")
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "hidden description"
    gradient.save(file, "JPEG", comment=b"hidden words", exif=exif, **options)
    clean = cleaned("image/jpeg", file.getvalue() + b"<script>")
    assert b"hidden" not in clean and b"script" not in clean and pixels(clean) == pixels(file.getvalue())


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


HEAD = b"\x89PNG\r\n\x1a\n"
BOMB = (
    HEAD
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0))
    + chunk(b"IDAT", b"")
    + chunk(b"IEND", b"")
)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("image/png", b""),
        ("image/png", HEAD),
        ("image/png", HEAD + chunk(b"IDAT", b"x") + chunk(b"IEND", b"")),
        ("image/png", BOMB),
        ("image/png", bitmap("PNG")[:-20]),
        ("image/png", bitmap("PNG").replace(b"IDAT", b"IDAx")),
        ("image/png", b"<svg onload=x>"),
        ("image/png", bitmap("JPEG")),
        ("image/jpeg", bitmap("PNG")),
        ("image/jpeg", b"\xff\xd8\xff\xd9"),
        ("image/jpeg", bitmap("JPEG")[:-2]),
        ("image/jpeg", b"\xff\xd8" + b"\xff" * 300_000),
        ("image/jpeg", b"\xff\xd8\xff\xda\0\2" + b"\xff" * 250_000 + b"\0" * 40_000),
        ("image/jpeg", b"\xff\xd8\xff\xc0\0\2"),
        ("image/svg+xml", b"<svg/>"),
        ("image/gif", b"GIF89a"),
        ("text/html", b"<b>"),
        ("image/png", HEAD + b"\xff\xff\xff\xffIHDR"),
        ("image/png", bitmap("PNG") + b"x" * MOST * 2),
    ],
)
def test_what_is_no_picture_is_left_out(kind, content):
    assert data_uri(kind, base64.b64encode(content).decode()) == ""


@pytest.mark.parametrize("text", [None, 5, "", "not base64!", "ab", "é", ["x"]])
def test_what_is_no_base64_is_no_picture(text):
    assert data_uri("image/png", text) == ""


def test_markdown_keeps_its_structure():
    shown = answer("# A\n\n- one\n- **two**\n\n`x < y`\n\n~~old~~\n\n```\ncode\n```\n\n1. a\n\n---\n")
    assert (
        shown.startswith('<p class="heading">A</p>')
        and "<li><strong>two</strong></li>" in shown
        and "<code>x &lt; y</code>" in shown
    )
    assert "<s>old</s>" in shown and "<pre><code>code\n</code></pre>" in shown and "<ol>" in shown and "<hr>" in shown


def test_raw_html_in_markdown_is_text():
    assert answer("a <b>bold</b> <br>") == "<p>a &lt;b&gt;bold&lt;/b&gt; &lt;br&gt;</p>\n"


def test_a_link_shows_where_it_would_lead():
    assert '<span class="address">(https://xn--xample-2of.org/%D0%B0)</span>' in answer(
        "[https://example.org](https://еxample.org/а)"
    )
    assert "javascript:alert" in answer("[x](javascript:alert(1))")


def test_pictures_in_markdown_come_from_the_cell_itself():
    text = base64.b64encode(bitmap("PNG")).decode()
    shown = answer("![my curve](attachment:a%20b.png)", {"a b.png": {"image/png": text}})
    assert shown.startswith('<p><img src="data:image/png;base64,') and 'alt="my curve"' in shown
    assert '<img src="data:image/png;base64,' in answer(f"![](data:image/png;base64,{text})")
    for source in ("http://evil.test/x.png", "attachment:none.png", "data:image/png;base64,PHN2Zz4=", "x.png"):
        assert answer(f"![my curve]({source})") == '<p><span class="missing">[picture left out: my curve]</span></p>\n'


def test_formulas_in_markdown_and_hints():
    assert answer("$a_t$ and\n\n$$b$$\n\n\\begin{align}c &= d\\end{align}\n").count("<math") == 3
    assert answer("it costs \\$5") == "<p>it costs $5</p>\n"
    assert hint("With $N$ windows: *ids* < 5").startswith('With <math display="inline">') and "*ids* &lt; 5" in hint(
        "With $N$ windows: *ids* < 5"
    )
    assert hint("from $5 to $10 a month") == "from $5 to $10 a month"


def test_outputs_keep_text_and_pictures_only():
    text = base64.b64encode(bitmap("PNG")).decode()
    shown = safe_outputs(
        [
            {"output_type": "stream", "name": "stdout", "text": ["a\n", "b\n"]},
            {"output_type": "display_data", "data": {"text/html": "<b>x</b>", "text/plain": "x"}},
            {"output_type": "display_data", "data": {"text/html": "<b>only</b>", "application/javascript": "x"}},
            {
                "output_type": "display_data",
                "data": {"image/png": text, "text/plain": "<Figure size 640x480 with 1 Axes>"},
            },
            {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["\x1b[31m..."]},
            {"output_type": "stream", "text": "   "},
        ]
    )
    assert [one.text for one in shown] == [
        "a\nb",
        "x",
        "a picture that your cell drew, without a description",
        "ValueError: no",
    ]
    assert [bool(one.picture) for one in shown] == [False, False, True, False]


def test_cells_are_found_by_grade_id_with_the_heading_above():
    def cell(kind, source, name=None, **block):
        return {
            "cell_type": kind,
            "id": "x",
            "source": source,
            "metadata": {"nbgrader": {"grade_id": name, **block}} if name else {},
        }

    notebook = {
        "cells": [
            cell("markdown", "# Title\n\ntext"),
            cell("markdown", "### Exercise 1.2 · Pairs\n\ntext"),
            cell("code", "f = 1", "f", solution=True),
            cell("code", "f = 2", "f"),
            cell("markdown", "# not a heading of the course", "why", grade=True, solution=True, points=2),
            cell("markdown", "do it", "task", task=True, points=float("inf")),
        ]
    }
    cells = read_cells(notebook)
    assert (cells["f"].source, cells["f"].heading, cells["f"].by_hand) == ("f = 1", "Exercise 1.2 · Pairs", False)
    assert (cells["why"].by_hand, cells["why"].points, cells["task"].heading, cells["task"].points) == (
        True,
        2.0,
        "Exercise 1.2 · Pairs",
        0.0,
    )
    assert title(cells["f"].heading) == ("1.2", "Pairs") and title("Other · words") == ("", "Other · words")
    assert opening_title(notebook) == "Title" and opening_title({"cells": []}) == opening_title(None) == ""
