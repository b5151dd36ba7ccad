"""Sequence to sequence: one network reads, another writes; between them one state, or attention to all of them.

    source (B, S) --encoder--> states (B, S, H), the last of them --> decoder's first state
    target (B, T) --decoder--> states (B, T, H) [--attention to the encoder's states--> (B, T, H)] --> logits (B, T, V)

Sources: Sutskever, Vinyals and Le 2014 (one state); Bahdanau, Cho and Bengio 2015 (attention, and a first state made of
the encoder's by a map and tanh); Luong, Pham and Manning 2015, sections 3.1 and 3.2 (attention after the decoder's
step, "general" score, tanh of state and context), divided here by √H.
"""

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from rnncourse.data.symbols import END, PAD, START
from rnncourse.models.attention import attention
from rnncourse.models.recurrent import draw_weights, recurrent_layer
from rnncourse.models.threads import one_thread


class Translator(torch.nn.Module):
    """An encoder and a decoder; ids as `rnncourse.data.Symbols` gives them: START, tokens, END, PAD.

    `source_vocabulary` and `target_vocabulary` count the ids of each side, `hidden` is H of both networks, `kind` that
    of `recurrent_layer`, `embedding` the size of an id's vector. Without `attention` all that the decoder knows of the
    source is its first state. Every weight is drawn from `rng`: same generator state, same network. Raises ValueError
    for an unknown kind and for too small a vocabulary.

    >>> import numpy as np
    >>> model = Translator(9, 7, hidden=4, rng=np.random.default_rng(0))
    >>> source, lengths = torch.tensor([[1, 3, 4, 2], [1, 8, 2, 0]]), torch.tensor([4, 3])
    >>> model(source, lengths, torch.tensor([[1, 3, 3], [1, 5, 0]])).shape
    torch.Size([2, 3, 7])
    """

    def __init__(self, source_vocabulary, target_vocabulary, hidden=64, attention=True, kind="gru", *, embedding=32, rng):
        super().__init__()
        if min(source_vocabulary, target_vocabulary) <= END + 1:
            got = f"{source_vocabulary} and {target_vocabulary}"
            raise ValueError(f"vocabulary: expected {END + 2} ids or more on each side, three of them special, got {got}")
        self.kind = kind
        with torch.random.fork_rng(devices=[]):
            self.source_embedding = torch.nn.Embedding(source_vocabulary, embedding)
            self.target_embedding = torch.nn.Embedding(target_vocabulary, embedding)
            self.encoder = recurrent_layer(kind, embedding, hidden)
            self.bridge = torch.nn.Linear(hidden, hidden * (1 + (kind == "lstm")))
            self.decoder = recurrent_layer(kind, embedding, hidden)
            self.query = torch.nn.Linear(hidden, hidden, bias=False) if attention else None
            self.join = torch.nn.Linear(2 * hidden, hidden) if attention else None
            self.readout = torch.nn.Linear(hidden, target_vocabulary)
        draw_weights(self, hidden**-0.5, rng)

    def forward(self, source, lengths, target):
        """Logits (B, T, V) of what follows each id of target (B, T): teacher forcing, the right ids are given.

        `source` (B, S) are ids, of which the first lengths (B,) are real.
        """
        states, mask, state = self.encode(source, lengths)
        return self.decode(target, states, mask, state)[0]

    def encode(self, source, lengths):
        """Return the encoder's states (B, S, H), a mask (B, 1, S) of the real ones, and the decoder's first state."""
        _fitting(source, lengths)
        states = self.encoder(self.source_embedding(source))[0]  # (B, S, H)
        last = states[torch.arange(len(source), device=source.device), lengths - 1]  # (B, H)
        mask = torch.arange(source.shape[1], device=source.device) < lengths[:, None]
        first = torch.tanh(self.bridge(last))[None]  # (1, B, H), of an LSTM (1, B, 2H)
        return states, mask[:, None], tuple(each.contiguous() for each in first.chunk(2, dim=2)) if self.kind == "lstm" else first

    def decode(self, target, states, mask, state):
        """Return logits (B, T, V) after target ids (B, T), attention weights (B, T, S) or None, and the state after them."""
        hs, state = self.decoder(self.target_embedding(target), state)  # (B, T, H)
        if self.query is None:
            return self.readout(hs), None, state
        context, weights = attention(self.query(hs), states, states, mask)  # (B, T, H), (B, T, S)
        return self.readout(torch.tanh(self.join(torch.cat([hs, context], dim=2)))), weights, state

    @torch.no_grad()
    def translate(self, source, lengths, longest=50):
        """Return the ids that follow START, (B, at most `longest`), each the likeliest; after END comes PAD alone.

        Nothing of a right translation is given: each id that was chosen is read in turn.
        """
        states, mask, state = self.encode(source, lengths)
        ids, chosen = [], torch.full((len(source),), START, device=source.device)
        ended = torch.zeros(len(source), dtype=torch.bool, device=source.device)
        while len(ids) < longest and not ended.all():
            logits, _, state = self.decode(chosen[:, None], states, mask, state)
            chosen = logits[:, 0].argmax(dim=1).masked_fill(ended, PAD)
            ended = ended | (chosen == END)
            ids.append(chosen)
        return torch.stack(ids, dim=1) if ids else source.new_zeros(len(source), 0)

    @torch.no_grad()
    def alignment(self, source, lengths, target):
        """Return where the decoder looks, (B, T, S), when it has read target (B, T); rows sum to 1.

        Raises ValueError for a network without attention.
        """
        if self.query is None:
            raise ValueError("alignment: this Translator has no attention; make one with attention=True")
        return self.decode(target, *self.encode(source, lengths))[1]


def translation_loss(model, batch, state):
    """An objective for `fit`: cross-entropy in nats a target id, PAD not counted; the batch is (source, lengths, target)."""
    source, lengths, target = batch
    logits = model(source, lengths, target[:, :-1])
    return cross_entropy(logits.flatten(0, 1), target[:, 1:].flatten(), ignore_index=PAD), None


def exact_match(model, source, lengths, target):
    """The share of sequences translated without a single error, END included; arrays as `DatePairs.encode` gives them."""
    source, lengths, target = (torch.from_numpy(np.asarray(each, dtype=np.int64)) for each in (source, lengths, target))
    device = next(model.parameters()).device
    with one_thread():
        said = model.translate(source.to(device), lengths.to(device), target.shape[1] - 1).cpu()
    said = torch.nn.functional.pad(said, (0, target.shape[1] - 1 - said.shape[1]), value=PAD)
    return float((said == target[:, 1:]).all(dim=1).double().mean())


def _fitting(source, lengths):
    if source.dim() != 2 or lengths.shape != source.shape[:1]:
        raise ValueError(
            f"expected source (batch, time) and lengths (batch,), got {tuple(source.shape)} and {tuple(lengths.shape)}"
        )
    if lengths.min() < 1 or lengths.max() > source.shape[1]:
        raise ValueError(f"lengths: expected 1 to {source.shape[1]} real ids, got {int(lengths.min())} to {int(lengths.max())}")
