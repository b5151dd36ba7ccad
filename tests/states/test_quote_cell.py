"""A quote cell appears in a network that trains in seconds, from every start, and not in its random weights."""

import numpy as np
import pytest

from rnncourse import data, models
from rnncourse.cells.language_model import consecutive_batches
from rnncourse.data.spelling import ALPHABET
from rnncourse.states import encode, inside, rank_units, record

TEXT, TEST = (data.dialects(np.random.default_rng(seed), length) for seed, length in ((0, 45_000), (1, 12_000)))


@pytest.mark.parametrize("seed", range(5))
def test_a_quote_cell_from_every_start(seed):
    model = models.CharacterModel(len(ALPHABET), hidden=32, kind="lstm", rng=np.random.default_rng(seed))
    models.start_from(model.recurrent, np.random.default_rng(seed), longest=80)
    batches = models.consecutive(consecutive_batches(encode(TEXT, ALPHABET), B=32, T=50))
    settings = models.Settings(epochs=36, learning_rate=0.03, schedule="cosine", seed=seed)
    models.fit(model, batches, models.stream_loss, settings, show=False)
    order, r = rank_units(record(model, encode(TEST, ALPHABET)).cell[0], inside(TEST))
    assert abs(r[order[0]]) >= 0.6
