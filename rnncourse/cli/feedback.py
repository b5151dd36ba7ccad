"""`rnncourse feedback ASSIGNMENT`: pages for the students, made from results and gradebook."""

import shlex
import sys

import click


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("assignment")
@click.option("--student", "students", multiple=True, help="Only this student; may be given several times.")
@click.option("--database", metavar="URL", help="The gradebook [default: RNNCOURSE_DATABASE, or SQLite in grading/].")
def feedback(assignment, students, database):
    """Write the feedback pages of ASSIGNMENT for every student who has a result of `rnncourse grade`.

    Run it again after grading by hand: points and comments come from the gradebook. The pages lie in
    grading/feedback/STUDENT/ASSIGNMENT/, where `nbgrader release_feedback` finds them to give them out.
    """
    from rnncourse.cli.grade import class_folder
    from rnncourse.grading.characters import one_line

    outcome = _made(class_folder(), assignment, students, database)
    for problem in outcome.problems:
        click.echo(f"no page for {one_line(problem, 1000)}", err=True)
    _say(outcome, assignment)
    sys.exit(1 if outcome.problems or not outcome.pages else 0)


def _made(root, assignment, students, database):
    try:
        from rnncourse.grading.bounded import NoReader
        from rnncourse.grading.feedback.classroom import make_pages
        from rnncourse.grading.records.errors import RecordsError
    except ImportError as error:
        raise click.ClickException(
            f"feedback needs {error.name}: pip install 'rnncourse[course,instructors]'"
        ) from error
    try:
        return make_pages(root, assignment, students, database)
    except NoReader as error:
        raise click.ClickException(f"no page could be made: {error}; run the same command again") from error
    except (RecordsError, ValueError) as error:
        raise click.ClickException(str(error)) from error


def _say(outcome, assignment):
    name = shlex.quote(assignment)
    if outcome.waiting:
        some = _count(outcome.waiting, "submission has an answer", "submissions have answers")
        click.echo(f"{some} to be graded by hand; run this again when that is done.")
    if outcome.pages:
        pages, students = _count(outcome.pages, "page", "pages"), _count(outcome.students, "student", "students")
        click.echo(f"{pages} for {students}, in grading/feedback.\nTo give them out: nbgrader release_feedback {name}")
    elif not outcome.problems:
        click.echo(f"No student has a result for {assignment} yet. First: rnncourse grade {name}", err=True)


def _count(number, one, many):
    return f"{number} {one if number == 1 else many}"
