"""The page: one HTML file that needs nothing else and runs nothing; figures with alt text, tables with their units."""

from html import escape
from pathlib import Path

import numpy as np

from rnncourse.benchmark.tasks import TASKS
from rnncourse.models.nanogpt import PUBLISHED_LOSS
from rnncourse.plots.measurements import bands

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 58rem; margin: 2rem auto; padding: 0 1rem }
h1, h2, h3 { line-height: 1.2 } h2 { margin-top: 2.5rem; border-top: 1px solid #ccc; padding-top: 1rem }
table { border-collapse: collapse; margin: 1rem 0; font-size: 0.9rem } caption { text-align: left; font-weight: 600; padding-bottom: .3rem; white-space: nowrap }
.wide { overflow-x: auto } td, th { padding: .2rem .7rem .2rem 0; text-align: right; border-bottom: 1px solid #e4e4e4; white-space: nowrap }
td:first-child, th:first-child { text-align: left } figure { margin: 1rem 0 !important } figcaption { font-size: .85rem; color: #555 }
"""
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def write_report(reading, path, title="Five networks under equal conditions"):
    """Write the page of a `Reading` and return its path."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(reading, title), encoding="utf-8")
    return path


def page(reading, title):
    """The page as text; equal rows give an equal page."""
    parts = [f"<h1>{escape(title)}</h1>", _conditions(reading)]
    parts += [_task(reading, task) for task in reading.tasks]
    parts += [part(reading) for part in (_race, _cost, _streaming, _where) if part(reading)]
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><style>{STYLE}</style></head>\n'
        f"<body><main>\n{chr(10).join(parts)}\n</main></body></html>\n"
    )


def _conditions(reading):
    seeds = sorted({row["seed"] for row in reading.some(part="final")})
    trials = sorted({len(rates) for task in reading.tasks for rates in reading.trials(task).values()})
    told = (
        f"<p>Every network of a task has as many weights as the others (within 2 %), sees the same batches in the same order, "
        f"and had {_and(trials)} trials of the learning rate, judged on other held-out data than the end. Every line is "
        f"the median of {len(seeds)} seeds in a band from the lowest to the highest run. Seconds are CPU seconds of one thread "
        f"in training alone. Losses are those of held-out data. Not equal are layers and first weights: {_layers(reading)}; RNN, LSTM and GRU "
        f"start with orthogonal recurrent weights, and on tasks made of memory gates start with memories as long as the task.</p>"
    )
    rows = [[_title(task), *(f"{reading.sizes(task)[arm][0]:,}" if arm in reading.sizes(task) else "" for arm in reading.arms)] for task in reading.tasks]
    return told + _table("Weights", ["task", *reading.arms], rows)


def _layers(reading):
    counts = {arm: size[3] for task in reading.tasks for arm, size in reading.sizes(task).items()}
    return ", ".join(f"{arm} {count}" for arm, count in counts.items()) + " layers"


def _task(reading, task):
    about, ends, right = TASKS[task], reading.ends(task), reading.ends(task, "right")
    speed, peaks, trials = reading.speed(task), reading.ends(task, "peak_mib"), reading.trials(task)
    rates = reading.rates(task)
    rows = [
        [arm, f"{rates[arm]:g}", _range(ends[arm]), _range(100 * right[arm], 3), f"{speed[arm]:,.0f}", f"{np.median(reading.ends(task, 'seconds')[arm]):.1f}", _known(peaks[arm])]
        for arm in ends
    ]  # fmt: skip
    heads = ["network", "rate", f"loss, {about.unit}", "right, %", "tokens a second", "seconds", "peak MiB"]
    level = ("who remembers nothing", about.blind)
    parts = [
        f"<h2>{escape(_title(task))}</h2><p>{escape(' '.join(type(about).__doc__.replace('`', '').split()))}</p>",
        _table(f"At the end: median (lowest to highest of {max(map(len, ends.values()))} runs)", heads, rows),
        bands(reading.curves(task), "tokens", f"loss, {about.unit}", level, logarithmic="xy", plain=True)._repr_html_(),
        bands(reading.curves(task, "seconds"), "CPU seconds", f"loss, {about.unit}", level, logarithmic="xy", plain=True)._repr_html_(),
        _differences(reading, task, about),
        _trials(trials, about),
    ]
    if reading.lengths(task):
        parts.append(f"<h3>At other lengths than the {about.length} {about.of_length} that were learnt</h3>")
        parts.append(bands(reading.lengths(task), about.of_length, f"loss, {about.unit}", level, logarithmic="xy", plain=True)._repr_html_())
    return "\n".join(parts)


def _differences(reading, task, about):
    best, rows = reading.best(task), []
    for (one, other), found in reading.differences(task).items():
        if best in (one, other):
            sign = 1 if other == best else -1
            low, high = sorted((sign * found.low, sign * found.high))
            rows.append([one if other == best else other, f"{sign * found.mean:+.3g}", f"{low:+.3g} to {high:+.3g}", "yes" if found.sure else "no"])
    heads = ["network", "loss beyond", "95 % interval", "leaves out 0"]
    return _table(f"Beside {best}, paired by seed and held-out block ({about.unit})", heads, rows) if rows else ""


def _trials(trials, about):
    rates = sorted({rate for found in trials.values() for rate in found})
    rows = [[arm, *(_loss(found[rate]) if rate in found else "" for rate in rates)] for arm, found in trials.items()]
    return _table(f"The search: loss ({about.unit}) by learning rate", ["network", *(f"{rate:g}" for rate in rates)], rows)


def _race(reading):
    race = reading.race()
    if not race:
        return ""
    rows = []
    for network, runs in race.items():
        ends = [run[-1] for run in runs if run[-1]["loss"] is not None]
        if ends:
            rows.append([network, f"{ends[0]['parameters']:,}", _range([e["seconds"] for e in ends], 3), f"{np.median([e['tokens'] for e in ends]):,.0f}", _range([e["loss"] for e in ends])])
    published = [run[-1]["as_published"] for run in race.get("nanoGPT", []) if "as_published" in run[-1]]
    heads = ["network", "weights", "CPU seconds", "characters read", "loss, nats a character"]
    return (
        "<h2>The same text within the same CPU seconds</h2><p>nanoGPT's published CPU setting (4 layers, 4 heads, width 128, context 64, "
        f"batch 12; {_iterations(reading):,} of 2,000 iterations), and then, in the same process and for as many CPU seconds, the recurrent network that was best on this text. "
        "Its size and batch are those that were best in trials of the same length on other held-out text; nanoGPT's setting is taken as it was published, not tuned.</p>"
        + _table("At the end", heads, rows)
        + (f"<p>As nanoGPT itself counts, over all places of a window, its loss is {_range(published)}; its readme says {PUBLISHED_LOSS} for another text, Shakespeare.</p>" if published else "")
        + _race_trials(reading)
        + bands(_race_curves(race), "CPU seconds", "loss, nats a character", logarithmic="xy", plain=True)._repr_html_()
    )


def _race_trials(reading):
    rows = [[row["network"], f"{row['parameters']:,}", f"{row['batch']}", f"{row['seconds']:.3g}", _loss(row["loss"])] for row in reading.some(part="trial")]
    return _table("The trials of its size", ["network", "weights", "batch", "CPU seconds", "loss, nats a character"], rows) if rows else ""


def _iterations(reading):
    return max(row["iterations"] for row in reading.some(part="race"))


def _race_curves(race):
    found = {}
    for network, runs in race.items():
        whole = [run for run in runs if run[-1]["loss"] is not None]
        count = min((len(run) for run in whole), default=0)
        if count:
            x = np.mean([[row["seconds"] for row in run[-count:]] for run in whole], axis=0)
            found[network] = (x, np.array([[row["loss"] for row in run[-count:]] for run in whole]))
    return found


def _cost(reading):
    if not reading.cost():
        return ""
    times, memory = _one_run(reading.cost()), _one_run(reading.cost("peak_mib"))
    told = (
        "<h2>What a training step costs as sequences grow</h2><p>The networks of the text, a batch of four. Memory is the "
        "peak beyond the network at rest; a Transformer's table of positions is not counted among the weights here.</p>"
    )
    return told + bands(times, "steps of a sequence", "milliseconds", logarithmic="xy", plain=True)._repr_html_() + (
        bands(memory, "steps of a sequence", "peak of memory, MiB", logarithmic="xy", plain=True)._repr_html_() if memory else ""
    ) + _by_place("Milliseconds of a training step", times, 1) + (_by_place("Peak of memory, MiB", memory, 1) if memory else "")  # fmt: skip


def _streaming(reading):
    if not reading.streaming():
        return ""
    times, held = _one_run(reading.streaming()), _one_run(reading.streaming("state_bytes"))
    worst = max(row["difference"] for row in reading.some(part="streaming"))
    told = (
        "<h2>What one more character costs in a stream</h2><p>One character at a time, a batch of one. What is kept between "
        f"two steps is the state, or keys and values. The logits differ from those of the batch by at most {worst:.1g}.</p>"
    )
    return told + bands(times, "position", "microseconds a step", logarithmic="xy", plain=True)._repr_html_() + bands(
        held, "position", "bytes that are kept", logarithmic="xy"
    )._repr_html_() + _by_place("Microseconds a step, by position", times, 0) + _by_place("Bytes that are kept, by position", held, 0)  # fmt: skip


def _one_run(series):
    return {arm: (x, values[None]) for arm, (x, values) in series.items()}


def _by_place(caption, series, digits):
    places = sorted({int(place) for x, _ in series.values() for place in x})
    rows = []
    for arm, (x, values) in series.items():
        held = dict(zip(x.tolist(), values[0].tolist(), strict=True))
        rows.append([arm, *(f"{held[place]:,.{digits}f}" if place in held else "" for place in places)])
    return _table(caption, ["network", *(f"{place:,}" for place in places)], rows)


def _where(reading):
    rows = [[name, *(str(held.get(name, "")) for held in reading.environments)] for name in reading.environments[0]]
    told = "" if len(reading.environments) == 1 else "<p>The rows come from more than one environment: compare their seconds with care.</p>"
    return "<h2>Where it was measured</h2>" + told + _table("", ["", *("" for _ in reading.environments)], rows)


def _table(caption, heads, rows):
    said = f"<caption>{escape(caption)}</caption>" if caption else ""
    top = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    body = "".join(
        "<tr>" + "".join(f'<th scope="row">{escape(cell)}</th>' if n == 0 else f"<td>{escape(cell)}</td>" for n, cell in enumerate(row)) + "</tr>"
        for row in rows
    )
    return f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption or "table")}"><table>{said}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _title(task):
    return f"{task}: {TASKS[task].title}"


def _range(values, digits=4):
    """The median, and from the lowest to the highest where there is more than one."""
    values = np.asarray(values, dtype=float)
    median = f"{np.median(values):.{digits}g}"
    return median if len(values) < 2 else f"{median} ({values.min():.{digits}g} to {values.max():.{digits}g})"


def _known(values):
    values = values[~np.isnan(values)]
    return f"{np.median(values):.0f}" if len(values) else "unknown"


def _loss(value):
    return "broke" if value is None else f"{value:.4g}"


def _and(numbers):
    return " and ".join(map(str, numbers))
