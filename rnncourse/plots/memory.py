"""An input and what networks remember of it, step by step."""

import numpy as np

from rnncourse.plots.figure import Figure
from rnncourse.plots.style import canvas, look

_ROLES = ("hidden", "other", "baseline")  # up to three networks


def memory_trace(inputs, states, caption=None):
    """Draw an input series (T,) as bars and, below it, the hidden states of up to three networks, each (T,).

    `states` maps a network's name to its hidden state, between -1 and 1.
    Raises ValueError if lengths differ or there are more than three networks.
    """
    inputs = np.asarray(inputs, dtype=float)
    states = {name: np.asarray(series, dtype=float) for name, series in states.items()}
    _refuse(inputs, states)
    steps = np.arange(1, len(inputs) + 1)
    with canvas(7.0, 3.0, nrows=2, sharex=True, height_ratios=(1, 2.2)) as (figure, (above, below)):
        _bars(above, steps, inputs)
        for role, (name, series) in zip(_ROLES, states.items(), strict=False):
            below.plot(
                steps,
                series,
                label=name,
                markevery=max(1, len(steps) // 20),
                **{**look(role), "marker": "sD^"[_ROLES.index(role)]},
            )
        below.axhline(0, color="#BDBDBD", linewidth=0.8, zorder=0)
        below.set(
            xlabel="step t", ylabel="hidden state", ylim=(-1.12, 1.12), yticks=(-1, 0, 1), title="what is remembered"
        )
        below.legend(loc="upper left", bbox_to_anchor=(1, 1))
        return Figure(figure, _alt(inputs, states), caption)


def _refuse(inputs, states):
    if len(states) > len(_ROLES):
        raise ValueError(
            f"at most {len(_ROLES)} networks fit in one picture; got {len(states)}: draw the others in a second one"
        )
    for name, series in states.items():
        if series.shape != inputs.shape or inputs.ndim != 1:
            raise ValueError(
                f"inputs and the states of {name!r} must both have shape (T,); got {inputs.shape} and {series.shape}"
            )


def _bars(axes, steps, inputs):
    axes.vlines(steps, 0, inputs, color=look("input")["color"], linewidth=2.5)
    axes.plot(steps[inputs != 0], inputs[inputs != 0], **{**look("input"), "linestyle": "", "markersize": 5})
    axes.axhline(0, color="#6B6B6B", linewidth=0.8)
    axes.set(ylabel="input", yticks=(-1, 0, 1), ylim=(-1.3, 1.3), title="what comes in")


def _alt(inputs, states):
    at = np.flatnonzero(inputs)
    events = ", ".join(f"{inputs[step]:+.0f} at step {step + 1}" for step in at)
    moments = sorted(
        {int(at[-1]) if len(at) and at[-1] else len(inputs), len(inputs)}
    )  # before the last input, and at the end
    values = "; ".join(
        f"after step {t}: " + ", ".join(f"{series[t - 1]:+.2f} for {name}" for name, series in states.items())
        for t in moments
    )
    return f"Inputs: {events + ', and zero elsewhere' if events else 'none'}. Hidden states {values}."
