"""A recurrent network as a loop, unrolled in time, and in the shapes that its inputs and outputs can take."""

from rnncourse.plots.figure import Figure
from rnncourse.plots.sheet import arrow, box, label, number, sheet
from rnncourse.plots.style import COLOR

_IN, _STATE, _OUT = 0.85, 1.75, 2.65  # heights of the three rows, in inches


def recurrent_network(inputs="hell", outputs="ello"):
    """Draw the four components of a recurrent network, as a loop and unrolled over the characters of `inputs`.

    `inputs` and `outputs` are strings of the same length, at most 4: what each step reads and what it should predict.
    Raises ValueError if they are not.
    """
    if not 1 <= len(inputs) == len(outputs) <= 4:
        raise ValueError(
            f"inputs and outputs must have the same length, 1 to 4; got {len(inputs)} and {len(outputs)} characters"
        )
    with sheet(7.0, 3.3) as (figure, axes):
        _loop(axes, 1.35)
        label(axes, 2.56, _STATE, "=", fontsize=18)
        label(axes, 2.56, _STATE - 0.25, "unrolled\nin time", "baseline", va="top")
        _unrolled(axes, inputs, outputs)
        alt = (
            "Left, the loop: an input enters a hidden state, an arrow leads from the hidden state back to itself, "
            f"and a prediction leaves it. Right, the same network unrolled over {len(inputs)} steps: it reads "
            f"{_spell(inputs)} and predicts {_spell(outputs)}; each step takes the hidden state of the step before, "
            "and the weights W_xh, W_hh are the same at every step."
        )
        return Figure(
            figure, alt, "The same box at every step: unrolling draws the loop once for each element of the sequence."
        )


def _loop(axes, x):
    box(axes, x, _IN, "$x_t$", "input")
    box(axes, x, _STATE, "$h_t$", "hidden")
    box(axes, x, _OUT, "$y_t$", "output")
    arrow(axes, (x, _IN + 0.23), (x, _STATE - 0.23))
    arrow(axes, (x, _STATE + 0.23), (x, _OUT - 0.23))
    top, right = _STATE + 0.42, x + 0.62
    axes.plot([x + 0.3, right, right, x + 0.15], [_STATE, _STATE, top, top], color=COLOR["hidden"], linewidth=1.3)
    arrow(axes, (x + 0.15, top), (x + 0.15, _STATE + 0.23), "hidden")
    label(axes, x - 0.22, (_IN + _STATE) / 2, "$W_{xh}$")
    label(axes, right + 0.21, _STATE + 0.21, "$W_{hh}$", "hidden")
    for value, row, role, name in (
        (1, _IN, "input", "input"),
        (2, _STATE, "hidden", "hidden\nstate"),
        (4, _OUT, "output", "prediction"),
    ):
        _component(axes, 0.18, row, value, name, role)
    _component(axes, x + 0.42, top + 0.22, 3, "feedback loop", "hidden")


def _component(axes, x, y, value, name, role):
    number(axes, x, y, value, role)
    label(axes, x + 0.16, y, name, role, ha="left", va="center")


def _unrolled(axes, inputs, outputs):
    box(axes, 3.1, _STATE, "$h_0$", "padding", width=0.42, color=COLOR["baseline"])
    left = 3.31
    for step, (read, predicted) in enumerate(zip(inputs, outputs, strict=True), start=1):
        x = 3.05 + 0.88 * step
        box(axes, x, _IN, f"“{read}”", "input")
        box(axes, x, _STATE, f"$h_{step}$", "hidden")
        box(axes, x, _OUT, f"“{predicted}”", "output")
        arrow(axes, (left, _STATE), (x - 0.3, _STATE), "hidden")
        arrow(axes, (x, _IN + 0.23), (x, _STATE - 0.23))
        arrow(axes, (x, _STATE + 0.23), (x, _OUT - 0.23))
        label(axes, (left + x - 0.3) / 2 - 0.02, _STATE + 0.36, "$W_{hh}$", "hidden")
        label(axes, x - 0.22, (_IN + _STATE) / 2, "$W_{xh}$")
        label(axes, x, 0.4, f"step {step}", "baseline")
        left = x + 0.3


def _spell(text):
    return ", ".join(text)


_SHAPES = (
    ("answer at the end", "a review in,\nits mood out", (0, 1, 2), (2,)),
    ("answer at each step", "a sound in, a letter\nfor each slice out", (0, 1, 2), (0, 1, 2)),
    ("one in, many out", "a first letter in,\na text out", (0,), (0, 1, 2)),
    ("all in, then out", "a sentence in, its\ntranslation out", (0, 1), (2, 3)),
)


def input_output_shapes():
    """Draw the four ways in which one recurrent network can be fed and read."""
    with sheet(7.0, 2.35) as (figure, axes):
        for column, (title, example, reads, writes) in enumerate(_SHAPES):
            _shape(axes, 0.12 + 1.74 * column, title, example, reads, writes)
        alt = (
            "Four rows of hidden states joined by arrows. Read only at the end: a review in, its mood out. "
            "Read at every step: a sound in, a letter for each slice out. Fed once: a first letter in, a text out. "
            "Fed first, read afterwards: a sentence in, its translation out."
        )
        return Figure(figure, alt, "Bottom row: inputs. Middle row: hidden states. Top row: answers.")


def _shape(axes, left, title, example, reads, writes):
    steps = max(*reads, *writes) + 1
    label(axes, left, 2.15, title, ha="left", fontweight="bold", fontsize=9)
    label(axes, left, 0.42, example, "baseline", ha="left", va="top", fontsize=8.5)
    for step in range(steps):
        x = left + 0.15 + 0.41 * step
        box(axes, x, 1.25, "", "hidden", 0.26, 0.26)
        if step:
            arrow(axes, (x - 0.28, 1.25), (x - 0.13, 1.25), "hidden")
        if step in reads:
            box(axes, x, 0.7, "", "input", 0.26, 0.26)
            arrow(axes, (x, 0.83), (x, 1.12))
        if step in writes:
            box(axes, x, 1.8, "", "output", 0.26, 0.26)
            arrow(axes, (x, 1.38), (x, 1.67))
