"""The look of every figure in the course, kept to the figure: nothing global is changed."""

from contextlib import contextmanager

from matplotlib import style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as _Canvas

# Okabe and Ito's palette (2008), which stays apart for colour-blind readers; the lighter ones are darkened until lines
# and letters reach a contrast of 4.5 : 1 on white. A colour never speaks alone: `look` adds a dash and a marker.
COLOR = {
    "input": "#0072B2",  # what enters: blue
    "hidden": "#B34700",  # what is remembered: vermillion
    "output": "#00785A",  # what is predicted: green
    "truth": "#1A1A1A",  # what was really there: black
    "baseline": "#6B6B6B",  # what a network must beat: grey
    "other": "#A3487F",  # a second model beside the first: purple
    "padding": "#BDBDBD",  # steps that are not real: light grey
}
# The same roles as a pale fill under dark letters.
TINT = {
    "input": "#D6E9F5",
    "hidden": "#FBE0CF",
    "output": "#D3EEE6",
    "truth": "#E4E4E4",
    "baseline": "#EFEFEF",
    "other": "#F4DFEB",
    "padding": "#F5F5F5",
}
SIGNED = "PuOr"  # colour map for values below and above zero
MAGNITUDE = "cividis"  # colour map for values that start at zero

_LINE = {
    "input": "-",
    "hidden": "-",
    "output": "-",
    "truth": "-",
    "baseline": (0, (4, 2)),
    "other": (0, (1, 1.2)),
    "padding": "-",
}
_MARKER = {"input": "o", "hidden": "s", "output": "^", "truth": "", "baseline": "", "other": "D", "padding": "x"}

STYLE = {
    # DejaVu Sans comes with matplotlib: the same letters, hence the same bytes, on every machine.
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "mathtext.fontset": "dejavusans",
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#6B6B6B",
    "axes.grid": False,
    "grid.color": "#E4E4E4",
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "text.color": "#1A1A1A",
    "image.cmap": MAGNITUDE,
}


def in_style():
    """A context in which matplotlib draws in the course's style, whatever the reader's own settings are."""
    return style.context(["default", STYLE])


@contextmanager
def canvas(width=7.0, height=2.8, **grid):
    """Open a figure in the course's style and give it with its axes, without pyplot and without a screen.

    `width` (at most 7.2) and `height` are in inches; `grid` goes to `Figure.subplots`, as in `nrows=2, sharex=True`.

    >>> with canvas(3, 2) as (figure, axes):
    ...     _ = axes.plot([0, 1, 4], **look("truth"))
    """
    with in_style():
        figure = _Canvas(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        yield figure, figure.subplots(**grid)


def look(role, markers=True):
    """Keyword arguments of `Axes.plot` for a role: its colour, dash and marker.

    `markers=False` is for dense series; give such a line a label at its end or an axes of its own, since dashes alone
    do not tell all roles apart. Raises ValueError for a role that the palette does not have.
    """
    if role not in COLOR:
        raise ValueError(f"no role {role!r} in the palette; the roles are {', '.join(COLOR)}")
    return {"color": COLOR[role], "linestyle": _LINE[role], "marker": _MARKER[role] if markers else ""}
