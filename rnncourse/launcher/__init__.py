"""Gives a learner a folder of notebooks of their own, and opens it in JupyterLab.

`release` finds the notebooks that came with the package, `folder` copies them without ever
overwriting, `summary` says what it did, `lab` starts JupyterLab set up for a learner.
"""


class LauncherError(Exception):
    """What went wrong and how to mend it, in words for the learner."""
