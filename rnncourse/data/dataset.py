"""What a loader returns, and how a stand-in steps in for a package that is not there."""

from dataclasses import dataclass, fields
from importlib import metadata

import numpy as np

from rnncourse.data.packages import MissingData


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class DataSet:
    """Arrays or text with their `source` (one line) and `fallback` (True for a stand-in)."""

    source: str
    fallback: bool = False

    def __repr__(self):
        rows = [(f.name, _describe(getattr(self, f.name))) for f in fields(self) if f.name != "fallback"]
        width = max(len(name) for name, _ in rows)
        return "\n".join([type(self).__name__, *(f"  {name:<{width}}  {text}" for name, text in rows)])


def _describe(value):
    if isinstance(value, np.ndarray):
        return f"array {value.shape} {value.dtype}"
    if isinstance(value, list):
        return f"{len(value)} arrays, the first {value[0].shape}"
    if isinstance(value, tuple) and value and isinstance(value[0], str):
        return f"{len(value):,} texts, the first {value[0]!r}"
    text = str(value)
    return text if len(text) <= 300 else f"{len(text):,} characters: {text[:40]!r} …"


def cite(what, distribution, licence, note=""):
    """The source line of a packaged set: what it is, package and version, licence, and any note."""
    return "; ".join(filter(None, [what, f"{distribution} {metadata.version(distribution)}", licence, note]))


def first_available(loaders, *, fallback):
    """Return the set of the first loader whose package is there; print one line if that is a stand-in.

    With `fallback=False` a missing package raises MissingData instead.
    """
    missing = None
    for load in loaders:
        try:
            data = load()
        except MissingData as error:
            if not fallback:
                raise
            missing = missing or error
            continue
        if missing:
            print(f"{missing}. Used instead: {data.source}")
        return data
    raise missing
