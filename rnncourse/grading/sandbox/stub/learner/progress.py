"""Stands in for `progress` while a class is graded: no record of anybody is kept here."""


def progress(step=None):
    """Say that progress is shown elsewhere; returns None."""
    print("Progress is shown in your own notebook, not while it is graded.")
