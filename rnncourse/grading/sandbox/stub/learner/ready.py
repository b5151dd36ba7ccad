"""Stands in for `ready` while a class is graded: demonstrations are passed over."""


def ready(*functions):
    """Say that this demonstration is passed over; returns False."""
    print("This demonstration is passed over while the notebook is graded.")
    return False
