"""Authoring faults: what would trouble a learner, a grader or the next author, found before anybody meets it."""

from pathlib import Path

import nbformat

from rnncourse.authoring.fault import Fault
from rnncourse.authoring.page import Page
from rnncourse.authoring.release_rules import RELEASE_RULES
from rnncourse.authoring.rules import RULES


def lint(root, course=None):
    """All faults of the course under the folder `root`, sorted; `course` is the release if it lies elsewhere."""
    root = Path(root)
    course = Path(course) if course else root / "course"
    faults = set()
    for source in sorted((root / "solutions").glob("*/*.py")):
        if source.with_suffix(".ipynb").exists():
            faults.update(lint_page(Page.read(source.with_suffix(".ipynb"), root)))
        else:
            faults.add(Fault(source.relative_to(root).as_posix(), "", "not-built", "has no notebook yet; run rnncourse build"))
    for path in sorted((root / "solutions").glob("*/*.ipynb")):
        if not path.with_suffix(".py").exists():
            faults.add(Fault(path.relative_to(root).as_posix(), "", "no-source", "has no .py source; the next build cannot make it"))
    return sorted(faults | set(lint_release(root, course)))


def lint_page(page, rules=None):
    """Faults of one notebook."""
    for rule in rules or RULES:
        for cell, message in rule(page):
            yield Fault(page.name, cell, rule.__name__.replace("_", "-"), message)


def lint_release(root, course):
    """Faults of the student notebooks in the folder `course`, each compared with its solution."""
    for path in sorted(course.rglob("*.py")):
        yield Fault(f"course/{path.relative_to(course).as_posix()}", "", "source-in-release", "a .py among the student notebooks; remove it")
    for path in sorted(course.glob("*/*.ipynb")):
        page = Page.read(path, course, prefix="course/")
        solution = root / "solutions" / path.relative_to(course)
        page.solution = nbformat.read(solution, as_version=4) if solution.exists() else None
        yield from lint_page(page, RELEASE_RULES)
