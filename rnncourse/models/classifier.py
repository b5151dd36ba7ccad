"""A recurrent network that reads a whole sequence and answers once: a class, or a forecast.

The shape of this network is called "many to one": many steps go in, one vector comes out.

    x (B, T, D) --recurrent layer--> states (B, T, H) --last valid--> (B, H) --linear--> (B, K)
"""

import torch

KINDS = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}


class SequenceClassifier(torch.nn.Module):
    """One recurrent layer, its last valid state, one linear read-out.

    `inputs` is D, `outputs` is K (classes, or numbers to forecast), `hidden` is H, `kind` is
    "rnn", "gru" or "lstm". Every weight is drawn from `rng`: same generator state, same network.
    An unknown kind raises ValueError.

    >>> import numpy as np, torch
    >>> model = SequenceClassifier(2, 3, hidden=4, rng=np.random.default_rng(0))
    >>> model(torch.zeros(5, 7, 2), torch.full((5,), 7)).shape
    torch.Size([5, 3])
    """

    def __init__(self, inputs, outputs, hidden=32, kind="rnn", *, rng):
        super().__init__()
        if kind not in KINDS:
            raise ValueError(f"kind: expected one of {', '.join(KINDS)}, got {kind!r}")
        with torch.random.fork_rng(devices=[]):  # torch draws first weights from its global generator
            self.recurrent = KINDS[kind](inputs, hidden, batch_first=True)
            self.readout = torch.nn.Linear(hidden, outputs)
        draw_weights(self, hidden**-0.5, rng)

    def states(self, x):
        """Every hidden state (B, T, H) of the sequences x (B, T, D), also those at padding."""
        return self.recurrent(x)[0]  # (B, T, H)

    def forward(self, x, lengths):
        """Scores (B, K) for sequences x (B, T, D), of which the first lengths (B,) steps are real."""
        states = self.states(x)
        last = states[torch.arange(len(x)), lengths - 1]  # (B, H)
        return self.readout(last)  # (B, K)


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
        real = torch.arange(x.shape[1]) < lengths[:, None]  # (B, T)
        mean = (x * real[..., None]).sum(dim=1) / lengths[:, None]  # (B, D)
        return self.readout(mean)  # (B, K)


def draw_weights(model, bound, rng):
    """Draw every weight of the model evenly from [-bound, bound), in place; torch's own default for these layers."""
    generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
    for weight in model.parameters():
        torch.nn.init.uniform_(weight, -bound, bound, generator=generator)
