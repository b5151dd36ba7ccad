"""A recurrent network that reads numbers and gives numbers at every step.

    x (B, T, D) --recurrent layers--> states (B, T, H) --linear--> y (B, T, K)
"""

import torch

from rnncourse.models.recurrent import draw_weights, recurrent_layer


class Follower(torch.nn.Module):
    """Recurrent layers and a linear read-out at each step.

    `inputs` is D, `outputs` is K, `hidden` is H, `kind` is "rnn", "gru" or "lstm". Every weight is drawn from `rng`:
    same generator state, same network. An unknown kind raises ValueError.

    >>> import numpy as np, torch
    >>> model = Follower(2, 3, hidden=4, rng=np.random.default_rng(0))
    >>> model(torch.zeros(5, 7, 2))[0].shape
    torch.Size([5, 7, 3])
    """

    def __init__(self, inputs, outputs, hidden=32, kind="rnn", *, rng):
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            self.recurrent = recurrent_layer(kind, inputs, hidden)
            self.readout = torch.nn.Linear(hidden, outputs)
        draw_weights(self, hidden**-0.5, rng)

    def forward(self, x, state=None):
        """Answers (B, T, K) for x (B, T, D) and the last state; `state` None starts from zeros."""
        states, state = self.recurrent(x, state)
        return self.readout(states), state
