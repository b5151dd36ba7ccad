"""How a training run went: the loss as it falls, live; several runs side by side; what clipping does; temperatures."""

import os
import time

import numpy as np

from rnncourse.plots.figure import Figure
from rnncourse.plots.style import COLOR, TINT, canvas, look

ROLES = ("input", "hidden", "output", "other")
SECONDS = 2.0  # between two drawings of a live figure


class LiveLoss:
    """A loss curve that grows in place while a network trains, and stays as one finished figure.

    Use it as `with LiveLoss(steps) as watch: train(…, watch=watch)`; `watch(step, loss)` takes the loss in nats and
    draws bits. `levels` maps the name of a baseline to its bits. Nothing is drawn on the way where nobody looks on:
    under CI, under nbgrader, and outside a notebook.

    >>> watch = LiveLoss(2, {"guessing": 1.0})
    >>> watch(1, np.log(2)); watch(2, np.log(2) / 2)
    >>> watch.figure().describe()
    'Bits per symbol over 2 of 2 steps: 1.00 at the start, 0.75 halfway, 0.50 at the end. guessing: 1.00.'
    """

    def __init__(self, steps, levels=None, unit="symbol"):
        self.steps, self.levels, self.unit = steps, levels or {}, unit
        self.bits, self._handle, self._drawn = [], None, time.monotonic()

    def __enter__(self):
        return self

    def __call__(self, step, loss):
        self.bits.append(float(loss) / np.log(2))
        if _watched() and time.monotonic() - self._drawn > SECONDS:
            self._show()

    def __exit__(self, *failure):
        if self.bits:  # also when someone stopped the training: what there is stays
            self._show()

    def figure(self):
        """The curve so far as a `Figure`: the mean of every 1 % of the steps."""
        steps, bits = averaged(np.array(self.bits), max(1, self.steps // 100))
        with canvas(6.4, 2.9) as (figure, axes):
            axes.plot(steps, bits, **look("hidden", markers=False))
            _levels(axes, self.levels, self.steps)
            axes.set(xlabel="training step", ylabel=f"bits per {self.unit}", xlim=(0, self.steps))
        told = (f"{level}: {value:.2f}" for level, value in self.levels.items())
        progress = f"{bits[0]:.2f} at the start, {np.interp(len(self.bits) / 2, steps, bits):.2f} halfway, {bits[-1]:.2f} at the end"
        alt = f"Bits per {self.unit} over {len(self.bits)} of {self.steps} steps: {progress}. {'; '.join(told)}"
        return Figure(figure, alt.rstrip(". ") + ".")

    def _show(self):
        self._drawn = time.monotonic()
        if self._handle is not None:
            self._handle.update(self.figure())
        else:
            from IPython.display import display

            self._handle = display(self.figure(), display_id=True)


def losses(groups, ylabel="bits per symbol", levels=None, width=10, limits=None):
    """Draw the loss curves of several runs: `groups` maps a name to losses in nats (R, N), one line a run.

    Each point is the mean of `width` steps. `levels` maps a baseline's name to its bits; `limits` bound the vertical axis.
    """
    bits = {name: _smooth(runs, width) / np.log(2) for name, runs in groups.items()}  # (R, N // width)
    with canvas(6.4, 2.9) as (figure, axes):
        last = _runs(axes, bits, width)
        _levels(axes, levels or {}, last)
        axes.set(xlabel="training step", ylabel=ylabel, xlim=(0, last), ylim=limits)
        axes.legend(loc="center right")
        told = [f"{name}, {len(runs)} runs: {_spread(runs[:, 0])} at first, {_spread(runs[:, -1])} at last" for name, runs in bits.items()]
        told += [f"{level}: {value:.2f}" for level, value in (levels or {}).items()]
        return Figure(figure, f"{ylabel.capitalize()} against training steps. {'; '.join(told)}.")


def clipping(runs, max_norm, levels=None, width=5):
    """Draw losses in bits and gradient norms before clipping, side by side and both logarithmic.

    `runs` maps a name to a list of runs, each with `losses` in nats and `norms`, both (N,); `levels` as in `losses`.
    """
    bits = {name: _smooth([run.losses for run in each], width) / np.log(2) for name, each in runs.items()}
    norms = {name: _smooth([run.norms for run in each], width) for name, each in runs.items()}
    with canvas(7.0, 3.0, ncols=2) as (figure, (left, right)):
        _levels(left, levels or {}, _runs(left, bits, width))
        _levels(right, {"max_norm": max_norm}, _runs(right, norms, width))
        left.set(title="loss", xlabel="training step", ylabel="bits per character")
        right.set(title="gradient norm before clipping", xlabel="training step")
        _logarithmic(left, bits)
        _logarithmic(right, norms)
        right.legend(loc="upper right")
        told = [
            f"{name}: loss {_spread(bits[name][:, -1])} bits at last, largest gradient norm {_spread(norms[name].max(axis=1))}"
            for name in runs
        ]
        return Figure(figure, f"Runs with and without clipping. {'; '.join(told)}; max_norm is {max_norm:g}.")


def temperatures(chances, names):
    """Draw how a distribution changes with the temperature: `chances` maps a temperature to chances (V,) of the `names`."""
    with canvas(7.0, 2.2, ncols=len(chances), sharex=True) as (figure, panels):
        for axes, (temperature, p) in zip(panels, chances.items(), strict=True):
            axes.barh(range(len(names)), p, color=TINT["output"], edgecolor=COLOR["output"])
            axes.set(title=f"temperature {temperature:g}", xlim=(0, 1), xlabel="chance")
            axes.set_yticks(range(len(names)), names, family="DejaVu Sans Mono")
            axes.invert_yaxis()
        told = "; ".join(f"at {temperature:g} {names[int(np.argmax(p))]} has {np.max(p):.0%}" for temperature, p in chances.items())
        return Figure(figure, f"The chances of {len(names)} characters at different temperatures: {told}.")


def _runs(axes, groups, width):
    """Draw each run of each group (R, N) and return the last step."""
    for (name, runs), role in zip(groups.items(), ROLES, strict=False):
        steps = (np.arange(runs.shape[1]) + 0.5) * width
        for n, run in enumerate(runs):
            style = {**look(role), "markevery": max(1, len(run) // 8), "linewidth": 1.1, "markersize": 3.5}
            axes.plot(steps, run, **style, label=name if n == 0 else None)
    return runs.shape[1] * width


def _logarithmic(axes, groups):
    """A logarithmic axis with round numbers written out."""
    largest = max(runs.max() for runs in groups.values())
    ticks = [tick for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500) if tick < largest]
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_yticks([], minor=True)
    axes.set_ylim(low, high)


def _levels(axes, levels, last):
    for name, value in levels.items():
        axes.axhline(value, **look("baseline"), linewidth=1.1)
        axes.text(last, value, f"{name}: {value:.2f}", ha="right", va="bottom", fontsize=8, color=COLOR["baseline"])


def _smooth(runs, width):
    return np.stack([averaged(np.asarray(run), width)[1] for run in runs])


def _spread(values):
    return f"{values.min():.2f} to {values.max():.2f}"


def _watched():
    return "NBGRADER_EXECUTION" not in os.environ and "CI" not in os.environ


def averaged(values, width):
    """The middle step and the mean of each full run of `width` values (N,): two arrays (N // width,); one value stands for too few."""
    width = min(width, len(values))
    count = len(values) // width
    return (np.arange(count) + 0.5) * width, values[: count * width].reshape(count, width).mean(axis=1)
