"""What may happen to a whole notebook: cells around the solutions, and cells in another place or of another kind."""

import copy
import json

from tests.grading.attacks.attack import solutions
from tests.grading.honest.student import exercises, release
from tests.grading.honest.variant import change

# ---------------------------------------------------------------- cells of the learner's own, handed in together


@change()
def notes_and_titles(student):
    """Text with titles, tables, formulas, HTML and pictures from elsewhere between all cells."""
    student.add("# Homework of Ann\n\n| a | b |\n|---|---|\n| 1 | 2 |", before="imports", kind="markdown")
    student.add("<img src='https://example.org/x.png'> $\\frac{a}{b}$ <b>bold</b>", after="imports", kind="markdown")
    student.add("nothing to run here", kind="raw")


@change()
def magics_of_all_kinds(student):
    """Extensions, shell commands, timings, help, and a magic that there is not."""
    student.add("%load_ext autoreload\n%autoreload 2\n%matplotlib inline\n%config InlineBackend.figure_format = 'svg'\n%precision 3", before="imports")
    student.add("%timeit -n1 -r1 sum(range(10))\n!ls -la | head -2\nfiles = !ls\nlen?\n%who", after="imports")
    student.add("%no_such_magic")
    student.add("%%bash\necho hello")
    student.add("%%html\n<b>hello</b>")
    student.add("%%writefile notes.txt\nsome text")


@change()
def figures_widgets_and_tables(student):
    """Figures of matplotlib, HTML, progress bars and a widget, where there is one."""
    student.add("import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2])\nplt.show()")
    student.add("from IPython.display import HTML, Markdown, display, clear_output\ndisplay(HTML('<b>1</b>'), Markdown('*a*'))\nclear_output()")
    student.add("from ipywidgets import interact\ninteract(lambda x: x, x=3)")
    student.add("import pandas as pd\npd.DataFrame({'a': [1, 2]})")


@change()
def own_tests(student):
    """unittest, doctest and plain asserts over the solutions."""
    student.add(f"""
        import unittest, doctest
        class Mine(unittest.TestCase):
            def test_callable(self):
                self.assertTrue(callable({student.exercises[0]}))
        unittest.main(argv=[''], exit=False)
        doctest.testmod()
        def test_all():
            for one in ({", ".join(student.exercises)}):
                assert callable(one)
        test_all()
    """)  # fmt: skip


@change()
def checks_again_and_again(student):
    """Every check once more at the end, with other seeds, in a loop."""
    student.add(f"for seed in range(2):\n    for one in ({', '.join(student.exercises[:3])}):\n        check(one, seed=seed)")


@change()
def leaves_things_behind(student):
    """input(), a debugger that has nothing to look at, an assertion, an error, an exit, and a quit."""
    student.add("name = input('Your name? ')")
    student.add("%debug")
    student.add("assert False, 'not here'")
    student.add("1 / 0")
    student.add("import sys\nsys.exit()")
    student.add("raise SystemExit('done')")
    student.add("exit()")
    student.add("raise KeyboardInterrupt")


@change()
def unfinished_code(student):
    """Cells with syntax errors, names that are not there, modules that are not installed, and files that are not."""
    student.add("for x in range(3)\n    print(x)", before="imports")
    student.add("print(undefined_name)", after="imports")
    student.add("import no_such_module_of_mine", after="imports")
    student.add("data_of_mine = np.loadtxt('no_such_file.csv')", after="imports")
    student.add("   indented = 1", after="imports")


@change()
def long_outputs(student):
    """Twenty thousand lines, and one line of a million characters."""
    student.add("for n in range(20_000):\n    print(n, 'x' * 20)", after="imports")
    student.add("print('x' * 1_000_000)")


@change()
def other_imports(student):
    """Everything imported again, under other names, and random states set."""
    student.add("import numpy\nimport numpy as num\nimport torch.nn as nn\nimport torch.nn.functional as F\nfrom torch import nn, optim\nimport random\nrandom.seed(1)\nnp.random.seed(1)\nimport torch\ntorch.manual_seed(1)", after="imports")


@change()
def helpers_around(student):
    """Helper functions, constants, classes, enums and dataclasses in cells of their own."""
    student.add("from dataclasses import dataclass\nfrom enum import Enum\n\n@dataclass\nclass Settings:\n    size: int = 3\n\nclass Kind(Enum):\n    A = 1\n\nSETTINGS = Settings()", after="imports")
    student.add("def helper(x, *, scale=1):\n    return x * scale\n\nprint(helper(2))")
    student.add("del helper, SETTINGS")


@change()
def uses_the_solutions(student):
    """An experiment at the end, which calls the solutions in loops and stores results."""
    student.add(f"used = [f.__name__ if hasattr(f, '__name__') else repr(f) for f in ({', '.join(student.exercises)},)]\nresults = {{}}\nfor name in used:\n    results[name] = len(name)\nresults")


