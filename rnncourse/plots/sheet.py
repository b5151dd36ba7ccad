"""Boxes and arrows on an empty sheet measured in inches, for drawings that have no axes."""

from contextlib import contextmanager

from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from rnncourse.plots.style import COLOR, TINT, canvas

_CENTRED = {"ha": "center", "va": "center_baseline"}


@contextmanager
def sheet(width=7.0, height=2.8):
    """Open an empty drawing sheet, (0, 0) at the lower left, and give its figure and axes in inches."""
    with canvas(width, height) as (figure, axes):
        figure.set_layout_engine("none")  # the sheet is the whole page, not what is left beside tick labels
        axes.set_position([0, 0, 1, 1])
        axes.set(xlim=(0, width), ylim=(0, height))
        axes.set_axis_off()
        yield figure, axes


def box(axes, x, y, text, role, width=0.6, height=0.45, **letters):
    """Draw a box of a role's colour, centred at (x, y), with text in it."""
    corner = (x - width / 2, y - height / 2)
    shape = f"round,pad=0,rounding_size={min(width, height) / 5}"
    colours = {"facecolor": TINT[role], "edgecolor": COLOR[role]}
    axes.add_patch(FancyBboxPatch(corner, width, height, boxstyle=shape, linewidth=1.3, **colours))
    axes.text(x, y, text, **{**_CENTRED, "fontsize": 10, **letters})


def arrow(axes, start, end, role="truth"):
    """Draw a straight arrow from start to end, each (x, y)."""
    line = {"color": COLOR[role], "linewidth": 1.3, "shrinkA": 0, "shrinkB": 0}
    axes.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=9, **line))


def number(axes, x, y, value, role):
    """Draw a numbered disc, which a label or the text refers to."""
    disc = {"boxstyle": "circle,pad=0.25", "facecolor": COLOR[role], "edgecolor": "none"}
    letters = {"fontsize": 8, "fontweight": "bold", "color": "white"}
    axes.text(x, y, str(value), ha="center", va="center", bbox=disc, **letters)


def label(axes, x, y, text, role="truth", **letters):
    """Write text in a role's colour, centred at (x, y) unless told."""
    axes.text(x, y, text, **{**_CENTRED, "fontsize": 8.5, "color": COLOR[role], **letters})
