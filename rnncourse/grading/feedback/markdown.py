"""A student's Markdown, and hints, as harmless HTML: rendered without raw HTML, then sanitised by nh3 all the same.

Links are no links here: the page is about work that its reader wrote, and an address written out in ASCII cannot
pretend to be another one. Headings become bold lines, so that the page's own outline stays whole.
"""

from functools import cache

from markupsafe import Markup, escape

from rnncourse.grading.feedback.bounded import bounded
from rnncourse.grading.feedback.characters import spelt
from rnncourse.grading.feedback.formula import ATTRIBUTES, ELEMENTS, formula
from rnncourse.grading.feedback.picture import data_uri

MOST, HINT = 20_000, 2_000  # characters of one answer, of one hint
NESTING = 20  # quotes and lists inside each other
FORMULAS = 200  # in one answer; the rest stays TeX

_TAGS = frozenset({
    "p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li",
    "table", "thead", "tbody", "tr", "th", "td", "img", "span",
})  # fmt: skip


def answer(text, attachments=None):
    """Markdown as HTML; as plain text where it cannot be rendered.

    Args:
        attachments: file name -> {kind: base64}, the pictures that a notebook keeps beside a cell.
    """
    text = spelt(text, MOST)
    otherwise = Markup('<p class="plain">{}</p>').format(text)
    return bounded(
        lambda: _sanitised(_renderer().render(text, {"attachments": attachments or {}, "formulas": 0})), otherwise
    )


def hint(text):
    """One paragraph of plain text with formulas between dollar signs."""
    text = spelt(text, HINT)
    return bounded(
        lambda: _sanitised(_only_formulas().renderInline(text, {"attachments": {}, "formulas": 0})), escape(text)
    )


def _sanitised(html):
    import nh3

    return Markup(
        nh3.clean(
            html,
            tags=set(_TAGS | ELEMENTS),
            attributes={**dict.fromkeys(ELEMENTS, set(ATTRIBUTES)), "img": {"src", "alt"}, "ol": {"start"}},
            allowed_classes={"code": {"tex"}, "p": {"heading", "formula"}, "span": {"address", "missing"}},
            url_schemes={"data"},
            url_relative="deny",
            link_rel=None,
        )
    )


@cache
def _renderer():
    from markdown_it import MarkdownIt
    from mdit_py_plugins.amsmath import amsmath_plugin
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    made = MarkdownIt("commonmark", {"html": False, "maxNesting": NESTING}).enable(["table", "strikethrough"])
    made.use(dollarmath_plugin, allow_labels=False, allow_blank_lines=False, double_inline=True).use(amsmath_plugin)
    for name, rule in _RULES.items():
        made.add_render_rule(name, rule)
    return made


@cache
def _only_formulas():
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    made = MarkdownIt("zero").use(dollarmath_plugin, allow_labels=False, allow_space=False, allow_digits=False)
    made.add_render_rule("math_inline", _RULES["math_inline"])
    return made


def _formula(block):
    def rule(self, tokens, place, options, env):
        env["formulas"] += 1
        tex = tokens[place].content.strip()
        shown = (
            formula(tex, block) if env["formulas"] <= FORMULAS else Markup('<code class="tex">{}</code>').format(tex)
        )
        return Markup('<p class="formula">{}</p>').format(shown) if tokens[place].block else shown

    return rule


def _heading_open(self, tokens, place, options, env):
    return '<p class="heading">'


def _heading_close(self, tokens, place, options, env):
    return "</p>\n"


def _link_open(self, tokens, place, options, env):
    env.setdefault("links", []).append(tokens[place].attrs.get("href", ""))
    return ""


def _link_close(self, tokens, place, options, env):
    return Markup(' <span class="address">({})</span>').format(env["links"].pop())


def _image(self, tokens, place, options, env):
    image = tokens[place]
    alt = image.content.strip() or "picture in your answer"
    source = _picture(image.attrs.get("src", ""), env["attachments"])
    if not source:
        return Markup('<span class="missing">[picture left out: {}]</span>').format(alt)
    return Markup('<img src="{}" alt="{}">').format(source, alt)


def _picture(source, attachments):
    """The data URI of a picture that is in the cell itself; "" for one that lies elsewhere."""
    from urllib.parse import unquote

    if source.startswith("attachment:"):
        kinds = attachments.get(unquote(source.removeprefix("attachment:"))) if isinstance(attachments, dict) else None
        kinds = kinds if isinstance(kinds, dict) else {}
        return next(filter(None, (data_uri(kind, text) for kind, text in kinds.items())), "")
    kind, found, text = source.removeprefix("data:").partition(";base64,")
    return data_uri(kind, unquote(text)) if found and source.startswith("data:") else ""


_RULES = {
    "math_inline": _formula(False),
    "math_inline_double": _formula(True),
    "math_block": _formula(True),
    "amsmath": _formula(True),
    "heading_open": _heading_open,
    "heading_close": _heading_close,
    "link_open": _link_open,
    "link_close": _link_close,
    "image": _image,
}
