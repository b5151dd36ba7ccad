"""Honest but unusual work loses nothing."""

import re


def test_it_gets_its_points(work, outcome):
    assert outcome.points == work.may == work.keeps, outcome.findings


def test_nobody_is_accused(work, outcome):
    assert "tampered" not in outcome.remarks
    assert re.search(work.remark, outcome.remarks) and re.search(work.finding, outcome.findings)
    if work.also is not None:
        work.also(outcome)
