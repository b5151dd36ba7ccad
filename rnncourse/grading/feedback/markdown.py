"""A student's Markdown, and hints, as harmless HTML: rendered, then sanitised by nh3.

On a feedback page (`answer`) raw HTML is text, and links are no links: the page is about work that its reader wrote,
and an address written out in ASCII cannot pretend to be another one. Headings become bold lines, so that the page's
own outline stays whole. In Formgrader (`prose`) the course's own cells stand between the answers: there headings, links
and some of HTML stay what they are.
"""

import re
from functools import cache

from markupsafe import Markup, escape

from rnncourse.grading.feedback.bounded import bounded
from rnncourse.grading.characters import spelt
from rnncourse.grading.feedback.formula import ATTRIBUTES, ELEMENTS, formula
from rnncourse.grading.feedback.picture import data_uri

MOST, HINT = 20_000, 2_000  # characters of one answer, of one hint
PROSE = 100_000  # of one cell in Formgrader
NESTING = 20  # quotes and lists inside each other
FORMULAS = 200  # in one answer; the rest stays TeX

_PASTED = re.compile(r"data:(image/(?:png|jpeg));base64,([A-Za-z0-9+/=]+)")
_PLACE = "\ue000{}\ue001"  # private characters, which nobody writes: here a formula goes when all else is sanitised
_PLACES = re.compile(r"<[^>\"]*(?:\"[^\"]*\"[^>\"]*)*>|\ue000(\d{1,4})\ue001")
_NO_PICTURE = re.compile(r'<img(?: (?:alt|width|height)="[^"]*")*>')  # one whose address was taken away
_TAGS = frozenset({
    "p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li",
    "table", "thead", "tbody", "tr", "th", "td", "img", "span",
})  # fmt: skip


def answer(text, attachments=None):
    """Markdown as HTML; as plain text where it cannot be rendered.

    Args:
        attachments: file name -> {kind: base64}, the pictures that a notebook keeps beside a cell.
    """
    text, pictures = _without_pictures(text, attachments)
    text = spelt(text, MOST)
    otherwise = Markup('<p class="plain">{}</p>').format(text)
    return bounded(lambda: _sanitised(_renderer().render(text, _surroundings(pictures))), otherwise)


def prose(text, attachments=None):
    """The same for Formgrader: headings, links and harmless HTML stay."""
    text, pictures = _without_pictures(text, attachments)
    text = spelt(re.sub("[\ue000\ue001]", "\N{REPLACEMENT CHARACTER}", text), PROSE)
    otherwise = Markup("<pre>{}</pre>").format(text)
    return bounded(lambda: _prose(text, _surroundings(pictures)), otherwise)


def _prose(text, surroundings):
    surroundings["later"] = later = []
    return _with_formulas(_sanitised_prose(_prose_renderer().render(text, surroundings), surroundings), later)


def _surroundings(pictures):
    return {"attachments": pictures, "formulas": 0}


def _without_pictures(text, attachments):
    """(text, attachments) with the pictures that were pasted into the text among the attachments, whatever their size."""
    pictures = dict(attachments) if isinstance(attachments, dict) else {}

    def take(found):
        name = f"pasted-{len(pictures)}"
        pictures[name] = {found[1]: found[2]}
        return f"attachment:{name}"

    return _PASTED.sub(take, text if isinstance(text, str) else str(text)), pictures


def hint(text):
    """One paragraph of plain text with formulas between dollar signs."""
    text = spelt(text, HINT)
    return bounded(
        lambda: _sanitised(_only_formulas().renderInline(text, _surroundings({}))), escape(text)
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


def _sanitised_prose(html, surroundings):
    import nh3

    def harmless(element, attribute, value):
        """Pictures are in the notebook or left out, links lead away; no address holds a document."""
        if (element, attribute) == ("img", "src"):
            return _picture(value, surroundings["attachments"]) or None
        return None if value.lstrip().lower().startswith(("data:", "attachment:")) else value

    clean = nh3.clean(
        html,
        tags=nh3.ALLOWED_TAGS | {"details", "summary", "figure", "figcaption"},
        attributes={**nh3.ALLOWED_ATTRIBUTES, "img": {"src", "alt", "width", "height"}},
        allowed_classes={"code": {"tex"}, "p": {"formula"}, "span": {"missing"}},
        url_schemes={"http", "https", "mailto", "data", "attachment"},
        url_relative="deny",
        attribute_filter=harmless,
        set_tag_attribute_values={"table": {"border": "1", "cellpadding": "4"}, "summary": {"style": "display:list-item"}},
    )
    return _NO_PICTURE.sub('<span class="missing">[picture left out]</span>', clean)


def _with_formulas(html, formulas):
    """The sanitised HTML with each formula in its place; a place in a tag, where somebody forged one, stays empty."""

    def put(found):
        if found[1] is None:
            return re.sub("[\ue000\ue001]", "", found[0])
        return str(formulas[int(found[1])]) if int(found[1]) < len(formulas) else ""

    return Markup(_PLACES.sub(put, html))


@cache
def _renderer():
    return _with_rules(_RULES | _PLAIN_RULES, html=False)


@cache
def _prose_renderer():
    return _with_rules(_RULES, html=True)


def _with_rules(rules, html):
    from markdown_it import MarkdownIt
    from mdit_py_plugins.amsmath import amsmath_plugin
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    made = MarkdownIt("commonmark", {"html": html, "maxNesting": NESTING}).enable(["table", "strikethrough"])
    made.use(dollarmath_plugin, allow_labels=False, allow_blank_lines=False, double_inline=True).use(amsmath_plugin)
    for name, rule in rules.items():
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
        if "later" in env:
            env["later"].append(shown)
            shown = _PLACE.format(len(env["later"]) - 1)
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
    "image": _image,
}
_PLAIN_RULES = {
    "heading_open": _heading_open,
    "heading_close": _heading_close,
    "link_open": _link_open,
    "link_close": _link_close,
}
