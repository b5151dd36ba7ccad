"""What of the package is shown, and how the stand-ins answer where learners leave calls in their notebooks."""

import subprocess
import sys
from pathlib import Path

import pytest

import rnncourse
from rnncourse.grading.sandbox import view

PACKAGE = Path(rnncourse.__file__).parent
HIDDEN = {"authoring", "cli", "exercises", "grading", "launcher", "learner"}  # the last has stand-ins


def test_every_room_is_either_shown_or_hidden_on_purpose():
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()} - {"_course"}
    assert rooms <= HIDDEN | set(view.SHOWN)
    assert not HIDDEN & set(view.SHOWN)


def test_what_is_shown_is_compiled_and_complete():
    shown = view.package_view()
    sources = {path.relative_to(shown).as_posix() for path in shown.rglob("*.py")}
    for room in view.SHOWN:
        assert {name for name in sources if name.startswith(f"{room}/")} == {
            path.relative_to(PACKAGE).as_posix() for path in (PACKAGE / room).rglob("*.py")
        }
    assert {name for name in sources if name.startswith("exercises/")} == {"exercises/__init__.py"}
    assert not any(name.startswith(("grading/", "authoring/", "cli/", "launcher/")) for name in sources)
    compiled = {path.name.split(".")[0] for path in shown.rglob("*.pyc")}
    assert {Path(name).stem for name in sources} == compiled


def test_everybody_can_read_it_whatever_the_instructor_s_files_are_like():
    code = "import os\nos.umask(0o077)\nfrom rnncourse.grading.sandbox import view\n"
    code += "paths = [view.launcher(), *view.package_view().rglob('*')]\n"
    code += "print([path for path in paths if path.stat().st_mode & 0o044 != 0o044])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_probe_can_be_sent_and_imported(kernel, run):
    assert run(kernel, "from rnncourse.checking import limit, probe\nprint(probe.plain([1, 2]))").text == "[1 2]\n"


CALLS = {
    "check(mine)": "mine is checked by the course's judge, outside this notebook.\n",
    "check(mine, '1.2')": "1.2 is checked by the course's judge, outside this notebook.\n",
    "print(ready(mine))": "This demonstration is passed over while the notebook is graded.\nFalse\n",
    "progress()": "Progress is shown in your own notebook, not while it is graded.\n",
    "print(examine(mine).passed)": "False\n",
}


@pytest.mark.parametrize("call", CALLS)
def test_calls_that_learners_leave_say_one_line(kernel, run, call):
    ran = run(kernel, f"from rnncourse import check, examine, ready, progress\ndef mine(): pass\n{call}")
    assert (ran.status, ran.text) == ("ok", CALLS[call])


def test_hints_and_predictions_do_not_fail(kernel, run):
    ran = run(kernel, "from rnncourse import hint, predict\nhint('1.2')\npredict('it grows').outcome(3)")
    assert ran.status == "ok" and "text/html" in ran.shown


def test_nbgrader_never_takes_a_stand_in_for_a_passed_check(start, run):
    kernel = start(variables={"NBGRADER_EXECUTION": "autograde"})
    ran = run(kernel, "from rnncourse import check\ndef mine(): pass\ncheck(mine)")
    assert ran.status == "error" and "cannot be checked here" in ran.text


def test_what_learners_import_is_there(kernel, run):
    code = "import rnncourse.plots.measurements, rnncourse.models\nfrom rnncourse import data\n"
    code += "from rnncourse.cells import FastLSTM\nprint(data.__name__)"
    assert run(kernel, code, 60).text == "rnncourse.data\n"


def without(*modules):
    return view.package_view([(module, "2.1, 2.2") for module in modules])


def in_view(folder, code):
    run = [sys.executable, "-P", "-c", f"import sys\nsys.path.insert(0, {str(folder.parent)!r})\n{code}"]
    return subprocess.run(run, capture_output=True, text=True, check=False, cwd="/")


def test_a_module_that_answers_has_names_and_no_code():
    shown = without("rnncourse.cells.rnn")
    code = "from rnncourse.cells import RNN, rnn_step\nimport numpy as np\n"
    done = in_view(shown, code + "rnn_step(1, 2, 3, 4, 5)")
    assert "rnncourse.cells.rnn.rnn_step does what this exercise asks you to write (2.1, 2.2)" in done.stderr
    done = in_view(shown, code + "RNN(np.zeros((2, 3)), np.zeros((3, 3))).forward(np.zeros((1, 2, 2)))")
    assert "RNN.forward does what" in done.stderr
    text = b"".join(path.read_bytes() for path in (shown / "cells").rglob("rnn.*"))
    assert b"tanh" not in text.replace(b"h_t = tanh", b"") or b"np.tanh" not in text
    assert b"np.tanh" in (PACKAGE / "cells" / "rnn.py").read_bytes()


def test_other_views_keep_their_code():
    without("rnncourse.cells.rnn")
    code = "import numpy as np\nfrom rnncourse.cells import rnn_step\nprint(rnn_step(*np.zeros((2, 1, 3)), *np.zeros((2, 3, 3)), np.zeros(3)).shape)"
    assert in_view(without("rnncourse.cells.gru"), code).stdout == in_view(view.package_view(), code).stdout == "(1, 3)\n"


IMPORTS = """
import importlib, pkgutil, rnncourse
for module in pkgutil.walk_packages(rnncourse.__path__, "rnncourse."):
    importlib.import_module(module.name)
print("all")
"""


@pytest.mark.parametrize("step", "12345")
def test_every_module_can_be_imported_in_the_view_of_each_assignment(step):
    from rnncourse.exercises import exercises
    from rnncourse.grading.judge.judge import absent_modules

    absent = absent_modules(one for one in exercises() if one.id.startswith(f"{step}."))
    done = in_view(view.package_view(absent), IMPORTS)
    assert done.stdout.endswith("all\n"), done.stderr
