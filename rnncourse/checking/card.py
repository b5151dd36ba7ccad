"""A report as an HTML card: readable in the light and the dark theme, in print, and by a screen reader."""

from html import escape

from rnncourse.checking.text import findings

MARKS = {"passed": "✓", "failed": "○", "not started": "·", "error": "○"}
BORDERS = {"passed": "--jp-success-color1, #2e7d32", "failed": "--jp-warn-color1, #b26a00", "error": "--jp-warn-color1, #b26a00"}


def as_html(report):
    """The card; everything that comes from the learner's code is escaped."""
    border = BORDERS.get(report.status, "--jp-border-color1, #757575")
    body = "".join(_row(label, text) for label, text in findings(report))
    return (
        f'<div role="status" style="border-left:4px solid var({border});padding:.4em .9em;margin:.3em 0;'
        'background:var(--jp-layout-color1,#fff);color:var(--jp-ui-font-color1,#1a1a1a);'
        'font-family:var(--jp-ui-font-family,sans-serif);font-size:14px;line-height:1.45;max-width:60em">'
        f'<div style="font-weight:700">{MARKS[report.status]} {escape(report.headline)}</div>'
        f"{_table(body)}{_hint(report)}</div>"
    )


def _table(body):
    if not body:
        return ""
    return (
        '<table role="presentation" style="border-collapse:collapse;margin:.3em 0;font-size:14px;'
        f'color:inherit;background:transparent;border:none"><tbody>{body}</tbody></table>'
    )


def _row(label, text):
    cell = "border:none;padding:.1em 1em .1em 0;text-align:left;vertical-align:top;background:transparent;color:inherit"
    return (
        f'<tr style="background:transparent"><td style="{cell};white-space:nowrap;font-weight:600">{escape(label)}</td>'
        f'<td style="{cell};white-space:normal;overflow-wrap:anywhere">{escape(text)}</td></tr>'
    )


def _hint(report):
    if report.hint is None:
        return ""
    hint = report.hint
    more = f'<div style="margin-top:.2em">More: <code>hint("{escape(report.id)}")</code></div>' if hint.place < hint.of else ""
    return (
        f'<details style="margin:.3em 0"><summary style="display:list-item;cursor:pointer">Hint {hint.place} of {hint.of}</summary>'
        f'<div style="padding:.2em 0 .2em 1.1em">{escape(hint.text)}{more}</div></details>'
    )
