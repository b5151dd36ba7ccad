"""Who looks where: attention weights as a map, and the waves that tell positions apart."""

import numpy as np

from rnncourse.plots.figure import Figure
from rnncourse.plots.style import COLOR, MAGNITUDE, SIGNED, canvas, look

_SHOWN = 40  # cells up to which each weight is written into its cell


def attention_map(panels, rows, columns, xlabel="looks at", ylabel="step that looks", caption=None):
    """Draw attention weights: `panels` maps a title to weights (T, S), between 0 and 1, a row for each step that looks.

    `rows` (T,) and `columns` (S,) are what stands at the steps: characters, words, names. The colour is linear from 0 to
    1, alike in all panels. Raises ValueError for weights of another shape.
    """
    rows, columns = [_visible(one) for one in rows], [_visible(one) for one in columns]
    panels = {title: np.asarray(weights, dtype=float) for title, weights in panels.items()}
    for title, weights in panels.items():
        if weights.shape != (len(rows), len(columns)):
            raise ValueError(f"{title}: expected weights (rows, columns) = ({len(rows)}, {len(columns)}), got {weights.shape}")
    each = min(7.0 / len(panels), 0.55 + 0.42 * len(columns))
    with canvas(max(each * len(panels), 3.4), 1.1 + min(0.36, each / len(columns)) * len(rows), ncols=len(panels), squeeze=False) as (figure, grid):
        for axes, (title, weights) in zip(grid[0], panels.items(), strict=True):
            picture = axes.imshow(weights, cmap=MAGNITUDE, vmin=0, vmax=1, interpolation="nearest", aspect="auto")
            axes.set(title=title, xlabel=xlabel, ylabel=ylabel if axes is grid[0][0] else "")
            axes.set_xticks(range(len(columns)), columns)
            axes.set_yticks(range(len(rows)), rows)
            axes.tick_params(length=0)
            _write(axes, weights)
        figure.colorbar(picture, ax=list(grid[0]), label="weight", ticks=(0, 0.5, 1), pad=0.01)
        told = "; ".join(f"{title}: {_largest(weights, rows, columns)}" for title, weights in panels.items())
        return Figure(figure, f"Attention weights, a row for each {ylabel}. {told}.", caption)


def _visible(character):
    return {"\n": "↵", " ": "␣"}.get(character, str(character))


def _write(axes, weights):
    """Each weight in its cell, where there are few; dark letters on bright cells and the reverse."""
    if weights.size > _SHOWN:
        return
    for (t, s), weight in np.ndenumerate(weights):
        axes.text(s, t, f"{weight:.2f}", ha="center", va="center", fontsize=7, color=COLOR["truth"] if weight > 0.55 else "white")


def _largest(weights, rows, columns):
    """Where each row looks most, in words; of long ones the first twelve."""
    told = [f"{row} looks most at {columns[s]} ({weights[t, s]:.2f})" for t, (row, s) in enumerate(zip(rows, weights.argmax(axis=1), strict=True))]
    return ", ".join(told[:12]) + (f" and {len(told) - 12} rows more" if len(told) > 12 else "")


def position_waves(positions, caption=None):
    """Draw sinusoidal positions (T, D) and beside them how alike the middle position is to each (T,)."""
    positions = np.asarray(positions, dtype=float)
    T, D = positions.shape
    likeness = positions @ positions[T // 2] / (D / 2)  # of a position with itself: 1
    with canvas(7.2, 2.9, ncols=2, width_ratios=(1.2, 1)) as (figure, (left, right)):
        picture = left.imshow(positions, cmap=SIGNED, vmin=-1, vmax=1, interpolation="nearest", aspect="auto")
        left.set(title="one row a position", xlabel="column", ylabel="position")
        figure.colorbar(picture, ax=left, ticks=(-1, 0, 1))
        right.plot(np.arange(T) - T // 2, likeness, **look("hidden", markers=False))
        right.set(title=f"likeness to position {T // 2}", xlabel="steps apart", ylabel="dot product / (D/2)")
        near, far = likeness[T // 2 + 1], likeness[0]
        alt = (
            f"Left: sines and cosines at {T} positions in {D} columns; columns on the left change at every step, columns on the right "
            f"hardly at all. Right: dot product of position {T // 2} with each, by distance: 1.00 with itself, {near:.2f} one step "
            f"apart, {far:.2f} at {T // 2} steps."
        )
        return Figure(figure, alt, caption)
