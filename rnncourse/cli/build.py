"""`rnncourse build`: make the notebooks from their sources."""

from pathlib import Path

import click


@click.command()
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Run every source, changed or not.")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 and list what is stale or faulty.")
def build(names, everything, only_check):
    """Run the changed sources of solutions/ and write the student notebooks of course/.

    NAMES are steps or files (1-sequence-data, sequence_data); without any, all sources are looked at.
    """
    root = _root()
    try:
        _check(root, names) if only_check else _build(root, names, everything)
    except (LookupError, _authoring_error()) as error:
        raise click.ClickException(str(error.args[0])) from error


def _build(root, names, everything):
    from rnncourse.authoring.build import build as build_notebooks

    outcome = build_notebooks(root, names, everything=everything, tell=click.echo)
    for name in outcome.written:
        click.echo(f"wrote {name}")
    for problem in (*outcome.failures, *outcome.faults):
        click.echo(str(problem), err=True)
    if not outcome.good:
        click.echo("course/ was left as it was.", err=True)
        raise SystemExit(1)
    if not outcome.written:
        click.echo("Everything is up to date.")


def _check(root, names):
    from rnncourse.authoring.build import stale
    from rnncourse.authoring.lint import lint

    late = stale(root, names)
    problems = [*(f"stale: {name}" for name in late), *map(str, lint(root))]
    for problem in problems:
        click.echo(problem)
    if problems:
        raise SystemExit(1)
    click.echo("Everything is up to date.")


def _root():
    """The repo: the nearest folder upwards with nbgrader_config.py and solutions/."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "nbgrader_config.py").is_file() and (folder / "solutions").is_dir():
            return folder
    raise click.ClickException(f"no solutions/ and nbgrader_config.py in {here} or above it; go to a clone of the course first")


def _authoring_error():
    try:
        from rnncourse.authoring.build import AuthoringError
    except ImportError as error:
        raise click.ClickException(f"building needs {error.name}: pip install 'rnncourse[course,instructors]'") from error
    return AuthoringError
