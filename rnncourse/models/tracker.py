"""A recurrent network that answers with numbers at every step: x (B, T, D) --recurrent--> (B, T, H) --linear--> (B, T, K)."""

import torch

from rnncourse.models.recurrent import draw_weights, recurrent_layer


class Tracker(torch.nn.Module):
    """Recurrent layers and a linear read-out at each step, for series that must be followed while they run.

    `inputs` is D, `outputs` is K, `hidden` is H, `kind` is "rnn", "gru", "lstm" or "relu". Every weight is drawn from
    `rng`: same generator state, same network. An unknown kind raises ValueError.

    >>> import numpy as np, torch
    >>> Tracker(2, 2, hidden=4, rng=np.random.default_rng(0))(torch.zeros(5, 7, 2)).shape
    torch.Size([5, 7, 2])
    """

    def __init__(self, inputs, outputs, hidden=32, kind="rnn", *, layers=1, rng):
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            self.recurrent = recurrent_layer(kind, inputs, hidden, layers)
            self.readout = torch.nn.Linear(hidden, outputs)
        draw_weights(self, hidden**-0.5, rng)

    def states(self, x):
        """Every hidden state (B, T, H) of the series x (B, T, D)."""
        return self.recurrent(x)[0]

    def forward(self, x, lengths=None):
        """Answers (B, T, K) for series x (B, T, D); `lengths` is taken and not needed, every step is answered."""
        return self.readout(self.states(x))
