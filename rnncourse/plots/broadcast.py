"""What NumPy does with two shapes that differ: rows repeated, an error, or a surprise."""

import numpy as np
from matplotlib.patches import Rectangle

from rnncourse.plots.figure import Figure
from rnncourse.plots.sheet import label, sheet
from rnncourse.plots.style import COLOR, TINT

_CELL = 0.24  # inches


def broadcasting(B=3, H=4):
    """Draw how a bias (H,) is added to a batch of hidden states (B, H): NumPy repeats it for every row.

    Raises ValueError for sizes that do not fit on the page (B from 1 to 6, H from 1 to 4).
    """
    if not (1 <= B <= 6 and 1 <= H <= 4):
        raise ValueError(f"B must be from 1 to 6 and H from 1 to 4 to fit on the page; got B={B}, H={H}")
    states, bias = 10 * np.arange(1, B + 1)[:, None] + np.zeros(H, int), np.arange(1, H + 1)
    width, height = H * _CELL, B * _CELL
    with sheet(7.0, height + 0.75) as (figure, axes):
        lefts = [0.25 + place * (width + 0.5) for place in range(3)]
        for left, grid, role, title in zip(
            lefts, (states, bias, states + bias), ("hidden", "input", "output"), _titles(B, H), strict=True
        ):
            _grid(axes, left, 0.3, grid, role, B)
            label(axes, left + width / 2, height + 0.5, title, role, fontweight="bold")
        for left, sign in zip(lefts[1:], "+=", strict=True):
            label(axes, left - 0.25, 0.3 + height / 2, sign, fontsize=14)
        _rule(axes, lefts[2] + width + 0.5, 0.3 + height / 2, B, H)
        alt = (
            f"A grid of {B} rows and {H} columns plus one row of {H} numbers. The row is repeated, shown dashed, "
            f"for each of the {B} rows, and the sum has {B} rows and {H} columns. The rule beside it: write the shapes flush "
            "right; two sizes in a column must be equal, or one of them 1 or missing."
        )
        return Figure(figure, alt, "Dashed: copies that NumPy only pretends to make.")


def _titles(B, H):
    return f"h @ W_hh  ({B}, {H})", f"b  ({H},)", f"sum  ({B}, {H})"


def _rule(axes, left, middle, B, H):
    for row, (first, last) in enumerate((("B", "H"), (B, H), ("–", H))):
        for column, size in enumerate((first, last)):
            role = "baseline" if row == 0 else ("hidden", "input")[row - 1]
            label(axes, left + 0.25 * column, middle + 0.26 * (1 - row), str(size), role, fontsize=11)
    label(axes, left + 0.55, middle, _RULE, ha="left", va="center", linespacing=1.45)


_RULE = "Shapes flush right: in each\ncolumn the sizes are equal,\nor one is 1 or missing (–)."


def _grid(axes, left, bottom, grid, role, rows):
    """Draw a (rows, columns) grid of numbers; a grid of one dimension is drawn once in full and repeated dashed."""
    repeated = grid.ndim == 1
    for row, values in enumerate(np.broadcast_to(grid, (rows, grid.shape[-1]))):
        ghost = repeated and row > 0
        for column, value in enumerate(values):
            _cell(axes, left + column * _CELL, bottom + (rows - 1 - row) * _CELL, value, role, ghost)


def _cell(axes, x, y, value, role, ghost):
    face, line = ("white", (0, (2, 2))) if ghost else (TINT[role], "-")
    axes.add_patch(
        Rectangle((x, y), _CELL, _CELL, facecolor=face, edgecolor=COLOR[role], linewidth=0.8, linestyle=line)
    )
    label(axes, x + _CELL / 2, y + _CELL / 2, str(value), role if ghost else "truth", fontsize=7.5)
