"""Sequence to sequence: shapes, what padding must not change, teacher forcing and free writing, attention's gain."""

import numpy as np
import pytest
import torch

from rnncourse.data import date_pairs
from rnncourse.data.symbols import END, PAD, START
from rnncourse.models import Settings, Translator, exact_match, fit, parameters, shuffled_rows, translation_loss
from rnncourse.models.recurrent import KINDS, MINIMAL

ALL = [*KINDS, *MINIMAL]


def network(kind="gru", attention=True, seed=0, hidden=5):
    return Translator(9, 7, hidden, attention, kind, embedding=4, rng=np.random.default_rng(seed))


def source():
    return torch.tensor([[START, 3, 4, 8, END], [START, 5, END, PAD, PAD], [START, END, PAD, PAD, PAD]]), torch.tensor([5, 3, 2])


TARGET = torch.tensor([[START, 3, 4, 5], [START, 6, 6, 3], [START, 4, PAD, PAD]])


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("attention", [True, False])
def test_padding_changes_nothing(kind, attention):
    model, (ids, lengths) = network(kind, attention), source()
    logits = model(ids, lengths, TARGET)
    assert logits.shape == (3, 4, 7)
    for row in range(3):
        alone = model(ids[row : row + 1, : lengths[row]], lengths[row : row + 1], TARGET[row : row + 1])
        torch.testing.assert_close(logits[row : row + 1], alone)


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("attention", [True, False])
def test_every_id_of_the_source_matters_and_none_of_the_target_too_early(kind, attention):
    model, (ids, lengths) = network(kind, attention, hidden=32), source()  # of few ReLUs all may be silent
    logits = model(ids, lengths, TARGET)
    for place in range(5):
        other = ids.clone()
        other[0, place] = 7
        assert (model(other, lengths, TARGET) - logits)[0].abs().max() > 1e-7
    other = TARGET.clone()
    other[:, 2] = 5
    change = (model(ids, lengths, other) - logits).abs().amax(dim=2)
    assert not change[0, :2].any() and change[0, 2] > 0


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("attention", [True, False])
def test_free_writing_reads_its_own_choices(kind, attention):
    model, (ids, lengths) = network(kind, attention), source()
    said = model.translate(ids, lengths, longest=6)
    read = torch.cat([torch.full((3, 1), START), said], dim=1)
    choices = model(ids, lengths, read)[:, :-1].argmax(dim=2)
    for row in range(3):
        ends = (said[row] == END).nonzero()
        stop = int(ends[0]) + 1 if len(ends) else said.shape[1]
        assert torch.equal(said[row, :stop], choices[row, :stop])
        assert (said[row, stop:] == PAD).all()


def test_writing_ends_with_the_last_end():
    model, (ids, lengths) = network(), source()
    with torch.no_grad():
        model.readout.weight.zero_()
        model.readout.bias.zero_()[END] = 1.0
    assert model.translate(ids, lengths).tolist() == [[END]] * 3
    assert model.translate(ids, lengths, longest=0).shape == (3, 0)
    target = np.array([[START, END, PAD, PAD], [START, 3, END, PAD], [START, END, PAD, PAD]])
    assert exact_match(model, ids, lengths, target) == pytest.approx(2 / 3)


def test_where_it_looks_is_told_and_never_at_padding():
    model, (ids, lengths) = network(), source()
    weights = model.alignment(ids, lengths, TARGET)
    assert weights.shape == (3, 4, 5)
    torch.testing.assert_close(weights.sum(dim=2), torch.ones(3, 4))
    assert not weights[1, :, 3:].any() and not weights[2, :, 2:].any()
    with pytest.raises(ValueError, match="has no attention; make one with attention=True"):
        network(attention=False).alignment(ids, lengths, TARGET)


def test_equal_generators_draw_equal_networks():
    weights = [torch.cat([p.flatten() for p in network(seed=seed).parameters()]) for seed in (3, 3, 4)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])


def test_filling_costs_nothing():
    model, (ids, lengths) = network(), source()
    target = torch.tensor([[START, 3, END, PAD, PAD], [START, 6, 6, 3, END], [START, END, PAD, PAD, PAD]])
    loss, state = translation_loss(model, (ids, lengths, target), None)
    nats = [
        torch.nn.functional.cross_entropy(model(ids, lengths, target)[row, : n - 1], target[row, 1:n], reduction="sum")
        for row, n in enumerate((3, 5, 2))
    ]
    assert state is None
    torch.testing.assert_close(loss, sum(nats) / 7)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Translator(9, 3, rng=np.random.default_rng(0)), "expected 4 ids or more on each side, .* got 9 and 3"),
        (lambda: network("transformer"), "kind: expected one of rnn"),
        (lambda: network()(source()[0][0], source()[1], TARGET), r"expected source \(batch, time\) .* got \(5,\) and \(3,\)"),
        (lambda: network()(*source()[:1], torch.tensor([5, 3, 6]), TARGET), "expected 1 to 5 real ids, got 3 to 6"),
        (lambda: network()(*source()[:1], torch.tensor([5, 0, 2]), TARGET), "expected 1 to 5 real ids, got 0 to 5"),
        (lambda: shuffled_rows(np.zeros(3), np.zeros(4)), r"same number of rows in each, got \[3, 4\]"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_attention_translates_unseen_dates_and_one_state_does_not_in_as_many_passes():
    """Two passes over 4,000 pairs, the network without attention with as many weights, so more hidden units."""
    pairs, seen = date_pairs(np.random.default_rng(0), 4500), 4000
    sources, lengths, targets = pairs.encode()
    sizes, shares, counts = (len(pairs.source_symbols), len(pairs.target_symbols)), {}, {}
    epoch = shuffled_rows(sources[:seen], lengths[:seen], targets[:seen])
    for attention, hidden in ((True, 64), (False, 72)):
        model = Translator(*sizes, hidden, attention, "lstm", rng=np.random.default_rng(1))
        fit(model, epoch, translation_loss, Settings(epochs=2, learning_rate=1e-2), show=False)
        shares[attention] = exact_match(model, sources[seen:], lengths[seen:], targets[seen:])
        counts[attention] = parameters(model)
    assert shares[True] > 0.9 and shares[False] < 0.5
    assert counts[True] <= counts[False] < 1.05 * counts[True]
    # what is said is read again as text
    said = pairs.decode(model.translate(*(torch.from_numpy(each[seen:]) for each in (sources, lengths))))
    assert len(said) == 500 and all(isinstance(text, str) for text in said)
