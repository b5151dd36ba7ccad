"""What a file may cost at most, and what the hot path of a class leaves alone. Nothing here is timed: each of the hostile
texts takes milliseconds, or, where a pattern goes back over it again and again, longer than the test run may."""

import json
import subprocess
import sys

import pytest

from rnncourse.grading.intake import INTAKE, IntakeLimits, repair
from rnncourse.grading.intake.lookalikes import suspicious
from rnncourse.grading.intake.script import read_script
from tests.grading.intake.conftest import NAME, RELEASE, REPO, Paper, repaired, solutions, sources

RIGHT = solutions()
MATHEMATICAL = "".join(map(chr, range(0x1D400, 0x1D450)))  # letters that Python reads as ASCII

PROGRAMS = {
    "a first line that names many encodings": b"#" + b"coding:" * 600_000,
    "a preamble without end": b"# ---\n" + b"# x\n" * 300_000,
    "blank lines": b"# +\n" + b"\n  " * 400_000 + b"#",
    "open strings": b"# %%\n" + b"'''\"\"\"" * 150_000,
    "marks": b"# In[ ]:\n" * 150_000,
}


@pytest.mark.parametrize("content", PROGRAMS.values(), ids=PROGRAMS)
def test_a_hostile_program_is_read_in_one_go(content):
    found = repair({"work.py": content}, {NAME: RELEASE})
    assert found.missing == (NAME,) and [one.kind for one in found.remarks] == ["notice", "refused"]


