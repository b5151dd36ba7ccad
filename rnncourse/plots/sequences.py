"""Pictures of how sequences are cut, padded, split and shuffled before a network reads them."""

from collections import Counter

import numpy as np
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from rnncourse.plots.figure import Figure
from rnncourse.plots.style import COLOR, TINT, canvas, look

SPACE = "␣"  # a space made visible


def numbered(text, vocabulary):
    """A short text with the id of each character, its place in `vocabulary`, below it."""
    ids = [vocabulary.index(character) for character in text]
    with canvas(7.0, 0.95) as (figure, axes):
        for y, (name, row, role) in enumerate((("text", text, "truth"), ("ids", [str(n) for n in ids], "input"))):
            axes.text(-0.4, y + 0.5, name, ha="right", va="center", color=COLOR[role], weight="bold")
            for column, label in enumerate(row):
                _cell(axes, column, y, label, role)
        _blank(axes, (-1.8, len(text)), (2, 0))
    return Figure(figure, f"Under each character of '{text}' stands its id; the first is {ids[0]}, and equal characters have equal ids.")


def next_characters(text, contexts, shown=6):
    """How often each character follows each of the `contexts` in a text: one panel a context, the `shown` most frequent."""
    told = []
    with canvas(7.0, 2.3, ncols=len(contexts), sharex=True) as (figure, panels):
        for axes, context in zip(panels, contexts, strict=True):
            top, share = _followers(text, context, shown)
            axes.barh(range(len(top)), share, color=TINT["output"], edgecolor=COLOR["output"])
            axes.set(title=f"after '{_visible(context)}'" if context else "after anything", xlim=(0, 1), xlabel="share")
            axes.set_yticks(range(len(top)), [_visible(c) for c in top], family="DejaVu Sans Mono")
            axes.invert_yaxis()
            told.append(f"{f'after {context!r}' if context else 'overall'} the most frequent is {top[0]!r} with {share[0]:.0%}")
    return Figure(figure, f"The characters that come next, for contexts of growing length: {'; '.join(told)}.")


def pairs(text, length, shown=2):
    """The first windows of a text and their targets, each under the characters it takes.

    `text` is short (about 20 characters), `length` the characters of a window, `shown` the number of windows.
    """
    rows = [("text", 0, len(text), "truth")]
    for n in range(shown):
        rows.append((f"inputs[{n}]", n * length, length, "input"))
        rows.append((f"targets[{n}]", n * length + 1, length, "output"))
    with canvas(7.0, 0.34 * len(rows) + 0.3) as (figure, axes):
        for y, (name, start, count, role) in enumerate(rows):
            axes.text(-0.4, y + 0.5, name, ha="right", va="center", color=COLOR[role], weight="bold")
            for column in range(start, start + count):
                _cell(axes, column, y, text[column], role)
        _blank(axes, (-3.2, len(text)), (len(rows), 0))
    first, second = text[:length], text[1 : length + 1]
    alt = (
        f"The text '{text}' is cut into windows of {length} characters: the first input is '{first}' "
        f"and its target is '{second}', the same stretch one character later; the next window starts where the first ended."
    )
    return Figure(figure, alt)


def windows(series, length, horizon, starts, unit="value"):
    """A series (S,) with some windows under it: `length` steps to read, then `horizon` steps to forecast.

    `starts` are the first steps of the windows that are drawn; `unit` labels the vertical axis.
    """
    series = np.asarray(series).ravel()
    with canvas(7.0, 3.0, nrows=2, sharex=True, height_ratios=(3, 2)) as (figure, (top, bottom)):
        top.plot(series, **look("truth"))
        top.set_ylabel(unit)
        for row, start in enumerate(starts):
            _bar(bottom, start, row, length, "input", "read x" if row == 0 else "")
            _bar(bottom, start + length, row, horizon, "output", "y" if row == 0 else "", hatch="///")
        bottom.set(xlabel="time step", yticks=range(len(starts)), yticklabels=[f"window {n}" for n in range(len(starts))])
        bottom.set_ylim(len(starts) - 0.4, -0.6)
    alt = (
        f"A series of {len(series)} steps between {series.min():.0f} and {series.max():.0f} {unit}; under it {len(starts)} windows, "
        f"each {length} steps to read and then {horizon} to forecast, starting at steps {_listed(starts)}."
    )
    return Figure(figure, alt)


