"""What of rnncourse the learner's code sees: all that learners import, and no exercise, reference or instructor's tool.

The folder is made once a process and shown in the place of the package. `check` and its companions are there as
stand-ins from `stub/`, for learners leave such calls in their notebooks. Of the modules that hold an answer of the
assignment only the names are there. The learner's code runs as another user, so all of it can be read by everybody,
whatever the instructor's files are like.
"""

import compileall
import os
import shutil
from functools import cache
from itertools import count
from pathlib import Path

from rnncourse.grading.sandbox.absence import without_code
from rnncourse.grading.sandbox.bubblewrap import package_folder
from rnncourse.grading.sandbox.private import private_folder

# The rooms that are shown as they are; a room that is not named here is hidden.
SHOWN = ("benchmark", "cells", "checking", "data", "models", "plots", "states")
SHOWN_OF_LEARNER = ("__init__.py", "hints.py", "prediction.py", "screen.py", "store.py")


_views = count(1)


def package_view(absent=()):
    """The host's folder that stands in for the package in this process's sandboxes.

    Args:
        absent: pairs of a module and the exercises whose answer it holds, such as ("rnncourse.cells.rnn", "2.1, 2.2").
    """
    whole = _made(private_folder())
    return _without(whole, tuple(sorted(absent))) if absent else whole


@cache
def _without(whole, absent):
    """A copy of the view in which these modules have no code; what is the same is not copied but linked."""
    view = whole.parent.parent / f"view-{next(_views)}" / "rnncourse"
    shutil.copytree(whole, view, copy_function=os.link)
    for module, exercises in absent:
        source = view.parent.joinpath(*module.split(".")).with_suffix(".py")
        for old in (source, *source.parent.glob(f"__pycache__/{source.stem}.*.pyc")):
            old.unlink()
        original = whole.parent.joinpath(*module.split(".")).with_suffix(".py")
        source.write_text(without_code(original.read_text(encoding="utf-8"), module, exercises), encoding="utf-8")
        compileall.compile_file(source, quiet=2, stripdir=str(view), prependdir=package_folder())
    return readable(view)


def launcher():
    """The host's copy of launch.py that this process's sandboxes start with."""
    return _copied(private_folder())


@cache
def _copied(folder):
    shutil.copyfile(Path(__file__).with_name("launch.py"), folder / "launch.py")
    return readable(folder / "launch.py")


def readable(path):
    """Let everybody read a file, or a folder with all that is in it; gives back the path."""
    for one in (path, *path.rglob("*")):
        one.chmod(0o755 if one.is_dir() else 0o644)
    return path


@cache
def _made(folder):
    package, view = Path(package_folder()), folder / "view" / "rnncourse"
    view.mkdir(parents=True)
    for name in ("__init__.py", "lazy.py", "workers.py"):
        shutil.copy2(package / name, view)
    for room in SHOWN:
        if (package / room).is_dir():
            shutil.copytree(package / room, view / room)
    shutil.copytree(
        Path(__file__).with_name("stub"), view, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in SHOWN_OF_LEARNER:
        shutil.copy2(package / "learner" / name, view / "learner")
    compileall.compile_dir(view, quiet=2, stripdir=str(view), prependdir=str(package))  # it is read-only later on
    return readable(view)
