"""What stays bounded for graders who are not root on a machine of their own; each kind of greed is tried for real."""

import json
import os
import tempfile
from pathlib import Path

import pytest

from tests.grading.sandbox.greed import BURNERS, LIMITS
from tests.grading.sandbox.ordinary import run_in

PLACES = ("root", "user", "container", "container user")


@pytest.fixture(scope="module", params=PLACES)
def found(request, tmp_path_factory, isolated):
    """The place, and what greed came to in it."""
    folder = tmp_path_factory.mktemp("home")
    shared = Path(tempfile.gettempdir())
    for path in (folder, *(one for one in folder.parents if shared in one.parents)):  # pytest's own folders are its owner's only
        os.chmod(path, 0o755)
    return request.param, json.loads(run_in(request.param, ["-m", "tests.grading.sandbox.greed"], folder))


def test_burners_get_no_more_than_one_processor_and_are_gone_with_their_kernel(found):
    _, came = found
    assert came["burners"] > BURNERS and came["CPU"] < 1.3
    assert came["counted"] > 0 and came["left"] == 0


def test_a_fork_bomb_is_stopped(found):
    _, came = found
    processes = came["processes"]
    if processes["printed"].isdecimal() and int(processes["printed"]) < LIMITS.processes:
        return  # the system refused more
    assert "96 processes and threads" in processes["why"]


def test_memory_is_bounded_over_all_processes(found):
    _, came = found
    assert came["memory"]["why"] == "its processes together used more than 1200 MB of memory"


def test_the_disk_is_bounded(found):
    place, came = found
    if "container" in place:  # no file system of its own: the watch ends it
        assert came["disk"]["why"] == "it wrote more than 32 MB in its folder"
    else:
        assert came["disk"]["printed"] == "32"


def test_the_doctor_says_what_each_place_leaves_open(found):
    place, came = found
    facts = came["doctor"]
    if "container" in place:
        assert came["kind"] == "none" and facts["isolation"][0] == "bad"
        assert "the gradebook, other submissions" in facts["left open"][1] and "network" in facts["left open"][1]
        assert "its own folder (by a watch)" in facts["left open"][1]
        return
    assert came["kind"] == "bubblewrap" and facts["isolation"][0] == "good" and facts["disk"][0] == "good"
    grouped = facts["memory"][0] == "good"
    assert (facts["processes"][0] == "good") == grouped
    if place == "user" and not grouped:
        assert any("Delegate=yes" in line for line in facts["memory"]), facts
        assert facts["CPU"][0] == "note" and any("delegate.conf" in line for line in facts["CPU"])
