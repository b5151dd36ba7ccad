"""Answers in words, several notebooks, programs, and all the places in which honest work has been found."""

import copy
import json

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnncourse.authoring.solution import to_bytes
from rnncourse.grading.intake import IntakeLimits, repair
from tests.grading.intake.conftest import NAME, RELEASE, REPO, Paper, repaired, solutions, sources

RIGHT = solutions()
COURSE = sorted((REPO / "course").glob("*/*.ipynb"))


def cell(kind, name, source, tags=(), **block):
    """A cell of a small release, named if it has a block of nbgrader's."""
    metadata = {"tags": list(tags)} if tags else {}
    if block:
        flags = {"grade": False, "locked": False, "solution": False, "task": False, "schema_version": 3, "cell_type": kind}
        metadata["nbgrader"] = flags | {"grade_id": name} | block
    more = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "id": name, "metadata": metadata, "source": source} | more


CELLS = [
    cell("markdown", "cell-01", "# A small lesson"),
    cell("code", "imports", "import numpy as np", locked=True),
    cell("code", "double", "def double(x):\n    # Your code here\n    raise NotImplementedError", solution=True),
    cell("code", "check_double", "check(double)", grade=True, locked=True, points=2),
    cell("markdown", "cell-05", "Why does that work?"),
    cell("markdown", "why", "*Your answer here.*", solution=True, grade=True, points=1.5),
    cell("markdown", "picture", "Draw it.", locked=True, task=True, points=1),
    cell("code", "cell-08", "long_training()", tags=["demo"]),
    cell("code", "plot", "# Your code here\nraise NotImplementedError", solution=True, grade=True, points=1),
]


def as_bytes(notebook):
    """The file of a notebook that is a plain dict."""
    return to_bytes(nbformat.from_dict(copy.deepcopy(notebook)))


def written(cells=CELLS, **metadata):
    return as_bytes({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells})


SMALL = {"small": written()}


class Small:
    """A learner's copy of the small release."""

    def __init__(self):
        self.cells = copy.deepcopy(CELLS)

    def __getitem__(self, name):
        return next(one for one in self.cells if one["id"] == name)

    def place(self, name):
        return self.cells.index(self[name])

    def strip(self):
        """Take all ids and metadata off, as some editors do."""
        for one in self.cells:
            del one["id"]
            one["metadata"] = {}

    def repaired(self, **more):
        notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": self.cells} | more
        found = repair({"small.ipynb": json.dumps(notebook).encode()}, SMALL)
        nbformat.validate(found.notebooks["small"])
        again = repair({"small.ipynb": as_bytes(found.notebooks["small"])}, SMALL)
        assert again.notebooks == found.notebooks
        return found.notebooks["small"]["cells"], [(one.kind, one.cell) for one in found.remarks]


@pytest.fixture
def small():
    return Small()


def text(cells, name):
    return next(one["source"] for one in cells if one["id"] == name)


# ---------------------------------------------------------------- to the byte


@pytest.mark.parametrize("path", COURSE, ids=lambda path: path.parent.name)
def test_the_untouched_release_comes_back_to_the_byte(path):
    found = repair({path.name: path.read_bytes()}, {path.stem: path.read_bytes()})
    assert as_bytes(found.notebooks[path.stem]) == path.read_bytes() and found.remarks == () and found.missing == ()


@pytest.mark.parametrize("path", COURSE, ids=lambda path: path.parent.name)
def test_the_executed_solution_gives_all_its_work_back(path):
    solution = REPO / "solutions" / path.relative_to(REPO / "course")
    found = repair({path.name: solution.read_bytes()}, {path.stem: path.read_bytes()})
    wanted = {one["id"]: "".join(one["source"]) for one in json.loads(solution.read_bytes())["cells"]}
    assert {one["id"]: one["source"] for one in found.notebooks[path.stem]["cells"]} == wanted and found.remarks == ()
    again = repair({path.name: as_bytes(found.notebooks[path.stem])}, {path.stem: path.read_bytes()})
    assert again.notebooks == found.notebooks and again.remarks == ()


