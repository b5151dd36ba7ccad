"""`rnncourse grade`: judge the submissions of an assignment and write the grades down."""

import json
import os
import shlex
import sys
from contextlib import contextmanager
from pathlib import Path

import click

# resubmission = in class.toml, in words
RULES = {"better": "the better of it and the work in time", "last": "it alone", "in time": "the work in time, if there is any,"}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("assignment")
@click.option("--student", "students", multiple=True, help="Only this student; may be given several times.")
@click.option("--workers", type=click.IntRange(1), help="Processes on this machine [default: one a core].")
@click.option("--scheduler", metavar="ADDRESS", help="Judge on the Dask cluster of this scheduler, such as tls://host:8786; see rnncourse cluster.")
@click.option("--regrade", is_flag=True, help="Judge again what has a verdict already.")
@click.option("--late", metavar="POLICY", help='Set what lateness costs in this class, such as "10% per day, grace 15 min".')
@click.option("--database", metavar="URL", help="The gradebook [default: RNNCOURSE_DATABASE, or SQLite in grading/].")
@click.option("--without-isolation", is_flag=True, help="Run learners' code without a sandbox; every report says so.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def grade(assignment, students, workers, scheduler, regrade, late, database, without_isolation, as_json):
    """Grade ASSIGNMENT, such as 1-sequence-data, for the whole class.

    Run it in the folder with nbgrader_config.py. Submissions are in grading/submitted/STUDENT/ASSIGNMENT/, where
    rnncourse collect puts them. Work that has a verdict is not judged again, so the command can be stopped and
    started at any time. What lateness costs is kept in grading/class.toml, and holds for every later run. The exit code
    is 0 only if every submission ended in a verdict.
    """
    root = class_folder()
    try:
        from rnncourse.grading.intake.collected import Collected
        from rnncourse.grading.judge.session import NoVerdict
        from rnncourse.grading.queue.cluster import ClusterPool
        from rnncourse.grading.queue.grade import CannotGrade, Grading, release_of
        from rnncourse.grading.queue.local import LocalPool
        from rnncourse.grading.records import Records, RecordsError
        from rnncourse.grading.resubmission import Resubmissions
        from rnncourse.grading.settings import exchange_of, read_settings
        from rnncourse.workers import NoCluster
    except ModuleNotFoundError as error:
        raise click.ClickException(f"grading needs {error.name}: pip install 'rnncourse[course,instructors]'") from error
    progress = _progress(assignment, as_json)
    try:
        release_of(root, assignment)
        known = _students(root, assignment)
        _check_students(root, assignment, students, known)
        settings = read_settings(root)
        exchange = exchange_of(root, settings)
        pool = ClusterPool(scheduler, root / "grading") if scheduler else LocalPool(workers)
        if pool.notice:
            click.echo(pool.notice, err=True)
        with private_files(), Records(root, db_url=database) as records, progress.over(len(students or known)) as tell:
            if records.notice:
                click.echo(f"Warning: the audit log was touched. {records.notice}", err=True)
            own = _late_policy(root, settings, assignment, late, records.audit)
            collected = Collected(records.audit.events(), assignment)
            due = records.due_dates(assignment)
            resubmissions = Resubmissions(root / "grading", assignment, due=due, rule=own.resubmission, policy=own.policy)
            grading = Grading(
                root, assignment, records, students=students, regrade=regrade, isolated=not without_isolation,
                limits=own.limits, policy=own.policy, exchange=exchange if exchange.is_dir() else None, collected=collected,
                resubmissions=resubmissions, tell=tell,
            )  # fmt: skip
            tally = grading.run(pool)
    except (CannotGrade, NoCluster, NoVerdict, RecordsError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        done, of = progress.done, len(students or known)
        click.echo(f"\nStopped: {done} of {of} judged and on record; the rest is graded by the same command.", err=True)
        sys.exit(130)
    _show(root, assignment, tally, as_json, own)
    sys.exit(1 if tally.failures else 0)


def class_folder():
    """The folder with nbgrader_config.py, here or above; what belongs to the class in it gets closed to others."""
    from rnncourse.grading.access import close_class

    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "nbgrader_config.py").is_file():
            close_class(folder)
            return folder
    raise click.ClickException(f"no nbgrader_config.py in {here} or above it; go to the folder of your class first")


@contextmanager
def private_files():
    """Have what is written in between be readable and writable for its owner alone."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _students(root, assignment):
    """Names of the folders that hold something for this assignment."""
    return sorted(path.relative_to(root / "grading" / "submitted").parts[0] for path in (root / "grading" / "submitted").glob(f"*/{assignment}"))


def _check_students(root, assignment, wanted, known):
    """Leave with exit code 2 where there is nothing to grade, or not what was asked for."""
    if not known:
        raise click.UsageError(
            f"nothing was handed in for {assignment} yet: {root / 'grading' / 'submitted'} holds no STUDENT/{assignment}. "
            f"First: rnncourse collect {shlex.quote(assignment)}, or put each student's files there"
        )
    if unknown := [name for name in wanted if name not in known]:
        from rnncourse.grading.intake.notes import listed

        raise click.UsageError(f"no submission of {listed(unknown)} for {assignment}; there are those of {listed(known, most=40)}")


def _late_policy(root, settings, assignment, late, audit):
    """The settings for this assignment, with the late policy that the command names, which the class keeps from now on.

    Raises:
        ValueError: it contradicts the class's, or none is named where there was one before.
    """
    from dataclasses import replace

    from rnncourse.grading.records.late import parse_policy
    from rnncourse.grading.settings import path_of, write_late

    own, path = settings.of(assignment), path_of(root)
    if late is None:
        before = _policy_before(audit, assignment)
        if own.late is None and before != "none":
            raise ValueError(
                f'{assignment} was graded with the late policy "{before}", and {path} names none: going on would erase what '
                f"lateness cost. Run once with --late {shlex.quote(before)} to keep it, or with --late none to drop it"
            )
        return own
    policy = parse_policy(late)
    if own.late is None:
        write_late(root, policy)
        click.echo(f'The class\'s late policy is now "{policy}", kept in {path}.', err=True)
    elif str(own.late) != str(policy):
        raise ValueError(
            f'--late "{policy}" contradicts the late policy of the class, "{own.late}". To change it for everybody, edit '
            f"late = in {path}; every submission is then entered anew"
        )
    return replace(own, late=policy)


def _policy_before(audit, assignment):
    """The late policy under which the assignment was entered last, in words; "none" if it never was."""
    before = "none"
    for event in audit.events():
        if event.get("event") == "entering" and event.get("assignment") == assignment:
            before = event.get("policy", "none")
    return before


class _progress:
    """A bar on the terminal, one line when it is done; silent where nobody watches. `done` counts the submissions."""

    def __init__(self, assignment, silent):
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, disable=silent or not sys.stderr.isatty(), console=_console(stderr=True))
        self._assignment, self.done = assignment, 0

    @contextmanager
    def over(self, count):
        """A function to be called after each of `count` submissions."""
        task = self._bar.add_task(f"grading {self._assignment}", total=count)

        def tell(student):
            self.done += 1
            self._bar.advance(task)

        with self._bar:
            yield tell


def _console(stderr=False):
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)


def _show(root, assignment, tally, as_json, own=None):
    from rnncourse.grading.queue.results import Results
    from rnncourse.grading.queue.summary import summary
    from rnncourse.grading.settings import read_settings

    own = own or read_settings(root).of(assignment)
    results = Results(root / "grading" / "results", assignment)
    rows = summary(verdict for student in results.students() if (verdict := results.get(student)) is not None)
    if as_json:
        click.echo(json.dumps(_as_data(tally, rows, own), indent=2))  # in ASCII: a terminal shows it too
        return
    _table(assignment, rows)
    _print_tally(tally)
    click.echo(f"Late work: {own.policy}. Handed in again late: {RULES[own.resubmission]} counts (grading/class.toml).")


def _as_data(tally, rows, own):
    return {
        "late": str(own.policy), "resubmission": own.resubmission,
        "judged": tally.judged, "kept": tally.kept, "changed": tally.changed, "failures": tally.failures,
        "notices": tally.notices, "remarks": {student: [vars(one) for one in remarks] for student, remarks in tally.remarks.items()},
        "exercises": [{"exercise": r.exercise, **r.states, "share": round(r.share, 4), "mistakes": dict(r.mistakes)} for r in rows],
    }  # fmt: skip


def _table(assignment, rows):
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from rnncourse.grading.characters import one_line

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
            click.echo(f"  {count:>4} × {row.exercise}: {one_line(text, 160)}")


def _print_tally(tally):
    from rnncourse.grading.characters import one_line
    from rnncourse.grading.intake.receipt import is_doubt
    from rnncourse.grading.submission import is_plain_name

    click.echo(f"{len(tally.judged)} judged, {len(tally.kept)} as before, {len(tally.failures)} without a verdict.")
    for student in tally.changed:
        click.echo(f"  {one_line(student)}: another outcome than before")
    for sentence, students in tally.notices.items():
        click.echo(f"  {sentence}{_names(students)}", err=True)
    for student, remarks in tally.remarks.items():
        for one in remarks:
            if one.kind in ("tampered", "refused") or is_doubt(one):
                click.echo(f"  {one_line(student)}: {one.kind}: {one.text}")
    nameless = [student for student in tally.failures if not is_plain_name(student)]
    for student in nameless:
        click.echo(
            f"  the folder “{one_line(student)}” in grading/submitted: no verdict: a student's name has no slash, backslash (shown here "
            "as two), unprintable character, and no dot or space in front; rename it to the student's name in the gradebook",
            err=True,
        )
    failures = {student: why for student, why in tally.failures.items() if student not in nameless}
    for student, why in failures.items():
        click.echo(f"  {one_line(student)}: no verdict, and the grade of before stays: {one_line(why, 1000)}", err=True)
    if failures:
        click.echo("Run the same command again to try these once more.", err=True)


def _names(students, most=5):
    """Of whom a sentence speaks, as its end."""
    from rnncourse.grading.characters import one_line

    more = f" and {len(students) - most} more" if len(students) > most else ""
    return f": {', '.join(map(one_line, students[:most]))}{more}" if students else ""
