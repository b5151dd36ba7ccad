"""Whether this machine has what an assignment needs, found before anything of a learner's is judged.

A package that is missing here, or too old, is no fault of whoever handed in: there is no verdict, and the message names
the machine and the package. The packages that the release imports or reads its data from are looked up; each exercise's
reference is run; and a sandbox imports what a learner's code may import. All that is done once a process.
"""

import ast
import inspect
import json
import platform
import re
import sys
from contextlib import suppress
from dataclasses import replace
from importlib import metadata

from rnncourse.checking.cells import checked_name
from rnncourse.checking.score import reference_trouble
from rnncourse.checking.trial import as_trials
from rnncourse.exercises import UnknownExercise, find
from rnncourse.grading.judge.session import NoVerdict, Session, Stopped

INSTALL = "pip install 'rnncourse[course,instructors]'"
IMPORT_SECONDS = 120.0  # for all imports together, on a machine whose disk is slow
_MAGIC = re.compile(r"^[ \t]*[%!?][^\n]*", re.MULTILINE)
_DATA = re.compile(r"\bdata\.(\w+)")
_sound = set()  # what was found to be all right in this process


def demand_machine(job, start):
    """Raise NoVerdict where this machine lacks what a job's assignment needs; `start` makes a kernel to try imports in."""
    key = job.assignment, hash(tuple(sorted(job.release.items()))), job.limits, job.isolated
    if key in _sound:
        return
    demand_packages(job.assignment, job.release)
    for exercise in _exercises(job.release):
        demand_reference(exercise, as_trials(exercise, 0, [None] * len(exercise.answers(0).cases)))
    _demand_imports(job, start)
    _sound.add(key)


def demand_packages(assignment, release):
    """Look up the packages that a release (name -> content of each notebook) needs; nothing heavy is imported.

    Raises:
        NoVerdict: one is missing or too old.
    """
    wanted, sources = _requirements(), _sources(release)
    for name in sorted(_modules(sources) | _data_packages(sources, wanted)):
        _demand_version(assignment, name, wanted.get(_plain(name)))


def demand_reference(exercise, trials):
    """Raise NoVerdict where our own reference gives no result: a fault of this machine, whoever is judged."""
    trouble = reference_trouble(exercise, trials)
    if trouble is not None:
        what = f"{trouble.type} {trouble.message}".strip()
        raise NoVerdict(f"{_here()} cannot judge exercise {exercise.id} {exercise.name}: its reference stops with {what}; {INSTALL}")


def _here():
    return f"the machine {platform.node() or 'without a name'}"


def _sources(release):
    cells = [cell for content in release.values() for cell in json.loads(content)["cells"]]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def _exercises(release):
    for source in _sources(release):
        if name := checked_name(source):
            with suppress(UnknownExercise):  # told where the check cells are read
                yield find(name)


def _modules(sources):
    """Top names of the modules that code imports, but for Python's own and the course's."""
    found = set()
    for source in sources:
        with suppress(SyntaxError):
            for node in ast.walk(ast.parse(_MAGIC.sub("", source))):
                if isinstance(node, ast.Import):
                    found |= {one.name for one in node.names}
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    found.add(node.module)
    return {name.partition(".")[0] for name in found} - set(sys.stdlib_module_names) - {"rnncourse"}


def _data_packages(sources, wanted):
    """Distributions that carry the data which code reads by `data.name(...)`."""
    from rnncourse import data

    readers = {name for source in sources for name in _DATA.findall(source)}
    modules = {inspect.getmodule(getattr(data, name, None)) for name in readers} - {None}
    texts = [inspect.getsource(module) for module in modules if module.__name__.startswith("rnncourse.data")]
    return {name for name in wanted if any(f'"{name}"' in text for text in texts)}


def _requirements():
    """Distribution -> requirement of this package, by plain name; empty where the package is not installed as one."""
    from packaging.requirements import Requirement

    with suppress(metadata.PackageNotFoundError):
        return {_plain(one.name): one for one in map(Requirement, metadata.requires("rnncourse") or ())}
    return {}


def _plain(name):
    return re.sub(r"[-_.]+", "_", name).lower()


def _demand_version(assignment, name, requirement):
    asked = f"{requirement.name}{requirement.specifier}" if requirement else name
    try:
        found = metadata.version(requirement.name if requirement else _distribution(name))
    except metadata.PackageNotFoundError:
        raise NoVerdict(f"{_here()} lacks the package {asked}, which {assignment} needs; {INSTALL}") from None
    if requirement and not requirement.specifier.contains(found, prereleases=True):
        raise NoVerdict(f"{_here()} has {requirement.name} {found}, and {assignment} needs {asked}; {INSTALL}")


def _distribution(module):
    """The distribution that a module is of; its own name where none is known."""
    return next(iter(metadata.packages_distributions().get(module, ())), module)


def _demand_imports(job, start):
    modules = sorted(_modules(_sources(job.release)))
    if not modules:
        return
    session = Session(start, replace(job.limits, wall_seconds=IMPORT_SECONDS, cell_seconds=IMPORT_SECONDS))
    try:
        session.begin()
        problem = session.run(f"import {', '.join(modules)}", IMPORT_SECONDS).problem
    except Stopped as why:
        problem = f"the kernel ended ({why})"
    finally:
        session.end()
    if problem:
        raise NoVerdict(f"a sandbox on {_here()} cannot import what {job.assignment} needs ({', '.join(modules)}): {problem}")
