"""Saturation, half-life, components, ranking and probes give what their names say, on states made for the purpose."""

import numpy as np
import pytest

from rnncourse import states


def test_saturation_and_half_life():
    gate = np.array([[0.05, 0.95, 0.5], [0.05, 0.5, 0.5]])
    left, right = states.gate_saturation(gate[None])
    assert left.tolist() == [1, 0, 0] and right.tolist() == [0, 0.5, 0]
    assert states.half_life(np.array([[0.5, 1.0, 0.0]])).tolist() == [1, np.inf, 0]


def test_components_of_a_flat_cloud_and_their_sign():
    rng = np.random.default_rng(0)
    plane = rng.normal(size=(300, 2)) * [5, 1]
    directions = np.linalg.qr(rng.normal(size=(6, 2)))[0].T
    cloud = plane @ directions + 3
    projected, components, explained = states.pca(cloud, 2)
    assert explained.sum() == pytest.approx(1) and np.allclose(components @ components.T, np.eye(2))
    assert np.allclose(projected @ components + cloud.mean(axis=0), cloud)
    assert (components[np.arange(2), np.abs(components).argmax(axis=1)] > 0).all()
    assert states.pca(np.ones((4, 3)), 1)[2].tolist() == [0]
    with pytest.raises(ValueError, match="expected 1 to 2 for states of shape"):
        states.pca(np.ones((2, 3)), 3)


def test_ranking_is_by_absolute_correlation_and_a_constant_unit_is_0():
    rng = np.random.default_rng(0)
    signal = rng.normal(size=200)
    h = np.stack([np.full(200, 0.1), signal + rng.normal(size=200), -signal], axis=1)
    order, r = states.rank_units(h, signal)
    assert order.tolist() == [2, 1, 0] and r[0] == 0 and r[2] == pytest.approx(-1)
    with pytest.raises(ValueError, match="the same at every step"):
        states.rank_units(h, np.ones(200))
    with pytest.raises(ValueError, match=r"got \(200, 3\) and \(199,\)"):
        states.rank_units(h, signal[1:])


def test_a_probe_reads_what_is_there_and_its_control_does_not():
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=900)
    h = np.eye(3)[labels] @ rng.normal(size=(3, 5)) + 0.05 * rng.normal(size=(900, 5)) + 10
    read = states.linear_probe(h[:600], labels[:600], h[600:])
    control = states.control_accuracy(h[:600], labels[:600], h[600:], labels[600:], np.random.default_rng(1))
    assert np.mean(read == labels[600:]) == 1 and control < 0.6
