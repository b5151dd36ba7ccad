"""A text coloured by what units held while it was read: a picture, a page to explore, and a widget to type into."""

import numpy as np
from matplotlib import colormaps

from rnncourse.plots.explorer import Explorer, shades
from rnncourse.plots.figure import Figure
from rnncourse.plots.live import Live, can_live
from rnncourse.plots.style import COLOR, SIGNED, canvas
from rnncourse.states.encoding import encode, unit_in
from rnncourse.states.ranking import rank_units
from rnncourse.states.recording import record

COLUMNS = 60  # characters of a row
SHOWN = 180  # characters of the picture; the explorer shows them all


class StateView:
    """What units held while a text was read. As the last expression of a cell it is a picture of one unit.

    Args:
        text: N characters.
        values: (N, U), such as the cell states of a recording.
        rules: name -> function of a text that gives one number a character, see `rnncourse.states.rules`.
        unit: the unit to show; None takes the one that follows the first rule best.
        label: what the values are.

    Raises ValueError for an empty text, for values that do not fit the text, and for a unit that is not there.
    """

    def __init__(self, text, values, rules=None, unit=None, label="cell state"):
        values = np.asarray(values, float)
        if not len(text):
            raise ValueError("text: expected at least one character, got an empty text")
        if values.ndim != 2 or len(values) != len(text):
            raise ValueError(f"values: expected ({len(text)} characters, units), got {values.shape}")
        self.text, self.values, self.rules, self.label = text, values, rules or {}, label
        self.correlations = self._follow(text, values)
        first = next(iter(self.correlations.values()), np.zeros(1))
        self.unit = int(np.abs(first).argmax()) if unit is None else unit_in(unit, values.shape[1])

    def of(self, unit):
        """The same view of another unit."""
        return StateView(self.text, self.values, self.rules, unit, self.label)

    def describe(self):
        """What is seen, in words: where the unit stands high and low, and how it goes with each rule."""
        value = self.values[:, self.unit]
        told = [f"{self.label.capitalize()} of unit {self.unit} over {len(self.text)} characters, from {value.min():+.2f} to {value.max():+.2f}"]
        told += [f"its correlation with {name} is {r[self.unit]:+.2f}" for name, r in self.correlations.items()]
        for word, place in (("highest", value.argmax()), ("lowest", value.argmin())):
            around = self.text[max(0, place - 8) : place + 1].replace("\n", "↵")
            told.append(f"{word} after “{around}”")
        return "; ".join(told) + "."

    def figure(self):
        """The picture: a first piece of the text, each character on the colour of its value, the values as a curve above."""
        rows = [self.text[i : i + COLUMNS] for i in range(0, min(len(self.text), SHOWN), COLUMNS)]
        shade = shades(self.values)[:, self.unit]
        with canvas(7.0, 0.35 + 0.62 * len(rows), nrows=len(rows), squeeze=False) as (figure, grid):
            for n, (axes, row) in enumerate(zip(grid[:, 0], rows, strict=True)):
                _row(axes, row, shade[n * COLUMNS : n * COLUMNS + len(row)])
            figure.suptitle(f"{self.label} of unit {self.unit}", x=0.01, ha="left", fontsize=10, fontweight="bold")
            return Figure(figure, self.describe(), "Orange: below the unit's mean. Purple: above it. The curve over each row shows the same numbers.")

    def html(self):
        """The page to explore all units, without a kernel."""
        return Explorer(self.text, self.values, self.correlations, self.unit, self.label, self.describe())

    def live(self, model, alphabet, read=lambda recording: recording.cell):
        """A widget to type into, or the explorer where nobody can type.

        `model` reads ids of characters of `alphabet`; `read` picks what is shown, (1, N, U), from its recording.
        """

        def reading(text):
            values = read(record(model, encode(text, alphabet)))[0]
            return values, self._follow(text, values)

        return Live(self.html(), reading, self.text, self.label) if can_live() else self.html()

    def _follow(self, text, values):
        return {name: rank_units(values, rule(text))[1] for name, rule in self.rules.items()}

    def __repr__(self):
        return self.describe()

    def _repr_mimebundle_(self, include=None, exclude=None):
        return self.figure()._repr_mimebundle_()


def _row(axes, text, shade):
    """One row: characters on coloured cells, the curve above them."""
    columns = np.arange(len(text))
    colours = colormaps[SIGNED](0.5 + 0.27 * np.clip(shade, -1, 1))  # not to the ends: black letters stay readable
    axes.bar(columns, 1.0, width=1.0, bottom=-1.0, color=colours)
    for column, character in enumerate(text):
        shown = {"\n": "↵", " ": ""}.get(character, character)
        axes.text(column, -0.52, shown, ha="center", va="center_baseline", fontsize=8.5, family="DejaVu Sans Mono")
    axes.plot(columns, 0.75 + 0.5 * np.clip(shade, -1.2, 1.2), color=COLOR["hidden"], linewidth=1.2)
    axes.axhline(0.75, color="#BDBDBD", linewidth=0.7, zorder=0)
    axes.set(xlim=(-0.5, COLUMNS - 0.5), ylim=(-1.0, 1.4))
    axes.set_axis_off()
