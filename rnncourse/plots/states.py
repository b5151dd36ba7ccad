"""Pictures of hidden states; wherever it can be, a network with random weights stands beside the trained one."""

import numpy as np
from matplotlib.colors import LogNorm

from rnncourse.plots.figure import Figure
from rnncourse.plots.style import COLOR, MAGNITUDE, TINT, canvas, look

_ROLES = ("hidden", "baseline")  # the trained network, its control
_KINDS = {"attractor": ("hidden", "o"), "saddle": ("input", "X"), "repeller": ("truth", "*")}


def unit_correlations(rules, baselines=None):
    """One dot a unit: `rules` maps a rule to {network: correlations (H,)}, two networks, the control last.

    `baselines` maps a rule to the correlation that needs no memory at all; it is drawn as a bar.
    """
    rows = [(rule, name, np.abs(r)) for rule, networks in rules.items() for name, r in networks.items()]
    networks = list(dict.fromkeys(name for _, name, _ in rows))
    with canvas(7.0, 0.36 * len(rows) + 1.0) as (figure, axes):
        for y, (rule, name, r) in enumerate(rows):
            style = look(_ROLES[networks.index(name)]) | {"linestyle": "", "marker": "sD"[networks.index(name)], "alpha": 0.55}
            axes.plot(r, np.full(len(r), y), **style)
            if baselines:
                axes.plot([baselines[rule]] * 2, [y - 0.35, y + 0.35], color=COLOR["truth"], linewidth=2, label=None if y else "known from the character alone")
        axes.set(xlim=(-0.02, 1.02), xlabel="absolute correlation with the rule (one mark a unit)", yticks=range(len(rows)))
        axes.set_yticklabels([f"{rule}, {name}" for rule, name, _ in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        if baselines:
            axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0))
    told = "; ".join(f"{rule}, {name}: best unit {r.max():.2f}, median {np.median(r):.2f}" for rule, name, r in rows)
    bars = "".join(f"; {rule}, known from the character alone: {value:.2f}" for rule, value in (baselines or {}).items())
    return Figure(figure, f"How closely each unit follows a rule, as absolute correlation. {told}{bars}.")


def saturation(networks, gates="ifo"):
    """One mark a unit: `networks` maps a name to {gate letter: (left (H,), right (H,))}, two networks, the control last.

    The diagonal is where a gate is always open or shut; the corner at zero is where it is never decided.
    """
    names = {"i": "input gate", "f": "forget gate", "o": "output gate", "r": "reset gate", "z": "update gate"}
    with canvas(7.0, 2.9, ncols=len(gates), sharey=True, squeeze=False) as (figure, grid):
        for axes, letter in zip(grid[0], gates, strict=True):
            axes.plot([0, 1], [1, 0], color=COLOR["padding"], linewidth=1)
            for k, (name, shares) in enumerate(networks.items()):
                style = look(_ROLES[k]) | {"linestyle": "", "marker": "sD"[k], "alpha": 0.6, "clip_on": False}
                axes.plot(*shares[letter], **style, label=name)
            axes.set(xlim=(0, 1), ylim=(0, 1), title=names[letter], xlabel="share of steps below 0.1")
        grid[0, 0].set_ylabel("share of steps above 0.9")
        figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    told = "; ".join(
        f"{names[letter]} of {name}: on average {np.mean(shares[letter][0]):.0%} of the steps below 0.1, {np.mean(shares[letter][1]):.0%} above 0.9"
        for letter in gates
        for name, shares in networks.items()
    )
    undecided = [name for name, shares in networks.items() if not any(np.any(side) for letter in gates for side in shares[letter])]
    caption = "".join(f"All marks of {name} lie on top of each other in the corner at zero." for name in undecided) or None
    return Figure(figure, f"How often the gates of each unit are nearly shut and nearly open. {told}.", caption)


def state_space(panels, labels, marks):
    """States in the plane of their first two components, a panel a network.

    `panels` maps a name to (projected (N, 2), explained (2,)), `labels` (N,) are 0, 1 or 2, `marks` names them.
    """
    labels, roles = np.asarray(labels), ("baseline", "hidden", "input")
    with canvas(7.0, 3.3, ncols=len(panels), squeeze=False) as (figure, grid):
        for axes, (name, (points, explained)) in zip(grid[0], panels.items(), strict=True):
            for k, (mark, role) in enumerate(zip(marks, roles, strict=False)):
                here = labels == k
                axes.plot(*points[here].T, linestyle="", marker="o^s"[k], markersize=3, alpha=0.5, color=COLOR[role], label=mark)
            axes.set(title=name, xlabel=f"component 1 ({explained[0]:.0%} of the variance)", ylabel=f"component 2 ({explained[1]:.0%})")
        figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside upper right", ncols=len(marks))
    told = "; ".join(f"{name}: two components hold {explained.sum():.0%} of the variance" for name, (_, explained) in panels.items())
    return Figure(figure, f"Hidden states in the plane of their two largest components, marked as {', '.join(marks)}. {told}.")


