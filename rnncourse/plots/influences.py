"""Which input an output depends on: a map of output steps against input steps."""

import numpy as np
from matplotlib.colors import LogNorm

from rnncourse.plots.figure import Figure
from rnncourse.plots.style import MAGNITUDE, canvas


def connectivity_map(panels, text, what="How strongly the largest logit at each step depends on each input"):
    """Draw connectivity maps (T, T) with the characters along both sides; `panels` maps a title to a map.

    `what` says in the alternative text what the numbers are.

    The colour is logarithmic over four decades below each map's largest entry; what is exactly 0 stays white.
    Raises ValueError if a map and the text have different lengths.
    """
    characters = ["↵" if c == "\n" else "␣" if c == " " else c for c in text]
    for title, values in panels.items():
        if np.shape(values) != (len(text), len(text)):
            raise ValueError(f"{title}: expected one row and one column a character, ({len(text)}, {len(text)}), got {np.shape(values)}")
    with canvas(7.2, 7.0 / len(panels) + 0.3, ncols=len(panels), squeeze=False) as (figure, grid):
        for axes, (title, values) in zip(grid[0], panels.items(), strict=True):
            shares = np.ma.masked_equal(values / values.max(), 0)
            picture = axes.imshow(shares, cmap=MAGNITUDE, norm=LogNorm(1e-4, 1), interpolation="nearest")
            axes.set(title=title, xlabel="input character", ylabel="output at")
            for ticks in (axes.set_xticks, axes.set_yticks):
                ticks(range(len(text)), characters, family="DejaVu Sans Mono", fontsize=min(8, 230 / len(text) / len(panels) ** 0.5))
            axes.tick_params(length=0)
        figure.colorbar(picture, ax=list(grid[0]), shrink=0.7, label="share of the largest")
        told = "; ".join(f"{title}: {_told(values)}" for title, values in panels.items())
        return Figure(figure, f"{what}. {told}.")


def _told(values):
    """How far back the influence reaches: the mean over the steps, weighted by it."""
    t, s = np.indices(values.shape)
    lag = (values * (t - s)).sum() / values.sum()
    share = np.triu(values, 1).max() / values.max()
    return f"on average {lag:.1f} steps back; above the diagonal {'exactly 0' if share == 0 else f'up to {share:.0%}'}"
