"""A text and what units held while it was read, to explore without a kernel and without a network: one HTML page in a frame.

The page is one string in an `<iframe srcdoc>` that may run scripts and nothing else; it works in JupyterLab, in
exported HTML and in feedback pages. Values are rounded to 1/127 of each unit's largest.
"""

import base64
import json
from functools import cache
from html import escape
from importlib.resources import files

import numpy as np

PAGE = (
    "<!doctype html><html lang='en'><head><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
    "<title>{title}</title><style>body{{margin:0;background:#fff}}@media(prefers-color-scheme:dark){{body{{background:#1c1c1c}}}}{css}</style></head><body><main></main><script>{js}"
    "explore(document.querySelector('main'),{data},matchMedia('(prefers-color-scheme: dark)').matches)</script></body></html>"
)


class Explorer:
    """The page, to be the last expression of a cell. `text` (N characters), `values` (N, U), `rules` name -> r (U,).

    `label` says what the values are, such as "cell state"; `unit` is shown first.
    """

    def __init__(self, text, values, rules=None, unit=0, label="state", alt=""):
        self.data = packed(text, values, rules or {}, unit, label)
        self._text, self._alt = text, alt or f"{label} of {np.shape(values)[1]} units while a text of {len(text)} characters is read."

    def describe(self):
        """What the page shows, as one sentence."""
        return self._alt

    def page(self):
        """The HTML document of the frame."""
        data = json.dumps(self.data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
        return PAGE.format(title=escape(f"Explorer: {self.data['l']} by unit"), css=asset("explorer.css"), js=asset("explorer.js"), data=data)

    def __repr__(self):
        return self._alt

    def _repr_html_(self):
        lines = sum(1 + len(line) // 60 for line in self._text.split("\n"))
        height = min(640, 245 + 24 * lines)
        document = self.page().replace("&", "&amp;").replace('"', "&quot;")
        return (
            f'<iframe title="{escape(self._alt)}" sandbox="allow-scripts" style="width:100%;max-width:760px;height:{height}px;'
            f'border:1px solid #8a8a8a" srcdoc="{document}"></iframe>'
        )


def middle_and_reach(values):
    """Each unit's mean (U,) and the distance from it (U,) that 95 of 100 values stay within; 0 for one that never changes."""
    middle = values.mean(axis=0)
    reach = np.percentile(np.abs(values - middle), 95, axis=0)
    return middle, np.where(reach > 1e-9 * (1 + np.abs(middle)), reach, 0.0)


def shades(values):
    """Values (N, U) as they are coloured: 0 at the unit's mean, −1 and 1 where nearly all of them lie within."""
    middle, reach = middle_and_reach(np.asarray(values, float))
    return np.where(reach > 0, (values - middle) / np.where(reach > 0, reach, 1.0), 0.0)


def packed(text, values, rules, unit, label):
    """All that the page needs, as few characters as it takes: a dict for `explorer.js`."""
    values = np.asarray(values, float)
    scales = np.abs(values).max(axis=0)  # (U,)
    rounded = np.round(127 * values / np.where(scales > 0, scales, 1)).astype(np.int8)
    told = {name: [int(round(100 * r)) for r in correlations] for name, correlations in rules.items()}
    middle, reach = middle_and_reach(values)
    return {
        "t": text,
        "n": values.shape[1],
        "q": base64.b64encode(rounded.tobytes()).decode("ascii"),
        "s": _short(scales),
        "m": _short(middle),
        "w": _short(reach),
        "r": told,
        "u": int(unit),
        "l": label,
    }


def _short(numbers):
    return [float(f"{number:.3g}") for number in numbers]


@cache
def asset(name):
    """A file beside this one, without what a browser does not need: comment lines and indentation."""
    lines = (files("rnncourse.plots") / name).read_text(encoding="utf-8").splitlines()
    return "\n".join(line.strip() for line in lines if not line.startswith("//"))
