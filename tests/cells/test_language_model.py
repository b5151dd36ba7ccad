"""The character model: its gradients against finite differences, given functions, training, writing."""

import numpy as np
import pytest

from rnncourse.cells import Adam, numerical_gradient, relative_error, rnn_backward, rnn_forward
from rnncourse.cells.language_model import CharacterModel, consecutive_batches, train

V = 5


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def batches(rng, B=4, T=6, count=3):
    ids = rng.integers(V, size=(count, B, T + 1))
    return [(one[:, :-1], one[:, 1:]) for one in ids]


def repeating(T=20):
    """Rows of 0 1 2 3 4 0 1 …: the next id follows from the last one."""
    ids = (np.arange(3)[:, None] + np.arange(T + 1)) % V
    return [(ids[:, :-1], ids[:, 1:])]


@pytest.mark.parametrize("given", [{}, {"forward": rnn_forward, "backward": rnn_backward}], ids=["fast", "given"])
def test_gradients_agree_with_finite_differences(rng, given):
    model = CharacterModel.random(rng, V, H=4, D=3, **given)
    (inputs, targets), *_ = batches(rng)
    _, gradients, _ = model.gradients(inputs, targets)
    assert gradients.keys() == model.weights.keys()
    for name, weight in model.weights.items():

        def loss(value, weight=weight):
            kept = weight.copy()
            weight[...] = value
            found = model.gradients(inputs, targets)[0]
            weight[...] = kept
            return found

        assert relative_error(gradients[name], numerical_gradient(loss, weight.copy())) < 1e-6, name


def test_given_functions_are_the_ones_that_are_called(rng):
    called = []

    def forward(*arguments):
        called.append("forward")
        return rnn_forward(*arguments)

    def backward(*arguments):
        called.append("backward")
        return rnn_backward(*arguments)

    model = CharacterModel.random(rng, V, H=4, D=3, forward=forward, backward=backward)
    train(model, batches(rng), Adam(1e-3), steps=2)
    assert called == ["forward", "backward"] * 2
    with pytest.raises(ValueError, match="both or neither"):
        CharacterModel.random(rng, V, forward=forward)


def test_an_untrained_model_pays_for_knowing_nothing_and_a_little_for_guessing(rng):
    bits = [CharacterModel.random(np.random.default_rng(seed), V).bits(rng.integers(V, size=1000)) for seed in range(5)]
    assert np.log2(V) < np.mean(bits) < np.log2(V) + 0.8


@pytest.mark.parametrize("seed", range(3))
def test_it_learns_what_follows_what_and_writes_it(seed):
    model = CharacterModel.random(np.random.default_rng(seed), V, H=16, D=8)
    run = train(model, repeating(), Adam(1e-2), steps=150)
    assert run.losses.shape == run.norms.shape == (150,)
    assert run.losses[-1] < 0.1 < run.losses[0]
    written = model.write(np.array([0, 1, 2]), 7, lambda logits: logits.argmax(axis=1))
    assert written.tolist() == [3, 4, 0, 1, 2, 3, 4]


def test_a_step_whose_norm_is_not_finite_is_skipped(rng):
    model = CharacterModel.random(rng, V, H=4, D=3)
    before = {name: weight.copy() for name, weight in model.weights.items()}
    run = train(model, batches(rng), Adam(1.0), steps=2, clip=lambda gradients, max_norm: (gradients, np.inf))
    assert not np.isfinite(run.norms).any()
    assert all(np.array_equal(before[name], weight) for name, weight in model.weights.items())


def test_no_batches_and_too_short_a_text_are_told(rng):
    model = CharacterModel.random(rng, V, H=4, D=3)
    with pytest.raises(ValueError, match="shorter than one batch"):
        train(model, [], Adam(1e-3), steps=1)
    with pytest.raises(ValueError, match="expected 2 or more, got 1"):
        model.bits([0])


def test_rows_go_on_from_batch_to_batch_and_targets_are_one_step_ahead():
    ids = np.arange(25) * 3
    pairs = consecutive_batches(ids, B=2, T=5)
    assert len(pairs) == 2  # rows of 12 steps: two batches of 5, the rest dropped
    rows = np.concatenate([inputs for inputs, _ in pairs], axis=1)
    np.testing.assert_array_equal(rows, [ids[:10], ids[12:22]])
    for inputs, targets in pairs:
        np.testing.assert_array_equal(targets, inputs + 3)
    assert consecutive_batches(ids, B=2, T=13) == []


@pytest.mark.parametrize("carry", [True, False])
def test_the_state_goes_on_within_a_round_and_only_if_carried(rng, carry):
    model, given = CharacterModel.random(rng, V, H=4, D=3), []
    inner = model.gradients
    model.gradients = lambda inputs, targets, state: (given.append(state), inner(inputs, targets, state))[1]
    train(model, batches(rng, count=2), Adam(1e-3), steps=4, carry=carry)
    assert [state is None for state in given] == ([True, False] * 2 if carry else [True] * 4)


def test_the_rate_falls_to_zero_and_the_watcher_sees_every_step(rng):
    optimizer, seen = Adam(0.5), []
    model = CharacterModel.random(rng, V, H=4, D=3)

    def watch(step, loss):
        seen.append((step, loss, round(optimizer.learning_rate, 9)))

    run = train(model, batches(rng), optimizer, steps=5, decay=True, watch=watch)
    assert seen == list(zip(range(1, 6), run.losses.tolist(), [0.5, 0.4, 0.3, 0.2, 0.1], strict=True))
    assert optimizer.learning_rate == 0.5


def test_bits_are_the_same_however_the_text_is_read(rng):
    model = CharacterModel.random(rng, V, H=4, D=3)
    ids = rng.integers(V, size=1203)  # more than two pieces
    loss, _, _ = model.gradients(ids[None, :-1], ids[None, 1:])
    assert model.bits(ids) == pytest.approx(loss / np.log(2), rel=1e-12)
