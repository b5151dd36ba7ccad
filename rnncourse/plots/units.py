"""Units compared: how strongly they follow a rule, how their gates stand, what can be read from them and what is used."""

import numpy as np

from rnncourse.plots.figure import Figure
from rnncourse.plots.style import COLOR, canvas, look

_ROLES = ("hidden", "baseline", "input", "other")
_DOTS = ("s", "o", "^", "D")


def correlations_by_rank(groups):
    """Draw each network's units in the order of how strongly they follow a rule: rule -> {network: correlations (U,)}."""
    with canvas(7.0, 2.6, ncols=len(groups), sharey=True, squeeze=False) as (figure, grid):
        for axes, (rule, networks) in zip(grid[0], groups.items(), strict=True):
            for (name, r), role, dot in zip(networks.items(), _ROLES, _DOTS, strict=False):
                strongest = np.sort(np.abs(r))[::-1]
                axes.plot(np.arange(1, len(r) + 1), strongest, **{**look(role), "marker": dot, "markersize": 3.5}, label=name)
            axes.set(title=rule, xlabel="rank of the unit", ylim=(0, 1.02))
        grid[0][0].set_ylabel("|r| with the rule")
        grid[0][-1].legend(loc="upper right")
        told = "; ".join(
            f"{rule}: strongest unit " + ", ".join(f"{np.abs(r).max():.2f} ({name})" for name, r in networks.items()) for rule, networks in groups.items()
        )
        return Figure(figure, f"Absolute correlation of each unit with a rule, strongest first. {told}.")


def saturation(networks):
    """Draw how often each unit's gate is nearly shut (across) and nearly open (up): network -> {gate: (left, right)}."""
    with canvas(7.0, 3.0, ncols=len(networks), sharex=True, sharey=True, squeeze=False) as (figure, grid):
        for axes, (title, gates) in zip(grid[0], networks.items(), strict=True):
            for (name, (left, right)), role, dot in zip(gates.items(), ("input", "hidden", "output", "other"), "o^sD", strict=False):
                axes.plot(left, right, linestyle="", marker=dot, markersize=5, alpha=0.75, color=COLOR[role], label=name)
            axes.plot([0, 1], [1, 0], color=COLOR["padding"], linewidth=0.9, zorder=0)
            axes.set(title=title, xlabel="share of steps nearly shut", xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")
        grid[0][0].set_ylabel("share of steps nearly open")
        grid[0][-1].legend(loc="upper right")
        told = "; ".join(
            f"{title}: " + ", ".join(f"{name} shut {left.mean():.0%}, open {right.mean():.0%} of the time" for name, (left, right) in gates.items())
            for title, gates in networks.items()
        )
        return Figure(figure, f"One dot a unit and gate. Mean over the units, {told}.", "On the grey line a gate is always shut or open.")


def read_and_used(correlation, cost, rule, named=()):
    """Draw for each unit how well a rule can be read from it, |r| (U,), against what its loss costs, in bits (U,)."""
    r, cost = np.abs(correlation), np.asarray(cost, float)
    with canvas(5.6, 3.0) as (figure, axes):
        axes.plot(r, cost, linestyle="", marker="o", markersize=5, alpha=0.75, color=COLOR["input"])
        for unit in named:
            axes.annotate(f"unit {unit}", (r[unit], cost[unit]), xytext=(5, 4), textcoords="offset points", fontsize=8)
        axes.axhline(0, **look("baseline"), linewidth=0.9)
        axes.set(xlabel=f"readable: |r| with {rule}", ylabel="used: bits lost without it", xlim=(-0.02, 1.02))
        order = float(np.corrcoef(r.argsort().argsort(), cost.argsort().argsort())[0, 1])
        told = "; ".join(f"unit {unit}: |r| {r[unit]:.2f}, {cost[unit]:.2f} bits" for unit in named)
        alt = f"One dot a unit: how well {rule} can be read from it against the bits a character that are lost without it. {told}"
        return Figure(figure, f"{alt}{'; ' * bool(told)}rank correlation of the two {order:+.2f}.")


def damage(costs, title):
    """Draw what each ablation costs in each kind of place: ablation -> {kind of place: bits lost}, as grouped bars."""
    places = list(next(iter(costs.values())))
    with canvas(7.0, 0.4 + 0.62 * len(costs)) as (figure, axes):
        for k, (place, role, hatch) in enumerate(zip(places, ("hidden", "input", "output", "baseline"), ("", "///", "...", "xx"), strict=False)):
            heights = [each[place] for each in costs.values()]
            rows = np.arange(len(costs)) + (k - (len(places) - 1) / 2) * 0.8 / len(places)
            axes.barh(rows, heights, 0.8 / len(places), color="white", edgecolor=COLOR[role], hatch=hatch, label=place)
        axes.set(yticks=range(len(costs)), yticklabels=list(costs), xlabel="bits a character lost", title=title)
        axes.invert_yaxis()
        axes.axvline(0, color=COLOR["truth"], linewidth=0.8)
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        told = "; ".join(f"{name}: " + ", ".join(f"{bits:+.2f} {place}" for place, bits in each.items()) for name, each in costs.items())
        return Figure(figure, f"Bits a character that are lost, by kind of place. {told}.")
