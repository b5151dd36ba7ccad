"""Recordings equal what the recorded network does, for every kind of layer; what cannot be recorded is told."""

import numpy as np
import pytest
import torch

from rnncourse import cells, models, states

KINDS = {"RNN": torch.nn.RNN, "LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU}
X = np.random.default_rng(0).normal(size=(4, 7, 3))


def module(kind, seed=0, **options):
    torch.manual_seed(seed)
    return KINDS[kind](3, 5, **options)


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_states_equal_those_of_torch(kind, layers, bidirectional, batch_first):
    layer = module(kind, num_layers=layers, bidirectional=bidirectional, batch_first=batch_first)
    x = torch.tensor(X, dtype=torch.float32) if batch_first else torch.tensor(X.swapaxes(0, 1), dtype=torch.float32)
    with torch.no_grad():
        given = layer(x)[0].numpy()
    seen = states.record(layer, x)
    assert len(seen.layers) == layers * (1 + bidirectional)
    assert np.abs(seen.hidden - (given if batch_first else given.swapaxes(0, 1))).max() < 1e-6


@pytest.mark.parametrize("bidirectional", [True, False])
def test_gates_and_cell_states_of_an_lstm_make_its_states(bidirectional):
    for one in states.record(module("LSTM", num_layers=2, bidirectional=bidirectional, batch_first=True), X).layers:
        i, f, g, o = (one.gates[letter] for letter in "ifgo")
        behind = one.name.endswith("from the end")
        c = one.cell[:, ::-1] if behind else one.cell
        i, f, g, o, h = (a[:, ::-1] if behind else a for a in (i, f, g, o, one.hidden))
        before = np.concatenate([np.zeros_like(c[:, :1]), c[:, :-1]], axis=1)
        assert np.allclose(c, f * before + i * g) and np.allclose(h, o * np.tanh(c))
        assert one.keeps is one.gates["f"]


def test_gates_of_a_gru_make_its_states():
    (one,) = states.record(module("GRU", batch_first=True), X).layers
    before = np.concatenate([np.zeros_like(one.hidden[:, :1]), one.hidden[:, :-1]], axis=1)
    assert np.allclose(one.hidden, (1 - one.gates["z"]) * one.gates["n"] + one.gates["z"] * before)


@pytest.mark.parametrize("cell", [cells.RNN, cells.LSTM, cells.GRU, cells.FastRNN, cells.FastLSTM, cells.FastGRU])
def test_our_own_cells_from_a_state_that_was_carried(cell):
    layer = cell.random(np.random.default_rng(1), D=3, H=5)
    _, state, _ = layer.forward(X[:, :3])
    assert np.allclose(states.record(layer, X[:, 3:], state).hidden, layer.forward(X)[0][:, 3:])


def test_stacked_cells_and_the_names_of_layers():
    rng = np.random.default_rng(2)
    ahead, reverse = cells.LSTM.random(rng, 3, 4), cells.LSTM.random(rng, 3, 4)
    layer = cells.Stacked(cells.Bidirectional(ahead, reverse), cells.LSTM.random(rng, 8, 2))
    seen = states.record(layer, X)
    assert [one.name for one in seen.layers] == ["layer 0", "layer 0 from the end", "layer 1"]
    assert np.allclose(seen.hidden, layer.forward(X)[0]) and seen["layer 1"] is seen[2]
    with pytest.raises(KeyError, match="layer 0 from the end, layer 1"):
        seen["layer 2"]


def test_what_cannot_be_recorded_is_told():
    for layer, x, error, words in (
        (module("RNN"), X[0], ValueError, r"one sequence alone is x\[None\]"),
        (module("RNN", batch_first=True), X[:, :0], ValueError, "at least one sequence and one step"),
        (module("RNN", batch_first=True), X[:, :, :2], ValueError, "3 features, which the layer reads, got 2"),
        (module("RNN", nonlinearity="relu"), X, ValueError, "got nonlinearity='relu'"),
        (module("LSTM").to("meta"), X, ValueError, "on the device 'meta'"),
        (torch.nn.Linear(3, 5), X, TypeError, "expected torch.nn.RNN, LSTM or GRU, got Linear"),
        ("lstm", X, TypeError, "got str"),
    ):
        with pytest.raises(error, match=words):
            states.record(layer, x)
    with pytest.raises(ValueError, match="several layers"):
        states.record(module("GRU", num_layers=2, batch_first=True), X, np.zeros((4, 5)))
    with pytest.raises(ValueError, match="a vanilla RNN has none"):
        states.record(module("RNN", batch_first=True), X)[0].keeps  # noqa: B018 - the property raises


def test_every_module_of_a_transformer_is_recorded():
    torch.manual_seed(0)
    layer = torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    model = torch.nn.Sequential(layer, torch.nn.Linear(8, 3)).eval()
    x = torch.randn(2, 5, 8)
    seen = states.record_modules(model, x)
    with torch.no_grad():
        attended = layer.norm1(x + layer.self_attn(x, x, x)[0])
        assert np.abs(seen["0.norm1"] - attended.numpy()).max() < 1e-5
        assert np.abs(seen[""] - model(x).numpy()).max() < 1e-5
    assert {"0", "0.self_attn", "0.linear1", "0.linear2", "0.norm2", "1"} <= set(seen)
    (only,) = states.record_modules(model, x, only=torch.nn.TransformerEncoderLayer).values()
    assert np.array_equal(only, seen["0"])
    assert not any(part._forward_hooks for part in model.modules())


def test_a_module_that_runs_often_gives_all_its_calls():
    cell = torch.nn.GRUCell(3, 4)

    class Loop(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = cell

        def forward(self, x):
            h = None
            for t in range(x.shape[1]):
                h = self.cell(x[:, t], h)
            return h

    x = torch.randn(2, 5, 3)
    seen = states.record_modules(Loop(), x)
    assert seen["cell"].shape == (5, 2, 4) and np.array_equal(seen["cell"][-1], seen[""])


def test_hooks_are_taken_off_after_an_error_and_devices_are_compared():
    model = torch.nn.Linear(3, 2)
    with pytest.raises(RuntimeError):
        states.record_modules(model, torch.randn(2, 4))
    assert not model._forward_hooks
    with pytest.raises(ValueError, match=r"the model is on meta and the input on cpu: move one of them, as in x.to\('meta'\)"):
        states.record_modules(torch.nn.Linear(3, 2, device="meta"), torch.randn(2, 3))
    with pytest.raises(ValueError, match="it has Linear"):
        states.record_modules(model, torch.randn(2, 3), only=torch.nn.LSTM)


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_reading_a_text(kind):
    model = models.CharacterModel(3, hidden=4, kind=kind, rng=np.random.default_rng(0))
    seen = states.record_text(model, "abcab", "abc")
    with torch.no_grad():
        logits = model(torch.tensor([[0, 1, 2, 0, 1]]))[0][0]
        assert np.allclose(model.readout(torch.tensor(seen.hidden, dtype=torch.float32)), logits, atol=1e-5)
    assert seen.hidden.shape == (5, 4) and len(seen.gates) == {"rnn": 0, "gru": 3, "lstm": 4}[kind]
    if kind != "lstm":
        with pytest.raises(ValueError, match="a layer of kind (RNN|GRU) has none"):
            seen.cell  # noqa: B018 - the property raises


@pytest.mark.parametrize(
    ("text", "alphabet", "words"),
    [
        ("", "abc", "at least one character, got none"),
        ("abxa", "abc", r"'x' \(character 3 of 4\) is not in the alphabet that the model reads: 'abc'"),
        ("ab", "abcd", "the model reads 3 different characters, this one has 4"),
    ],
)
def test_a_text_that_cannot_be_read_is_told(text, alphabet, words):
    model = models.CharacterModel(3, hidden=4, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=words):
        states.record_text(model, text, alphabet)
    with pytest.raises(ValueError, match="on the device 'meta'"):
        states.record_text(model.to("meta"), "ab", "abc")