def splits(parts, names=("training", "validation", "test")):
    """Strips of time that show which part of the data each step belongs to.

    `parts` maps a way of splitting to an integer array (T,) of part numbers, `names` says what each number is.
    """
    roles = ("input", "baseline", "output")
    hatches = ("", "....", "////")
    with canvas(7.0, 0.75 * len(parts) + 0.7) as (figure, axes):
        for y, part in enumerate(parts.values()):
            for n, role in enumerate(roles[: len(names)]):
                look_of_part = {"facecolor": TINT[role], "edgecolor": COLOR[role], "hatch": hatches[n], "linewidth": 0.6}
                axes.broken_barh(_stretches(np.asarray(part) == n), (y - 0.3, 0.6), label=names[n] if y == 0 else None, **look_of_part)
        axes.set(xlabel="time step", yticks=range(len(parts)), yticklabels=parts.keys())
        axes.set_ylim(len(parts) - 0.5, -0.5)
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(names))
    shares = "; ".join(f"{way}: {_parts_in_words(np.asarray(part), names)}" for way, part in parts.items())
    return Figure(figure, f"Strips of time steps coloured by the part of the data they belong to. {shares}.")


def padded(batch, lengths, feature=0, unit="value"):
    """One feature of a padded batch (B, T, D): padding hatched, the last real step of each row in a frame."""
    values = np.asarray(batch)[:, :, feature]  # (B, T)
    B, T = values.shape
    real = np.arange(T) < np.asarray(lengths)[:, None]  # (B, T)
    with canvas(7.0, 0.3 * B + 1.0) as (figure, axes):
        limit = np.abs(values[real]).max()
        image = axes.imshow(np.where(real, values, np.nan), cmap="PuOr", vmin=-limit, vmax=limit, aspect="auto")
        for row, steps in enumerate(lengths):
            filled = {"facecolor": TINT["padding"], "edgecolor": COLOR["padding"], "hatch": "////", "linewidth": 0}
            axes.add_patch(Rectangle((steps - 0.5, row - 0.5), T - steps, 1, **filled))
            axes.add_patch(Rectangle((steps - 1.5, row - 0.5), 1, 1, fill=False, edgecolor=COLOR["truth"], linewidth=2))
        axes.set(xlabel="time step (hatched: padding; frame: last real step)", ylabel="sequence", yticks=range(B))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        figure.colorbar(image, ax=axes, label=unit)
    alt = (
        f"{B} sequences with {_listed(lengths)} real steps share one array of {T} steps; what is left in each row is padding, "
        "and a frame marks the last real step of each."
    )
    return Figure(figure, alt)


