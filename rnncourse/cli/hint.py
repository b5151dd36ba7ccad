"""`rnncourse hint 1.2`: the next hint, as in the notebook."""

import click


@click.command()
@click.argument("exercise")
def hint(exercise):
    """Show the next hint of EXERCISE (a number such as 1.2, or a name)."""
    from rnncourse.learner.hints import hint as show_hint

    show_hint(exercise)
