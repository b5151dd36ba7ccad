"""A layer as one function of its state, in NumPy and in torch."""

import numpy as np
import pytest
import torch

from rnncourse import cells
from rnncourse.states import as_step, record, torch_step

LAYERS = {
    "rnn": torch.nn.RNN(2, 4, batch_first=True),
    "relu": torch.nn.RNN(2, 4, nonlinearity="relu", batch_first=True),
    "gru": torch.nn.GRU(2, 4, batch_first=True),
    "lstm": torch.nn.LSTM(2, 4, batch_first=True),
    "ours": cells.FastGRU.random(np.random.default_rng(0), D=2, H=4),
}
RNG = np.random.default_rng(0)


@pytest.mark.parametrize("name", LAYERS)
def test_a_step_repeated_is_the_layer(name):
    layer, x = LAYERS[name], np.float32(RNG.normal(size=(3, 6, 2))).astype(float)  # as torch reads it
    step, h = as_step(layer), np.zeros((3, 8 if name == "lstm" else 4))
    for t in range(6):
        h = step(x[:, t], h)
    np.testing.assert_allclose(h[:, :4], record(layer, x).hidden[:, -1], atol=1e-12)
    if name == "lstm":
        np.testing.assert_allclose(h[:, 4:], record(layer, x).cell[:, -1], atol=1e-12)


@pytest.mark.parametrize("name", LAYERS)
def test_the_step_in_torch_is_the_step_in_numpy(name):
    layer, x = LAYERS[name], RNG.normal(size=2)
    h = RNG.normal(size=(5, 8 if name == "lstm" else 4))
    expected = as_step(layer)(np.tile(x, (5, 1)), h)
    np.testing.assert_allclose(torch_step(layer, x)(torch.from_numpy(h)), expected, atol=1e-12)
    np.testing.assert_allclose(torch_step(layer, x)(torch.from_numpy(h[2])), expected[2], atol=1e-12)


def test_several_layers_are_no_step():
    with pytest.raises(ValueError, match="got 2 layers in 2 directions"):
        as_step(torch.nn.GRU(2, 3, num_layers=2, bidirectional=True))
