"""The Transformer: its weights counted, its past kept apart from its future, and what it can learn."""

import numpy as np
import pytest
import torch

from rnncourse.data import copy_memory
from rnncourse.models import (
    Settings,
    Transformer,
    answer_loss,
    fit,
    fresh,
    label_scores,
    parameters,
    step_loss,
    stream_loss,
    transformer_weights,
)


def network(vocabulary=7, seed=0, **options):
    options = {"layers": 2, "width": 8, "heads": 2, "context": 12, **options}
    return Transformer(vocabulary, rng=np.random.default_rng(seed), **options)


def ids(B=2, T=9, vocabulary=7, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).integers(vocabulary, size=(B, T)))


def shaken(model):
    """Larger weights, so that attention is far from even and a wrong one shows."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for weight in model.parameters():
            weight += 0.3 * torch.randn(weight.shape, generator=generator)
    return model


@pytest.mark.parametrize(("layers", "width", "heads", "F", "V", "C"), [(1, 4, 1, 16, 5, 3), (3, 12, 4, 7, 11, 20), (4, 128, 4, 512, 65, 64)])
def test_the_weights_are_those_of_the_formula(layers, width, heads, F, V, C):
    model = network(V, layers=layers, width=width, heads=heads, feedforward=F, context=C)
    projections, maps, norms = 4 * (width**2 + width), width * F + F + F * width + width, 2 * 2 * width
    expected = V * width + C * width + layers * (projections + maps + norms) + 2 * width
    assert parameters(model) == transformer_weights(layers, width, F, V, C) == expected


def test_the_feedforward_is_four_times_as_wide_if_nothing_is_said():
    assert parameters(network()) == parameters(network(feedforward=32))


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("step", range(9))
def test_a_later_symbol_changes_nothing_before_it(own, step):
    model, x = shaken(network(own=own)), ids()
    other = x.clone()
    other[:, step] = (x[:, step] + 1) % 7
    before, after = model(x), model(other)
    assert torch.equal(before[:, :step], after[:, :step])
    assert ((before[:, step:] - after[:, step:]).abs().amax(dim=2) > 1e-6).all()


def test_own_attention_gives_the_same_network():
    one, two = (shaken(network(own=own)) for own in (True, False))
    torch.testing.assert_close(one(ids()), two(ids()))


def test_equal_generators_draw_equal_networks_and_torchs_own_is_left_alone():
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    weights = [torch.cat([p.flatten() for p in network(seed=seed).parameters()]) for seed in (3, 3, 4)]
    assert torch.equal(torch.rand(3), expected)
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])


def test_an_untrained_network_is_near_the_even_guess():
    logits = network(width=32)(ids())
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids(seed=1).flatten())
    assert loss.item() == pytest.approx(np.log(7), abs=0.1)


def test_the_read_out_is_the_embedding():
    model = network()
    model(ids())[0, 0, 3].backward()
    assert model.embedding.weight.grad[3].any() and "readout.weight" not in dict(model.named_parameters())


def test_numbers_are_read_and_given():
    model, x = network(None, inputs=2, outputs=3), torch.randn(4, 9, 2)
    assert model(x).shape == (4, 9, 3)
    W, V = 8, 0
    assert parameters(model) == transformer_weights(2, W, 32, V, 12) + (2 * W + W) + (W * 3 + 3)
    lengths = torch.tensor([9, 1, 4, 8])
    torch.testing.assert_close(model(x, lengths), model(x)[range(4), lengths - 1])


def test_padding_behind_the_last_real_step_is_not_looked_at():
    model, x = shaken(network(None, inputs=2, outputs=1)), torch.randn(1, 9, 2)
    short = model(x[:, :5])[:, -1]
    x[:, 5:] = 99.0
    torch.testing.assert_close(model(x, torch.tensor([5])), short)


def test_symbols_may_be_labelled_with_others():
    assert network(outputs=3)(ids()).shape == (2, 9, 3)


def test_dropout_acts_in_training_alone():
    model = network(dropout=0.5)
    assert not torch.equal(model(ids()), model(ids()))
    model.eval()
    assert torch.equal(model(ids()), model(ids()))


def test_who_looks_where_is_told_for_every_layer_and_head():
    model, x = shaken(network()), ids()
    told = model.attention_weights(x)
    assert [weights.shape for weights in told] == [(2, 2, 9, 9)] * 2
    torch.testing.assert_close(told[0], model.layers[0].attention.weights(
        model.layers[0].attention_norm(model.embedding(x) + model.positions.weight[:9])
    ).detach())
    assert not model.layers[0].attention._forward_pre_hooks


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: network(None), "one of them, got None and None"),
        (lambda: network(7, inputs=2, outputs=1), "one of them, got 7 and 2"),
        (lambda: network(None, inputs=2), "give outputs=…"),
        (lambda: network(layers=0), "layers: expected 1 or more, got 0"),
        (lambda: network(0), "vocabulary: expected 1 or more, got 0"),
        (lambda: network(heads=3), "heads: expected to divide the width"),
        (lambda: network()(ids(T=13)), r"expected at most 12 steps \(context\), got 13"),
        (lambda: network()(ids().float()), "expected symbols .* as integers"),
        (lambda: network()(ids()[0]), r"expected symbols \(batch, time\)"),
        (lambda: network(None, inputs=2, outputs=1)(torch.zeros(3, 4, 5)), r"expected \(batch, time, 2 inputs\)"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_it_has_no_state_to_carry_from_batch_to_batch():
    with pytest.raises(TypeError, match=r"gives \(logits, state\), got Transformer; train it with step_loss"):
        stream_loss(network(), (ids(), ids()), None)


def test_the_courses_training_loop_takes_it():
    model = network(10, width=32, heads=4, layers=2, context=25)

    def draw(rng):
        inputs, targets = copy_memory(rng, 16, 3)
        targets[:, :-10] = -1
        return inputs, targets

    history = fit(model, fresh(draw, 40), step_loss, Settings(epochs=4, learning_rate=1e-2), show=False)
    loss, share = label_scores(model, *draw(np.random.default_rng(99)))
    assert history.losses[0] > 1.5 and loss < history.losses[0] and share > 0.2  # 1/8 by guessing


def test_one_answer_a_sequence_is_trained_like_a_recurrent_networks():
    model = network(None, inputs=2, outputs=1)

    def draw(rng):
        x = rng.normal(size=(32, 6, 2))
        return x, np.full(32, 6), x[:, :, :1].mean(axis=1)

    losses = fit(model, fresh(draw, 40), answer_loss, Settings(epochs=4, learning_rate=1e-2), show=False).losses
    assert losses[-1] < 0.3 * losses[0]
