"""The picture of a text coloured by a unit: letters on tinted squares."""

from matplotlib.cm import ScalarMappable
from matplotlib.collections import PatchCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.patches import Rectangle

from rnncourse.plots.figure import Figure
from rnncourse.plots.style import canvas

COLUMNS = 62  # characters of a row
# The pale half of PuOr, so that black letters stay readable on both ends.
PALE = LinearSegmentedColormap.from_list("pale PuOr", ["#998ec3", "#f7f7f7", "#f1a340"])


def text_page(text, values, scale, title, alt, caption=None):
    """Return a Figure: the text (T,) in rows, each character on a square coloured by its value (T,) from -scale to scale.

    Besides its colour, a square above half of the scale has a full line under it, one below minus half a dotted one.
    """
    cells = list(_cells(text))
    rows = cells[-1][0] + 1
    columns = max(12, max(column for _, column in cells) + 1)
    with canvas(min(7.0, 0.09 * columns + 1.2), 0.21 * rows + 0.75) as (figure, axes):
        colours = PALE(Normalize(-scale, scale)(values))
        squares = [Rectangle((column, row), 1, 1) for row, column in cells]
        axes.add_collection(PatchCollection(squares, facecolors=colours, edgecolors="none"))
        for (row, column), character, value in zip(cells, text, values, strict=True):
            axes.text(column + 0.5, row + 0.5, _visible(character), ha="center", va="center", family="DejaVu Sans Mono", fontsize=9)
            if abs(value) > scale / 2:
                axes.plot([column + 0.1, column + 0.9], [row + 0.95] * 2, color="black", linewidth=0.9, linestyle="-" if value > 0 else (0, (1, 1)))
        axes.set(xlim=(0, columns), ylim=(rows, 0), title=title)
        axes.axis("off")
        bar = figure.colorbar(ScalarMappable(Normalize(-scale, scale), PALE), ax=axes, fraction=0.05, aspect=10, ticks=[-scale, 0, scale])
        bar.ax.set_yticklabels([f"{-scale:.1f}".replace("-", "−"), "0", f"+{scale:.1f}"])
        return Figure(figure, alt, caption)


def _cells(text):
    """(row, column) of each character: rows end at a line break, or when they are full."""
    row = column = 0
    for character in text:
        if column == COLUMNS:
            row, column = row + 1, 0
        yield row, column
        row, column = (row + 1, 0) if character == "\n" else (row, column + 1)


def _visible(character):
    return {"\n": "⏎", " ": "·"}.get(character, character)
