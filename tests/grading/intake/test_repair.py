"""The learner's work in the course's own notebook: nothing written is lost, nothing of the course's is changed."""

import json
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnncourse.grading.intake import repair
from tests.grading.intake.conftest import NAME, RELEASE, check_is_released, repaired, solutions, sources

RIGHT = solutions()


def kinds(remarks):
    return {one.kind for one in remarks}


def test_the_untouched_release_comes_back_without_a_word():
    notebook, remarks = repaired({f"{NAME}.ipynb": RELEASE})
    assert json.loads(json.dumps(notebook)) == json.loads(RELEASE) | {"cells": [cell | {"source": "".join(cell["source"])} for cell in json.loads(RELEASE)["cells"]]}
    assert remarks == ()


def test_every_solution_comes_back(paper):
    notebook, remarks = paper.solve().repaired()
    assert RIGHT.items() <= sources(notebook).items() and remarks == ()


def test_repairing_twice_changes_nothing(paper):
    paper.solve("last_valid").add("helper = 1", before="encode_text")
    paper.notebook["cells"].append({**paper.cell("last_valid"), "source": "def last_valid(states, lengths):\n    return 1"})
    first, _ = paper.repaired()
    again, remarks = repaired({f"{NAME}.ipynb": json.dumps(first).encode()})
    assert again == first and remarks == ()


def test_outputs_and_counts_are_left_behind(paper):
    paper.cell("last_valid").update(outputs=[{"output_type": "stream", "name": "stdout", "text": "x" * 1000}], execution_count=7)
    notebook, _ = paper.repaired()
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in notebook["cells"] if cell["cell_type"] == "code")


# ---------------------------------------------------------------- clumsy, and mended


@pytest.mark.parametrize("name", [f"{NAME} (1).ipynb", f"Copy of {NAME}.ipynb", f"work/{NAME}.ipynb", f"{NAME.upper()}.IPYNB", f"{NAME}.ipynb.txt", "untitled.ipynb"])
def test_a_renamed_file_is_found(paper, name):
    notebook, remarks = paper.solve().repaired(name)
    assert RIGHT.items() <= sources(notebook).items() and kinds(remarks) == {"repaired"}


@pytest.mark.parametrize("lost", [("nbgrader",), ("id",), ("nbgrader", "id")], ids="+".join)
def test_lost_metadata_cost_nothing(paper, lost):
    """Colab and VS Code drop ids, nbgrader's block, or both."""
    paper.solve()
    for n, cell in enumerate(paper.notebook["cells"]):
        if "nbgrader" in lost:
            cell["metadata"] = {"colab": {"x": n}}
        if "id" in lost:
            del cell["id"]
    if "id" in lost:
        paper.notebook["nbformat_minor"] = 4
    notebook, remarks = paper.repaired()
    assert RIGHT.items() <= sources(notebook).items() and kinds(remarks) <= {"repaired"}


def test_helper_cells_stay_where_they_stood(paper):
    paper.solve("last_valid").add("helper = 1", before="last_valid", id="mine").add("# Notes", before="encode_text", cell_type="markdown", id="text")
    for key in ("outputs", "execution_count"):
        paper.cell("text").pop(key)
    notebook, remarks = paper.repaired()
    order = [cell["id"] for cell in notebook["cells"]]
    assert order.index("mine") == order.index("last_valid") - 1 and order.index("text") == order.index("encode_text") - 1
    assert remarks == ()


def test_a_changed_cell_of_the_courses_is_kept_beside_it(paper):
    paper.cell("imports")["source"] = "import numpy as np\nimport scipy"
    notebook, remarks = paper.repaired()
    assert any(source == "import numpy as np\nimport scipy" for source in sources(notebook).values())
    assert "tampered" not in kinds(remarks) and remarks


