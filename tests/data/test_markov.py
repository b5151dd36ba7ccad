import numpy as np
import pytest

from rnncourse.data import markov_source
from rnncourse.data.markov import MarkovSource


def coin(p):
    return MarkovSource(transitions=np.array([[p, 1 - p]]), order=0)


@pytest.mark.parametrize("p, bits", [(0.5, 1.0), (0.25, 2 - 0.75 * np.log2(3)), (1.0, 0.0)])
def test_the_entropy_of_a_coin(p, bits):
    assert coin(p).entropy_rate == pytest.approx(bits, abs=1e-12)


def test_the_entropy_rate_of_a_two_state_chain():
    a, b = 0.1, 0.4  # chances to leave state 0 and state 1: the chain is in state 0 four fifths of the time
    chain = MarkovSource(transitions=np.array([[1 - a, a], [b, 1 - b]]), order=1)
    h = lambda p: -p * np.log2(p) - (1 - p) * np.log2(1 - p)  # noqa: E731
    np.testing.assert_allclose(chain.stationary, [0.8, 0.2])
    assert chain.entropy_rate == pytest.approx(0.8 * h(a) + 0.2 * h(b), abs=1e-12)


@pytest.mark.parametrize("V, order", [(2, 0), (5, 0), (2, 1), (8, 1), (3, 2), (4, 3), (2, 8)])
def test_transitions_are_chances_and_the_stationary_state_stays(V, order):
    source = markov_source(np.random.default_rng(V + order), V, order)
    assert source.transitions.shape == (V**order, V)
    np.testing.assert_allclose(source.transitions.sum(axis=1), 1)
    assert source.transitions.min() >= 0.01 / V * 0.999
    assert source.stationary.sum() == pytest.approx(1) and source.stationary.min() > -1e-12
    pair = source.stationary[:, None] * source.transitions  # (V**order, V): context and next symbol
    after = pair.reshape(V, -1, V).sum(axis=0).ravel() if order else [pair.sum()]
    np.testing.assert_allclose(after, source.stationary, atol=1e-12)
    assert 0 < source.entropy_rate <= np.log2(V)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("V, order", [(6, 0), (6, 1), (4, 2), (3, 3)])
def test_the_entropy_rate_is_what_a_long_sample_costs(V, order, seed):
    rng = np.random.default_rng([seed, V, order])
    source = markov_source(rng, V, order)
    runs = [source.bits(source.sample(rng, 2000)) for _ in range(20)]
    deviation = np.std(runs, ddof=1) / np.sqrt(len(runs))
    assert abs(np.mean(runs) - source.entropy_rate) < 4.5 * deviation


@pytest.mark.parametrize("seed", range(3))
def test_samples_follow_the_transitions_and_start_in_the_long_run(seed):
    rng = np.random.default_rng(seed)
    source = markov_source(rng, 3, 1)
    ids = source.sample(rng, 40_000)
    counts = np.zeros((3, 3))
    np.add.at(counts, (ids[:-1], ids[1:]), 1)
    np.testing.assert_allclose(counts / counts.sum(axis=1, keepdims=True), source.transitions, atol=0.06)
    first = np.bincount([source.sample(rng, 1)[0] for _ in range(2000)], minlength=3) / 2000
    np.testing.assert_allclose(first, source.stationary @ source.transitions, atol=0.06)


@pytest.mark.parametrize("seed", range(5))
def test_too_little_context_costs_bits(seed):
    rng = np.random.default_rng(seed)
    source = markov_source(rng, 4, 3)
    single = source.stationary @ source.transitions  # the chance of each symbol, context unknown
    assert -(single * np.log2(single)).sum() > source.entropy_rate + 0.1


def test_bits_by_hand():
    source = MarkovSource(transitions=np.array([[0.5, 0.5], [0.25, 0.75]]), order=1)
    assert source.bits([0, 1, 0]) == pytest.approx((1 + 2) / 2)
    second = MarkovSource(transitions=np.array([[0.5, 0.5], [1 / 8, 7 / 8], [0.5, 0.5], [0.5, 0.5]]), order=2)
    assert second.bits([0, 1, 0]) == pytest.approx(3)
    with pytest.raises(ValueError, match="more than order=2"):
        second.bits([0, 1])


def test_the_same_generator_gives_the_same_source_and_sample():
    one, two = (markov_source(np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(one.transitions, two.transitions)
    sample = one.sample(np.random.default_rng(1), 50)
    np.testing.assert_array_equal(sample, two.sample(np.random.default_rng(1), 50))
    assert sample.dtype == np.int64 and sample.min() >= 0 and sample.max() < 8
    assert one.sample(np.random.default_rng(1), 0).shape == (0,)
    assert "entropy_rate=" in repr(one) and "V=8" in repr(one)


@pytest.mark.parametrize("V, order, spread", [(1, 1, 0.3), (4, -1, 0.3), (4, 1, 0.0), (16, 3, 0.3)])
def test_impossible_sources_are_refused(V, order, spread):
    with pytest.raises(ValueError, match="expected"):
        markov_source(np.random.default_rng(0), V, order, spread=spread)
