"""A text coloured by what a hidden unit holds: one object, three ways to look at it."""

import base64
import json
from functools import cached_property
from html import escape
from importlib.resources import files

import numpy as np

from rnncourse.plots.explorer.page import text_page
from rnncourse.states.ranking import rank_units
from rnncourse.states.reading import demand_unit

TOP = 3  # units that the explorer offers for each rule
LONGEST = 400  # characters that fit in a view


class TextStates:
    """A text of T characters with the states (T, H) of the units that read it; as a cell's last expression, a picture.

    Args:
        text: T characters, at most 400.
        states: (T, H), hidden or cell states.
        rules: name -> signal (T,): for each, the units that follow it best are offered. A rule that is the same at
            every character of the text is left out: nothing can be said about it here.
        unit: the one that is shown first; None takes the best for the first rule.
        name: what the states are, such as "cell state".

    `describe()` says in words what the picture shows, `html()` gives an explorer that needs no kernel and no network,
    `live(model, alphabet)` a widget in which one types.

    Raises:
        ValueError: an empty or too long text, states of another shape, values that are not finite, a unit out of range.
    """

    def __init__(self, text, states, rules=None, unit=None, name="state"):
        states = np.asarray(states, dtype=float)
        if not text:
            raise ValueError("text: expected at least one character, got none")
        if len(text) > LONGEST:
            raise ValueError(f"text: at most {LONGEST} characters can be read in one view, got {len(text)}; take a part, as in text[:{LONGEST}]")
        if states.ndim != 2 or len(states) != len(text) or not states.shape[1]:
            raise ValueError(f"states: expected (time={len(text)}, hidden), one row a character, got {states.shape}")
        if not np.isfinite(states).all():
            raise ValueError("states: expected finite numbers, got NaN or inf")
        self.text, self.states, self.name = text, states, name
        self.rules = {rule: np.asarray(signal, dtype=float) for rule, signal in (rules or {}).items()}
        self.unit = self._best() if unit is None else demand_unit(unit, states.shape[1])

    def _best(self):
        return int(next(iter(self.top.values()))[0][0]) if self.top else 0

    @cached_property
    def top(self):
        """Rule -> the units that follow it best with their correlations, a list of pairs."""
        ranked = {rule: rank_units(self.states, s) for rule, s in self.rules.items() if np.ptp(s) > 0}
        return {rule: [(int(u), float(r[u])) for u in order[:TOP]] for rule, (order, r) in ranked.items()}

    @cached_property
    def scales(self):
        """The largest absolute value of each unit (H,): what full colour stands for; 1 for a unit that is always 0."""
        largest = np.abs(self.states).max(axis=0)
        return np.where(largest > 0, largest, 1.0)

    def figure(self, unit=None):
        """The picture of one unit, a `Figure`."""
        unit = self.unit if unit is None else demand_unit(unit, self.states.shape[1])
        return text_page(self.text, self.states[:, unit], self.scales[unit], f"unit {unit}, {self.name}", self.describe(unit))

    def describe(self, unit=None):
        """What the picture of a unit shows, in words."""
        unit = self.unit if unit is None else demand_unit(unit, self.states.shape[1])
        values = self.states[:, unit]
        follows = [f"{rule}: r = {dict(rank_pairs(self.states, s))[unit]:+.2f}" for rule, s in self.rules.items() if np.ptp(s) > 0]
        high, low = int(values.argmax()), int(values.argmin())
        told = f"A text of {len(self.text)} characters, each coloured by the {self.name} of unit {unit} after it was read. "
        ends = f"It is highest, {values[high]:+.2f}, after character {high + 1} ({_word(self.text[high])}), lowest, {values[low]:+.2f}, after {low + 1} ({_word(self.text[low])})."
        return told + ends + (f" Correlation with {'; '.join(follows)}." if follows else "")

    def data(self):
        """What the explorer draws, as plain values: states as int8 in base64, a unit after the other."""
        shares = np.round(127 * (self.states / self.scales).T).astype(np.int8)
        return {
            "text": self.text,
            "units": self.states.shape[1],
            "values": base64.b64encode(shares.tobytes()).decode("ascii"),
            "scales": [round(float(scale), 3) for scale in self.scales],
            "unit": self.unit,
            "rules": [[rule, [[u, round(r, 2)] for u, r in pairs]] for rule, pairs in self.top.items()],
        }

    def html(self):
        """The explorer: a slider over all units, the best ones for each rule, the value at each character."""
        return Explorer(self)

    def live(self, model, alphabet, what="cell", widget=None):
        """A widget in which one types a text and sees the states of `model` while it reads; elsewhere the explorer.

        Args:
            model, alphabet: as in `rnncourse.states.record_text`.
            what: "cell" or "hidden", the states to show.
            widget: True or False to decide it; None shows the widget in JupyterLab if anywidget is installed, and the
                explorer where nobody can type: in exported pages, in feedback, in tests.
        """
        from rnncourse.plots.explorer.live import live_or_explorer

        return live_or_explorer(self, model, alphabet, what, widget)

    def __repr__(self):
        return self.describe()

    def _repr_mimebundle_(self, include=None, exclude=None):
        return self.figure()._repr_mimebundle_(include, exclude)


def rank_pairs(states, signal):
    """(unit, correlation) of all units."""
    return enumerate(rank_units(states, signal)[1])


def _word(character):
    return {" ": "a space", "\n": "a line break"}.get(character, character)


class Explorer:
    """The explorer of a TextStates: HTML in a frame of its own, with its script, style and data inside."""

    def __init__(self, states):
        self._states = states

    def describe(self):
        """What is seen first, in words."""
        return self._states.describe()

    def page(self):
        """The whole page as it stands in the frame."""
        script = part("explorer.js") + f"explore(document.body.firstElementChild, {_json(self._states.data())})"
        return (
            "<!doctype html><html lang='en'><meta charset='utf-8'><meta name='color-scheme' content='light dark'>"
            f"<title>Hidden states, unit by unit</title><style>body{{margin:0}}{part('explorer.css')}</style>"
            f"<body><main></main><script>{script}</script></body></html>"
        )

    def __repr__(self):
        return self.describe()

    def _repr_html_(self):
        rows = sum(1 + len(line) // 72 for line in self._states.text.split("\n"))
        height = 190 + 28 * rows + 30 * len(self._states.top)
        return (
            f'<iframe title="{escape("Explorer of hidden states. " + self.describe())}" sandbox="allow-scripts" width="100%" '
            f'height="{height}" style="border:1px solid #8a8a8a;max-width:52em" srcdoc="{escape(self.page())}"></iframe>'
        )

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": repr(self), "text/html": self._repr_html_()}


def part(name):
    """One of the files that lie beside this one, without the indentation and the comments that only its reader needs."""
    lines = (line.strip() for line in files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def _json(data):
    """JSON that may stand inside a <script>."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
