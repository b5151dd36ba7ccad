"""What of a notebook runs before its functions are called."""

from rnncourse.grading.judge.cells import names_read, pieces


def cell(identity, source, *, solution=False, grade=False, tags=(), kind="code"):
    metadata = {"nbgrader": {"grade_id": identity, "solution": solution, "grade": grade}} if solution or grade else {}
    return {"id": identity, "cell_type": kind, "source": source, "metadata": metadata | ({"tags": list(tags)} if tags else {})}


IMPORTS = cell("imports", "import numpy as np\nimport torch, os.path as p\nfrom math import pi, tau")
DATA = cell("data", "text = load()\nwords = text.split()\nfigure(words)")
STUB = cell("f", "def f(x):\n    raise NotImplementedError", solution=True)
CHECK = cell("check_f", "check(f)", grade=True)
TRAIN = cell("train", "f(3)\nslow = train()", tags=["demo"])
RELEASE = {"cells": [cell("title", "# Title", kind="markdown"), IMPORTS, DATA, STUB, CHECK, TRAIN]}


def sources(source, *more, release=RELEASE):
    solved = {**STUB, "source": source}
    cells = [solved if one is STUB else one for one in release["cells"]]
    return {one.cell: one.source for one in pieces({"cells": [*cells, *more]}, release) if not one.asks}


def test_checks_demos_text_and_what_nobody_reads_do_not_run():
    assert sources("def f(x):\n    return x") == {"f": "def f(x):\n    return x"}


def test_of_the_imports_those_that_are_read():
    assert sources("def f(x):\n    return np.exp(x) * pi")["imports"] == "import numpy as np\nfrom math import pi"
    assert sources("def f(x):\n    return p.join(x)")["imports"] == "import os.path as p"


def test_statements_on_which_a_needed_one_rests_run_too():
    assert sources("def f(x):\n    return words[x]")["data"] == "text = load()\nwords = text.split()"


def test_a_parameter_is_no_name_of_the_notebook():
    assert set(sources("def f(text):\n    return len(text)")) == {"f"}


def test_cells_that_the_learner_added_or_edited_run_as_they_are():
    helper = cell("mine", "helper = 3\nprint(tau)")
    edited = {**DATA, "source": "words = []"}
    release = {"cells": RELEASE["cells"]}
    found = {one.cell: one.source for one in pieces({"cells": [IMPORTS, edited, STUB, helper]}, release)}
    assert found["mine"] == helper["source"]
    assert found["data"] == "words = []"
    assert found["imports"] == "from math import tau"


def test_code_that_looks_names_up_gets_all_of_them():
    found = sources("def f(x):\n    return globals()['np'].exp(x)")
    assert found["imports"] == IMPORTS["source"] and found["data"] == DATA["source"]
    assert "data" in sources("%matplotlib inline\ndef f(x):\n    return x")


def test_code_that_python_cannot_read_gets_what_its_words_say():
    assert sources("def f(x:\n    return np.exp(")["imports"] == "import numpy as np"


def test_a_name_that_changes_keeps_its_changes():
    release = {"cells": [cell("a", "table = {}\ntable['k'] = 1\nfor i in range(3):\n    table[i] = i\nother = 5"), STUB]}
    assert sources("def f(x):\n    return table", release=release)["a"] == "table = {}\ntable['k'] = 1\nfor i in range(3):\n    table[i] = i"


def test_names_read_are_those_of_the_notebook():
    source = "from x import y\ndef f(a, *, b=c):\n    d = a + e\n    return [g for g in d if h(g)]\nclass K(L):\n    m = n"
    assert names_read(source) >= {"c", "e", "h", "L", "n"}
    assert not names_read(source) & {"a", "b", "g", "m"}
