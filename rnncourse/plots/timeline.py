"""Which sequence models came when, on which of two roads, and where the course meets them."""

from rnncourse.plots.figure import Figure
from rnncourse.plots.sheet import label, sheet
from rnncourse.plots.style import COLOR

# (year, road, name, what it brought, where in the course)
MODELS = (
    (1990, "hidden", "simple RNN", "a hidden state, fed back (Elman)", "step 2"),
    (1997, "hidden", "LSTM", "a cell state behind gates, against vanishing gradients", "step 3"),
    (1997, "hidden", "bidirectional RNN", "a second reader that starts at the end", "step 3"),
    (2014, "hidden", "GRU", "the LSTM’s idea with fewer gates and one state", "step 3"),
    (2014, "input", "attention", "a recurrent translator looks back at every word", "lab-translation"),
    (2017, "input", "Transformer", "attention alone: all steps at once, no loop", "step 5"),
    (2024, "hidden", "minGRU", "a loop that can be trained for all steps at once", "step 5"),
)
_ROAD = {"hidden": 0.95, "input": 1.35}
_TOP, _GAP = 2.52, 0.35


def models_in_time():
    """Draw the milestones of sequence models, oldest first, on the road of recurrence and on that of attention."""
    with sheet(7.0, 3.05) as (figure, axes):
        rows = [_TOP - _GAP * place for place in range(len(MODELS))]
        _roads(axes, rows)
        for y, model in zip(rows, MODELS, strict=True):
            _milestone(axes, y, *model)
        listed = "; ".join(f"{year} {name}: {brought}" for year, _, name, brought, _ in MODELS)
        return Figure(figure, f"A timeline with two roads, recurrence and attention. {listed}.", _CAPTION)


_CAPTION = "Rows are in order of time, not to scale. Full line: the usual choice for large text models of its day."


def _roads(axes, rows):
    for role, name in (("hidden", "memory"), ("input", "attention")):
        label(axes, _ROAD[role], 2.84, name, role, fontweight="bold", ha="right" if role == "hidden" else "left")
    label(axes, 6.92, 2.84, "met in", "baseline", ha="right", fontweight="bold")
    memory, focus = _ROAD["hidden"], _ROAD["input"]
    axes.plot([memory, memory], [rows[0], rows[5]], color=COLOR["hidden"], linewidth=3)
    axes.plot([memory, memory], [rows[5], rows[6] - 0.3], color=COLOR["hidden"], linewidth=2, linestyle=(0, (1.5, 1.5)))
    axes.plot([memory, focus], [rows[3], rows[4]], color=COLOR["input"], linewidth=2, linestyle=(0, (1.5, 1.5)))
    axes.plot([focus, focus], [rows[4], rows[5]], color=COLOR["input"], linewidth=2, linestyle=(0, (1.5, 1.5)))
    axes.plot([focus, focus], [rows[5], rows[6] - 0.3], color=COLOR["input"], linewidth=3)


def _milestone(axes, y, year, road, name, brought, where):
    axes.plot(
        _ROAD[road],
        y,
        marker="s" if road == "hidden" else "o",
        color=COLOR[road],
        markersize=9,
        markeredgecolor="white",
    )
    label(axes, 0.12, y, str(year), "baseline", ha="left")
    label(axes, 1.6, y, name, road, ha="left", fontweight="bold", fontsize=9)
    label(axes, 2.98, y, brought, ha="left")
    label(axes, 6.92, y, where, "baseline", ha="right")
