"""`rnncourse grade`: judge the submissions of an assignment and write the grades down."""

import json
import sys
from pathlib import Path

import click


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("assignment")
@click.option("--student", "students", multiple=True, help="Only this student; may be given several times.")
@click.option("--workers", type=click.IntRange(1), help="Processes on this machine [default: one a core].")
@click.option("--scheduler", metavar="ADDRESS", help="Judge on the Dask cluster of this scheduler, such as tcp://host:8786.")
@click.option("--regrade", is_flag=True, help="Judge again what has a verdict already.")
@click.option("--late", metavar="POLICY", help='Such as "10% per day, grace 15 min".')
@click.option("--database", metavar="URL", help="The gradebook [default: RNNCOURSE_DATABASE, or SQLite in grading/].")
@click.option("--without-isolation", is_flag=True, help="Run learners' code without a sandbox; every report says so.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def grade(assignment, students, workers, scheduler, regrade, late, database, without_isolation, as_json):
    """Grade ASSIGNMENT, such as 1-sequence-data, for the whole class.

    Run it in the folder with nbgrader_config.py. Submissions lie in grading/submitted/STUDENT/ASSIGNMENT/, as
    nbgrader's collect puts them. Work that has a verdict is not judged again, so the command can be stopped and
    started at any time. The exit code is 0 only if every submission ended in a verdict.
    """
    root = class_folder()
    try:
        from rnncourse.grading.queue.cluster import ClusterPool
        from rnncourse.grading.queue.grade import CannotGrade, Grading
        from rnncourse.grading.queue.local import LocalPool
        from rnncourse.grading.records import Records, RecordsError
        from rnncourse.grading.records.late import parse_policy
        from rnncourse.workers import NoCluster
    except ModuleNotFoundError as error:
        raise click.ClickException(f"grading needs {error.name}: pip install 'rnncourse[course,instructors]'") from error
    try:
        policy = parse_policy(late) if late else None
        pool = ClusterPool(scheduler) if scheduler else LocalPool(workers)
        if pool.notice:
            click.echo(pool.notice, err=True)
        with Records(root, db_url=database) as records, _progress(root, assignment, as_json) as tell:
            grading = Grading(
                root, assignment, records, students=students, regrade=regrade, isolated=not without_isolation, policy=policy,
                exchange=_exchange(root), tell=tell,
            )  # fmt: skip
            tally = grading.run(pool)
    except (CannotGrade, NoCluster, RecordsError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    _show(root, assignment, tally, as_json)
    sys.exit(1 if tally.failures else 0)


def class_folder():
    """The folder with nbgrader_config.py, here or above."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "nbgrader_config.py").is_file():
            return folder
    raise click.ClickException(f"no nbgrader_config.py in {here} or above it; go to the folder of your class first")


def _exchange(root):
    import os

    folder = Path(os.environ.get("RNNCOURSE_EXCHANGE", root / "grading" / "exchange"))
    return folder if folder.is_dir() else None


class _progress:
    """A bar on the terminal, one line when it is done; silent where nobody watches."""

    def __init__(self, root, assignment, silent):
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        count = sum(1 for _ in (root / "grading" / "submitted").glob(f"*/{assignment}"))
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, disable=silent or not sys.stderr.isatty(), console=_console(stderr=True))
        self._task = self._bar.add_task(f"grading {assignment}", total=count)

    def __enter__(self):
        self._bar.start()
        return lambda student: self._bar.advance(self._task)

    def __exit__(self, *error):
        self._bar.stop()


def _console(stderr=False):
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)


def _show(root, assignment, tally, as_json):
    from rnncourse.grading.queue.results import Results
    from rnncourse.grading.queue.summary import summary

    results = Results(root / "grading" / "results", assignment)
    rows = summary(verdict for student in results.students() if (verdict := results.get(student)) is not None)
    if as_json:
        click.echo(json.dumps(_as_data(tally, rows), indent=2, ensure_ascii=False))
        return
    _table(assignment, rows)
    _told(tally)


def _as_data(tally, rows):
    return {
        "judged": tally.judged, "kept": tally.kept, "changed": tally.changed, "failures": tally.failures,
        "remarks": {student: [vars(one) for one in remarks] for student, remarks in tally.remarks.items()},
        "exercises": [{"exercise": r.exercise, **r.states, "share": round(r.share, 4), "mistakes": dict(r.mistakes)} for r in rows],
    }  # fmt: skip


def _table(assignment, rows):
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=f"{assignment}: what the class understood", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("exercise", no_wrap=True)
    for head in ("passed", "partly", "failed", "not started", "points"):
        table.add_column(head, justify="right")
    for row in rows:
        counts = (str(row.states[state] or "·") for state in ("passed", "partly", "failed", "not started"))
        table.add_row(row.exercise, *counts, f"{row.share:.0%}")
    _console().print(table)
    if any(row.mistakes for row in rows):
        click.echo("Most frequent mistakes")
    for row in rows:
        for text, count in row.mistakes:
            click.echo(f"  {count:>4} × {row.exercise}: {text[:160]}")


def _told(tally):
    click.echo(f"{len(tally.judged)} judged, {len(tally.kept)} as before, {len(tally.failures)} without a verdict.")
    for student in tally.changed:
        click.echo(f"  {student}: another outcome than before")
    for student, remarks in tally.remarks.items():
        for one in remarks:
            if one.kind in ("tampered", "refused"):
                click.echo(f"  {student}: {one.kind}: {one.text}")
    for student, why in tally.failures.items():
        click.echo(f"  {student}: no verdict, and the grade of before stays: {why}", err=True)
    if tally.failures:
        click.echo("Run the same command again to try these once more.", err=True)
