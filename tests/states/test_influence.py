"""Connectivity is what a small change does, and exactly causal where the network is."""

import numpy as np
import pytest
import torch

from rnncourse import models
from rnncourse.states import connectivity, reader_of_embeddings

IDS = np.array([0, 3, 1, 4, 2, 2, 0, 1])


class CausalTransformer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.places = torch.nn.Embedding(5, 8), torch.nn.Embedding(16, 8)
        self.block = torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, dropout=0.0)

    def forward(self, ids):
        T = ids.shape[1]
        mask = torch.nn.Transformer.generate_square_subsequent_mask(T)
        return self.block(self.embedding(ids) + self.places(torch.arange(T)), src_mask=mask, is_causal=True)


def made():
    for kind in ("rnn", "gru", "lstm"):
        yield kind, models.CharacterModel(5, hidden=6, kind=kind, layers=2, rng=np.random.default_rng(0))
    yield "transformer", CausalTransformer()


@pytest.mark.parametrize(("name", "model"), list(made()), ids=[name for name, _ in made()])
def test_nothing_above_the_diagonal(name, model):
    read, x = reader_of_embeddings(model, IDS)
    C = connectivity(read, x)
    assert C.shape == (8, 8)
    assert (np.triu(C, 1) == 0).all()
    assert (np.tril(C) > 0)[np.tril_indices(8)].all()
    assert not x.requires_grad and all(weight.grad is None for weight in model.parameters())


def test_a_network_that_looks_ahead_is_not_forced():
    model = models.SymbolLabeller(5, 3, hidden=6, kind="lstm", bidirectional=True, rng=np.random.default_rng(0))
    assert (connectivity(*reader_of_embeddings(model, IDS)) > 0).all()


def test_it_is_the_slope_of_the_largest_logit():
    model = models.CharacterModel(5, hidden=6, kind="gru", rng=np.random.default_rng(0)).double()
    read, x = reader_of_embeddings(model, IDS)
    C, s, eps = connectivity(read, x), 2, 1e-6
    with torch.no_grad():
        winner = read(x[None])[0].argmax(dim=-1)
        slopes = []
        for d in range(x.shape[1]):
            moved = x.repeat(2, 1, 1)
            moved[0, s, d] += eps
            moved[1, s, d] -= eps
            up, down = (read(each[None])[0][torch.arange(8), winner] for each in moved)
            slopes.append((up - down) / (2 * eps))
    np.testing.assert_allclose(C[:, s], torch.stack(slopes).norm(dim=0), atol=1e-7)


def test_clear_words():
    model = models.Tracker(2, 2, hidden=4, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"x is on meta, the model on cpu; move one of them: x\.to\('cpu'\) or model\.to\('meta'\)"):
        connectivity(model, torch.zeros(3, 2, device="meta"))
    with pytest.raises(ValueError, match="at least one step"):
        connectivity(model, torch.zeros(0, 2))
    with pytest.raises(TypeError, match=r"Tracker has no torch\.nn\.Embedding"):
        reader_of_embeddings(model, IDS)
