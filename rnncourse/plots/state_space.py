"""States as points of a plane: the path of a text, and where a network comes to rest."""

import numpy as np

from rnncourse.plots.figure import Figure
from rnncourse.plots.style import COLOR, canvas

_KINDS = {0: ("attractor", "o", "output"), 1: ("saddle", "D", "hidden"), 2: ("repeller", "^", "other")}
_GROUPS = (("input", "o"), ("hidden", "s"), ("output", "^"), ("other", "D"))


def trajectories(panels, names):
    """Draw states in their first two components, one panel a network, coloured by what the text was at that step.

    `panels` maps a title to (projected (N, 2), labels (N,), explained (2,)); `names` are those of the labels 0, 1, ….
    """
    with canvas(7.0, 3.1, ncols=len(panels), squeeze=False) as (figure, grid):
        for axes, (title, (points, labels, explained)) in zip(grid[0], panels.items(), strict=True):
            axes.plot(*points[:80].T, color=COLOR["padding"], linewidth=0.7, zorder=0)
            for label, (name, (role, dot)) in enumerate(zip(names, _GROUPS, strict=False)):
                chosen = points[labels == label]
                axes.plot(*chosen.T, linestyle="", marker=dot, markersize=2.6, color=COLOR[role], label=name)
            axes.set(title=title, xlabel=f"component 1 ({explained[0]:.0%})", ylabel=f"component 2 ({explained[1]:.0%})")
        grid[0][0].legend(loc="upper left", bbox_to_anchor=(0.0, -0.2), ncols=len(names), markerscale=1.8, columnspacing=1.0, handletextpad=0.2)
        told = "; ".join(f"{title}: two components hold {explained.sum():.0%} of the variance" for title, (_, _, explained) in panels.items())
        return Figure(figure, f"States in the plane of their first two components, marked {', '.join(names)}. {told}.", "Grey: the path of the first 80 steps.")


def resting_states(panels):
    """Draw fixed points in a plane, by how many directions let go, over the path of some runs.

    `panels` maps a title to (points (M, 2), unstable (M,), paths (R, T, 2)).
    """
    with canvas(7.0, 3.3, ncols=len(panels), squeeze=False) as (figure, grid):
        told = []
        for axes, (title, (points, unstable, paths)) in zip(grid[0], panels.items(), strict=True):
            for path in paths:
                axes.plot(*path.T, color=COLOR["padding"], linewidth=0.6, zorder=0)
            kinds = np.minimum(unstable, 2)
            for kind, (name, dot, role) in _KINDS.items():
                at = points[kinds == kind]
                axes.plot(*at.T, linestyle="", marker=dot, markersize=9, color=COLOR[role], markeredgecolor="black", markeredgewidth=0.6, label=f"{name}: {len(at)}")
            axes.set(title=title, xlabel="component 1", ylabel="component 2")
            axes.legend(loc="upper left", bbox_to_anchor=(0.0, -0.2), ncols=3, columnspacing=0.8, handletextpad=0.2)
            counts = {name: int((kinds == kind).sum()) for kind, (name, *_) in _KINDS.items()}
            told.append(f"{title}: " + ", ".join(f"{count} {name}{'s' * (count != 1)}" for name, count in counts.items()))
        return Figure(figure, f"Fixed points in the plane of the first two components. {'; '.join(told)}.", "Grey: states while pulses come in.")
