"""Packages that load each of their names on first use (PEP 562), so that importing one costs nothing."""

from importlib import import_module


def lazily(package, homes):
    """Return `__getattr__` and `__dir__` for a package, given a dict from each name to the module below it that has it.

    >>> __getattr__, __dir__ = lazily("rnncourse.cells", {"RNN": "rnn"})
    >>> __getattr__("RNN").__module__
    'rnncourse.cells.rnn'
    """

    def get(name):
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{homes[name]}"), name)

    return get, lambda: sorted({*vars(import_module(package)), *homes})
