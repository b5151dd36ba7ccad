"""Notebooks that are none, or hardly: each ends in a verdict, and what can be read of honest work is read.

Most of these are no attack but an accident: half an upload, another editor, two programs at once.
"""

import json
import random

from tests.grading.attacks.attack import attack


def with_right(work):
    """`last_valid` solved, so that it shows whether anything could be read."""
    work.solve("last_valid")
    return work.notebook


def raw(work, change=lambda text: text):
    """Hand in the changed text of a notebook in which `last_valid` is right."""
    work.hand_in(change(json.dumps(with_right(work))))


@attack(remark=".")
def empty_file(work):
    """No byte at all."""
    work.hand_in(b"")


@attack(remark=".")
def empty_folder(work):
    """Nothing was handed in."""
    work.notebook = None


@attack(remark=".")
def noise(work):
    """Random bytes, among them every byte there is."""
    work.hand_in(random.Random(0).randbytes(100_000) + bytes(range(256)))


@attack(remark=".")
def a_picture(work):
    """A picture with the name of a notebook."""
    work.hand_in(b"\x89PNG\r\n\x1a\n" + bytes(1000))


@attack(may=2.0, keeps=2.0)
def utf_16(work):
    """The notebook in another encoding, as an old editor saves it."""
    work.hand_in(json.dumps(with_right(work)).encode("utf-16"))


@attack(may=2.0, keeps=2.0)
def byte_order_mark_and_windows_ends(work):
    """A byte order mark in front and carriage returns at every line's end."""
    work.hand_in(b"\xef\xbb\xbf" + json.dumps(with_right(work), indent=1).replace("\n", "\r\n").encode())


@attack(remark=".")
def cut_off(work):
    """The upload stopped in the middle."""
    raw(work, lambda text: text[: len(text) // 2])


@attack(may=2.0)
def two_in_one(work):
    """Two notebooks in one file, one behind the other."""
    raw(work, lambda text: text + text)


@attack(remark=".")
def not_a_notebook(work):
    """JSON that is a number, a text, a list, nothing: one after the other in files of fitting names."""
    work.hand_in("null")
    for n, text in enumerate(("[]", "5", '"text"', "true", "{}", '{"cells": null}', '{"cells": {}}', '{"cells": "abc"}', '{"worksheets": []}')):
        work.put(f"sequence_data ({n}).ipynb", text)


@attack(may=2.0)
def no_cells(work):
    """A notebook without cells, and without metadata, and without a format."""
    work.hand_in('{"cells": []}')


@attack(may=2.0, keeps=2.0)
def cells_of_every_type(work):
    """Cells that are numbers, texts, lists, and cells whose fields are of every type but the right one."""
    odd = [None, 1, 1.5, True, "text", [], ["a", 1], {}, {"a": []}]
    cells = list(odd)
    for key in ("cell_type", "source", "metadata", "outputs", "id", "execution_count"):
        for value in odd:
            cells.append({"cell_type": "code", "source": "1", "metadata": {}, "outputs": [], "execution_count": None, "id": "x", key: value})
    for value in odd:
        cells.append({"cell_type": "code", "source": "1", "metadata": {"nbgrader": value, "tags": value}, "outputs": [], "id": "y"})
        cells.append({"cell_type": "code", "source": "1", "metadata": {"nbgrader": {"grade_id": value, "solution": value, "grade": value}}})
    work.notebook["cells"][3:3] = cells
    work.solve("last_valid")




@attack(may=2.0, keeps=2.0)
def format_3(work):
    """The format of before 2014, with worksheets, `input` in place of `source` and headings as cells."""
    cells = []
    for cell in with_right(work)["cells"]:
        old = {"cell_type": cell["cell_type"], "metadata": cell["metadata"], "source": cell["source"]}
        if cell["cell_type"] == "code":
            old = {"cell_type": "code", "metadata": cell["metadata"], "input": cell["source"], "language": "python", "outputs": [], "collapsed": False}
        cells.append(old)
    work.hand_in(json.dumps({"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells, "metadata": {}}]}))


@attack(may=2.0, keeps=2.0)
def format_of_tomorrow(work):
    """A format that does not exist yet."""
    with_right(work).update(nbformat=99, nbformat_minor=-7)


@attack(may=2.0, keeps=2.0)
def doubled_and_empty_ids(work):
    """All cells have one id, or none, or ids that no cell may have."""
    for n, cell in enumerate(with_right(work)["cells"]):
        cell["id"] = ("same", "", "x" * 10_000, "a b/../c\n", "<b>", None, 7)[n % 7]


@attack(may=2.0, keeps=2.0)
def cells_copied_over_and_over(work):
    """Every solution cell is there five times, the right one among empty ones."""
    with_right(work)
    for cell in [cell for cell in work.notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("solution")]:
        place = work.notebook["cells"].index(cell)
        work.notebook["cells"][place:place] = [json.loads(json.dumps(cell)) for _ in range(4)]


@attack(may=2.0, keeps=2.0)
def only_the_right_cell(work):
    """All other cells are missing."""
    with_right(work)["cells"] = [cell for cell in work.notebook["cells"] if cell["id"] in ("imports", "last_valid")]


@attack(may=2.0, keeps=2.0)
def upside_down(work):
    """The cells stand in reverse order."""
    with_right(work)["cells"].reverse()


@attack(may=2.0, keeps=2.0)
def another_language(work):
    """A kernel that runs programs of the attacker's choice, or another language."""
    with_right(work)["metadata"] = {
        "kernelspec": {"name": "bash", "display_name": "Bash", "language": "bash", "argv": ["sh", "-c", f"touch {work.targets['outside']}/rnn-attack-kernel"]},
        "language_info": {"name": "bash", "file_extension": ".sh", "nbconvert_exporter": "rnn.attack"},
        "kernel_provisioner": {"provisioner_name": "local-provisioner"},
    }


@attack(may=2.0, keeps=2.0)
def metadata_of_every_type(work):
    """The notebook's metadata is a list, a number, missing, or holds paths and code."""
    with_right(work)["metadata"] = [1, {"nbgrader": []}]
    del work.notebook["nbformat"]


@attack(may=2.0, keeps=2.0)
def fields_twice(work):
    """Each name stands twice in an object; which of the two counts is the parser's secret."""
    raw(work, lambda text: text.replace('"cells": [', '"cells": [], "cells": [', 1).replace('"source":', '"source": 5, "source":'))


@attack(may=2.0, keeps=2.0)
def lone_surrogates(work):
    """Half characters, NUL and non-characters in sources, ids, metadata and outputs."""
    with_right(work)
    work.add("x = '\ud800\udfff\ud800 \x00 \uffff'", before="check_ngram_bits")
    work.add("\udc80 \x00 text", before="check_ngram_bits", kind="markdown")
    work.cell("last_valid")["metadata"]["\ud800"] = "\udfff"
    work.cell("last_valid")["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "\ud800"}]


@attack(may=2.0, keeps=2.0)
def a_script_in_its_place(work):
    """Two scripts and a text file with the code, but no notebook."""
    source = with_right(work) and work.cell("last_valid")["source"]
    work.notebook = None
    work.put("sequence_data.py", "import numpy as np\n" + source)
    work.put("last_valid.txt", source)


@attack(may=2.0, keeps=2.0)
def many_to_choose_from(work):
    """Thirty notebooks of nearly one name, one of them right."""
    text = json.dumps(with_right(work))
    for n in range(30):
        work.put(f"sequence_data-Copy{n}.ipynb", text if n == 17 else "{}")
    work.hand_in('{"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}')
