"""Pictures of measurements: every run is drawn, so that the spread over seeds is seen, and the baseline is always there."""

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from rnncourse.plots.figure import Figure
from rnncourse.plots.style import COLOR, canvas, look

ROLES = ("input", "hidden", "output", "other")
BAND_ROLES = ("input", "hidden", "output", "other", "truth")


def curves(x, groups, xlabel, ylabel, reference=None, log=False):
    """Lines over `x` (N,), one group a colour: `groups` maps a name to values (N,), or (R, N) for R runs.

    `reference` is a pair (name, value) drawn as a level line; `log` makes the vertical axis logarithmic.
    """
    groups = {name: np.atleast_2d(values) for name, values in groups.items()}  # (R, N)
    with canvas(6.4, 3.0) as (figure, axes):
        for (name, runs), role in zip(groups.items(), ROLES, strict=False):
            for n, run in enumerate(runs):
                axes.plot(x, run, **look(role), label=name if n == 0 else None)
        if reference:
            axes.axhline(reference[1], **look("baseline"), label=f"{reference[0]}: {reference[1]:.2f}")
        if log:
            axes.set_yscale("log")
        axes.set(xlabel=xlabel, ylabel=ylabel, xticks=x)
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    told = "; ".join(_curve_in_words(x, name, runs) for name, runs in groups.items())
    return Figure(figure, f"{ylabel} against {xlabel}. {told}{_level(reference)}.")


def bands(groups, xlabel, ylabel, level=None, limits=None, logarithmic="y", plain=False):
    """Runs of several seeds as a line, their median, in a band from the lowest to the highest run.

    `groups` maps a name to (x (N,), values (R, N)); `level` is a pair (name, value) drawn as a level line; `limits` bound
    the vertical axis; `logarithmic` names the axes that are so: "y", "xy" or ""; `plain` writes their numbers out.
    """
    with canvas(7.0, 3.2) as (figure, axes):
        for n, (name, (x, values)) in enumerate(groups.items()):
            values, style = np.asarray(values), look(BAND_ROLES[n % len(BAND_ROLES)])
            style |= {"linestyle": "-" if n < len(BAND_ROLES) else (0, (4, 1.5)), "markevery": max(1, len(x) // 9)}
            axes.plot(x, np.median(values, axis=0), **style, label=name)
            axes.fill_between(x, values.min(axis=0), values.max(axis=0), color=style["color"], alpha=0.15, linewidth=0)
        if level:
            axes.axhline(level[1], **look("baseline"), label=f"{level[0]}: {level[1]:.3f}")
        axes.set(xlabel=xlabel, ylabel=ylabel, xscale="log" if "x" in logarithmic else "linear", yscale="log" if "y" in logarithmic else "linear")
        if limits:
            axes.set_ylim(limits)
        for name in logarithmic if plain else "":
            _written_out(getattr(axes, f"{name}axis"))
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        told = "; ".join(f"{name}: {_run_ends(x, np.asarray(values))}" for name, (x, values) in groups.items())
        several = ", median and range of several runs" if any(len(np.asarray(values)) > 1 for _, values in groups.values()) else ""
        return Figure(figure, f"{ylabel} against {xlabel}{several}. {told}{_level(level)}.")


def _written_out(axis):
    """Numbers like 0.02, 5 and 20,000 at a logarithmic axis, at most three a decade."""
    low, high = axis.get_view_interval()
    wide = np.log10(high / low) > 3
    axis.set_major_locator(LogLocator(subs=(1.0,) if wide else (1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axis.set_minor_formatter(NullFormatter())


def _run_ends(x, values):
    if len(values) == 1:
        return f"{values[0, -1]:.3g} at {x[-1]:.3g}"
    return f"{np.median(values[:, -1]):.3g} at {x[-1]:.3g} (runs from {values[:, -1].min():.3g} to {values[:, -1].max():.3g})"


def dots(groups, xlabel, reference=None, limits=None):
    """One row a group, one dot a run: `groups` maps a name to values (R,); `reference` is a pair (name, value).

    `limits` are the ends of the axis, such as (0, 1) for a share.
    """
    with canvas(6.4, 0.42 * len(groups) + 0.9) as (figure, axes):
        for row, values in enumerate(groups.values()):
            axes.plot(values, np.full(len(values), row), color=COLOR["input"], marker="o", linestyle="", alpha=0.7)
            axes.plot(np.mean(values), row, color=COLOR["truth"], marker="|", markersize=14, linestyle="")
        if reference:
            axes.axvline(reference[1], **look("baseline"))
            axes.text(reference[1], -0.75, f"{reference[0]}: {reference[1]:.2f}", ha="center", fontsize=8, color=COLOR["baseline"])
        axes.set(xlabel=f"{xlabel} (dot: one run; bar: their mean)", yticks=range(len(groups)), yticklabels=groups.keys())
        axes.set_ylim(len(groups) - 0.5, -0.55)
        if limits:
            margin = 0.03 * (limits[1] - limits[0])
            axes.set_xlim(limits[0] - margin, limits[1] + margin)
    told = "; ".join(f"{name}: {min(v):.2f} to {max(v):.2f}, mean {np.mean(v):.2f}" for name, v in groups.items())
    return Figure(figure, f"{xlabel}, one dot a run. {told}{_level(reference)}.")


def _curve_in_words(x, name, runs):
    mean = runs.mean(axis=0)  # (N,)
    best = int(mean.argmin())
    return f"{name}: {mean[0]:.2f} at {x[0]:g}, lowest {mean[best]:.2f} at {x[best]:g}, {mean[-1]:.2f} at {x[-1]:g}"


def _level(reference):
    return f"; the dashed line, {reference[0]}, is at {reference[1]:.2f}" if reference else ""
