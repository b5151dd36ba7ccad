import numpy as np
import pytest

from rnncourse.cells import LSTM, Bidirectional, FastGRU, Stacked


def test_each_half_sees_one_side_of_its_step():
    rng = np.random.default_rng(0)
    layer, x = Bidirectional(FastGRU.random(rng, 2, 3), FastGRU.random(rng, 2, 4)), rng.normal(size=(1, 6, 2))
    hs = layer.forward(x)[0]
    x[0, 3] += 1
    changed = np.abs(layer.forward(x)[0] - hs).max(axis=0) > 0  # (T, 7)
    assert changed[:, :3].all(axis=1).tolist() == [False] * 3 + [True] * 3
    assert changed[:, 3:].all(axis=1).tolist() == [True] * 4 + [False] * 2


@pytest.mark.parametrize("kind", [FastGRU, LSTM])
def test_a_padded_batch_gives_what_each_sequence_gives_alone(kind):
    rng = np.random.default_rng(1)
    make = lambda D: Bidirectional(kind.random(rng, D, 3), kind.random(rng, D, 3))  # noqa: E731
    layer, lengths = Stacked(make(2), make(6)), np.array([5, 1, 3])
    x, mask = rng.normal(size=(3, 5, 2)), np.arange(5) < lengths[:, None]
    hs, _, trace = layer.forward(x, mask=mask)
    dhs = rng.normal(size=hs.shape) * mask[:, :, None]
    dx, _, gradients = layer.backward(dhs, trace)
    total = dict.fromkeys(gradients, 0)
    for row, n in enumerate(lengths):
        alone, _, trace = layer.forward(x[row : row + 1, :n])
        np.testing.assert_allclose(hs[row, :n], alone[0], rtol=0, atol=1e-14)
        dx_alone, _, g = layer.backward(dhs[row : row + 1, :n], trace)
        np.testing.assert_allclose(dx[row, :n], dx_alone[0], rtol=0, atol=1e-13)
        total = {name: total[name] + g[name] for name in g}
    for name, g in gradients.items():
        np.testing.assert_allclose(g, total[name], rtol=0, atol=1e-12, err_msg=name)


def test_weights_and_gradients_share_their_names():
    rng = np.random.default_rng(2)
    layer = Bidirectional(LSTM.random(rng, 2, 3), LSTM.random(rng, 2, 3, bias=False))
    hs, _, trace = layer.forward(np.ones((1, 4, 2)))
    gradients = layer.backward(hs, trace)[2]
    assert list(gradients) == ["ahead.W_x", "ahead.W_h", "ahead.b", "reverse.W_x", "reverse.W_h"]
    assert {name: g.shape for name, g in gradients.items()} == {name: w.shape for name, w in layer.weights.items()}
