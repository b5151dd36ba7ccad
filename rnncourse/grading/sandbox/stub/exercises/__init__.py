"""Stands in for the exercises while a class is graded: there are none to be found here."""


class UnknownExercise(LookupError):
    """No exercise can be looked up here."""

    def __str__(self):
        return self.args[0]


def exercises():
    """No exercises."""
    return ()


def find(key):
    """Find nothing.

    Raises:
        UnknownExercise: always.
    """
    raise UnknownExercise(f"{key}: hints are shown in your own notebook, not while it is graded")
