"""Recurrent networks that read ids and give scores at every step: the next character, or a label of this one.

    ids (B, T) --embedding--> (B, T, E) --recurrent layers--> states (B, T, H) --linear--> logits (B, T, K)
"""

import torch

from rnncourse.models.recurrent import draw_weights, recurrent_layer
from rnncourse.models.streaming import RecurrentStream, continue_text


class SymbolLabeller(torch.nn.Module):
    """An embedding, recurrent layers, a linear read-out at each step.

    `symbols` is how many ids there are to read, `labels` how many to choose from (None: as many, as in a language
    model), `embedding` the size of an id's vector. `kind`, `layers`, `bidirectional` are those of the recurrent
    layers. A bidirectional one looks ahead, so it can label a text and cannot predict one. Every weight is drawn from
    `rng`: same generator state, same network. An unknown kind raises ValueError.

    >>> import numpy as np, torch
    >>> model = SymbolLabeller(5, hidden=4, rng=np.random.default_rng(0))
    >>> logits, state = model(torch.tensor([[1, 2, 3]]))
    >>> logits.shape, state.shape
    (torch.Size([1, 3, 5]), torch.Size([1, 1, 4]))
    """

    def __init__(self, symbols, labels=None, hidden=64, kind="rnn", *, embedding=16, layers=1, bidirectional=False, rng):
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            self.embedding = torch.nn.Embedding(symbols, embedding)
            self.recurrent = recurrent_layer(kind, embedding, hidden, layers, bidirectional)
            self.readout = torch.nn.Linear(hidden * (1 + bidirectional), labels or symbols)
        draw_weights(self, hidden**-0.5, rng)

    def forward(self, ids, state=None):
        """Logits (B, T, K) for ids (B, T) and the last state, as torch's layers give it; `state` None starts from zeros."""
        states, state = self.recurrent(self.embedding(ids), state)
        return self.readout(states), state

    def stream(self):
        """Return a stream that takes one id at a time and keeps the state: `rnncourse.models.streaming`."""
        return RecurrentStream(self, self.recurrent, before=self.embedding, after=lambda h, x: self.readout(h))


class CharacterModel(SymbolLabeller):
    """A language model: it reads characters and scores the next one, so it never looks ahead.

    >>> import numpy as np, torch
    >>> model = CharacterModel(4, hidden=8, kind="gru", rng=np.random.default_rng(0))
    >>> model.write(torch.tensor([0, 1]), 3, lambda logits: logits.argmax()).shape
    torch.Size([3])
    """

    def __init__(self, symbols, hidden=64, kind="rnn", *, embedding=16, layers=1, rng):
        super().__init__(symbols, None, hidden, kind, embedding=embedding, layers=layers, rng=rng)

    def write(self, prompt, count, choose):
        """Return `count` ids (count,) that follow the prompt (N,); `choose` maps logits (V,) to the next id."""
        return continue_text(self, prompt, count, choose)