def test_of_copies_the_last_written_one_counts(paper):
    paper.solve("last_valid")
    old = "def last_valid(states, lengths):\n    return states[:, -1]"
    paper.notebook["cells"].insert(paper.place("last_valid"), {**paper.cell("last_valid"), "source": old})
    paper.notebook["cells"].append({**paper.cell("last_valid"), "source": ""})
    notebook, remarks = paper.repaired()
    assert sources(notebook)["last_valid"] == RIGHT["last_valid"] and old in sources(notebook).values()
    assert kinds(remarks) == {"repaired"}


def test_missing_cells_come_back(paper):
    paper.solve()
    paper.notebook["cells"] = [cell for cell in paper.notebook["cells"] if cell["id"] not in ("check_last_valid", "make_windows")]
    notebook, remarks = paper.repaired()
    assert "raise NotImplementedError" in sources(notebook)["make_windows"]
    assert any("check_last_valid" in one.text for one in remarks) and kinds(remarks) == {"repaired"}


def test_work_in_a_cell_of_its_own_is_found(paper):
    paper.add(RIGHT["last_valid"], before="check_last_valid")
    notebook, remarks = paper.repaired()
    assert sources(notebook)["last_valid"] == RIGHT["last_valid"] and kinds(remarks) == {"repaired"}


def test_another_order_is_put_right(paper):
    paper.solve()
    paper.notebook["cells"].reverse()
    notebook, remarks = paper.repaired()
    assert RIGHT.items() <= sources(notebook).items() and kinds(remarks) == {"repaired"}


def test_the_old_format_is_read(paper):
    paper.solve("last_valid")
    cells = [{"cell_type": cell["cell_type"], "metadata": cell["metadata"], ("input" if cell["cell_type"] == "code" else "source"): cell["source"]} for cell in paper.notebook["cells"]]
    content = json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]})
    notebook, remarks = repaired({f"{NAME}.ipynb": content.encode()})
    assert sources(notebook)["last_valid"] == RIGHT["last_valid"] and "tampered" not in kinds(remarks)


