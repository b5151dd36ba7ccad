"""A submission is graded by the version of the release that it was made from, whatever course/ holds by now."""

import copy
import json

import pytest

from rnncourse.grading.intake.version import version_of
from rnncourse.grading.queue.grade import Grading
from rnncourse.grading.queue.versions import OLDER, Versions, digest
from tests.grading.queue.test_grade import RIGHT, Clerk


class Recording(Clerk):
    """Remembers which release each job came with."""

    def __init__(self, **more):
        super().__init__(**more)
        self.releases = {}

    def verdict(self, job):
        self.releases[self.seen[-1]] = digest(job.release)
        return super().verdict(job)


def run(room, **options):
    clerk = Recording()
    return Grading(room.root, room.step, room.records, **options).run(clerk), clerk.releases


def path_of(room):
    return room.root / "course" / room.step / f"{room.name}.ipynb"


def change(room, do):
    """Another version in course/; what it is called."""
    notebook = json.loads(path_of(room).read_text())
    do(notebook["cells"])
    path_of(room).write_text(json.dumps(notebook))
    return digest({room.name: path_of(room).read_bytes()})


def hand_in(room, student, source=RIGHT, change=lambda notebook: None):
    """Work on what course/ holds now."""
    notebook = json.loads(path_of(room).read_text())
    for cell in notebook["cells"]:
        if cell["id"] == "last_valid":
            cell["source"] = source
    change(notebook)
    folder = room.root / "grading" / "submitted" / student / room.step
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{room.name}.ipynb").write_text(json.dumps(notebook))


def check_of(cells, name):
    return next(cell for cell in cells if cell["id"] == f"check_{name}")


def another_check(cells):
    cell = check_of(cells, "last_valid")
    cell["source"] = "# as before\ncheck(last_valid)"
    cell["metadata"]["nbgrader"]["checksum"] = "0" * 32


def one_cell_more(cells):
    more = copy.deepcopy(check_of(cells, "last_valid"))
    more["id"] = more["metadata"]["nbgrader"]["grade_id"] = "check_more"
    cells.append(more)


def one_cell_less(cells):
    cells.remove(check_of(cells, "encode_text"))


def another_text(cells):
    next(cell for cell in cells if cell["cell_type"] == "markdown")["source"] = "# Another title"


CHANGES = [another_check, one_cell_more, one_cell_less, another_text]


@pytest.mark.parametrize("do", CHANGES)
def test_each_is_judged_by_the_version_of_its_own(room, do):
    first = digest({room.name: path_of(room).read_bytes()})
    hand_in(room, "anna")
    hand_in(room, "ben", source="pass")
    assert run(room)[1] == {"anna": first, "ben": first}
    second = change(room, do)
    hand_in(room, "late")
    hand_in(room, "ben")
    tally, releases = run(room)
    assert tally.kept == ["anna"] and releases == {"ben": second, "late": second}
    assert tally.notices == {OLDER: ["anna"]} and tally.failures == {}
    assert run(room, regrade=True)[1] == {"anna": first, "ben": second, "late": second}


def test_a_version_that_course_holds_again_is_the_current_one(room):
    content = path_of(room).read_bytes()
    hand_in(room, "anna")
    run(room)
    change(room, one_cell_more)
    run(room)
    path_of(room).write_bytes(content)
    assert run(room)[0].notices == {}
    assert len(list((room.root / "grading" / "releases" / room.step).iterdir())) == 2


def test_a_version_changed_on_disk_is_none(room):
    hand_in(room, "anna")
    run(room)
    (kept,) = (room.root / "grading" / "releases" / room.step).glob("*/*.ipynb")
    kept.write_bytes(kept.read_bytes().replace(b"last_valid", b"easy_valid"))
    second = change(room, another_check)
    assert run(room)[1] == {"anna": second}


def test_a_write_that_was_cut_off_leaves_no_version(room, monkeypatch, tmp_path):
    import os

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        Versions(tmp_path / "releases", "a", {"n": b"{}"})
    monkeypatch.undo()
    assert list((tmp_path / "releases" / "a").iterdir()) == []


LOST = {
    "ids": lambda notebook: [cell.pop("id") for cell in notebook["cells"]],
    "metadata": lambda notebook: [cell.update(metadata={}) for cell in notebook["cells"]],
    "cells": lambda notebook: notebook["cells"].__delitem__(slice(0, 3)),
    "nothing": lambda notebook: None,
}


# without those two, in which nothing is left by which the versions could be told apart
SEEN = [(do, lost) for do in CHANGES for lost in LOST if (do, lost) not in ((one_cell_more, "metadata"), (another_text, "cells"))]


@pytest.mark.parametrize(("do", "lost"), SEEN)
def test_a_version_is_known_also_after_losses(room, do, lost):
    first = {room.name: path_of(room).read_bytes()}
    hand_in(room, "anna", change=LOST[lost])
    change(room, do)
    second = {room.name: path_of(room).read_bytes()}
    hand_in(room, "ben", change=LOST[lost])
    for student, wanted in (("anna", first), ("ben", second)):
        files = {"x.ipynb": (room.root / "grading/submitted" / student / room.step / f"{room.name}.ipynb").read_bytes()}
        for versions in ([first, second], [second, first]):
            assert versions[version_of(files, versions)] is wanted


@pytest.mark.parametrize("content", [b"", b"\0\xff" * 99, b"[" * 99999, b'{"cells": [3, null, {"source": 5, "metadata": {"nbgrader": {"grade_id": [], "checksum": {}}}}]}'])
def test_what_tells_nothing_is_of_the_current_version(room, content):
    first = {room.name: path_of(room).read_bytes()}
    change(room, one_cell_more)
    second = {room.name: path_of(room).read_bytes()}
    for versions in ([first, second], [second, first]):
        assert version_of({"sequence_data.ipynb": content, "b.py": b"x"}, versions) == 0
