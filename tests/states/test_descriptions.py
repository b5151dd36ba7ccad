"""Rules of a text, encoding, saturation, half-lives, components."""

import numpy as np
import pytest

from rnncourse.states import (
    depth,
    encode,
    gate_saturation,
    half_life,
    inside,
    line_position,
    pca,
    unit_in,
    words_so_far,
)


def test_rules_follow_the_marks():
    text = 'la "mi\n(ok" em) ro'
    assert inside(text).tolist() == [0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    assert depth(text).tolist() == [0] * 7 + [1] * 7 + [0] * 4
    assert line_position(text)[:9].tolist() == [1, 2, 3, 4, 5, 6, 0, 1, 2]
    assert words_so_far(text).tolist()[-1] == 5
    assert depth(")(").tolist() == [0, 1]


def test_encoding_tells_what_it_cannot_read():
    assert encode("ba", "ab").tolist() == [1, 0]
    with pytest.raises(ValueError, match="got an empty text"):
        encode("", "ab")
    with pytest.raises(KeyError, match="the network has never seen 'x' 'y'; it reads 'ab'"):
        encode("axby", "ab")
    for wrong in (3, -1, 1.0, True, None):
        with pytest.raises(ValueError, match="expected a whole number from 0 to 2"):
            unit_in(wrong, 3)
    assert unit_in(np.int64(2), 3) == 2


def test_saturation_and_half_life_over_all_leading_axes():
    gate = np.random.default_rng(0).random((4, 5, 3))
    left, right = gate_saturation(gate, 0.2, 0.7)
    np.testing.assert_allclose(left, (gate.reshape(-1, 3) < 0.2).mean(axis=0))
    np.testing.assert_allclose(right, (gate.reshape(-1, 3) > 0.7).mean(axis=0))
    assert half_life(np.array([1.0, 0.0, 0.5, 0.25**0.5])).tolist() == pytest.approx([np.inf, 0, 1, 1])


def test_components_are_those_that_were_planted():
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    states = rng.normal(size=(4000, 6)) * [5, 2, 0.1, 0.1, 0.1, 0.1] @ turn + 10
    projected, components, explained = pca(states, 2)
    np.testing.assert_allclose(np.abs(components @ turn[:2].T), np.eye(2), atol=0.05)
    np.testing.assert_allclose(components @ components.T, np.eye(2), atol=1e-12)
    assert explained[0] == pytest.approx(25 / 29.04, abs=0.03) and projected.shape == (4000, 2)
    assert (components.max(axis=1) == np.abs(components).max(axis=1)).all()
    with pytest.raises(ValueError, match="k: expected 1 to 6 components"):
        pca(states, 7)
    assert pca(np.ones((3, 2)), 1)[2].tolist() == [0]
