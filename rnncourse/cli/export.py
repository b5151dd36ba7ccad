"""`rnncourse export`: grades as tables, for a spreadsheet, Canvas, Moodle, or whoever reads nbgrader's."""

import os
import tempfile
from pathlib import Path

import click

FORMATS = ("questions", "canvas", "moodle", "nbgrader")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--format", "layout", type=click.Choice(FORMATS), default="questions", show_default=True, help="The columns."
)
@click.option("--assignment", "assignments", multiple=True, help="Only this one; may be given several times.")
@click.option("--to", metavar="FILE", help="Write here instead of to the terminal.")
@click.option("--database", metavar="URL", help="The gradebook [default: RNNCOURSE_DATABASE, or SQLite in grading/].")
@click.option("--excel", is_flag=True, help="Begin with the mark by which Excel knows that the file is UTF-8.")
@click.option(
    "--canvas-id", "canvas_ids", multiple=True, metavar="ASSIGNMENT=ID", help="Canvas's number of an assignment."
)
@click.option(
    "--check-audit", is_flag=True, help="Check the chain of the audit log instead; exit 1 where it is broken."
)
def export(layout, assignments, to, database, excel, canvas_ids, check_audit):
    """Export the grades of a class as CSV.

    \b
    questions  a row for each student, assignment and question, with points, cause and lateness
    canvas     what Canvas's gradebook imports
    moodle     what Moodle's grade import takes; there, map "ID number" to the student's ID number or username
    nbgrader   the columns of nbgrader export, quoted

    Run it in the folder with nbgrader_config.py. Scores count manual grading and what lateness costs.
    """
    from rnncourse.cli.grade import class_folder

    root = class_folder()
    if check_audit:
        _check_audit(root)
    else:
        settings = {"ids": _ids(canvas_ids)} if layout == "canvas" else _no_ids(canvas_ids)
        _write(_table(root, layout, assignments, database, excel, settings), to)


def _table(root, layout, assignments, database, excel, settings):
    from rnncourse.grading.records.errors import RecordsError

    try:
        from rnncourse.grading.records.exports import export as table

        return table(root, layout, assignments, db_url=database, mark=excel, **settings)
    except ImportError as error:
        raise click.ClickException(
            f"exporting needs {error.name}: pip install 'rnncourse[course,instructors]'"
        ) from error
    except (RecordsError, ValueError) as error:
        raise click.ClickException(str(error)) from error


def _write(table, to):
    if to is None or to == "-":
        click.echo(table.text.encode(), nl=False)
    else:
        _replace(Path(to), table.text.encode())
        click.echo(f"{table.rows} row{'s' * (table.rows != 1)} in {to}", err=True)
    if table.ungraded:
        some = "1 submission has" if table.ungraded == 1 else f"{table.ungraded} submissions have"
        click.echo(f"{some} answers that nobody has graded yet; these count nothing so far.", err=True)


def _replace(path, content):
    """Write the whole file, for its owner's eyes, or leave the one that is there."""
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
            half = Path(folder, path.name)
            half.touch(mode=0o600)
            half.write_bytes(content)
            os.replace(half, path)
    except OSError as error:
        raise click.ClickException(f"{path} could not be written: {error.strerror or error}") from error


def _ids(pairs):
    """Assignment -> Canvas's number, from ASSIGNMENT=ID."""
    split = [pair.rpartition("=") for pair in pairs]
    for pair, (name, _, number) in zip(pairs, split, strict=True):
        if not name or not number.isdecimal():
            raise click.UsageError(f"--canvas-id: expected ASSIGNMENT=ID with a number, got {pair!r}")
    return {name: number for name, _, number in split}


def _no_ids(pairs):
    if pairs:
        raise click.UsageError("--canvas-id goes with --format canvas")
    return {}


def _check_audit(root):
    from rnncourse.grading.records.audit import any_verdicts, class_audit
    from rnncourse.grading.records.errors import RecordsError

    try:
        audit = class_audit(root)
        found = audit.verify(expected=any_verdicts(root))
        head = audit.head
    except RecordsError as error:
        raise click.ClickException(str(error)) from error
    if found:
        raise click.ClickException(f"{audit.path}, line {found.line}: {found.why}")
    if not os.path.exists(audit.path):
        raise click.ClickException(f"there is no audit log at {audit.path}; it begins with the first grade")
    click.echo(
        f"The audit log is whole. Its last line has the hash\n{head}\n"
        "Keep that somewhere else to be able to prove it later."
    )
