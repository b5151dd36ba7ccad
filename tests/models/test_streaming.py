"""Streams: what comes one step at a time is what the whole sequence gives, and what has to be remembered for it."""

import numpy as np
import pytest
import torch

from rnncourse.models import CharacterModel, Forecaster, SequenceClassifier, SymbolLabeller, Transformer
from rnncourse.models.recurrent import KINDS, MINIMAL

RECURRENT = [*KINDS, *MINIMAL]
ALL = [*RECURRENT, "transformer", "own attention"]


def network(kind, seed=0, vocabulary=6):
    rng = np.random.default_rng(seed)
    if kind in RECURRENT:
        return CharacterModel(vocabulary, hidden=8, kind=kind, layers=2, rng=rng)
    return Transformer(vocabulary, width=8, heads=2, context=50, own=kind == "own attention", rng=rng)


def ids(B=3, T=40):
    return torch.from_numpy(np.random.default_rng(1).integers(6, size=(B, T)))


def whole(model, x):
    with torch.no_grad():
        answer = model(x)
    return answer[0] if isinstance(answer, tuple) else answer


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("B", [1, 3])
def test_step_by_step_is_the_whole(kind, B):
    model, x = network(kind), ids(B)
    stream = model.stream()
    steps = torch.stack([stream.step(x[:, t]) for t in range(40)], dim=1)
    torch.testing.assert_close(steps, whole(model, x), atol=1e-5, rtol=0)
    assert stream.position == 40 and not steps.requires_grad


@pytest.mark.parametrize("kind", ALL)
def test_many_steps_at_once_and_single_ones_follow_each_other(kind):
    model, x = network(kind), ids()
    stream = model.stream()
    parts = [stream.read(x[:, :7]), stream.step(x[:, 7])[:, None], stream.read(x[:, 8:39]), stream.step(x[:, 39])[:, None]]
    torch.testing.assert_close(torch.cat(parts, dim=1), whole(model, x), atol=1e-5, rtol=0)
    assert stream.position == 40


@pytest.mark.parametrize("kind", ALL)
def test_a_branch_goes_on_by_itself(kind):
    model, x = network(kind), ids()
    other = x.clone()
    other[:, 20:] = (x[:, 20:] + 1) % 6
    one = model.stream()
    one.read(x[:, :20])
    two = one.branch()
    for t in range(20, 40):  # in turn, so that shared memory would show
        first, second = one.step(x[:, t]), two.step(other[:, t])
    torch.testing.assert_close(first, whole(model, x)[:, -1], atol=1e-5, rtol=0)
    torch.testing.assert_close(second, whole(model, other)[:, -1], atol=1e-5, rtol=0)
    assert one.position == two.position == 40


@pytest.mark.parametrize("kind", RECURRENT)
def test_a_recurrent_state_is_as_large_at_every_step(kind):
    stream, sizes = network(kind).stream(), set()
    assert stream.state_bytes == 0
    for t in range(40):
        stream.step(ids()[:, t])
        sizes.add(stream.state_bytes)
    assert sizes == {3 * 2 * 8 * 4 * (2 if kind == "lstm" else 1)}  # batch, layers, units, bytes, h and c


def test_keys_and_values_grow_with_every_step():
    stream, sizes = network("transformer").stream(), []
    for t in range(40):
        stream.step(ids()[:, t])
        sizes.append(stream.state_bytes)
    assert sizes == [3 * 2 * 8 * 4 * 2 * (t + 1) for t in range(40)]  # batch, layers, width, bytes, keys and values


@pytest.mark.parametrize("kind", RECURRENT)
def test_a_classifier_answers_as_if_the_sequence_ended_now(kind):
    model, x = SequenceClassifier(2, 4, hidden=5, kind=kind, rng=np.random.default_rng(0)), torch.randn(3, 9, 2)
    stream = model.stream()
    for t in range(9):
        torch.testing.assert_close(stream.step(x[:, t]), model(x, torch.full((3,), t + 1)).detach())


