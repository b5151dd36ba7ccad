"""The instructor sees which exercise the class did not understand, and why."""

import pytest

from rnncourse.checking.score import assess, not_started
from rnncourse.exercises import find
from rnncourse.grading.queue.summary import summary
from rnncourse.grading.verdict import Graded, NotebookVerdict, Verdict

PAIRS, LAST = find("next_step_pairs"), find("last_valid")
NO_SHIFT = next(name for name in PAIRS.mistakes if "shift" in name)


def verdict(*reports):
    return Verdict("1", "k", "d", "0", "none", (NotebookVerdict("n", tuple(Graded(f"check_{r.name}", r) for r in reports)),))


def test_states_shares_and_mistakes_are_counted():
    right, wrong = assess(PAIRS, PAIRS.reference), assess(PAIRS, PAIRS.mistakes[NO_SHIFT])
    rows = summary([verdict(right, not_started(LAST)), verdict(wrong, not_started(LAST)), verdict(wrong, assess(LAST, LAST.reference))])
    pairs, last = rows
    assert pairs.exercise == "1.2 next_step_pairs" and last.exercise == "1.7 last_valid"
    assert pairs.states["passed"] == 1 and pairs.states["partly"] + pairs.states["failed"] == 2
    assert pairs.mistakes == ((NO_SHIFT, 2),)
    assert pairs.share == pytest.approx((3 + 2 * wrong.points) / 9)
    assert last.states == {"passed": 1, "partly": 0, "failed": 0, "not started": 2}


def test_a_class_without_verdicts_has_no_rows():
    assert summary([]) == []
