"""Networks that answer at every step, and the forecaster: shapes, what they can see, reproducible weights."""

import numpy as np
import pytest
import torch

from rnncourse.models import CharacterModel, Forecaster, SequenceClassifier, SymbolLabeller, label_scores, outputs
from rnncourse.models.recurrent import KINDS


def labeller(kind="lstm", seed=0, **options):
    return SymbolLabeller(6, 4, hidden=5, kind=kind, embedding=3, rng=np.random.default_rng(seed), **options)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("B", "T"), [(3, 7), (1, 1)])
def test_every_step_gets_an_answer_and_the_state_carries_on(kind, B, T):
    model, ids = labeller(kind, layers=2), torch.randint(6, (B, T + 1))
    whole, _ = model(ids)
    first, state = model(ids[:, :T])
    then, _ = model(ids[:, T:], state)
    assert whole.shape == (B, T + 1, 4)
    torch.testing.assert_close(torch.cat([first, then], dim=1), whole)


@pytest.mark.parametrize("both", [False, True])
def test_only_a_bidirectional_one_looks_ahead(both):
    model, ids = labeller(bidirectional=both), torch.randint(5, (1, 6))
    other = ids.clone()
    other[0, 4] = 5
    change = (model(ids)[0] - model(other)[0]).abs().amax(dim=2)[0]
    assert bool((change[:4] > 0).all()) == both
    assert (change[4:] > 0).all()


@pytest.mark.parametrize("make", [labeller, lambda seed: CharacterModel(6, 5, rng=np.random.default_rng(seed))])
def test_equal_generators_draw_equal_networks(make):
    weights = [torch.cat([p.flatten() for p in make(seed=seed).parameters()]) for seed in (3, 3, 4)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])


def test_a_character_model_writes_what_it_would_read():
    model = CharacterModel(5, hidden=8, kind="gru", rng=np.random.default_rng(0))
    prompt = torch.tensor([1, 4, 2])
    written = model.write(prompt, 6, lambda logits: logits.argmax())
    logits, _ = model(torch.cat([prompt, written])[None])
    assert torch.equal(logits[0, 2:-1].argmax(dim=1), written)


def test_scores_count_the_steps_that_were_asked_alone():
    model, rng = labeller(), np.random.default_rng(0)
    ids, targets = rng.integers(6, size=(3, 5)), np.full((3, 5), -1)
    logits = model(torch.from_numpy(ids))[0].detach()
    targets[0, 2], targets[2, 4] = int(logits[0, 2].argmax()), int(logits[2, 4].argmin())
    loss, share = label_scores(model, ids, targets)
    nats = -torch.log_softmax(logits, dim=2)
    assert share == 0.5
    assert loss == pytest.approx(float(nats[0, 2, targets[0, 2]] + nats[2, 4, targets[2, 4]]) / 2, rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_forecaster_with_a_silent_readout_is_persistence(kind):
    model, x = Forecaster(2, 3, hidden=4, kind=kind, rng=np.random.default_rng(0)), torch.randn(5, 7, 2)
    with torch.no_grad():
        for weight in model.readout.parameters():
            weight.zero_()
    torch.testing.assert_close(model(x), x[:, -1:].expand(5, 3, 2))


def test_a_forecast_ends_where_the_sequence_does():
    model, x = Forecaster(1, 2, hidden=4, rng=np.random.default_rng(0)), np.random.default_rng(1).normal(size=(2, 6, 1))
    short = outputs(model, x[:, :4], np.array([4, 4]))
    np.testing.assert_allclose(outputs(model, x, np.array([4, 4])), short, rtol=1e-5)


def two_ways(packed):
    return SequenceClassifier(3, 4, hidden=5, kind="lstm", packed=packed, rng=np.random.default_rng(0))


def test_padding_and_packing_give_the_same_scores():
    x, lengths = torch.randn(4, 7, 3), torch.tensor([7, 2, 5, 1])
    torch.testing.assert_close(two_ways(True)(x, lengths), two_ways(False)(x, lengths))


def test_a_bidirectional_classifier_hears_every_real_step_from_both_ends():
    model = SequenceClassifier(3, 4, hidden=5, kind="gru", layers=2, bidirectional=True, rng=np.random.default_rng(0))
    x, lengths = torch.randn(2, 7, 3), torch.tensor([5, 7])
    before, padded = model(x, lengths), x.clone()
    padded[0, 5:] = 99.0
    torch.testing.assert_close(model(padded, lengths), before)
    taken = {}
    model.readout.register_forward_pre_hook(lambda layer, args: taken.update(vector=args[0]))
    model(x, lengths)
    vector = taken["vector"]
    for step in range(5):
        other = x.clone()
        other[0, step] += 1.0
        model(other, lengths)
        change = (taken["vector"] - vector)[0].abs()
        assert change[:5].max() > 1e-6 and change[5:].max() > 1e-6