def test_a_release_without_ids_gets_cells_without_ids():
    cells = [{key: value for key, value in one.items() if key != "id"} for one in CELLS]
    content = as_bytes({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells})
    mine = json.loads(content)
    mine["cells"].insert(2, cell("code", "x", "helper = 1"))
    found = repair({"a.ipynb": json.dumps(mine).encode()}, {"a": content}).notebooks["a"]
    nbformat.validate(found)
    assert found["cells"][2]["source"] == "helper = 1" and not any("id" in one for one in found["cells"])


# ---------------------------------------------------------------- answers in words


@pytest.mark.parametrize("stripped", [False, True])
def test_answers_and_drawings_come_back(small, stripped):
    small["why"]["source"] = "Because two is company."
    small["plot"]["source"] = "plt.plot([1, 2])"
    small.cells.insert(small.place("picture") + 1, cell("markdown", "mine", "My drawing: ![it](attachment:a.png)") | {"attachments": {"a.png": {"image/png": "AAAA"}}})
    if stripped:
        small.strip()
    cells, remarks = small.repaired()
    assert text(cells, "why") == "Because two is company." and text(cells, "plot") == "plt.plot([1, 2])"
    drawing = next(one for one in cells if "drawing" in one["source"])
    assert cells[cells.index(drawing) - 1]["id"] == "picture" and drawing["attachments"] == {"a.png": {"image/png": "AAAA"}}
    assert {kind for kind, _ in remarks} == ({"repaired"} if stripped else set())


def test_pictures_pasted_into_an_answer_stay_and_others_go(small):
    small["why"].update(source="![it](attachment:a.png)", attachments={
        "a.png": {"image/png": ["AA", "AA"], "text/html": "<script>"}, "b.svg": {"image/svg+xml": "<svg onload=x>"},
        "c": 5, "d\n": {"image/png": "AAAA"}, "e.png": {"image/png": "not base64!"},
    })  # fmt: skip
    small["picture"]["attachments"] = {"x.png": {"image/png": "AAAA"}}
    cells, remarks = small.repaired()
    assert next(one for one in cells if one["id"] == "why")["attachments"] == {"a.png": {"image/png": "AAAA"}}
    assert "attachments" not in next(one for one in cells if one["id"] == "picture") and remarks == [("repaired", "picture")]


def test_an_answer_that_became_code_is_text_again(small):
    small["why"].update(cell_type="code", source="Because two is company.")
    cells, remarks = small.repaired()
    assert text(cells, "why") == "Because two is company." and ("repaired", "why") in remarks


# ---------------------------------------------------------------- where work was found


def test_cells_that_were_joined(paper):
    paper.cell("encode_text")["source"] = RIGHT["encode_text"] + "\n\n\n" + RIGHT["next_step_pairs"]
    paper.notebook["cells"].remove(paper.cell("next_step_pairs"))
    notebook, remarks = paper.repaired()
    assert sources(notebook)["next_step_pairs"] == RIGHT["next_step_pairs"]
    assert RIGHT["next_step_pairs"] in sources(notebook)["encode_text"]
    assert [(one.kind, one.cell) for one in remarks] == [("repaired", "next_step_pairs")]


def test_a_cell_that_was_split(paper):
    place = paper.place("last_valid")
    whole = paper.cell("last_valid")
    paper.notebook["cells"][place:place + 1] = [whole | {"source": "ONE = 1"}, whole | {"source": RIGHT["last_valid"], "id": "x"}]
    notebook, _ = paper.repaired()
    order = list(sources(notebook).values())
    assert order.index("ONE = 1") == order.index(RIGHT["last_valid"]) - 1 and sources(notebook)["last_valid"] == RIGHT["last_valid"]


def test_everything_in_one_cell_at_the_end(paper):
    paper.notebook["cells"].append(cell("code", "mine", "\n\n".join(RIGHT.values())))
    notebook, _ = paper.repaired()
    assert all(RIGHT[name] in sources(notebook)[name] for name in RIGHT)


ASSIGNED = "next_step_pairs = lambda ids: (ids[:-1], ids[1:])"


