"""A kept verdict counts only as it was written, for whom it was written; bytes that are no verdict are a ValueError."""

import json
import random
import re

import pytest

from rnncourse.grading.queue.grade import Grading
from rnncourse.grading.queue.results import ALTERED, UNSIGNED, Results
from rnncourse.grading.verdict import Verdict
from tests.grading.queue.test_grade import RIGHT, Clerk
from tests.grading.queue.test_results import verdict


def run(room, clerk):
    return Grading(room.root, room.step, room.records).run(clerk)


@pytest.fixture
def graded(room):
    """A class of two with verdicts: 2 points for anna, 0 for ben."""
    room.hand_in("anna", last_valid=RIGHT)
    room.hand_in("ben")
    run(room, Clerk())
    room.kept = room.root / "grading" / "results" / room.step
    return room


def more_points(room):
    path = room.kept / "ben.json"
    path.write_text(re.sub(r'"points": 0\.0', '"points": 2.0', path.read_text()))


def somebody_else_s(room):
    """With the digest and the key of the own submission, as the file would need it."""
    anna, ben = (json.loads((room.kept / f"{name}.json").read_text()) for name in ("anna", "ben"))
    (room.kept / "ben.json").write_text(json.dumps(anna | {"digest": ben["digest"], "key": ben["key"]}, indent=1))


def signed_by_another_class(room):
    ben = Results(room.kept.parent, room.step).get("ben")
    full = Clerk().verdict(type("Job", (), {"files": {"n": b"lengths - 1"}, "assignment": ben.assignment, "key": ben.key, "digest": ben.digest}))
    Results(room.kept.parent, room.step, secret=b"another class's".ljust(32)).put("ben", full)


def without_a_signature(room):
    path = room.kept / "ben.json"
    data = json.loads(path.read_text())
    del data["signature"]
    path.write_text(json.dumps(data).replace('"points": 0.0', '"points": 2.0'))


ALTERATIONS = {more_points: ALTERED, somebody_else_s: ALTERED, signed_by_another_class: ALTERED, without_a_signature: UNSIGNED}


@pytest.mark.parametrize("alter", ALTERATIONS, ids=lambda alter: alter.__name__)
def test_a_verdict_changed_by_hand_is_not_entered_but_judged_again_and_said(graded, alter):
    alter(graded)
    clerk = Clerk()
    tally = run(graded, clerk)
    assert clerk.seen == ["ben"] and tally.judged == ["ben"] and tally.kept == ["anna"]
    assert [(student, one.points) for student, one in graded.records.entered[-2:]] in ([("anna", 2.0), ("ben", 0.0)], [("ben", 0.0), ("anna", 2.0)])
    assert tally.notices == {ALTERATIONS[alter]: ["ben"]}
    assert run(graded, Clerk()).notices == {}, "said twice"


def test_the_signature_is_for_one_student_and_one_assignment(tmp_path):
    results = Results(tmp_path / "results", "1-x")
    results.put("anna", verdict())
    (results.folder / "ben.json").write_bytes((results.folder / "anna.json").read_bytes())
    other = Results(tmp_path / "results", "2-y")
    other.folder.mkdir()
    (other.folder / "anna.json").write_bytes((results.folder / "anna.json").read_bytes())
    assert results.get("anna") == verdict()
    assert results.get("ben") is None and other.get("anna") is None
    assert results.distrust("ben") == other.distrust("anna") == ALTERED
    assert results.distrust("anna") == results.distrust("nobody") == ""


def places(data, way=()):
    """The ways to all values in plain data."""
    yield way
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for name, value in pairs:
        yield from places(value, (*way, name))


def put(data, way, value):
    if not way:
        return value
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[way[0]] = put(copy[way[0]], way[1:], value)
    return copy


STRANGE = [None, True, -1, 10**400, 2.5, float("nan"), float("inf"), "", "x" * 5000, [], [[]], {}, {"a": 1}, [None], {"__class__": "os"}]


def test_any_value_anywhere_is_a_verdict_that_can_be_used_or_a_value_error():
    """Every place of a verdict gets every strange value; what is read all the same can be summed, written and read."""
    data, refused = json.loads(verdict().to_json()), 0
    for way in places(data):
        for value in STRANGE:
            content = json.dumps(put(data, way, value)).encode()
            try:
                found = Verdict.from_json(content)
            except ValueError:
                refused += 1
                continue
            assert 0 <= found.points <= found.max_points
            assert Verdict.from_json(found.to_json()).to_json() == found.to_json()
            assert all(isinstance(one.name, str) and isinstance(one.graded, tuple) for one in found.notebooks)
    assert refused > 1000


def test_bytes_that_are_no_verdict_are_a_value_error_and_nothing_else():
    whole, rng = verdict().to_json(), random.Random(5)
    contents = [b"[" * 200_000, b'{"a":' * 200_000, b"1" * 10_000, b"\xff\xfe\x00", b"null", b'"x"', b"3"]
    for _ in range(300):
        at = rng.randrange(len(whole))
        contents.append(whole[:at] + rng.randbytes(rng.randrange(4)) + whole[at + rng.randrange(40) :])
    for content in contents:
        try:
            Verdict.from_json(content)
        except ValueError as error:
            assert str(error).startswith("no verdict: ")


@pytest.mark.parametrize(("way", "value"), [
    (("notebooks", 0, "graded", 1, "report", "points"), 99.0),
    (("notebooks", 0, "graded", 1, "report", "points"), -1.0),
    (("notebooks", 0, "graded", 1, "report", "points"), "3"),
    (("notebooks", 0, "graded", 1, "report", "max_points"), float("nan")),
    (("notebooks", 0, "graded", 1, "report", "status"), "excellent"),
    (("notebooks", 0, "outputs", "mine"), {"output_type": "stream"}),
    (("notebooks", 0, "outputs", "mine", 0), "text"),
    (("notebooks", 0, "failed", "x"), 3),
    (("remarks", 0, "kind"), "praise"),
    (("remarks", 0), {"kind": "notice", "text": "t", "cell": "", "more": 1}),
    (("key",), None),
])  # fmt: skip
def test_points_and_kinds_are_those_there_are(way, value):
    with pytest.raises(ValueError, match="no verdict: "):
        Verdict.from_json(json.dumps(put(json.loads(verdict().to_json()), way, value)))
