"""The pictures of notebook 1: each renders small, and its alt text tells numbers that were computed from the data."""

import numpy as np
import pytest

from rnncourse.plots import measurements, sequences
from rnncourse.plots.sequences import _followers, _stretches

RNG = np.random.default_rng(0)
WAVE = 100 + 20 * np.sin(np.arange(60))[:, None]  # (S, 1)
PARTS = {"in order": np.repeat([0, 1, 2], [6, 2, 2]), "mixed": np.array([0, 1, 0, 2, 0, 0, 1, 0, 2, 0])}
BATCH = RNG.normal(size=(3, 7, 2))
RUNS = np.array([[3.0, 2.0, 4.0], [5.0, 4.0, 6.0]])

FIGURES = {
    "numbered": (
        lambda: sequences.numbered("a cab", " abc"),
        "Under each character of 'a cab' stands its id; the first is 1, and equal characters have equal ids.",
    ),
    "next_characters": (
        lambda: sequences.next_characters("ababac", ("", "a")),
        "overall the most frequent is 'a' with 50%; after 'a' the most frequent is 'b' with 67%.",
    ),
    "pairs": (lambda: sequences.pairs("abcdefg", 3), "the first input is 'abc' and its target is 'bcd'"),
    "windows": (
        lambda: sequences.windows(WAVE, 8, 2, (0, 5), "mg/dL"),
        "A series of 60 steps between 80 and 120 mg/dL; under it 2 windows, each 8 steps to read and then 2 to forecast, "
        "starting at steps 0 and 5.",
    ),
    "splits": (
        lambda: sequences.splits(PARTS),
        "in order: training in 1 piece, validation in 1 piece, test in 1 piece; "
        "mixed: training in 5 pieces, validation in 2 pieces, test in 2 pieces.",
    ),
    "padded": (
        lambda: sequences.padded(BATCH, [7, 2, 4]),
        "3 sequences with 7, 2 and 4 real steps share one array of 7 steps",
    ),
    "stateful_rows": (
        lambda: sequences.stateful_rows("abcdefghijklmnopqrst", 3, 2),
        "A text of 20 characters in 3 rows of 6: each batch takes 2 characters of every row, the next batch goes on in the "
        "same rows, so 3 batches follow one another; characters dropped at the end of each row: 0.",
    ),
    "shuffled": (
        lambda: sequences.shuffled(BATCH[0], [6, 1, 2, 0, 3, 5, 4]),
        "the same columns stand in the order 6, 1, 2, 0, 3, 5 and 4",
    ),
    "curves": (
        lambda: measurements.curves([1, 2, 4], {"raw": RUNS, "fine": RUNS[0] / 10}, "epoch", "loss", ("mean", 2.5)),
        "loss against epoch. raw: 4.00 at 1, lowest 3.00 at 2, 5.00 at 4; fine: 0.30 at 1, lowest 0.20 at 2, 0.40 at 4; "
        "the dashed line, mean, is at 2.50.",
    ),
    "dots": (
        lambda: measurements.dots({"net": [0.5, 0.75], "mean": [0.25]}, "accuracy", limits=(0, 1)),
        "accuracy, one dot a run. net: 0.50 to 0.75, mean 0.62; mean: 0.25 to 0.25, mean 0.25.",
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_alt_text_tells_the_numbers_and_the_picture_is_small(name):
    draw, told = FIGURES[name]
    figure = draw()
    assert told in figure.describe()
    assert len(figure._repr_html_()) < 60_000


@pytest.mark.parametrize("name", ["padded", "curves"])
def test_drawing_twice_gives_the_same_bytes(name):
    draw, _ = FIGURES[name]
    assert draw()._repr_html_() == draw()._repr_html_()


def test_a_text_that_leaves_a_rest_says_how_much_is_dropped():
    alt = sequences.stateful_rows("abcdefghijklmnopqrstuvwx", 3, 2).describe()  # 23 pairs: rows of 7
    assert "so 3 batches follow" in alt and "at the end of each row: 1." in alt


def test_no_warning_for_missing_letters(recwarn):
    sequences.pairs("a b\nc", 2, shown=1)
    assert not [str(warning.message) for warning in recwarn]


def test_values_at_padding_do_not_reach_the_colours():
    wild = BATCH.copy()
    wild[1, 2:] = 1e6
    assert sequences.padded(wild, [7, 2, 4])._repr_html_() == sequences.padded(BATCH, [7, 2, 4])._repr_html_()


def test_the_callers_arrays_stay_as_they_were():
    before = BATCH.copy()
    sequences.padded(BATCH, [7, 2, 4])
    sequences.shuffled(BATCH[0], [6, 1, 2, 0, 3, 5, 4])
    np.testing.assert_array_equal(BATCH, before)


def test_stretches_are_runs_of_true():
    assert _stretches(np.array([1, 1, 0, 1, 0, 0, 1], bool)) == [(0, 2), (3, 1), (6, 1)]
    assert _stretches(np.zeros(3, bool)) == []


def test_followers_count_overlapping_contexts_and_shares_sum_to_one():
    assert _followers("aaab", "aa", 5) == (["a", "b"], [0.5, 0.5])
    _, shares = _followers("the order of a text", "", 99)
    assert sum(shares) == pytest.approx(1)