TEXTS = {
    "strings that are never closed": '"""' * 300_001,
    "backslashes": '"' + "\\" * 1_000_001,
    "annotations without a value": "a: " * 300_000,
    "definitions": "def last_valid():\n" * 50_000,
    "marks on every line": "\u0430\u202e = 1\n" * 50_000,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_hostile_cell_is_read_in_one_go(text):
    paper = Paper()
    paper.cell("last_valid")["source"] = text
    notebook, remarks = paper.repaired()
    same = sources(notebook)["last_valid"] == text  # compared here, so that a failure prints no megabytes
    assert same and all(len(one.text) < 600 for one in remarks)


@pytest.mark.parametrize("mark", ["# In[1]:", "# %%", "# %% [markdown]", "# +"])
def test_the_cells_of_a_program_are_bounded(mark):
    many = "\n\n".join(f"{mark}\nx{n} = 1\n\n# Text {n}\n\n# more" for n in range(50))
    assert len(read_script(many.encode(), IntakeLimits(cells=20)).cells) == 20
    comments = f"{mark}\nx = 1\n" + "\n# text\n" * 100
    assert len(read_script(comments.encode(), IntakeLimits(cells=20)).cells) <= 20


@pytest.mark.parametrize("start", ["", "#!/usr/bin/env python\n", "# coding: utf-8\n", "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n", "# ---\n# jupyter: {}\n# ---\n\n"])
def test_what_exporters_write_above_the_cells_is_none(start):
    cells = read_script(f"{start}\n# %%\nx = 1\n".encode(), INTAKE).cells
    assert [(one.kind, one.source) for one in cells] == [("code", "x = 1")]


def test_a_name_of_many_foreign_letters_is_told_in_few_words():
    ((line, told),) = suspicious(f"a{MATHEMATICAL} = 1")
    assert line == 1 and len(told) < 300 and "and 77 more" in told


def test_nothing_slow_to_import_is_needed():
    """nbformat alone takes longer to import than a hundred repairs; each worker would pay it."""
    program = (
        "import sys, pathlib; from rnncourse.grading.intake import repair\n"
        "content = pathlib.Path(sys.argv[1]).read_bytes()\n"
        "assert not repair({'a.ipynb': content}, {'a': content}).remarks\n"
        "print(*sorted({'nbformat', 'nbgrader', 'jsonschema', 'torch', 'numpy'} & set(sys.modules)))"
    )
    path = REPO / "course" / "1-sequence-data" / f"{NAME}.ipynb"
    done = subprocess.run([sys.executable, "-c", program, str(path)], cwd=REPO, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == []


# ---------------------------------------------------------------- what no file says plainly


def test_a_release_that_was_run_gives_notebooks_that_were_not():
    release = json.loads(RELEASE)
    for one in release["cells"]:
        if one["cell_type"] == "code":
            one |= {"execution_count": 3, "outputs": [{"output_type": "stream", "name": "stdout", "text": "x"}]}
    content = json.dumps(release).encode()
    for files in ({}, {f"{NAME}.ipynb": content}):
        cells = repair(files, {NAME: content}).notebooks[NAME]["cells"]
        assert all(one["outputs"] == [] and one["execution_count"] is None for one in cells if one["cell_type"] == "code")


@pytest.mark.parametrize("files", [{}, {"notes.txt": b"x"}, {f"{NAME}.ipynb": b"{"}])
def test_without_any_notebook_the_submission_is_refused(files):
    found = repair(files, {NAME: RELEASE})
    assert found.missing == (NAME,) and found.remarks[-1].kind == "refused" and "no notebook of the assignment" in found.remarks[-1].text


def test_of_two_notebooks_the_one_that_is_missing_is_a_notice():
    other = json.loads(RELEASE)
    found = repair({f"{NAME}.ipynb": RELEASE}, {NAME: RELEASE, "another": json.dumps(other).encode()})
    assert found.missing == ("another",) and [one.kind for one in found.remarks] == ["notice"]


def test_files_that_were_named_after_each_other_find_home():
    path = REPO / "course" / "2-bptt" / "bptt.ipynb"
    release = {NAME: RELEASE, "bptt": path.read_bytes()}
    found = repair({"bptt.ipynb": Paper().solve().content, f"{NAME}.ipynb": path.read_bytes()}, release)
    assert RIGHT.items() <= sources(found.notebooks[NAME]).items() and found.missing == ()
    assert [one.kind for one in found.remarks] == ["repaired", "repaired"]


def test_the_order_in_which_files_are_given_changes_nothing():
    files = {f"{NAME} ({n}).ipynb": Paper().solve(name).content for n, name in enumerate(sorted(RIGHT)[:4])}
    forwards, backwards = (repair(dict(order), {NAME: RELEASE}) for order in (files.items(), reversed(files.items())))
    assert forwards == backwards and json.dumps(forwards.notebooks) == json.dumps(backwards.notebooks)


@pytest.mark.parametrize(("text", "told"), [
    ('{"cells": [{"cell_type": "code", "source": "a", "source": "x = 1"}]}', "stands twice"),
    ('{"cells": [{"cell_type": "code", "source": "x = 1", "metadata": {"a": NaN}}]}', "NaN"),
    ('{"cells": [{"cell_type": "code", "source": ["x = ", 5, "1"]}]}', "no text was left out"),
    ('{"cells": [{"cell_type": "code", "source": "x = 1"}, 5, null]}', "2 entries that are no cells"),
    ('{"worksheets": [{"cells": [{"cell_type": "code", "input": "x = 1"}]}], "nbformat": 3}', "old version"),
])  # fmt: skip
def test_odd_files_are_read_and_told(text, told):
    notebook, remarks = repaired({f"{NAME}.ipynb": text.encode()})
    assert "x = 1" in sources(notebook).values()
    assert any(told in one.text and one.kind == "repaired" for one in remarks) and "tampered" not in {one.kind for one in remarks}


def test_halves_of_characters_are_replaced_and_told():
    notebook, remarks = repaired({f"{NAME}.ipynb": b'{"cells": [{"cell_type": "code", "source": "x = \'\\ud800\'"}]}'})
    assert "x = '\ufffd'" in sources(notebook).values() and any("halves of characters" in one.text for one in remarks)


def test_remarks_come_in_the_order_of_the_release():
    """They are part of a verdict, which is equal to the byte whatever the hash seed of the process."""
    flags = {"grade": False, "locked": False, "solution": True, "task": False, "schema_version": 3, "cell_type": "code"}
    stub = "def f{0}(x):\n    raise NotImplementedError"
    names = [f"part{n}" for n in (3, 1, 6, 2, 5, 4)]
    release = {
        name: json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{
            "cell_type": "code", "id": f"f{name}", "source": stub.format(name), "outputs": [], "execution_count": None,
            "metadata": {"nbgrader": flags | {"grade_id": f"f{name}"}},
        }]}).encode()
        for name in names
    }  # fmt: skip
    found = repair({f"{name}.py": f"def f{name}(x):\n    return x\n".encode() for name in sorted(names)}, release)
    assert found.missing == ()
    assert [one.text.split()[2] for one in found.remarks] == [f"{name}.ipynb" for name in names]
