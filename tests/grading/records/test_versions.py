"""A release that changes after work came in: what was handed in keeps its points, what comes new is graded anew."""

import copy
import json
from dataclasses import replace

import pytest


@pytest.fixture
def versions(room):
    """`release(cells -> None)` changes the essay as it is released; `hand_in(student, version, **sources)` enters one of a version."""
    path = room.root / "course" / "essay" / "essay.ipynb"
    room.first = json.loads(path.read_text())

    def release(change=lambda cells: None):
        notebook = copy.deepcopy(room.first)
        change(notebook["cells"])
        path.write_text(json.dumps(notebook))
        with room.records() as records:
            records.prepare("essay")
        return notebook

    def hand_in(student, version, **sources):
        verdict, _ = room.essay()
        notebook = copy.deepcopy(version)
        for cell in notebook["cells"]:
            cell["source"] = sources.get(cell["id"], cell["source"])
        checks = {cell["id"] for cell in notebook["cells"] if cell["id"].startswith("check_")}
        book = verdict.notebooks[0]
        graded = tuple(replace(book.graded[0], cell=cell) for cell in sorted(checks))
        verdict = replace(verdict, notebooks=(replace(book, graded=graded),))
        with room.records() as records:
            return room.enter(records, (verdict, {"essay": notebook}), room.submission(student, "essay"))

    room.release, room.hand_in = release, hand_in
    return room


def renamed(cells):
    """The check under another name, worth as much."""
    cells[2]["id"] = cells[2]["metadata"]["nbgrader"]["grade_id"] = "check_other"


def without_how(cells):
    cells[:] = [cell for cell in cells if cell["id"] != "how"]


def with_more(cells):
    more = copy.deepcopy(cells[2])
    more["id"] = more["metadata"]["nbgrader"]["grade_id"] = "check_more"
    cells.append(more)


def other_texts(cells):
    cells[0]["source"] = "# Why gates at all?"
    cells[2]["source"] = "check(last_valid)  # the same"
    cells[2]["metadata"]["nbgrader"]["checksum"] = "0" * 32
    cells[3]["source"] = "*Your answer, in three sentences.*"
    cells[3]["metadata"]["nbgrader"]["checksum"] = "1" * 32


@pytest.mark.parametrize("change", [renamed, without_how, with_more, other_texts])
def test_work_of_both_versions_is_entered_in_any_order(versions, change):
    old = versions.release()
    versions.hand_in("early", old, why="Because.")
    versions.by_hand("why", 3.0, student="early")
    before = {cell: grade for cell, grade in versions.grades("early", "essay").items()}
    new = versions.release(change)
    versions.hand_in("late", new, why="Because.")
    entry = versions.hand_in("early", old, why="Because.")
    assert (entry.changed, entry.score) == (False, 5.0)
    after = versions.grades("early", "essay")
    assert {cell: after[cell] for cell in before} == before, "an old grade was changed"
    versions.hand_in("later", old)
    with versions.gradebook() as gradebook:
        scores = {one.student.id: one.score for one in gradebook.assignment_submissions("essay")}
        points = sum(cell["metadata"]["nbgrader"].get("points", 0) for cell in new["cells"] if "nbgrader" in cell["metadata"])
        assert gradebook.find_assignment("essay").max_score == points, "more than the release gives cannot be reached"
    checks = sum(cell["id"].startswith("check_") for cell in new["cells"])
    assert scores == {"early": 5.0, "late": 2.0 * checks, "later": 2.0}


def test_who_hands_in_again_from_the_new_version_is_graded_by_it(versions):
    old = versions.release()
    versions.hand_in("anna", old)
    new = versions.release(with_more)
    entry = versions.hand_in("anna", new)
    assert entry.score == 4.0 and versions.grades("anna", "essay")["check_more"] == (2.0, None, False)
    back = versions.hand_in("anna", old)
    assert back.score == 2.0 and versions.grades("anna", "essay")["check_more"] == (0.0, None, False)


def test_a_manual_grade_for_a_cell_that_is_no_more_stays(versions):
    old = versions.release()
    versions.hand_in("anna", old, how="So.")
    versions.by_hand("how", 1.0, student="anna", comment="Good.")
    new = versions.release(without_how)
    assert versions.hand_in("anna", new).score == 3.0
    assert versions.grades("anna", "essay")["how"][1] == 1.0


def test_an_untouched_answer_of_an_old_version_is_not_for_a_person(versions):
    old = versions.release()
    versions.release(other_texts)
    versions.hand_in("anna", old)
    assert versions.grades("anna", "essay")["why"] == (0.0, None, False)


def test_a_cell_that_comes_back_counts_again(versions):
    old = versions.release()
    versions.hand_in("anna", old)
    versions.release(without_how)
    versions.release()
    with versions.gradebook() as gradebook:
        assert gradebook.find_assignment("essay").max_score == 10.0


def test_a_gradebook_that_never_saw_the_old_version_takes_its_work(versions):
    old = copy.deepcopy(versions.first)
    new = versions.release(renamed)
    versions.hand_in("late", new)
    assert versions.hand_in("early", old).score == 2.0
    with versions.gradebook() as gradebook:
        assert gradebook.find_assignment("essay").max_score == 10.0


def test_a_notebook_more_or_less_refuses_nobody(versions):
    old = versions.release()
    versions.hand_in("anna", old)
    path = versions.root / "course" / "essay" / "second.ipynb"
    path.write_text(json.dumps(versions.first))
    with versions.records() as records:
        assert records.prepare("essay")
        verdict, notebooks = versions.essay()
        books = (*verdict.notebooks, replace(verdict.notebooks[0], name="second"))
        twice = replace(verdict, notebooks=books), notebooks | {"second": copy.deepcopy(notebooks["essay"])}
        assert versions.enter(records, twice, versions.submission("anna", "essay")).score == 4.0
    path.unlink()
    with versions.records() as records:
        assert records.prepare("essay")
    with versions.gradebook() as gradebook:
        assert gradebook.find_assignment("essay").max_score == 10.0
