"""Show an object where the learner looks: as HTML in a notebook, as text in a terminal."""

import os
import sys


def grading():
    """Whether nbgrader runs this notebook ("autograde" or "validate"); empty in self-study."""
    return os.environ.get("NBGRADER_EXECUTION", "")


def show(thing):
    """Display an object that has `_repr_mimebundle_` and a readable `str`."""
    if in_notebook():
        from IPython.display import display

        display(thing)
    else:
        print(thing)


def in_notebook():
    """Whether a Jupyter kernel runs this code."""
    if "IPython" not in sys.modules:
        return False
    shell = sys.modules["IPython"].get_ipython()
    return shell is not None and hasattr(shell, "kernel")
