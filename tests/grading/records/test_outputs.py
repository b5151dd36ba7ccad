"""What a learner's cells put out: text and bitmaps stay, whatever a browser would run goes."""

import base64
import json

import nbformat
import pytest

from rnncourse.grading.records import RecordsError
from rnncourse.grading.records.outputs import LEFT_OUT, clean, harmless
from rnncourse.grading.records.page import autograded, solution_cells

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n picture").decode()


def data(**kinds):
    return {
        "output_type": "display_data",
        "metadata": {},
        "data": {kind.replace("_", "/"): value for kind, value in kinds.items()},
    }


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (data(text_html="<script>", text_plain=["4", "2"]), {"text/plain": "42"}),
        (data(image_png=PNG, text_plain="<Figure>"), {"image/png": PNG, "text/plain": "<Figure>"}),
        (data(image_png=[PNG[:4] + "\n", PNG[4:] + "\n"]), {"image/png": PNG}),
        (data(image_png='"><script>alert(1)</script>'), {"text/plain": LEFT_OUT}),
        (data(image_png=""), {"text/plain": LEFT_OUT}),
        (data(text_latex="<img src=x onerror=alert(1)>"), {"text/plain": LEFT_OUT}),
        (data(application_javascript="alert(1)"), {"text/plain": LEFT_OUT}),
        ({"output_type": "display_data", "data": [1]}, {"text/plain": LEFT_OUT}),
        ({"output_type": "update_display_data"}, {"text/plain": LEFT_OUT}),
        ({}, {"text/plain": LEFT_OUT}),
    ],
)
def test_displays(given, kept):
    (output,) = harmless([given])
    assert (output["data"], output["metadata"], output["output_type"]) == (kept, {}, "display_data")


def test_streams_and_errors():
    assert harmless([{"output_type": "stream", "name": "what", "text": ["a\0", "b\ud800"]}]) == [
        {"output_type": "stream", "name": "stdout", "text": "a\ufffdb\ufffd"}
    ]
    assert harmless([{"output_type": "error", "ename": 1, "evalue": None, "traceback": ["x", 2]}]) == [
        {"output_type": "error", "ename": "", "evalue": "", "traceback": ["x", ""]}
    ]


@pytest.mark.parametrize("nothing", [None, [], [None, 3, "text", ["x"]]])
def test_what_is_no_output_is_passed_over(nothing):
    assert harmless(nothing) == []


def test_text_that_utf8_cannot_say():
    assert clean({"a\ud800": ["\udcff", 1, {"b": "\0", "c": "\U0001f600"}]}) == {
        "a\ufffd": ["\ufffd", 1, {"b": "\ufffd", "c": "\U0001f600"}]
    }


def test_every_kept_output_is_valid(room):
    outputs = {
        "cell-42": [
            data(text_html="x"),
            data(image_png=PNG),
            {"output_type": "stream"},
            {"output_type": "error"},
            {"output_type": []},
        ]
    }
    verdict, notebooks = room.verdict("right", outputs)
    notebooks[room.name]["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": "</script>"}}
    content = autograded(notebooks[room.name], verdict.notebooks[0])
    node = nbformat.reads(content.decode(), as_version=4)
    nbformat.validate(node)
    assert sorted(node.metadata) == ["kernelspec", "language_info"]
    assert content == autograded(notebooks[room.name], verdict.notebooks[0])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda page: page["cells"][1].update(cell_type="what"),
        lambda page: page["cells"][2]["metadata"]["nbgrader"].update(grade_id=""),
        lambda page: page["cells"].append(page["cells"][2]),
        lambda page: page.update(nbformat="4"),
    ],
)
def test_a_notebook_that_nbgrader_could_not_open_is_refused(room, spoil):
    verdict, notebooks = room.essay()
    spoil(notebooks["essay"])
    with pytest.raises(RecordsError, match="none that nbgrader can open"):
        autograded(notebooks["essay"], verdict.notebooks[0])


def test_lists_of_lines_are_as_good_as_text(room):
    verdict, notebooks = room.essay(why="Two\nlines.")
    as_text = autograded(notebooks["essay"], verdict.notebooks[0])
    for cell in notebooks["essay"]["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
    assert autograded(notebooks["essay"], verdict.notebooks[0]) == as_text
    assert solution_cells(as_text)["why"]["source"] == "Two\nlines."


@pytest.mark.parametrize(
    "content", [None, b"", b"{", b"[]", b'{"cells": 3}', b'{"cells": [{}]}', b"\xff", b"[" * 200_000]
)
def test_what_is_no_notebook_has_no_answers(content):
    assert solution_cells(content) is None


def test_a_check_cell_shows_the_card_and_nothing_of_the_learners(room):
    verdict, notebooks = room.verdict("wrong", {"check_last_valid": [data(text_plain="2.0")]})
    page = json.loads(autograded(notebooks[room.name], verdict.notebooks[0]))
    (output,) = next(cell for cell in page["cells"] if cell["id"] == "check_last_valid")["outputs"]
    assert output["data"]["text/plain"].startswith("not yet · 1.7 last_valid")
