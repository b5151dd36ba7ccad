"""A recurrent network that reads a whole sequence and answers once: a class, or a forecast.

The shape of this network is called "many to one": many steps go in, one vector comes out.

    x (B, T, D) --recurrent layers--> states (B, T, H) --last valid--> (B, H) --linear--> (B, K)
"""

import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnncourse.models.recurrent import draw_weights, recurrent_layer
from rnncourse.models.streaming import RecurrentStream


class SequenceClassifier(torch.nn.Module):
    """Recurrent layers, their last valid state, one linear read-out.

    `inputs` is D, `outputs` is K (classes, or numbers to forecast), `hidden` is H, `kind` one of `recurrent_layer`'s:
    "rnn", "gru", "lstm" and others. `layers` are stacked. A `bidirectional` network reads from both ends, and its answer
    is made of both last states, 2H numbers. `packed` hands torch the real steps alone; it is always so for a bidirectional network, whose second
    reader would otherwise begin with the padding. Every weight is drawn from `rng`: same generator state, same
    network. An unknown kind raises ValueError.

    >>> import numpy as np, torch
    >>> model = SequenceClassifier(2, 3, hidden=4, rng=np.random.default_rng(0))
    >>> model(torch.zeros(5, 7, 2), torch.full((5,), 7)).shape
    torch.Size([5, 3])
    """

    def __init__(self, inputs, outputs, hidden=32, kind="rnn", *, layers=1, bidirectional=False, packed=False, rng):
        super().__init__()
        self.packed = packed or bidirectional
        with torch.random.fork_rng(devices=[]):  # torch draws first weights from its global generator
            self.recurrent = recurrent_layer(kind, inputs, hidden, layers, bidirectional)
            self.readout = torch.nn.Linear(hidden * (1 + bidirectional), outputs)
        draw_weights(self, hidden**-0.5, rng)

    def states(self, x):
        """Every hidden state (B, T, H) of the sequences x (B, T, D), also those at padding."""
        return self.recurrent(x)[0]  # (B, T, H)

    def forward(self, x, lengths):
        """Scores (B, K) for sequences x (B, T, D), of which the first lengths (B,) steps are real."""
        states = self.packed_states(x, lengths) if self.packed else self.states(x)
        last = states[torch.arange(len(x), device=x.device), lengths - 1]  # (B, H)
        if self.recurrent.bidirectional:
            H = self.recurrent.hidden_size
            last = torch.cat([last[:, :H], states[:, 0, H:]], dim=1)  # the second reader ends at the first step
        return self.readout(last)  # (B, K)

    def stream(self):
        """Return a stream that takes one step (B, D) at a time and answers (B, K) as if the sequence ended there."""
        return RecurrentStream(self, self.recurrent, before=lambda x: x, after=lambda h, x: self.readout(h))

    def packed_states(self, x, lengths):
        """Every hidden state of the real steps, (B, T, H) or (B, T, 2H), zeros at padding; padding is never read."""
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        return pad_packed_sequence(self.recurrent(packed)[0], batch_first=True, total_length=x.shape[1])[0]


class MeanClassifier(torch.nn.Module):
    """The baseline without order: the mean over the real steps, and one linear read-out.

    It takes and gives the same shapes as SequenceClassifier and cannot see the order of the steps.
    """

    def __init__(self, inputs, outputs, *, rng):
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            self.readout = torch.nn.Linear(inputs, outputs)
        draw_weights(self, inputs**-0.5, rng)

    def forward(self, x, lengths):
        """Scores (B, K) for sequences x (B, T, D), of which the first lengths (B,) steps are real."""
        real = torch.arange(x.shape[1], device=x.device) < lengths[:, None]  # (B, T)
        mean = (x * real[..., None]).sum(dim=1) / lengths[:, None]  # (B, D)
        return self.readout(mean)  # (B, K)
