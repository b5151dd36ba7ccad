"""`rnncourse collect`: hand-ins from nbgrader's exchange into the class's folder."""

import shlex
import sys

import click


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("assignment")
@click.option("--student", "students", multiple=True, help="Only this student; may be given several times.")
@click.option("--database", metavar="URL", help="The gradebook, for the due date [default: as for rnncourse grade].")
def collect(assignment, students, database):
    """Collect what students handed in for ASSIGNMENT, such as 1-sequence-data, with `nbgrader submit`.

    Each student's newest hand-in goes to grading/submitted/STUDENT/ASSIGNMENT/, and the time at which the exchange
    received it into the audit log. Only regular files of the student's own are taken; links, hard links and special
    files are named. Work of before moves to grading/earlier/. Run it as often as you like: only what is new is copied.
    """
    from rnncourse.cli.grade import class_folder, private_files

    root = class_folder()
    try:
        from rnncourse.grading.collect.collect import Collecting
        from rnncourse.grading.collect.inbound import Inbound, NoExchange
        from rnncourse.grading.intake.collected import Collected
        from rnncourse.grading.records import Records, RecordsError
        from rnncourse.grading.records.database import default_course
        from rnncourse.grading.settings import SettingsError, exchange_of, path_of, read_settings
    except ModuleNotFoundError as error:
        raise click.ClickException(f"collecting needs {error.name}: pip install 'rnncourse[course,instructors]'") from error
    try:
        settings = read_settings(root)
        exchange = exchange_of(root, settings)
        with private_files(), Inbound(exchange, default_course(), assignment) as inbound, Records(root, db_url=database) as records:
            run = Collecting(
                root / "grading", assignment, records.audit, Collected(records.audit.events(), assignment),
                records.due_dates(assignment), settings.check_owner,
            )  # fmt: skip
            _check_students(students, inbound.students(), exchange)
            tally = run.run(inbound, students)
    except NoExchange as error:
        raise click.ClickException(f"{error}.\n{_advice(root, path_of(root))}") from error
    except (RecordsError, SettingsError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"nothing more can be collected: {error}; what was collected stays") from error
    except KeyboardInterrupt:
        click.echo("\nStopped. What was collected stays, and the same command goes on with the rest.", err=True)
        sys.exit(130)
    _print_tally(tally, assignment)
    sys.exit(1 if tally.failures else 0)


def _check_students(wanted, known, exchange):
    if unknown := [name for name in wanted if name not in known]:
        from rnncourse.grading.intake.notes import listed

        there = listed(known, most=40) or "nobody"
        raise click.UsageError(f"no hand-in of {listed(unknown)} for this assignment in {exchange}; there are those of {there}")


def _advice(root, settings):
    lines = [
        f"The exchange is the folder in RNNCOURSE_EXCHANGE, else exchange = in {settings}, else nbgrader's own. Without one, put",
        f"each student's files in {root / 'grading' / 'submitted'}/STUDENT/ASSIGNMENT/.",
    ]
    if (former := root / "grading" / "exchange").is_dir():
        lines.append(f"A former version had it in {former}: move that out of grading/, which only you may enter, and name it.")
    return "\n".join(lines)


def _print_tally(tally, assignment):
    click.echo(f"{len(tally.collected)} collected, {len(tally.unchanged)} as before, {len(tally.failures)} not collected.")
    for student, texts in tally.remarks.items():
        for text in texts:
            click.echo(f"  {student}: {text}")
    for student, why in tally.failures.items():
        click.echo(f"  {student}: not collected: {why}", err=True)
    if tally.collected:
        click.echo(f"Next: rnncourse grade {shlex.quote(assignment)}")
