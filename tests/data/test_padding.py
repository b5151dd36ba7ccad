import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncourse.data import pad, unpad


@given(lengths=st.lists(st.integers(0, 9), min_size=1, max_size=6), D=st.integers(1, 4), seed=st.integers(0, 99))
def test_padding_and_back(lengths, D, seed):
    rng = np.random.default_rng(seed)
    sequences = [rng.normal(size=(T, D)) for T in lengths]
    batch, found, mask = pad(sequences, value=-7.0)
    assert batch.shape == (len(lengths), max(lengths), D) and mask.shape == batch.shape[:2]
    np.testing.assert_array_equal(found, lengths)
    np.testing.assert_array_equal(mask.sum(axis=1), lengths)
    assert (batch[~mask] == -7.0).all()
    for one, two in zip(sequences, unpad(batch, found), strict=True):
        np.testing.assert_array_equal(one, two)


def test_real_steps_stand_in_front():
    batch, lengths, mask = pad([np.array([[1.0], [2.0]]), np.array([[3.0]])])
    assert batch[:, :, 0].tolist() == [[1, 2], [3, 0]]
    assert mask.tolist() == [[True, True], [True, False]]
    assert mask.dtype == bool and lengths.dtype == np.int64 and batch.dtype == np.float64


def test_ids_stay_whole_numbers():
    assert pad([np.array([1, 2]), np.array([3])], value=0).batch.dtype == np.int64


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        pad([])
    with pytest.raises(ValueError, match="same features"):
        pad([np.zeros((2, 3)), np.zeros((2, 4))])


@pytest.mark.parametrize("lengths", [[1], [1, 5], [[1, 2]]])
def test_lengths_that_do_not_fit_name_the_axes(lengths):
    with pytest.raises(ValueError, match="B=2 rows, at most T=4"):
        unpad(np.zeros((2, 4, 3)), lengths)


def test_unpadded_sequences_are_copies():
    batch = np.zeros((1, 3, 1))
    unpad(batch, [2])[0][:] = 1
    assert not batch.any()
