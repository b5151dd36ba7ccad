"""Every variant of right work gets the points of the plain one, or a remark that a person finds fair."""

import os
import re

import pytest

from rnncourse.grading.sandbox import isolation
from tests.grading.attacks.attack import solutions
from tests.grading.honest.marking import mark, variants
from tests.grading.honest.variant import ALL

CASES = [(step, one) for step in ALL for one in variants(step)]


@pytest.fixture(scope="session")
def outcomes():
    """(step, variant) -> Outcome, each step judged when it is asked for first."""
    if isolation().kind == "none":
        if os.environ.get("CI"):
            pytest.fail(f"no isolation here: {isolation().why}")
        pytest.skip(f"no isolation here: {isolation().why}")
    found = {}

    def outcome(step, one):
        if step not in found:
            found[step] = mark(step)
        return found[step][one]

    return outcome


@pytest.mark.parametrize(("step", "one"), CASES, ids=[f"{step}-{one.name}" for step, one in CASES])
def test_right_work_gets_its_points(step, one, outcomes, request):
    if one.waits:
        request.applymarker(pytest.mark.xfail(reason=one.waits, strict=True))
    found = outcomes(step, one)
    assert found.lost <= one.costs(found.student), (found.findings, found.remarks)
    assert re.search(one.remark, found.said), found.said
    if step == 5 and not one.costs(found.student):
        assert solutions(5)["decision_memo"].split("\n")[0] in found.sources["decision_memo"], "the memo is not where a person grades it"


@pytest.mark.parametrize("step", ALL)
def test_there_are_many_variants(step):
    names = [one.name for one in variants(step, mode="all")]
    assert len(names) == len(set(names)) >= 100