@pytest.mark.parametrize("source", [ASSIGNED, RIGHT["next_step_pairs"]], ids=["lambda", "def"])
def test_work_in_the_cell_of_another_solution_is_not_hidden_by_the_stub(paper, source):
    """The stub stands behind that cell and would define the function anew."""
    paper.cell("encode_text")["source"] = RIGHT["encode_text"] + "\n\n" + source
    paper.notebook["cells"].remove(paper.cell("next_step_pairs"))
    assert sources(paper.repaired()[0])["next_step_pairs"] == source


@pytest.mark.parametrize("source", [ASSIGNED, RIGHT["next_step_pairs"]], ids=["lambda", "def"])
def test_work_in_a_copy_of_another_solution_is_found(paper, source):
    """Copied with its metadata, written in, and the right cell left empty."""
    paper.solve("encode_text")
    paper.notebook["cells"].insert(paper.place("encode_text"), paper.cell("encode_text") | {"id": "copy", "source": source})
    notebook, remarks = paper.repaired()
    assert sources(notebook)["next_step_pairs"] == source and sources(notebook)["encode_text"] == RIGHT["encode_text"]
    assert {one.kind for one in remarks} == {"repaired"}
    assert repaired({f"{NAME}.ipynb": as_bytes(notebook)}) == (notebook, ())


def test_a_solution_that_became_text_is_searched_as_code(paper):
    paper.cell("encode_text").update(cell_type="markdown", source=RIGHT["encode_text"] + "\n\n\n" + RIGHT["next_step_pairs"])
    notebook, remarks = paper.repaired()
    assert sources(notebook)["next_step_pairs"] == RIGHT["next_step_pairs"]
    assert {one.cell for one in remarks} == {"encode_text", "next_step_pairs"}
    assert repaired({f"{NAME}.ipynb": as_bytes(notebook)}) == (notebook, ())


def test_a_stub_with_a_comment_is_no_work_wherever_it_stands(paper):
    planned = "".join(paper.cell("next_step_pairs")["source"]) + "\n    # my plan"
    paper.cell("encode_text")["source"] = RIGHT["encode_text"] + "\n\n\n" + planned
    notebook, remarks = paper.repaired()
    assert planned in sources(notebook)["encode_text"] and "plan" not in sources(notebook)["next_step_pairs"] and remarks == ()


def test_a_solution_written_into_the_check(paper):
    paper.cell("check_last_valid")["source"] = RIGHT["last_valid"] + "\ncheck(last_valid)"
    notebook, remarks = paper.repaired()
    assert sources(notebook)["last_valid"] == RIGHT["last_valid"] and sources(notebook)["check_last_valid"] == "check(last_valid)"
    assert {"repaired", "tampered"} == {one.kind for one in remarks}


def test_a_function_of_the_courses_own_is_no_work_of_the_learners():
    path = next(path for path in COURSE if path.stem == "start_here")
    release = json.loads(path.read_bytes())
    assert sum("def running_mean" in "".join(one["source"]) for one in release["cells"]) == 2  # a given one, and the stub
    found = repair({path.name: path.read_bytes()}, {path.stem: path.read_bytes()}).notebooks[path.stem]
    assert "raise NotImplementedError" in next(one["source"] for one in found["cells"] if one["id"] == "running_mean")


def test_comments_in_an_unsolved_cell_stay(small):
    small["double"]["source"] += "\n    # my plan: add it to itself"
    assert "my plan" in text(small.repaired()[0], "double")


def test_predictions_follow_the_cell_that_asks(paper):
    for one in paper.notebook["cells"]:
        one["source"] = "".join(one["source"]).replace('predict("…"', 'predict("forty"')
        one.pop("id")
        one["metadata"] = {}
    notebook, remarks = paper.repaired()
    cells = notebook["cells"]
    asked = [n for n, one in enumerate(cells) if 'predict("…"' in one["source"]]
    assert len(asked) > 10 and all(cells[n + 1]["source"] == cells[n]["source"].replace("…", "forty") for n in asked)
    assert sum(one.kind == "notice" for one in remarks) == 1


