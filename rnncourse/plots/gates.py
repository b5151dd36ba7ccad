"""What gates do: the cell as a drawing, gates over time, how long units remember."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from rnncourse.plots.figure import Figure
from rnncourse.plots.sheet import arrow, box, label, number, sheet
from rnncourse.plots.style import COLOR, MAGNITUDE, TINT, canvas, look

_HATCH = ("", "///", "...")
_FILL = ("padding", "output", "other")
HALVES = np.array([0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000])  # borders of the half-life histogram, in steps


def lstm_cell():
    """Draw one LSTM step: the cell state on a straight road, with a gate that keeps, one that writes and one that shows."""
    with sheet(7.0, 2.9) as (figure, axes):
        road, low = 2.2, 1.25
        arrow(axes, (0.75, road), (1.75, road), "hidden")
        arrow(axes, (2.25, road), (3.35, road), "hidden")
        arrow(axes, (3.85, road), (6.25, road), "hidden")
        box(axes, 0.45, road, "$c_{t-1}$", "hidden")
        box(axes, 6.55, road, "$c_t$", "hidden")
        _operation(axes, 2.0, road, "×", 1)
        _operation(axes, 3.6, road, "+", None)
        _operation(axes, 3.6, low, "×", 2)
        arrow(axes, (3.6, low + 0.24), (3.6, road - 0.24))
        _gate(axes, 2.0, 0.4, "$f$", "keep", (2.0, road - 0.24))
        _gate(axes, 2.95, 0.4, "$i$", "write", (3.4, low - 0.12))
        _gate(axes, 3.95, 0.4, "$g$", "what", (3.72, low - 0.22), "input")
        arrow(axes, (5.15, road), (5.15, low + 0.24))
        label(axes, 5.32, (road + low) / 2, "tanh", "truth", ha="left")
        _operation(axes, 5.15, low, "×", 3)
        _gate(axes, 5.15, 0.4, "$o$", "show", (5.15, low - 0.24))
        arrow(axes, (5.39, low), (6.25, low), "output")
        box(axes, 6.55, low, "$h_t$", "output")
        label(axes, 0.12, 0.4, "all four read\n$x_t$ and $h_{t-1}$", "truth", ha="left")
        alt = (
            "One LSTM step. The cell state runs along a straight road from c at t minus 1 to c at t: first it is multiplied by the "
            "forget gate f (1), then the candidate g, multiplied by the input gate i (2), is added to it. From the road a branch "
            "goes through a tanh and is multiplied by the output gate o (3), which gives the hidden state h at t. All four read x "
            "at t and h at t minus 1."
        )
        return Figure(figure, alt, "1: how much of the old stays. 2: how much of the new is written. 3: how much is shown.")


def _operation(axes, x, y, sign, place):
    axes.text(x, y, sign, ha="center", va="center", fontsize=13, bbox={"boxstyle": "circle,pad=0.2", "facecolor": TINT["truth"], "edgecolor": COLOR["truth"]})
    if place:
        number(axes, x + 0.3, y + 0.27, place, "other")


def _gate(axes, x, y, name, does, end, role="other"):
    box(axes, x, y, name, role, width=0.5, height=0.4)
    label(axes, x + 0.3, y - 0.05, does, role, ha="left", fontsize=8)
    arrow(axes, (x, y + 0.2), end)


def gates_over_time(marks, values, gates, caption=None):
    """Draw the gates of a network that reads one sequence of the adding problem: a row a unit, a column a step.

    `marks` and `values` are (T,); `gates` maps a gate's name to its values (T, H), between 0 and 1. Units are sorted by
    how much their first gate rises at the marked steps.
    """
    marks, values = np.asarray(marks, dtype=float), np.asarray(values, dtype=float)
    gates = {name: np.asarray(gate, dtype=float) for name, gate in gates.items()}
    at = np.flatnonzero(marks)
    first = next(iter(gates.values()))
    rise = first[marks > 0].mean(axis=0) - first[marks == 0].mean(axis=0)  # (H,)
    order = np.argsort(-rise)
    with canvas(7.0, 1.1 + 1.35 * len(gates), nrows=1 + len(gates), sharex=True, height_ratios=(1, *(1.7,) * len(gates))) as (figure, panels):
        steps = np.arange(len(marks))
        panels[0].plot(steps, values, **look("input", markers=False), linewidth=0.8)
        panels[0].plot(at, values[at], color=COLOR["hidden"], marker="v", linestyle="", markersize=7)
        panels[0].set(ylabel="input", yticks=(0, 1), ylim=(-0.1, 1.25), title="a triangle marks a value to be added")
        for axes, (name, gate) in zip(panels[1:], gates.items(), strict=True):
            image = axes.imshow(gate.T[order], aspect="auto", cmap=MAGNITUDE, vmin=0, vmax=1, interpolation="nearest")
            axes.set(ylabel="unit", title=name, yticks=[])
        panels[-1].set_xlabel("step t")
        figure.colorbar(image, ax=panels[1:], label="gate", ticks=(0, 0.5, 1), pad=0.01)
        told = "; ".join(f"{name}: {gate[marks > 0].mean():.2f} at the marked steps, {gate[marks == 0].mean():.2f} at the others" for name, gate in gates.items())
        alt = f"Gates of {first.shape[1]} units over {len(marks)} steps, the marked ones are {' and '.join(map(str, at))}. Mean over the units, {told}."
        return Figure(figure, alt, caption)


def half_life_histogram(groups, needed=None):
    """Draw how many units forget half within how many steps: `groups` maps a network's name to half-lives (H,) in steps.

    `needed` is a pair (name, steps), drawn as a line: how far back the task reaches. Infinite half-lives count in the last bin.
    """
    with canvas(6.8, 2.7) as (figure, axes):
        places, width = np.arange(len(HALVES) - 1), 0.84 / len(groups)
        for n, (name, lives) in enumerate(groups.items()):
            counts = np.histogram(np.clip(lives, HALVES[0], HALVES[-1]), HALVES)[0]
            at = places + (n - (len(groups) - 1) / 2) * width
            role = _FILL[n]
            axes.bar(at, counts, width, label=name, facecolor=TINT[role], edgecolor=COLOR[role if role != "padding" else "baseline"], hatch=_HATCH[n])
        if needed:
            place = np.interp(np.log(needed[1]), np.log(HALVES), np.arange(len(HALVES)) - 0.5)
            axes.axvline(place, **look("baseline"))
            axes.text(place, axes.get_ylim()[1], f" {needed[0]}", va="top", fontsize=8, color=COLOR["baseline"])
        labels = [f"{low:g}–{high:g}" for low, high in zip(HALVES, HALVES[1:], strict=False)]
        labels[0], labels[-1] = f"below {HALVES[1]:g}", f"above {HALVES[-2]:g}"
        axes.set(xlabel="half-life in steps", ylabel="units")
        axes.set_xticks(places, labels)
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        told = "; ".join(f"{name}: median {np.median(lives):.3g}, {int((lives >= (needed[1] if needed else 10)).sum())} of {len(lives)} units reach {needed[1] if needed else 10:g} steps" for name, lives in groups.items())
        return Figure(figure, f"How many units have which half-life of memory, in steps. {told}.")


def weights_by_size(sizes, counts, budget):
    """Draw how many weights a network has for each hidden size, and where a budget of weights is used up.

    `sizes` is (N,), `counts` maps a kind to its weights (N,), `budget` is a number of weights, drawn as a level line.
    """
    with canvas(6.4, 2.9) as (figure, axes):
        for (name, weights), role in zip(counts.items(), ("hidden", "output", "input"), strict=False):
            axes.plot(sizes, weights, **look(role), label=name)
        axes.axhline(budget, **look("baseline"), label=f"{budget:,} weights")
        axes.set(xlabel="hidden units", ylabel="weights", yscale="log", xticks=sizes)
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        told = "; ".join(f"{name}: {weights[0]:,} at {sizes[0]}, {weights[-1]:,} at {sizes[-1]}" for name, weights in counts.items())
        return Figure(figure, f"Weights against hidden units, logarithmic. {told}. A dashed line marks {budget:,} weights.")
