"""Every hostile notebook in every page that shows it: Formgrader's, nbgrader's feedback, ours. All are made, none acts."""

import json
import re
import time

import pytest

from rnncourse.grading.feedback.classroom import make_pages
from rnncourse.grading.queue.results import Results
from rnncourse.grading.verdict import NotebookVerdict, Verdict
from tests.grading.formgrader.conftest import Classroom
from tests.grading.formgrader.hostile import HOSTILE

BeautifulSoup = pytest.importorskip("bs4").BeautifulSoup

ESSAY = "essay"
COMPUTING = 8  # seconds of a process that only puts a page together; parsing what is in it took up to a minute
ACTIVE = ["script", "iframe", "object", "embed", "form", "input", "style", "link", "meta", "base", "svg", "video", "audio"]
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def written(cells):
    """The notebook: the first cell is the graded answer where it is markdown; an honest sentence ends it."""
    made = [
        {"cell_type": kind, "id": f"cell-{place}", "metadata": {}, "source": source, **({"execution_count": None} if kind == "code" else {}), **more}
        for place, (kind, source, more) in enumerate([*cells, ("markdown", "The *last* word.", {})])
    ]
    answer = next(cell for cell in made if cell["cell_type"] == "markdown")
    block = {"grade_id": "why", "grade": True, "solution": True, "locked": False, "task": False, "points": 3, "schema_version": 3, "cell_type": "markdown"}
    answer["metadata"]["nbgrader"] = block
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made}


@pytest.fixture(scope="module")
def classroom(tmp_path_factory):
    """A student for each hostile notebook, which lies where nbgrader's autograde would have left it."""
    room = Classroom(tmp_path_factory.mktemp("pages"))
    for tree in ("course", "solutions"):
        (room.root / tree / ESSAY).mkdir()
        (room.root / tree / ESSAY / f"{ESSAY}.ipynb").write_text(json.dumps(written([])))
    from rnncourse.grading.records import Records

    with Records(room.root, db_url=room.url) as records:
        records.prepare(ESSAY)
    with room.gradebook() as gradebook:
        for name in HOSTILE:
            gradebook.add_student(name)
            gradebook.add_submission(ESSAY, name)
    for name, cells in HOSTILE.items():
        place = room.root / "grading" / "autograded" / name / ESSAY
        place.mkdir(parents=True)
        (place / f"{ESSAY}.ipynb").write_text(json.dumps(written(cells)))
    return room


def look(page, where):
    """Fail where anything in a part of a page acts, loads, or is hidden from the eye."""
    assert not HIDDEN.search(page), HIDDEN.search(page)
    shown = BeautifulSoup(page, "html.parser").select_one(where)
    assert shown is not None and "The last word." in shown.get_text()
    assert not shown.find(ACTIVE)
    for tag in shown.find_all(True):
        assert not [name for name in tag.attrs if name.startswith("on")], tag
        for name in ("href", "src", "style", "srcset", "action"):
            assert not re.search(r"javascript:|evil\.test|url\(|data:(?!image/(png|jpeg);base64,)", str(tag.get(name, ""))), tag
    return shown.get_text()


def test_formgrader_shows_every_notebook(classroom):
    """Also where the server was started elsewhere, and Formgrader is opened for the class's folder later."""
    server = classroom.serve(classroom.folder)
    try:
        assert server.ask("GET", f"?path={classroom.root}").status == 200
        listed = {one["student"]: one["id"] for one in server.ask("GET", f"api/submitted_notebooks/{ESSAY}/{ESSAY}").data}
        assert set(listed) == set(HOSTILE)
        for name, number in listed.items():
            before = server.seconds()
            answer = server.ask("GET", f"submissions/{number}/")
            assert answer.status == 200, name
            assert server.seconds() - before < COMPUTING, name
            # Formgrader's own fields for points stand in the headings of cells
            page = re.sub(r'<input class="(score|extra-credit)[^>]*>', "", answer.text)
            assert 'id="why"' in answer.text, name
            look(page, "#notebook-container")
    finally:
        server.stop()


def test_nbgraders_own_feedback_is_made_of_the_same_pieces(classroom):
    code, said = classroom.run("nbgrader", "generate_feedback", ESSAY)
    assert code == 0, said
    for name in HOSTILE:
        look((classroom.root / "grading" / "feedback" / name / ESSAY / f"{ESSAY}.html").read_text(), "#notebook-container")


def test_our_feedback_is_made_for_everybody(classroom):
    results = Results(classroom.root / "grading" / "results", ESSAY)
    for name, cells in HOSTILE.items():
        outputs = {cell["id"]: cell["outputs"] for cell in written(cells)["cells"] if cell.get("outputs")}
        failed = {"cell-0": "".join(one.get("evalue", "") for one in outputs.get("cell-0", ()))}
        results.put(name, Verdict(ESSAY, "k" * 64, "d" * 64, "0.1.0", "bubblewrap", (NotebookVerdict(ESSAY, (), outputs, failed),)))
    before = time.process_time()
    outcome = make_pages(classroom.root, ESSAY, url=classroom.url)
    assert (outcome.pages, outcome.problems) == (len(HOSTILE), [])
    assert time.process_time() - before < COMPUTING
    for name in HOSTILE:
        page = (classroom.root / "grading" / "feedback" / name / ESSAY / f"{ESSAY}.html").read_text()
        assert not HIDDEN.search(page), name
        assert not BeautifulSoup(page, "html.parser").body.find(ACTIVE), name