def test_a_changed_demo_is_still_skipped(small):
    small["cell-08"].update(source="longer_training()", metadata={})
    cells, remarks = small.repaired()
    mine = next(one for one in cells if one["source"] == "longer_training()")
    assert mine["metadata"]["tags"] == ["demo"] and text(cells, "cell-08") == "long_training()" and remarks == [("notice", "")]


def test_of_the_learners_own_cells_only_the_tag_that_skips_them_stays(small):
    small.cells.append(cell("code", "mine", "long()", tags=["demo", "a,b", "", "x" * 99, "demo", "\u202e", 5]))
    small.cells.append(cell("code", "other", "1/0", tags=["skip-execution"]))
    mine, other = small.repaired()[0][-2:]
    assert mine["metadata"] == {"tags": ["demo"]} and other["metadata"] == {}


def test_older_copies_stand_above_the_one_that_counts(small):
    first = "def double(x):\n    return x"
    small.cells.insert(small.place("check_double") + 1, small["double"] | {"source": "def double(x):\n    return 2 * x"})
    small["double"]["source"] = first
    cells, _ = small.repaired()
    order = [one["source"] for one in cells]
    assert text(cells, "double") == "def double(x):\n    return 2 * x" and order.index(first) == order.index(text(cells, "double")) - 1


@pytest.mark.parametrize(("key", "value"), [("points", 99), ("locked", False), ("grade", False), ("grade_id", "other"), ("solution", True), ("task", True)])
def test_every_change_of_nbgraders_metadata_is_undone_and_told(small, key, value):
    small["check_double"]["metadata"]["nbgrader"][key] = value
    cells, remarks = small.repaired()
    assert [one["metadata"] for one in cells] == [one["metadata"] for one in CELLS] and remarks == [("tampered", "check_double")]


def test_another_language_is_told(small):
    remarks = small.repaired(metadata={"kernelspec": {"name": "ir", "language": "R"}})[1]
    assert remarks == [("repaired", "")]


# ---------------------------------------------------------------- files


def test_several_notebooks_each_find_their_file():
    other = [cell("markdown", "cell-01", "# Another"), cell("code", "imports", "import os", locked=True), cell("code", "halve", "def halve(x):\n    raise NotImplementedError", solution=True)]
    release = {"rnn": written(), "rnn_lab": written(other)}
    solved = [one | {"source": "def halve(x):\n    return x / 2"} if one["id"] == "halve" else one for one in other]
    found = repair({"rnn_lab (1).ipynb": written(solved), "notes.ipynb": written([cell("markdown", "x", "notes")])}, release)
    assert found.missing == ("rnn",) and as_bytes(found.notebooks["rnn"]) == release["rnn"]
    assert text(found.notebooks["rnn_lab"]["cells"], "halve") == "def halve(x):\n    return x / 2"
    assert any("notes.ipynb" in one.text and one.kind == "notice" for one in found.remarks)


def test_another_lesson_is_not_this_one():
    bptt = next(path for path in COURSE if path.stem == "bptt").read_bytes()
    found = repair({"homework.ipynb": bptt}, {NAME: RELEASE})
    assert found.missing == (NAME,)


@pytest.mark.parametrize("name", ["smith_1234_5678_{}-1.ipynb", "Anna Ba_99_assignsubmission_file_{}.ipynb", "{} - Kopie.ipynb", "{}-Copy1.ipynb", "sub/folder/{}.ipynb"])
def test_names_that_websites_give(name):
    notebook, remarks = Paper().solve().repaired(name.format(NAME))
    assert sources(notebook)["last_valid"] == RIGHT["last_valid"] and [one.kind for one in remarks] == ["repaired"]


def exported(form):
    jupytext = pytest.importorskip("jupytext")
    solution = (REPO / "solutions" / "1-sequence-data" / f"{NAME}.ipynb").read_text(encoding="utf-8")
    notebook = nbformat.reads(solution, as_version=4)
    if form == "nbconvert":
        return pytest.importorskip("nbconvert").PythonExporter().from_notebook_node(notebook)[0]
    return jupytext.writes(notebook, fmt=form)