def stateful_rows(text, batch_size, length):
    """A text cut into `batch_size` rows that are read side by side, `length` characters a batch."""
    row_length = (len(text) - 1) // batch_size
    batches = row_length // length
    with canvas(7.0, 0.42 * batch_size + 0.75) as (figure, axes):
        for row in range(batch_size):
            axes.text(-0.4, row + 0.5, f"row {row}", ha="right", va="center")
            for column in range(row_length):
                role = "padding" if column >= batches * length else ("input", "hidden")[column // length % 2]
                _cell(axes, column, row, text[row * row_length + column], role)
        for batch in range(batches):
            color = COLOR[("input", "hidden")[batch % 2]]
            axes.text((batch + 0.5) * length, -0.25, f"batch {batch}", ha="center", weight="bold", color=color)
            if batch:
                _seam(axes, batch * length, batch_size)
        if batches * length < row_length:
            middle = (batches * length + row_length) / 2
            axes.text(middle, -0.25, "dropped", ha="center", fontsize=8, color=COLOR["baseline"])
        _blank(axes, (-2.4, row_length + 0.4), (batch_size + 0.75, -0.8))
    alt = (
        f"A text of {len(text)} characters in {batch_size} rows of {row_length}: each batch takes {length} characters of every row, "
        f"the next batch goes on in the same rows, so {batches} batches follow one another; "
        f"characters dropped at the end of each row: {row_length - batches * length}."
    )
    return Figure(figure, alt)


def shuffled(sequence, order, unit="value"):
    """A sequence (T, D) as it was spoken, beside the same steps in another `order` (T,)."""
    sequence = np.asarray(sequence)
    T, D = sequence.shape
    limit = np.abs(sequence).max()
    with canvas(7.0, 2.3, ncols=2, sharey=True) as (figure, panels):
        for axes, steps, title in zip(panels, (np.arange(T), order), ("in order", "time shuffled"), strict=True):
            image = axes.imshow(sequence[steps].T, cmap="PuOr", vmin=-limit, vmax=limit, aspect="auto")
            axes.set(title=title, xlabel="step taken from", xticks=range(T))
            axes.set_xticklabels([str(s) for s in steps], fontsize=6)
        panels[0].set_ylabel("feature")
        figure.colorbar(image, ax=panels, label=unit)
    alt = (
        f"One sequence of {T} steps and {D} features, drawn twice: in order the colours change smoothly from step to step; "
        f"shuffled, the same columns stand in the order {_listed(order)}, and every mean over time is the same."
    )
    return Figure(figure, alt)


def _cell(axes, column, row, character, role):
    axes.add_patch(Rectangle((column + 0.04, row + 0.08), 0.92, 0.84, facecolor=TINT[role], edgecolor=COLOR[role], linewidth=0.8))
    axes.text(column + 0.5, row + 0.52, _visible(character), ha="center", va="center", family="DejaVu Sans Mono")


def _followers(text, context, shown):
    """The most frequent characters behind a context and their shares, most frequent first."""
    counts = Counter(text[t] for t in range(len(context), len(text)) if text.startswith(context, t - len(context)))
    top = sorted(counts, key=lambda c: (-counts[c], c))[:shown]
    return top, [counts[c] / counts.total() for c in top]


def _visible(text):
    return text.replace(" ", SPACE).replace("\n", "⏎")


def _bar(axes, start, row, width, role, label, hatch=""):
    axes.broken_barh([(start, width)], (row - 0.3, 0.6), facecolor=TINT[role], edgecolor=COLOR[role], hatch=hatch)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1} if hatch and label else None
    axes.text(start + width / 2, row, label, ha="center", va="center", fontsize=8, bbox=box)


def _seam(axes, column, rows):
    axes.plot([column, column], [0, rows + 0.1], color=COLOR["truth"], linewidth=2)
    axes.text(column, rows + 0.5, "state carried on", ha="center", va="center", fontsize=8)


def _blank(axes, columns, rows):
    axes.set(xlim=columns, ylim=rows)
    axes.axis("off")


def _listed(numbers):
    numbers = [str(int(n)) for n in numbers]
    return numbers[0] if len(numbers) == 1 else ", ".join(numbers[:-1]) + " and " + numbers[-1]


def _parts_in_words(part, names):
    """How many stretches each part is cut into: 1 means it is one contiguous piece of time."""
    pieces = [len(_stretches(part == n)) for n in range(len(names))]
    return ", ".join(f"{name} in {count} piece{'s' if count != 1 else ''}" for name, count in zip(names, pieces, strict=True))


def _stretches(inside):
    """(start, length) of every run of True in a boolean array (T,)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], inside.astype(int), [0]))))
    return [(int(start), int(end - start)) for start, end in zip(edges[::2], edges[1::2], strict=True)]
