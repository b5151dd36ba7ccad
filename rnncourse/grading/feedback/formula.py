"""TeX formulas as MathML, made with the page, so that they are readable offline and by a screen reader.

latex2mathml gives text that is not escaped and passes on links, styles and colours that the formula asks for. So its
tree is taken, and written anew: known elements, known attributes with harmless values, text escaped.
"""

import re
from functools import lru_cache
from html import unescape

from markupsafe import Markup

from rnncourse.grading.feedback.bounded import bounded
from rnncourse.grading.characters import spelt

MOST = 2_000  # characters of one formula
DEPTH = 60  # elements inside each other
SECONDS = 1.0

ELEMENTS = frozenset({
    "math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "mroot", "mstyle", "mpadded", "mphantom",
    "merror", "msub", "msup", "msubsup", "munder", "mover", "munderover",
    "mmultiscripts", "mprescripts", "mtable", "mtr", "mtd",
})  # fmt: skip
_LENGTH = r"[0-3](\.\d{1,4})?(em|ex)"
_VALUES = {
    "display": "block|inline",
    "stretchy": "true|false", "fence": "true|false", "separator": "true|false", "symmetric": "true|false",
    "largeop": "true|false", "movablelimits": "true|false", "displaystyle": "true|false", "accent": "true|false",
    "form": "prefix|infix|postfix", "mathvariant": "normal|[a-z-]{4,24}", "scriptlevel": "[0-3]",
    "linethickness": r"0|[0-3](\.\d)?(px|pt|em)", "width": _LENGTH, "lspace": _LENGTH, "rspace": _LENGTH,
    "minsize": _LENGTH, "maxsize": _LENGTH, "columnalign": "left|right|center",
}  # fmt: skip
ATTRIBUTES = frozenset(_VALUES)
_MACROS = re.compile(
    r"\\(?:re|provide)?newcommand|\\[egx]?def\b|\\let\b|\\DeclareMath|\\newenvironment"
)  # they grow without bound


@lru_cache(maxsize=4096)
def formula(tex, block=False):
    """MathML of a formula; where it has none, its TeX as code."""
    shown = Markup('<code class="tex">{}</code>').format(spelt(tex, MOST))
    if len(tex) > MOST or _MACROS.search(tex):
        return shown
    return bounded(lambda: _mathml(tex, block), shown, SECONDS)


def _mathml(tex, block):
    from latex2mathml.converter import Converter

    return _written(Converter(display="block" if block else "inline").convert_to_element(tex), DEPTH)


def _written(element, depth):
    """One element of the tree as HTML.

    Raises:
        ValueError: an element that is not known, or too many inside each other.
    """
    if element.tag not in ELEMENTS or depth == 0:
        raise ValueError(f"<{element.tag}> is no element of a formula, or lies too deep")
    kept = [
        (name, value) for name, value in element.attrib.items() if re.fullmatch(_VALUES.get(name, ""), value) and value
    ]
    attributes = Markup("").join(Markup(' {}="{}"').format(name, value) for name, value in kept)
    inside = Markup("").join(_written(child, depth - 1) for child in element)
    # The library leaves symbols as character references, for the browser to read.
    text = spelt(unescape(element.text or ""))
    return Markup("<{0}{1}>{2}{3}</{0}>").format(element.tag, attributes, text, inside)
