import numpy as np
import pytest

from rnncourse.cells import (
    GRU,
    LSTM,
    RNN,
    Bidirectional,
    FastGRU,
    FastLSTM,
    FastRNN,
    Stacked,
    from_torch,
    to_torch,
)

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("layers, both", [(1, False), (1, True), (3, False), (2, True)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_torchs_modules_become_layers_that_compute_the_same(kind, bias, layers, both, dtype):
    torch.manual_seed(0)
    module = getattr(torch.nn, kind)(3, 5, layers, bias=bias, bidirectional=both, batch_first=True, dtype=dtype)
    x = np.random.default_rng(0).normal(size=(2, 4, 3))
    layer = from_torch(module)
    near = 1e-12 if dtype == torch.float64 else 1e-5
    expected = module(torch.tensor(x, dtype=dtype))[0].detach().numpy()
    np.testing.assert_allclose(layer.forward(x)[0], expected, rtol=0, atol=near)
    assert layer.dtype == expected.dtype
    back = to_torch(layer)
    assert repr(back) == repr(module)
    np.testing.assert_allclose(back(torch.tensor(x, dtype=dtype))[0].detach().numpy(), expected, rtol=0, atol=near)
    assert all(p.is_contiguous() for p in back.parameters())


def test_weights_are_copies_both_ways_and_torchs_generator_is_left_alone():
    module = torch.nn.GRU(2, 3)
    layer = from_torch(module)
    state = torch.get_rng_state()
    back = to_torch(layer)
    assert torch.equal(state, torch.get_rng_state())
    layer.W_x[:] = 7
    assert not (module.weight_ih_l0 == 7).any() and not (back.weight_ih_l0 == 7).any()


def test_plain_cells_on_demand():
    expected = {"RNN": (RNN, FastRNN), "LSTM": (LSTM, FastLSTM), "GRU": (GRU, FastGRU)}
    for name, (plain, fast) in expected.items():
        module = getattr(torch.nn, name)(2, 3)
        assert type(from_torch(module, plain=True)) is plain and type(from_torch(module)) is fast


def test_a_gru_with_one_bias_has_zeros_for_the_other():
    layer = GRU(*GRU.random(np.random.default_rng(0), 2, 3, bias=False).weights.values(), b_h=np.ones(9))
    x = np.ones((1, 4, 2))
    expected = to_torch(layer)(torch.tensor(x))[0].detach().numpy()
    np.testing.assert_allclose(layer.forward(x)[0], expected, rtol=0, atol=1e-14)


def test_what_the_cells_do_not_have_is_refused():
    with pytest.raises(ValueError, match="nonlinearity='relu'"):
        from_torch(torch.nn.RNN(2, 3, nonlinearity="relu"))
    with pytest.raises(ValueError, match="proj_size=2"):
        from_torch(torch.nn.LSTM(2, 3, proj_size=2))
    with pytest.raises(TypeError, match="got Linear"):
        from_torch(torch.nn.Linear(2, 3))
    with pytest.raises(TypeError, match="got str"):
        to_torch("gru")


def test_what_torch_does_not_have_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="got GRU, H=3.*; LSTM, H=3"):
        to_torch(Stacked(LSTM.random(rng, 2, 3), GRU.random(rng, 3, 3)))
    with pytest.raises(ValueError, match="H=3.*; GRU, H=4"):
        to_torch(Bidirectional(GRU.random(rng, 2, 3), GRU.random(rng, 2, 4)))
    with pytest.raises(ValueError, match="bias=False.*; .*bias=True"):
        to_torch(Stacked(GRU.random(rng, 2, 3), GRU.random(rng, 3, 3, bias=False)))
