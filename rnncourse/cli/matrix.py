"""The kill matrix on the terminal: `rnncourse check --matrix`."""

import json
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from rnncourse.checking.matrix import matrix


def print_matrix(exercises, seeds, as_json=False):
    """Print the matrix of these exercises; True if every wrong one is rejected, ≥ 90 % named, every right one accepted."""
    rows = [row for exercise in exercises for row in matrix(exercise, seeds)]
    if as_json:
        print(json.dumps([asdict(row) for row in rows], indent=2, ensure_ascii=False))
    else:
        _print(rows)
    wrong = [row for row in rows if row.kind != "right"]
    return all(row.sound for row in rows) and sum(row.recognised for row in wrong) >= 0.9 * len(wrong)


def _print(rows):
    console = Console(width=None if Console().is_terminal else 160, highlight=False)
    for name in dict.fromkeys(row.exercise for row in rows):
        console.print(_table(name, [row for row in rows if row.exercise == name]))
    console.print(_summary(rows))


def _table(name, rows):
    table = Table(title=name, title_justify="left", expand=True)
    for column, width in (("kind", 11), ("implementation", None), ("rejected", 9), ("named", 9), ("accepted", 9)):
        table.add_column(column, width=width, justify="left" if column in ("kind", "implementation") else "right")
    for row in rows:
        of = f"/{row.seeds}"
        right = row.kind == "right"
        cells = ("", "", f"{row.seeds - row.rejected}{of}") if right else (f"{row.rejected}{of}", f"{row.named}{of}", "")
        table.add_row(row.kind, row.name, *cells, style="" if row.sound and (right or row.recognised) else "bold")
    return table


def _summary(rows):
    wrong, right = [r for r in rows if r.kind != "right"], [r for r in rows if r.kind == "right"]
    return (
        f"mistakes and conventions: {_share(sum(r.sound for r in wrong), len(wrong))} rejected, "
        f"{_share(sum(r.recognised for r in wrong), len(wrong))} named; "
        f"right variants: {_share(sum(r.sound for r in right), len(right))} accepted"
    )


def _share(part, of):
    return f"{part} of {of} ({100 * part / of:.0f} %)" if of else "0 of 0"
