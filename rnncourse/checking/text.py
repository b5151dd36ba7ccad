"""A report as plain text: for the terminal, for feedback pages, for people who have the screen read to them."""

import textwrap

LABEL, WIDTH = 14, 100


def as_text(report):
    """The whole card as lines of at most 100 characters."""
    lines = [report.headline]
    for label, text in rows(report):
        wrapped = textwrap.wrap(text, WIDTH - LABEL - 2) or [""]
        lines.append(f"  {label:<{LABEL}}{wrapped[0]}")
        lines.extend(" " * (LABEL + 2) + more for more in wrapped[1:])
    return "\n".join(lines)


def rows(report):
    """(label, text) of every row of the card, hint included."""
    yield from findings(report)
    if report.hint is not None:
        yield "next hint", f'{report.hint.text} ({report.hint.place} of {report.hint.of}: hint("{report.id}"))'


def findings(report):
    """(label, text) of every row but the hint."""
    several = len({one.result for one in report.findings}) > 1 or len(report.parts) > 1
    for one in report.findings:
        yield one.label, f"{one.result}: {one.text}" if several and one.result else one.text
    cases = [one.case for one in report.findings if one.case is not None]
    if cases and report.cases:
        yield "in the case", f"{report.cases[cases[0]]} ({cases[0] + 1} of {len(report.cases)})"
    if report.cause is not None:
        yield ("convention" if report.cause.kind == "convention" else "likely cause"), report.cause.text
    if report.parts and not report.passed:
        yield "points", ", ".join(f"{one.name} {one.points * one.passed:g} of {one.points:g}" for one in report.parts)
    for note in report.notes:
        yield "note", note