def test_a_program_in_place_of_the_notebook_is_read():
    program = "\n\n".join(f"# In[{n}]:\n\n{source}" for n, source in enumerate(RIGHT.values()))
    notebook, remarks = repaired({f"{NAME}.py": program.encode()})
    assert sources(notebook)["last_valid"].strip() == RIGHT["last_valid"].strip() and kinds(remarks) == {"repaired"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_other_encodings_are_read(paper, encoding):
    content = paper.solve("last_valid").content.decode().encode(encoding)
    assert sources(repaired({f"{NAME}.ipynb": content})[0])["last_valid"] == RIGHT["last_valid"]


def test_of_several_files_the_one_with_work_counts(paper):
    content = paper.solve().content
    notebook, remarks = repaired({f"{NAME}.ipynb": RELEASE, f"{NAME} (1).ipynb": content})
    assert RIGHT.items() <= sources(notebook).items()
    assert any("several files" in one.text for one in remarks)


# ---------------------------------------------------------------- tampering, undone and told


def changes_check(paper):
    paper.cell("check_last_valid")["source"] = "2.0"


def raises_points(paper):
    paper.cell("check_last_valid")["metadata"]["nbgrader"]["points"] = 100


def unlocks(paper):
    paper.cell("check_last_valid")["metadata"]["nbgrader"]["locked"] = False


def tags_a_check(paper):
    paper.cell("check_last_valid")["metadata"]["tags"] = ["demo"]


def turns_text_round(paper):
    paper.cell("last_valid")["source"] = "def last_valid(states, lengths):\n    return 1  # \u202e nruter"


def uses_lookalikes(paper):
    paper.cell("last_valid")["source"] = "l\N{CYRILLIC SMALL LETTER A}st = 1\nlast = 2\ndef last_valid(states, lengths):\n    return last"


@pytest.mark.parametrize("change", [changes_check, raises_points, unlocks, tags_a_check, turns_text_round, uses_lookalikes])
def test_tampering_is_undone_and_told(paper, change):
    change(paper)
    _, remarks = paper.repaired()  # which looks at every cell of the release
    assert "tampered" in kinds(remarks)
    assert all(one.text.isprintable() for one in remarks)


@pytest.mark.parametrize("source", ["check(last_valid)  # done", "check( last_valid )", "\n\ncheck(last_valid)\n"])
def test_blanks_and_comments_in_a_check_are_no_tampering(paper, source):
    paper.cell("check_last_valid")["source"] = source
    assert "tampered" not in kinds(paper.repaired()[1])


@pytest.mark.parametrize("source", ["größe = 1  # \N{GREEK SMALL LETTER ALPHA}\N{GRINNING FACE}", "α, Δt = 1, 2", "# שלום", "名前 = 'x'"])
def test_letters_of_any_language_are_no_tampering(paper, source):
    paper.add(source, before="encode_text")
    assert unicodedata.is_normalized("NFC", source) and paper.repaired()[1] == ()


# ---------------------------------------------------------------- what nobody can read


GARBAGE = {
    "nothing": b"",
    "bytes": bytes(range(256)) * 10,
    "cut off": RELEASE[: len(RELEASE) // 2],
    "a number": b"7",
    "a list": b"[1, 2]",
    "no cells": b'{"metadata": {}}',
    "cells that are text": b'{"cells": "x"}',
    "cells that are numbers": b'{"cells": [1, null, [], "x", {}]}',
    "nested": b'{"cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "nested dicts": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "too many values": b'{"cells": [' + b"1," * 5_000_000 + b"1]}",
    "a huge number": b'{"cells": [' + b"9" * 100_000 + b"]}",
}


@pytest.mark.parametrize("content", GARBAGE.values(), ids=GARBAGE)
def test_garbage_gives_the_release_and_a_remark(content):
    notebook, remarks = repaired({f"{NAME}.ipynb": content})
    assert json.loads(json.dumps(notebook))["cells"][0]["id"] == json.loads(RELEASE)["cells"][0]["id"]
    assert "refused" in kinds(remarks) and any("that can be read" in one.text for one in remarks)


def test_nothing_handed_in_gives_the_release():
    notebook, remarks = repaired({})
    assert "raise NotImplementedError" in sources(notebook)["last_valid"] and kinds(remarks) == {"refused"}


odd = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.lists(st.text(max_size=3), max_size=2) | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_whatever_is_changed_the_release_holds(data):
    notebook = json.loads(RELEASE)
    for _ in range(data.draw(st.integers(1, 6))):
        cells = notebook["cells"]
        n = data.draw(st.integers(0, len(cells) - 1))
        action = data.draw(st.sampled_from(["drop", "copy", "swap", "field", "block", "odd"]))
        if action == "drop" and len(cells) > 2:
            del cells[n]
        elif action == "copy":
            cells.insert(data.draw(st.integers(0, len(cells))), cells[n])
        elif action == "swap":
            cells.insert(0, cells.pop(n))
        elif action == "field" and isinstance(cells[n], dict):
            cells[n] = {**cells[n], data.draw(st.sampled_from(["source", "id", "metadata", "cell_type", "outputs"])): data.draw(odd)}
        elif action == "block" and isinstance(cells[n], dict):
            cells[n] = {**cells[n], "metadata": {"nbgrader": {data.draw(st.sampled_from(["grade_id", "solution", "grade"])): data.draw(odd)}, "tags": data.draw(odd)}}
        elif action == "odd":
            cells[n] = data.draw(odd)
    check_is_released(repair({f"{NAME}.ipynb": json.dumps(notebook).encode()}, {NAME: RELEASE}).notebooks[NAME])


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=400) | st.binary(max_size=40).map(lambda some: RELEASE[:2000] + some + RELEASE[2000:]))
def test_any_bytes_end_in_a_notebook(content):
    check_is_released(repair({f"{NAME}.ipynb": content}, {NAME: RELEASE}).notebooks[NAME])