@change()
def trains_a_little(student):
    """A small network is trained in a cell of its own."""
    student.add("""
        import torch
        net = torch.nn.LSTM(3, 4, batch_first=True)
        adam = torch.optim.Adam(net.parameters())
        for _ in range(5):
            loss = net(torch.randn(2, 6, 3))[0].pow(2).mean()
            adam.zero_grad(); loss.backward(); adam.step()
        float(loss)
    """)  # fmt: skip


@change()
def awaits(student):
    """await at the top of a cell, a task that goes on, and a thread."""
    student.add("import asyncio\nawait asyncio.sleep(0)\nasync def later():\n    return 1\nprint(await later())")
    student.add("import threading\nworker = threading.Thread(target=sum, args=([1],), daemon=True)\nworker.start()")


@change(steps=(1,))
def installs(student):
    """pip install of what is there and of what is not, without a network."""
    student.add("!pip install -q numpy", after="imports")
    student.add("%pip install --retries 0 --no-input no-such-package-of-mine")


# ---------------------------------------------------------------- cells in another place or of another kind


@change(alone=True)
def in_reverse(student):
    """All cells from the last to the first."""
    student.cells.reverse()


@change(alone=True)
def without_checks(student):
    """The check cells are deleted."""
    student.notebook["cells"] = [cell for cell in student.cells if not cell["id"].startswith("check_")]


@change(alone=True)
def only_solutions(student):
    """All that is not a solution is deleted."""
    student.notebook["cells"] = [cell for cell in student.cells if cell["id"] in solutions(student.step)]


@change(alone=True)
def only_solutions_without_names(student):
    """A new notebook with nothing but the solutions, in another order, without ids and metadata."""
    cells = [{"cell_type": "code", "metadata": {}, "source": student.cell(name)["source"], "outputs": [], "execution_count": 1} for name in student.exercises]
    memo = [{"cell_type": "markdown", "metadata": {}, "source": student.cell("decision_memo")["source"]}] if student.step == 5 else []
    student.notebook |= {"cells": [*cells[::-1], *memo], "nbformat_minor": 4}


@change(alone=True)
def in_cells_of_their_own(student):
    """The stubs are as released; each solution stands in a new cell below."""
    stubs = {cell["id"]: "".join(cell["source"]) for cell in json.loads(release(student.step))["cells"]}
    for name in student.exercises:
        source = student.cell(name)["source"]
        student.write(name, stubs[name])
        student.add(source, after=name)


@change(alone=True)
def at_the_end(student):
    """The stubs are as released, and all solutions stand in one cell at the end."""
    stubs = {cell["id"]: "".join(cell["source"]) for cell in json.loads(release(student.step))["cells"]}
    student.add("\n\n\n".join(student.cell(name)["source"] for name in student.exercises))
    for name in student.exercises:
        student.write(name, stubs[name])


@change(alone=True)
def one_cell_for_all(student):
    """The first solution's cell holds all of them, and the others' cells are deleted."""
    first, *others = student.exercises
    student.write(first, "\n\n".join(student.cell(name)["source"] for name in student.exercises))
    student.notebook["cells"] = [cell for cell in student.cells if cell["id"] not in others]


@change(alone=True)
def split_cells(student):
    """The cells of the course are split into one a paragraph, as Lab's command does, the second half without metadata."""
    cells = []
    for cell in student.cells:
        head, blank, tail = "".join(cell["source"]).partition("\n\n")
        if cell["cell_type"] == "markdown" and blank and "nbgrader" not in cell["metadata"]:
            cells += [{**cell, "source": head}, {"cell_type": "markdown", "id": f"{cell['id']}-b", "metadata": {}, "source": tail}]
        else:
            cells.append(cell)
    student.notebook["cells"] = cells


@change(alone=True)
def merged_with_the_check(student):
    """Each check is merged into its solution's cell."""
    for name in student.exercises:
        student.write(name, f"{student.cell(name)['source']}\n\ncheck({name})")
    student.notebook["cells"] = [cell for cell in student.cells if not cell["id"].startswith("check_")]


@change(alone=True)
def copied_cells(student):
    """Every solution's cell is copied, with its id: an older, wrong one above the right one."""
    for name in student.exercises:
        old = copy.deepcopy(student.cell(name)) | {"source": f"def {name}(*arguments):\n    return None  # first try"}
        student.cells.insert(student.place(name), old)


@change(alone=True)
def changed_locked_cells(student):
    """The imports and the course's own cells are edited, with a comment, a blank and one more import."""
    for cell in student.cells:
        if cell["cell_type"] == "code" and cell["id"] not in student.exercises:
            cell["source"] = "# read\n" + "".join(cell["source"]) + "\n"
    student.cell("imports")["source"] += "\nimport math"