@pytest.mark.parametrize("form", ["py:percent", "py:light", "nbconvert"])
def test_programs_that_were_exported(form):
    notebook, remarks = repaired({"homework.py": exported(form).encode()})
    assert {name: source.strip() for name, source in sources(notebook).items() if name in RIGHT} == {name: source.strip() for name, source in RIGHT.items()}
    assert [one.kind for one in remarks] == ["repaired"]
    if form != "py:light":  # which marks some cells only
        assert len(notebook["cells"]) == len(json.loads(RELEASE)["cells"])


def test_a_plain_program():
    program = "import math\n\n" + "\n\n".join(RIGHT.values())
    notebook, _ = repaired({"work.py": program.encode()})
    assert all(RIGHT[name] in sources(notebook)[name] for name in RIGHT) and "import math" in sources(notebook)["encode_text"]


def test_a_helper_beside_the_notebook_is_no_notebook(paper):
    notebook, remarks = paper.solve("encode_text").repaired(**{f"{NAME}.py": RIGHT["last_valid"].encode()})
    assert "raise NotImplementedError" in sources(notebook)["last_valid"] and RIGHT["encode_text"] in sources(notebook).values()
    assert [one.kind for one in remarks] == ["notice"] and "defines last_valid" in remarks[0].text


# ---------------------------------------------------------------- bounds


def test_bounds_of_a_notebook_are_told(small):
    small.cells += [cell("code", f"m{n}", f"x{n} = 1") for n in range(10)]
    small["double"]["source"] = "x" * 1001
    notebook = {"cells": small.cells}
    found = repair({"small.ipynb": json.dumps(notebook).encode()}, SMALL, IntakeLimits(cells=15, source=1000))
    assert len(found.notebooks["small"]["cells"]) == 15 and "raise" in text(found.notebooks["small"]["cells"], "double")
    assert sorted(one.kind for one in found.remarks) == ["refused", "refused"]


def test_remarks_are_bounded(small):
    for one in small.cells:
        one["metadata"]["tags"] = ["x"]
        one["metadata"].setdefault("nbgrader", {})["points"] = 7
    found = repair({"small.ipynb": json.dumps({"cells": small.cells}).encode()}, SMALL, IntakeLimits(remarks=3))
    assert len(found.remarks) == 3 and "left out" in found.remarks[-1].text and found.remarks[0].kind == "tampered"


def test_what_a_student_wrote_is_short_and_visible_in_every_remark(small):
    small["check_double"]["source"] = "print('\u202e\x1b[31m\n<b>" + "x" * 500 + "')"
    small["double"]["metadata"]["tags"] = ["\u202e" * 50]
    found = repair({"small\u202e\n.ipynb": json.dumps({"cells": small.cells, "metadata": {"kernelspec": {"language": "\x1b" * 99}}}).encode()}, SMALL)
    assert len(found.remarks) >= 4 and all(one.text.isprintable() and len(one.text) < 400 for one in found.remarks)


# ---------------------------------------------------------------- whatever is handed in

ODD = [None, 1, 2.5, True, "", "x", "double", "check_double", "why", [], ["a", 1, None], {}, {"a": []}, "\ud800", "\u202e", "\0", -1, float("nan")]
TEXTS = [
    "def double(x):\n    return 2 * x", "def double(x):\n    pass", "double = lambda x: 2 * x", "plot = 1\ndef double(x):\n    return x",
    "def double(x):\n    return 3\ndouble = jit(double)", CELLS[2]["source"] + "\n    # plan", "check(double)", "check(double)  # done", "# plan",
    "because", "print(1)", "import numpy as np  # mine", "long_training()", "# A small lesson", "*Your answer here.*", "",
]  # fmt: skip
places, keys = st.integers(0, 20), st.sampled_from(["source", "id", "metadata", "cell_type", "outputs", "attachments"])
changes = st.lists(st.one_of(
    st.tuples(st.just("drop"), places), st.tuples(st.just("copy"), places, places), st.tuples(st.just("move"), places, places),
    st.tuples(st.just("odd"), places, st.sampled_from(ODD)), st.tuples(st.just("field"), places, keys, st.sampled_from(ODD)),
    st.tuples(st.just("block"), places, st.sampled_from(["grade_id", "grade", "solution", "points", "task", "cell_type"]), st.sampled_from(ODD)),
    st.tuples(st.just("write"), places, st.sampled_from(TEXTS)), st.tuples(st.just("new"), places, st.sampled_from(TEXTS), st.sampled_from(["code", "markdown", "raw"])),
    st.just(("strip ids",)), st.just(("strip metadata",)),
), max_size=12)  # fmt: skip


