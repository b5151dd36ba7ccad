"""`rnncourse archive`: the course as one file for students, without the solutions."""

from pathlib import Path

import click


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def archive(file):
    """Pack the course for students into FILE, such as course.zip, without solutions, tests and your class.

    The references that the checks compare with are part of the package and so of the archive. What that means for
    marks, and what helps, is in docs/instructors-integrity.md.
    """
    from rnncourse.cli.build import _root

    try:
        from rnncourse.authoring.archive import ArchiveError, write_archive
    except ImportError as error:
        raise click.ClickException(f"this needs {error.name}: pip install 'rnncourse[course,instructors]'") from error
    try:
        names = write_archive(_root(), file)
    except (ArchiveError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"{file}: {len(names)} files, without solutions/ and tests/.\n"
        "The references that the checks need are in it (rnncourse/exercises); see docs/instructors-integrity.md."
    )
