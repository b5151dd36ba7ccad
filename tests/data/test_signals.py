import numpy as np
import pytest

from rnncourse.data import random_walk, sine_waves


@pytest.mark.parametrize("seed", range(5))
def test_a_walk_has_independent_steps_of_the_asked_size(seed):
    walk = random_walk(np.random.default_rng(seed), 4000, 2, scale=3.0)
    steps = np.diff(walk, axis=0)
    assert walk.shape == (4000, 2)
    np.testing.assert_allclose(steps.std(axis=0), 3.0, rtol=0.08)
    assert np.abs([np.corrcoef(s[:-1], s[1:])[0, 1] for s in steps.T]).max() < 4.5 / np.sqrt(4000)


@pytest.mark.parametrize("seed", range(5))
def test_nothing_beats_the_last_value_of_a_walk(seed):
    walk = random_walk(np.random.default_rng(seed), 5000)
    now, soon = walk[1:-1, 0], walk[2:, 0]
    error = lambda guess: np.mean((soon - guess) ** 2)  # noqa: E731
    assert error(now) < error(2 * now - walk[:-2, 0])
    assert error(now) < error(walk.mean())
    assert error(now) == pytest.approx(1.0, rel=0.12)


def test_a_sine_wave_repeats_after_its_period():
    x = sine_waves(np.random.default_rng(0), 5, 30, periods=(6, 6))
    assert x.shape == (5, 30, 1)
    np.testing.assert_allclose(x[:, 6:], x[:, :-6], atol=1e-12)
    assert np.abs(x).max() <= 1 and len({round(v, 6) for v in x[:, 0, 0]}) == 5


def test_noise_is_added_with_the_asked_deviation():
    clean, noisy = (sine_waves(np.random.default_rng(1), 200, 50, noise=s) for s in (0.0, 0.5))
    assert (noisy - clean).std() == pytest.approx(0.5, rel=0.05)


@pytest.mark.parametrize(
    "call",
    [
        lambda rng: random_walk(rng, 0),
        lambda rng: random_walk(rng, 3, 0),
        lambda rng: sine_waves(rng, 0, 5),
        lambda rng: sine_waves(rng, 2, 0),
        lambda rng: sine_waves(rng, 2, 5, periods=(0, 4)),
        lambda rng: sine_waves(rng, 2, 5, periods=(8, 4)),
    ],
)
def test_impossible_sizes_are_refused(call):
    with pytest.raises(ValueError, match="expected"):
        call(np.random.default_rng(0))
