"""The figures of the first notebook: small, described, and refusing what they cannot draw."""

import numpy as np
import pytest

from rnncourse.plots import broadcasting, input_output_shapes, memory_trace, models_in_time, recurrent_network

PRESSES = np.array([0.0, 1, 0, 0, -1, 0])
STATES = {"lamp": np.array([0, 0.9, 0.9, 0.9, -0.9, -0.8]), "none": np.array([0, 0.9, 0, 0, -0.9, 0])}

FIGURES = {
    "network": lambda: recurrent_network("hell", "ello"),
    "shapes": input_output_shapes,
    "timeline": models_in_time,
    "broadcasting": lambda: broadcasting(3, 4),
    "memory": lambda: memory_trace(PRESSES, STATES),
}


@pytest.mark.parametrize("name", FIGURES)
def test_small_at_full_sharpness_and_the_same_twice(name, tmp_path):
    one, two = (FIGURES[name]().save(tmp_path / f"{turn}.png").read_bytes() for turn in (1, 2))
    assert one == two
    assert len(one) < 45_000
    assert int.from_bytes(one[16:20]) == 1008  # pixels wide: 7 in at 144 dpi, so nothing was given up for size


def sees(figure, *words):
    missing = [word for word in words if word not in figure.describe()]
    assert not missing, f"the alt text says nothing of {missing}: {figure.describe()}"


def test_network_is_described_with_what_it_reads_and_predicts():
    sees(recurrent_network("ab", "bc"), "2 steps", "reads a, b", "predicts b, c", "hidden state back to itself")


def test_timeline_is_described_with_its_models_in_order():
    text = models_in_time().describe()
    places = [text.index(name) for name in ("simple RNN", "LSTM", "bidirectional", "GRU", "Transformer", "minGRU")]
    assert places == sorted(places)


def test_broadcasting_is_described_with_its_sizes():
    sees(broadcasting(2, 3), "2 rows and 3 columns", "one row of 3")


def test_memory_is_described_with_its_inputs_and_the_states_before_the_last_one():
    sees(memory_trace(PRESSES, STATES), "+1 at step 2", "-1 at step 5", "after step 4: +0.90 for lamp, +0.00 for none")
    sees(memory_trace(PRESSES, STATES), "after step 6: -0.80 for lamp")


@pytest.mark.parametrize("inputs", [np.zeros(5), np.array([1.0]), np.array([1.0, 0, 0])])
def test_memory_of_short_and_silent_inputs(inputs):
    sees(memory_trace(inputs, {"unit": 0.5 * inputs}), f"after step {len(inputs)}")


@pytest.mark.parametrize("texts", [("", ""), ("ab", "abc"), ("hello", "ello ")])
def test_network_refuses_texts_that_do_not_fit(texts):
    with pytest.raises(ValueError, match="same length, 1 to 4"):
        recurrent_network(*texts)


@pytest.mark.parametrize("sizes", [(0, 3), (7, 3), (3, 5)])
def test_broadcasting_refuses_sizes_that_do_not_fit(sizes):
    with pytest.raises(ValueError, match="B must be from 1 to 6 and H from 1 to 4"):
        broadcasting(*sizes)


@pytest.mark.parametrize("sizes", [(1, 1), (6, 4), (1, 4), (6, 1)])
def test_broadcasting_draws_the_extremes(sizes):
    sees(broadcasting(*sizes), f"{sizes[0]} rows and {sizes[1]} columns")


def test_memory_refuses_series_of_unequal_length_and_too_many():
    with pytest.raises(ValueError, match=r"'lamp' must both have shape \(T,\); got \(6,\) and \(5,\)"):
        memory_trace(PRESSES, {"lamp": np.zeros(5)})
    with pytest.raises(ValueError, match="at most 3 networks"):
        memory_trace(PRESSES, {str(n): PRESSES for n in range(4)})
