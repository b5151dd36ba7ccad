"""How gradients flow back through time: the unrolled graph, and how much of them is left after many steps."""

import numpy as np
from matplotlib.patches import FancyArrowPatch

from rnncourse.plots.figure import Figure
from rnncourse.plots.sheet import arrow, box, label, sheet
from rnncourse.plots.style import COLOR, canvas

_IN, _STATE, _LOSS, _SUM = 1.35, 2.25, 3.15, 0.3  # heights of the four rows, in inches
_LINES = ("input", "other", "hidden", "output")
_DOTS = ("o", "D", "s", "^")


def backward_graph(steps=4):
    """Draw a recurrent network unrolled over `steps` (2 to 5) with the gradients that flow back through it, dashed."""
    if not 2 <= steps <= 5:
        raise ValueError(f"steps: expected 2 to 5, which fit on a page, got {steps}")
    with sheet(1.1 + 1.42 * steps, 3.6) as (figure, axes):
        box(axes, 0.35, _STATE, "$h_0$", "padding", width=0.42, color=COLOR["baseline"])
        for step in range(1, steps + 1):
            _step(axes, 0.35 + 1.42 * step, step)
        middle, wide = 0.35 + 1.42 * (steps + 1) / 2 - 0.3, 1.42 * (steps - 1) + 1.2  # under all steps
        text = "$dW_{xh},\\ dW_{hh},\\ db$:" + ("\n" if steps < 3 else " ") + "the parts of all steps, added up"
        box(axes, middle, _SUM, text, "other", wide, 0.45)
        alt = (
            f"A network unrolled over {steps} steps. Solid arrows lead forward: each input enters its hidden state, each hidden "
            "state gives a loss and enters the next hidden state. Dashed arrows lead back: into each hidden state comes the "
            "gradient of its own loss, dhs, and, except at the last step, dh_next from the step after it. From each step a part "
            "goes down into the sums dW_xh, dW_hh and db, and dx to the input; from the first step dh0 goes to h_0."
        )
        return Figure(figure, alt, "Solid: the values, forwards. Dashed: the gradients, backwards, through the same boxes.")


def _step(axes, x, step):
    box(axes, x, _IN, f"$x_{step}$", "input")
    box(axes, x, _STATE, f"$h_{step}$", "hidden")
    box(axes, x, _LOSS, f"$L_{step}$", "output")
    before = x - 1.42 + (0.21 if step == 1 else 0.3)
    arrow(axes, (before, _STATE + 0.1), (x - 0.3, _STATE + 0.1))
    _back(axes, (x - 0.3, _STATE - 0.1), (before, _STATE - 0.1))
    label(axes, (before + x - 0.3) / 2, _STATE - 0.25, "$dh_0$" if step == 1 else "dh_next", "other", fontsize=8)
    arrow(axes, (x - 0.12, _IN + 0.23), (x - 0.12, _STATE - 0.23))
    _back(axes, (x + 0.12, _STATE - 0.23), (x + 0.12, _IN + 0.23))
    label(axes, x + 0.19, (_IN + _STATE) / 2, "dx", "other", fontsize=8, ha="left")
    arrow(axes, (x - 0.12, _STATE + 0.23), (x - 0.12, _LOSS - 0.23))
    _back(axes, (x + 0.12, _LOSS - 0.23), (x + 0.12, _STATE + 0.23))
    label(axes, x + 0.19, (_LOSS + _STATE) / 2, "dhs", "other", fontsize=8, ha="left")
    _back(axes, (x - 0.3, _STATE - 0.2), (x - 0.42, _SUM + 0.23), bend=0.15)


def _back(axes, start, end, bend=0.0):
    line = {"color": COLOR["other"], "linewidth": 1.3, "linestyle": (0, (3, 1.6)), "shrinkA": 0, "shrinkB": 0}
    axes.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=9, connectionstyle=f"arc3,rad={bend}", **line))


def norms_by_lag(panels):
    """Draw how large a gradient still is, step by step back, against what theory says.

    `panels` maps a title to lines: a name to (norms (T,), factor), where theory says norms[0] times factor to the
    power of the lag, drawn dashed; a factor of None draws no theory. The vertical axis is logarithmic and shared.
    """
    with canvas(7.0, 3.1, ncols=len(panels), sharey=True, squeeze=False) as (figure, grid):
        for axes, (title, lines) in zip(grid[0], panels.items(), strict=True):
            for n, (name, (norms, factor)) in enumerate(lines.items()):
                _line(axes, name, np.asarray(norms) / norms[0], factor, n)
            axes.plot([], [], color=COLOR["baseline"], linestyle=(0, (4, 2)), label="theory")
            axes.set(title=title, xlabel="lag: steps back", yscale="log")
            axes.legend(loc="lower left", handlelength=1.8)
        grid[0][0].set_ylabel("gradient left (share)")
        told = ". ".join(f"{title}: {_told(lines)}" for title, lines in panels.items())
        return Figure(figure, f"Share of a gradient that is left after so many steps back, logarithmic. {told}.")


def _line(axes, name, share, factor, n):
    lags, every = np.arange(len(share)), max(1, len(share) // 12)
    if factor is not None:
        axes.plot(lags, float(factor) ** lags, color=COLOR["baseline"], linestyle=(0, (4, 2)), linewidth=1.1)
    style = {"color": COLOR[_LINES[n]], "marker": _DOTS[n], "markevery": every, "linewidth": 1.2}
    axes.plot(lags, share, label=name, **style)


def _told(lines):
    return "; ".join(
        f"{name}: {norms[-1] / norms[0]:.1e} at lag {len(norms) - 1}" + ("" if factor is None else f", theory {factor ** (len(norms) - 1):.1e}")
        for name, (norms, factor) in lines.items()
    )
