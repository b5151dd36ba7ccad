"""`rnncourse status`: what is solved and what is open."""

import click


@click.command()
def status():
    """Show every exercise with its state, its best points and the hints used."""
    from rnncourse.learner.progress import progress

    progress()
