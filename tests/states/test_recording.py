"""What is recorded is what the network computes: layers, directions, gates, axes; and clear words where nothing can be."""

import numpy as np
import pytest
import torch

from rnncourse import cells, models
from rnncourse.states import record

RNG = np.random.default_rng(0)
KINDS = {"rnn": torch.nn.RNN, "relu": lambda *a, **k: torch.nn.RNN(*a, nonlinearity="relu", **k), "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}


def seeded(make, *args, **kwargs):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return make(*args, **kwargs)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize(("batch_first", "bias"), [(True, True), (False, True), (True, False)])
def test_torchs_layers(kind, layers, bidirectional, batch_first, bias):
    B, T, D, H = 3, 7, 2, 4
    module = seeded(KINDS[kind], D, H, num_layers=layers, bidirectional=bidirectional, batch_first=batch_first, bias=bias)
    x = RNG.normal(size=(B, T, D) if batch_first else (T, B, D)).astype(np.float32)
    with torch.no_grad():
        given = module(torch.from_numpy(x))[0].numpy()
    recording = record(module, x)
    assert len(recording.layers) == layers and recording.output is None
    np.testing.assert_allclose(recording.hidden, given if batch_first else given.swapaxes(0, 1), atol=1e-5)
    for layer in recording.layers:
        assert layer.hidden.shape == (B, T, H * (1 + bidirectional))
        assert (layer.cell is not None) == (kind == "lstm")
        assert all(gate.shape == layer.hidden.shape for gate in layer.gates.values())


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_gates_make_the_states(kind):
    module = seeded(KINDS[kind], 2, 4, num_layers=2, batch_first=True)
    for layer in record(module, RNG.normal(size=(3, 6, 2))).layers:
        before = np.pad(layer.hidden, ((0, 0), (1, 0), (0, 0)))[:, :-1]
        if kind == "lstm":
            i, f, g, o = (layer.gates[name] for name in ("input", "forget", "candidate", "output"))
            c = f * np.pad(layer.cell, ((0, 0), (1, 0), (0, 0)))[:, :-1] + i * g
            np.testing.assert_allclose((c, o * np.tanh(c)), (layer.cell, layer.hidden), atol=1e-12)
        else:
            z, n = layer.gates["update"], layer.gates["candidate"]
            np.testing.assert_allclose((1 - z) * n + z * before, layer.hidden, atol=1e-12)


def test_a_lower_layer_is_what_it_is_by_itself():
    both = seeded(torch.nn.LSTM, 2, 4, num_layers=2, bidirectional=True, batch_first=True)
    lower = torch.nn.LSTM(2, 4, bidirectional=True, batch_first=True)
    lower.load_state_dict({name: value for name, value in both.state_dict().items() if "_l0" in name})
    x = RNG.normal(size=(2, 5, 2))
    np.testing.assert_allclose(record(both, x).layers[0].hidden, record(lower, x).hidden, atol=1e-12)
    np.testing.assert_allclose(record(both, x).layers[0].cell, record(lower, x).cell, atol=1e-12)


@pytest.mark.parametrize("kind", ["lstm", "gru", "rnn"])
def test_a_state_before_the_first_step(kind):
    module = seeded(KINDS[kind], 2, 4, num_layers=2, batch_first=True)
    x = torch.from_numpy(RNG.normal(size=(3, 8, 2)).astype(np.float32))
    with torch.no_grad():
        state = module(x[:, :5])[1]
    np.testing.assert_allclose(record(module, x[:, 5:], state=state).hidden, record(module, x).hidden[:, 5:], atol=1e-5)


def ours():
    rng = np.random.default_rng(1)
    for name in ("RNN", "LSTM", "GRU", "FastRNN", "FastLSTM", "FastGRU"):
        yield name, getattr(cells, name).random(rng, D=2, H=4)
    yield "Bidirectional", cells.Bidirectional(cells.LSTM.random(rng, D=2, H=3), cells.LSTM.random(rng, D=2, H=3))
    yield "Stacked", cells.Stacked(cells.GRU.random(rng, D=2, H=3), cells.GRU.random(rng, D=3, H=4))
    yield "Stacked of one", cells.Stacked(cells.LSTM.random(rng, D=2, H=3))
    yield "no bias", cells.GRU.random(rng, D=2, H=3, bias=False)


@pytest.mark.parametrize(("name", "layer"), list(ours()), ids=[name for name, _ in ours()])
def test_our_cells(name, layer):
    x = RNG.normal(size=(3, 6, 2))
    hs, state, _ = layer.forward(x)
    recording = record(layer, x)
    np.testing.assert_allclose(recording.hidden, hs, atol=1e-12)
    if name == "LSTM":
        np.testing.assert_allclose(recording.cell[:, -1], state[1], atol=1e-12)
    if name != "Bidirectional":
        np.testing.assert_allclose(record(layer, x, state=state).hidden, layer.forward(x, state)[0], atol=1e-12)


def test_a_model_that_holds_layers():
    model = models.CharacterModel(5, hidden=4, kind="gru", layers=2, rng=np.random.default_rng(0))
    ids = np.array([0, 3, 1, 4, 2])
    recording = record(model, ids)
    with torch.no_grad():
        logits, _ = model(torch.from_numpy(ids)[None])
        hs, _ = model.recurrent(model.embedding(torch.from_numpy(ids)[None]))
    np.testing.assert_allclose(recording.hidden, hs.numpy(), atol=1e-5)
    np.testing.assert_allclose(recording.output, logits.numpy(), atol=1e-6)
    assert [layer.name for layer in recording.layers] == ["recurrent layer 1", "recurrent layer 2"]


def test_what_else_the_forward_takes():
    model = models.SequenceClassifier(2, 3, hidden=4, kind="lstm", rng=np.random.default_rng(0))
    x = RNG.normal(size=(2, 6, 2))
    np.testing.assert_allclose(record(model, x, np.array([6, 3])).hidden, models.states(model, x), atol=1e-5)


def test_dropout_rests_and_the_model_goes_on_as_it_was():
    module = seeded(torch.nn.LSTM, 2, 4, num_layers=2, dropout=0.5, batch_first=True).train()
    x = RNG.normal(size=(2, 5, 2))
    first, second = record(module, x).hidden, record(module, x).hidden
    np.testing.assert_array_equal(first, second)
    assert module.training and not module._forward_hooks


@pytest.mark.parametrize("batch_first", [True, False])
def test_a_transformer_block_by_block(batch_first):
    block = seeded(torch.nn.TransformerEncoderLayer, 8, 2, 16, batch_first=batch_first, dropout=0.1)
    encoder = torch.nn.TransformerEncoder(block, 3, enable_nested_tensor=False)
    x = torch.from_numpy(RNG.normal(size=(2, 5, 8)).astype(np.float32))
    given = x if batch_first else x.transpose(0, 1)
    recording, expected = record(encoder, given), []
    encoder.eval()
    with torch.no_grad():
        for layer in encoder.layers:
            given = layer(given)
            expected.append(given if batch_first else given.transpose(0, 1))
    assert [layer.name for layer in recording.layers] == ["block 1", "block 2", "block 3"]
    for layer, right in zip(recording.layers, expected, strict=True):
        np.testing.assert_allclose(layer.hidden, right.numpy(), atol=1e-5)
    np.testing.assert_allclose(record(encoder.layers[0], x if batch_first else x.transpose(0, 1)).hidden, recording.layers[0].hidden, atol=1e-5)


def test_the_courses_transformer():
    model = models.Transformer(9, layers=2, width=8, heads=2, context=12, rng=np.random.default_rng(0))
    ids = RNG.integers(9, size=(3, 7))
    recording, given = record(model, ids), torch.from_numpy(ids)
    with torch.no_grad():
        x = model.embedding(given) + model.positions.weight[:7]
        for number, layer in enumerate(model.layers):
            x = layer(x)
            np.testing.assert_allclose(recording.layers[number].hidden, x.numpy(), atol=1e-5)
        np.testing.assert_allclose(recording.output, model(given).numpy(), atol=1e-6)
    assert [layer.name for layer in recording.layers] == ["block 1", "block 2"]


@pytest.mark.parametrize("kind", ["mingru", "minlstm"])
def test_minimal_layers(kind):
    model = models.SymbolLabeller(9, None, 6, kind=kind, embedding=4, layers=2, rng=np.random.default_rng(0))
    ids = RNG.integers(9, size=(3, 7))
    recording = record(model, ids)
    with torch.no_grad():
        hs = model.recurrent(model.embedding(torch.from_numpy(ids)))[0]
        np.testing.assert_allclose(recording.hidden, hs.numpy(), atol=1e-5)
        state = torch.ones(2, 3, 6)
        np.testing.assert_allclose(record(model.recurrent, torch.zeros(3, 4, 4), state=state).hidden, model.recurrent(torch.zeros(3, 4, 4), state)[0].numpy(), atol=1e-5)
    assert [layer.hidden.shape for layer in recording.layers] == [(3, 7, 6)] * 2 and recording.cell is None
    keep = recording.layers[0].gates["keep"]
    assert (keep > 0).all() and (keep < 1).all()


def test_clear_words_where_nothing_can_be_recorded():
    model = models.CharacterModel(5, hidden=4, kind="lstm", rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="is the text empty"):
        record(model, np.array([], dtype=np.int64))
    with pytest.raises(ValueError, match="at least one step"):
        record(cells.RNN.random(np.random.default_rng(0), D=2, H=3), np.zeros((1, 0, 2)))
    with pytest.raises(TypeError, match="holds no torch.nn.RNN, LSTM or GRU and no list of blocks"):
        record(torch.nn.Linear(2, 3), np.zeros((1, 4, 2)))
    with pytest.raises(TypeError, match="expected one of rnncourse.cells"):
        record("a network", np.zeros((1, 4, 2)))
    with pytest.raises(ValueError, match="projection"):
        record(torch.nn.LSTM(2, 4, proj_size=2, batch_first=True), np.zeros((1, 4, 2)))
    packed = torch.nn.utils.rnn.pack_padded_sequence
    with pytest.raises(ValueError, match="packed sequences cannot be recorded"):
        record(PackedInside(packed), np.zeros((2, 4, 2)))


class PackedInside(torch.nn.Module):
    def __init__(self, pack):
        super().__init__()
        self.pack, self.recurrent = pack, torch.nn.GRU(2, 3, batch_first=True)

    def forward(self, x):
        return self.recurrent(self.pack(x, torch.tensor([4, 2]), batch_first=True))[1]


def test_a_model_on_another_device_is_told():
    model = models.CharacterModel(5, hidden=4, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="holds no values; load them first"):
        record(models.CharacterModel(5, hidden=4, rng=np.random.default_rng(0)).to("meta"), np.array([1, 2]))
    model.readout.to("meta")
    with pytest.raises(ValueError, match=r"its weights are on cpu and meta; bring them together with model\.to\('cpu'\)"):
        record(model, np.array([1, 2]))