def resting_points(path, points, kinds, explained, caption=None):
    """A path of states (T, 2) through a plane with the points (M, 2) at which the network rests, marked by their kind."""
    with canvas(5.2, 3.9) as (figure, axes):
        axes.plot(*np.asarray(path).T, color=COLOR["padding"], linewidth=0.8, marker=".", markersize=2, zorder=1, label="states while it works")
        for kind, (role, marker) in _KINDS.items():
            here = np.array([k == kind for k in kinds])
            if here.any():
                style = {"color": COLOR[role], "marker": marker, "markersize": 9, "markeredgecolor": "white", "linestyle": ""}
                axes.plot(*np.asarray(points)[here].T, **style, label=f"{kind}: {here.sum()}")
        axes.set(xlabel=f"component 1 ({explained[0]:.0%} of the variance)", ylabel=f"component 2 ({explained[1]:.0%})")
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
        counted = ", ".join(f"{sum(k == kind for k in kinds)} {kind}{'s' if sum(k == kind for k in kinds) != 1 else ''}" for kind in _KINDS)
        alt = f"States of a network in the plane of their two largest components, and the {len(kinds)} points at which it rests without input: {counted}."
        return Figure(figure, alt, caption)


def connectivity_maps(maps, text):
    """Maps (T, T) of how much the answer at a row's character rests on a column's: name -> map, all of the same text.

    Each row is divided by its largest entry; the colours are logarithmic and end at 1/1,000.
    """
    T = len(text)
    ticks, letters = range(T), [{" ": "·", "\n": "⏎"}.get(c, c) for c in text]
    with canvas(7.0, 3.6, ncols=len(maps), squeeze=False) as (figure, grid):
        for axes, (name, values) in zip(grid[0], maps.items(), strict=True):
            values = np.asarray(values, dtype=float)
            shares = values / np.maximum(values.max(axis=1, keepdims=True), 1e-300)
            image = axes.imshow(np.where(shares > 0, np.maximum(shares, 1e-3), np.nan), cmap=MAGNITUDE, norm=LogNorm(1e-3, 1), interpolation="nearest")
            axes.set_facecolor(TINT["baseline"])
            axes.set(title=name, xlabel="character read", xticks=ticks, yticks=ticks)
            axes.set_xticklabels(letters, fontsize=5, family="DejaVu Sans Mono")
            axes.set_yticklabels(letters, fontsize=5, family="DejaVu Sans Mono")
            axes.tick_params(length=0, pad=1)
        grid[0, 0].set_ylabel("answer after this character")
        figure.colorbar(image, ax=list(grid[0]), label="influence, share of the row's largest", shrink=0.8)
    told = "; ".join(f"{name}: {_reach(np.asarray(values, dtype=float))}" for name, values in maps.items())
    return Figure(figure, f"How much the answer after each of {T} characters rests on each character read so far. {told}. {_ahead(maps)}")


def _ahead(maps):
    """Whether any answer rests on a character that comes later."""
    looking = [name for name, values in maps.items() if np.triu(np.asarray(values), 1).any()]
    return f"Answers rest on later characters in: {', '.join(looking)}." if looking else "Nothing rests on later characters."


def _reach(values):
    """How far back an answer reaches, on average: the mean distance, weighted by influence."""
    T = len(values)
    lag = np.arange(T)[:, None] - np.arange(T)
    share = values / np.maximum(values.sum(axis=1, keepdims=True), 1e-300)
    return f"on average {(share * lag).sum(axis=1)[T // 2 :].mean():.1f} characters back in the second half"


def read_and_used(rows, read_chance):
    """Two numbers a group of units side by side: `rows` maps a name to (probe accuracy, loss in bits more without them).

    `read_chance` is the accuracy of the probe with shuffled labels.
    """
    names = list(rows)
    with canvas(7.0, 0.42 * len(rows) + 1.1, ncols=2, sharey=True) as (figure, (left, right)):
        for y, (accuracy, cost) in enumerate(rows.values()):
            left.barh(y, accuracy, height=0.6, color=TINT["input"], edgecolor=COLOR["input"])
            right.barh(y, cost, height=0.6, color=TINT["hidden"], edgecolor=COLOR["hidden"], hatch="///")
            left.text(accuracy - 0.01, y, f"{accuracy:.2f}", ha="right", va="center", fontsize=8)
            right.text(max(cost, 0), y, f" {cost:+.2f}".replace("-", "−"), va="center", fontsize=8)
        left.axvline(read_chance, **look("baseline"))
        left.text(read_chance - 0.01, -0.5, "control", ha="right", va="bottom", fontsize=8, color=COLOR["baseline"])
        largest = max(max(cost, 0) for _, cost in rows.values())
        left.set(xlim=(0, 1), xlabel="what a probe reads (accuracy)", yticks=range(len(names)), yticklabels=names)
        right.set(xlim=(0, 1.2 * largest + 0.02), xlabel="what it costs to do without (bits)")
        left.set_ylim(len(names) - 0.5, -0.95)
    told = "; ".join(f"{name}: read with accuracy {a:.2f}, without it {c:+.2f} bits" for name, (a, c) in rows.items())
    return Figure(figure, f"What can be read from units beside what is lost without them. {told}. A probe with shuffled labels reads {read_chance:.2f}.")