@pytest.mark.parametrize("kind", RECURRENT)
def test_a_forecaster_goes_on_from_every_step(kind):
    model, x = Forecaster(2, 3, hidden=5, kind=kind, rng=np.random.default_rng(0)), torch.randn(4, 9, 2)
    stream = model.stream()
    steps = torch.stack([stream.step(x[:, t]) for t in range(9)], dim=1)
    torch.testing.assert_close(steps[:, 4], model(x[:, :5]).detach())
    torch.testing.assert_close(steps, model.stream().read(x))


def test_a_transformer_that_reads_numbers_streams_too():
    model, x = Transformer(inputs=2, outputs=3, width=8, heads=2, rng=np.random.default_rng(0)), torch.randn(4, 9, 2)
    stream = model.stream()
    steps = torch.stack([stream.step(x[:, t]) for t in range(9)], dim=1)
    torch.testing.assert_close(steps, model(x).detach(), atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", ALL)
def test_what_does_not_fit_is_told(kind):
    stream = network(kind).stream()
    with pytest.raises(ValueError, match=r"expected axes \(batch\), got shape \(3, 40\)"):
        stream.step(ids())
    with pytest.raises(ValueError, match=r"expected axes \(batch, time\), got shape \(3,\)"):
        stream.read(ids()[:, 0])
    stream.step(ids()[:, 0])
    with pytest.raises(ValueError, match="expected a batch of 3, as at the first step, got 2"):
        stream.step(ids()[:2, 1])


def test_a_failed_step_leaves_the_stream_as_it_was():
    stream = network("transformer").stream()
    stream.read(ids()[:, :20])
    before = stream.branch()
    with pytest.raises(ValueError, match=r"expected at most 50 steps \(context\), got 60"):
        stream.read(ids())
    assert stream.position == 20
    torch.testing.assert_close(stream.step(ids()[:, 20]), before.step(ids()[:, 20]))


def test_what_needs_the_end_or_drops_at_random_cannot_stream():
    labeller = SymbolLabeller(6, hidden=5, bidirectional=True, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="a bidirectional network needs the end"):
        labeller.stream()
    model = Transformer(6, width=8, dropout=0.1, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"call model.eval\(\) first"):
        model.stream()
    assert model.eval().stream().position == 0


@pytest.mark.parametrize("kind", ["minlstm", "transformer"])
def test_writing_is_reading_what_was_written(kind):
    model, prompt = network(kind), torch.tensor([1, 4, 2])
    written = model.write(prompt, 12, lambda logits: logits.argmax())
    logits = whole(model, torch.cat([prompt, written])[None])
    assert torch.equal(logits[0, 2:-1].argmax(dim=1), written)


def test_a_full_context_is_read_anew_from_its_newer_half():
    model = network("transformer")
    calls = []
    written = model.write(ids()[0], 90, lambda logits: calls.append(logits) or int(logits.argmax()))
    assert len(written) == len(calls) == 90
    text = torch.cat([ids()[0], written])
    # the context of 50 is full after 10 letters: the 12th is chosen after the newest 25 alone
    torch.testing.assert_close(calls[9], whole(model, text[None, :49])[0, -1], atol=1e-5, rtol=0)
    torch.testing.assert_close(calls[11], whole(model, text[None, 26:51])[0, -1], atol=1e-5, rtol=0)


def test_a_prompt_longer_than_the_context_counts_from_its_end():
    model, prompt = network("transformer"), torch.cat([ids()[0], ids()[1]])
    calls = []
    model.write(prompt, 1, lambda logits: calls.append(logits) or 0)
    torch.testing.assert_close(calls[0], whole(model, prompt[None, -50:])[0, -1], atol=1e-5, rtol=0)


def test_writing_needs_a_prompt():
    with pytest.raises(ValueError, match=r"expected ids \(N,\), one or more, got shape \(0,\)"):
        network("gru").write(ids()[0, :0], 3, lambda logits: 0)
