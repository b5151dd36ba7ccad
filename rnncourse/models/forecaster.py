"""A recurrent network that reads a window of a series and says how it goes on."""

import torch

from rnncourse.models.recurrent import draw_weights, recurrent_layer
from rnncourse.models.streaming import RecurrentStream


class Forecaster(torch.nn.Module):
    """Recurrent layers over the window, and from their last state the change from the last value, step by step.

    `features` is D, `horizon` the number of steps to forecast, `hidden` is H, `kind` is "rnn", "gru" or "lstm".
    The network forecasts the *change*: with a read-out of zero it is persistence, the baseline to beat. Every weight is
    drawn from `rng`: same generator state, same network. An unknown kind raises ValueError.

    >>> import numpy as np, torch
    >>> model = Forecaster(features=2, horizon=3, rng=np.random.default_rng(0))
    >>> model(torch.zeros(5, 24, 2)).shape
    torch.Size([5, 3, 2])
    """

    def __init__(self, features, horizon, hidden=32, kind="rnn", *, layers=1, rng):
        super().__init__()
        self.horizon = horizon
        with torch.random.fork_rng(devices=[]):
            self.recurrent = recurrent_layer(kind, features, hidden, layers)
            self.readout = torch.nn.Linear(hidden, horizon * features)
        draw_weights(self, hidden**-0.5, rng)

    def forward(self, x, lengths=None):
        """The next steps (B, horizon, D) after windows x (B, T, D); with `lengths` (B,), after that many real steps."""
        states = self.recurrent(x)[0]  # (B, T, H)
        rows = torch.arange(len(x), device=x.device)
        at = torch.full_like(rows, x.shape[1] - 1) if lengths is None else lengths - 1
        return self._after(states[rows, at], x[rows, at])

    def _after(self, h, x):
        """The next steps (…, horizon, D) from the state h (…, H) and the value x (…, D) of the last step."""
        return x[..., None, :] + self.readout(h).unflatten(-1, (self.horizon, x.shape[-1]))

    def stream(self):
        """Return a stream that takes one value (B, D) at a time and forecasts (B, horizon, D) from there."""
        return RecurrentStream(self, self.recurrent, before=lambda x: x, after=self._after)