@change(alone=True)
def changed_checks(student):
    """The checks are called with a seed, printed, commented out, or written twice."""
    for number, name in enumerate(student.exercises):
        student.write(f"check_{name}", [f"check({name}, seed=7)", f"result = check({name})\nprint(result)", f"# check({name})", f"check({name})\ncheck({name})"][number % 4])


@change(alone=True)
def other_kinds_of_cells(student):
    """A solution's cell became text by the wrong key, and texts became code."""
    student.cell(student.exercises[0])["cell_type"] = "markdown"
    for key in ("outputs", "execution_count"):
        student.cell(student.exercises[0]).pop(key, None)
    text = next(cell for cell in student.cells if cell["cell_type"] == "markdown" and not cell["metadata"])
    text |= {"cell_type": "code", "outputs": [], "execution_count": None}


@change(alone=True)
def all_ids_new(student):
    """Every cell has another id, and nbgrader's metadata are there."""
    for number, cell in enumerate(student.cells):
        cell["id"] = f"{number:08x}"


@change(alone=True)
def all_metadata_lost(student):
    """Ids and metadata are gone."""
    for cell in student.cells:
        del cell["id"]
        cell["metadata"] = {}
    student.notebook |= {"nbformat_minor": 4, "metadata": {}}


@change(alone=True)
def ids_of_one_another(student):
    """Two solutions' cells have changed their contents, as by dragging texts."""
    first, second = student.exercises[:2]
    one, other = student.cell(first)["source"], student.cell(second)["source"]
    student.write(first, other)
    student.write(second, one)


@change(alone=True)
def everything_twice(student):
    """All cells of the notebook stand in it twice, as after inserting a file."""
    student.notebook["cells"] = [*student.cells, *copy.deepcopy(student.cells)]


@change(alone=True)
def two_notebooks_joined(student):
    """The untouched release stands below the solved one in the same file."""
    student.notebook["cells"] = [*student.cells, *json.loads(release(student.step))["cells"]]


@change(alone=True)
def tags_and_slides(student):
    """Tags, slide types and collapsed cells everywhere."""
    for cell in student.cells:
        cell["metadata"] |= {"slideshow": {"slide_type": "slide"}, "collapsed": True, "jp-MarkdownHeadingCollapsed": True}
    student.cell(student.exercises[0])["metadata"]["tags"] = ["mine", "demo"]


@change(alone=True)
def executed_with_outputs(student):
    """Every cell has outputs, counts and times."""
    for number, cell in enumerate(student.cells):
        if cell["cell_type"] == "code":
            cell |= {"execution_count": number, "outputs": [{"output_type": "stream", "name": "stdout", "text": ["x\n"] * 100}]}
            cell["metadata"] |= {"execution": {"iopub.status.busy": "2026-01-01T00:00:00Z"}, "ExecuteTime": {"end_time": "2026-01-01"}}


@change(steps=(3, 4), alone=True)
def a_helper_of_the_same_name(student):
    """Two answers have each a helper called `one_step`, which do different things."""
    first, last = student.exercises[0], student.exercises[-1]  # one between them that calls the first is checked before the last
    for name, value in ((first, 1), (last, 2)):
        student.write(name, f"def one_step():\n    return {value}\n\n" + student.cell(name)["source"].replace('"""\n', f'"""\n    assert one_step() == {value}\n', 1))


@change(steps=(1, 2), alone=True)
def names_taken_away(student):
    """After its check, a function's name is used for something else, and another is deleted."""
    name = "numerical_gradient" if "numerical_gradient" in student.exercises else student.exercises[0]  # which no other answer calls
    student.add(f"{name} = 3", after=f"check_{name}")
    student.add(f"del {student.exercises[-1]}", after=f"check_{student.exercises[-1]}")


@change(alone=True, steps=(4,))
def a_name_that_the_course_uses_later(student):
    """A helper of an answer has a name that a later cell of the course's gives to something else."""
    source = student.cell("rank_units")["source"].replace('"""\n', '"""\n    assert each(1) == 2\n', 1)
    student.write("rank_units", f"def each(n):\n    return n + 1\n\n{source}")


@change(alone=True, steps=(2, 4))
def a_helper_in_a_demo_cell(student):
    """A helper is written into a cell of the course's that trains for long, above the answer that uses it."""
    tagged = next(cell for cell in student.cells if "demo" in cell["metadata"].get("tags", []))
    name = next(cell["id"] for cell in student.cells[student.cells.index(tagged):] if cell["id"] in exercises(student.step))
    tagged["source"] = "def helper():\n    return 1\n\n" + "".join(tagged["source"])
    student.write(name, student.cell(name)["source"].replace('"""\n', '"""\n    assert helper() == 1\n', 1))
