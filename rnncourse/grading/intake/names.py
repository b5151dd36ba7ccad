"""Names in a submission: which are no content, and how one that no screen or disk would take is written instead."""

from fnmatch import fnmatch

from rnncourse.grading.intake.notes import printable

# What tools leave behind. nbgrader's own two files are no content either: they differ at each hand-in.
_IGNORED = frozenset({
    ".ipynb_checkpoints", "__pycache__", "feedback", "submission_secret.txt", ".git", ".hg", ".svn", ".venv", "venv",
    "node_modules", ".vscode", ".idea", ".rnncourse", ".DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX", "lost+found",
    ".pytest_cache", ".mypy_cache", ".ruff_cache", ".cache", ".virtual_documents", ".jupyter", ".ipython", ".Trash",
})
_IGNORED_PATTERNS = ("*.pyc", "*.pyo", "._*", "*~", ".~*", ".nfs*", "*.swp", ".#*")
CHECKPOINTS = ".ipynb_checkpoints"
CLAIM = "timestamp.txt"  # what nbgrader's submit writes; read for the time of receipt only
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
OTHER_ARCHIVES = (".7z", ".rar", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tar.zst", ".gz", ".xz", ".bz2")


def is_ignored(name):
    """Whether a file or folder of this name is no content of a submission, wherever it lies."""
    return name in _IGNORED or any(fnmatch(name, pattern) for pattern in _IGNORED_PATTERNS)


def is_notebook(path):
    """Whether a path names a notebook; browsers like to put .txt or .json behind the suffix."""
    return path.lower().endswith((".ipynb", ".ipynb.txt", ".ipynb.json"))


def is_archive(path):
    return path.lower().endswith(ARCHIVES)


def clean_part(name):
    r"""One name of a path as it is kept: what cannot be shown or encoded is an underscore, and so is a backslash.

    >>> clean_part("a\nb\\c"), clean_part("Übung 1.ipynb")
    ('a_b_c', 'Übung 1.ipynb')
    """
    return "".join(one if one.isprintable() and one not in "\\/" else "_" for one in name)


def shown_name(name):
    r"""A name with everything unusual written as an escape; two different names never give the same.

    >>> print(shown_name("anna"), shown_name("anna\u202e"), shown_name("an\\na"))
    anna anna\u202e an\\na
    """
    return printable(name.replace("\\", "\\\\"), width=10_000)