def changed(steps):
    """Cells of the small release after these steps."""
    cells = copy.deepcopy(CELLS)
    for what, *rest in steps:
        n = rest[0] % len(cells) if rest and cells else 0
        whole = bool(cells) and isinstance(cells[n], dict)
        if what == "drop" and cells:
            del cells[n]
        elif what in ("copy", "move") and cells:
            cells.insert(rest[1], copy.deepcopy(cells[n]) if what == "copy" else cells.pop(n))
        elif what == "odd" and cells:
            cells[n] = copy.deepcopy(rest[1])
        elif what == "field" and whole:
            cells[n][rest[1]] = copy.deepcopy(rest[2])
        elif what == "block" and whole and isinstance(cells[n].get("metadata"), dict):
            block = cells[n]["metadata"].get("nbgrader")
            cells[n]["metadata"]["nbgrader"] = (block if isinstance(block, dict) else {}) | {rest[1]: copy.deepcopy(rest[2])}
        elif what == "write" and whole:
            cells[n]["source"] = rest[1]
        elif what == "new":
            cells.insert(n, {"cell_type": rest[2], "metadata": {}, "source": rest[1]})
        for one in cells if what.startswith("strip") else ():
            if isinstance(one, dict):
                one |= {"metadata": {}} if what == "strip metadata" else {"id": None}
    return cells


def check_small_is_released(notebook):
    """A valid notebook with every cell of the small release in order, all of it but the work as released."""
    nbformat.validate(notebook)
    release = {one["id"]: one for one in CELLS}
    standing = [one for one in notebook["cells"] if one["id"] in release]
    assert [one["id"] for one in standing] == list(release)
    for one in standing:
        given_one = release[one["id"]]
        assert one["metadata"] == given_one["metadata"] and one["cell_type"] == given_one["cell_type"]
        assert given_one["metadata"].get("nbgrader", {}).get("solution") or one["source"] == given_one["source"]


@settings(deadline=None, max_examples=120, suppress_health_check=list(HealthCheck))
@given(changes)
def test_nothing_written_is_lost_and_nothing_of_the_courses_is_changed(steps):
    cells = changed(steps)
    found = repair({"small.ipynb": json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()}, SMALL)
    notebook = found.notebooks["small"]
    check_small_is_released(notebook)
    there = {one["source"].strip() for one in notebook["cells"]}
    wrote = {one["source"].replace("\ud800", "\ufffd").strip() for one in cells if isinstance(one, dict) and isinstance(one.get("source"), str)}
    # What a check or a locked cell has more than the release's in comments alone is not kept.
    assert found.missing or wrote - there <= {"", "check(double)  # done", "import numpy as np  # mine", *(one["source"] for one in CELLS)}
    again = repair({"small.ipynb": as_bytes(notebook)}, SMALL)
    assert as_bytes(again.notebooks["small"]) == as_bytes(notebook)
    assert not [one for one in again.remarks if "not what they seem" not in one.text]  # such text stays, and is told each time
    assert all(one.text.isprintable() for one in found.remarks)


@settings(deadline=None, max_examples=80, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(0, 100_000), st.binary(min_size=1, max_size=3)), min_size=1, max_size=4))
def test_changed_bytes_end_in_a_notebook(steps):
    content = bytearray(SMALL["small"])
    for place, some in steps:
        place %= len(content)
        content[place:place + len(some)] = some
    check_small_is_released(repair({"small.ipynb": bytes(content)}, SMALL).notebooks["small"])
