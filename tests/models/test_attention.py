"""Attention: what it computes, what it must not see, and the cache that saves computing it again."""

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from rnncourse.models import CausalSelfAttention, KeyValueCache, causal_mask
from rnncourse.models.attention import attention


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def qkv(B=3, T=5, S=7, D=4, E=2):
    return drawn(B, T, D, seed=1), drawn(B, S, D, seed=2), drawn(B, S, E, seed=3)


def block(own, seed=0, width=12, heads=3):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return CausalSelfAttention(width, heads, own=own).double()


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("lead", [(3,), (2, 3), ()])
def test_it_is_what_torch_computes(masked, lead):
    q, k, v = (drawn(*lead, steps, size, seed=size) for steps, size in ((5, 4), (7, 4), (7, 2)))
    mask = causal_mask(5, 7) if masked else None
    out, weights = attention(q, k, v, mask)
    torch.testing.assert_close(out, scaled_dot_product_attention(q, k, v, attn_mask=mask))
    assert weights.shape == (*lead, 5, 7)
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(*lead, 5, dtype=torch.float64))
    assert not masked or not weights[..., ~mask].any()


def test_large_scores_do_not_overflow_and_find_the_one_key():
    q = torch.tensor([[[1e4, 0.0]]])
    out, weights = attention(q, torch.eye(2)[None] * 1e4, torch.tensor([[[3.0], [5.0]]]))
    assert weights.tolist() == [[[1.0, 0.0]]] and out.item() == 3.0


@pytest.mark.parametrize(("T", "S"), [(1, 1), (4, 4), (1, 6), (3, 5)])
def test_the_causal_mask_ends_at_the_last_step(T, S):
    mask = causal_mask(T, S)
    assert mask.shape == (T, S) and mask.dtype == torch.bool
    assert mask.sum(dim=1).tolist() == list(range(S - T + 1, S + 1))
    assert all(row[: int(row.sum())].all() for row in mask)


def test_a_mask_of_each_sequence_is_taken():
    q, k, v = qkv()
    mask = torch.arange(7) < torch.tensor([7, 3, 1])[:, None, None]  # (B, 1, S)
    out, _ = attention(q, k, v, mask)
    torch.testing.assert_close(out[1], attention(q[1], k[1, :3], v[1, :3])[0])
    torch.testing.assert_close(out[2], v[2, :1].expand(5, 2))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda q, k, v: (q[..., :3], k, v), r"same last axis D, got q \(3, 5, 3\)"),
        (lambda q, k, v: (q, k, v[:, :4]), "same number of steps S"),
        (lambda q, k, v: (q[0, 0], k, v), r"expected q \(…, T, D\)"),
        (lambda q, k, v: (q, k, v, torch.ones(5, 7)), "expected booleans, True = may look, got torch.float32"),
        (lambda q, k, v: (q, k, v, causal_mask(7, 5)), r"\(…, T, S\) = \(3, 5, 7\), got \(7, 5\)"),
        (lambda q, k, v: (q, k, v, causal_mask(5, 7)[None, None]), r"got \(1, 1, 5, 7\)"),
        (lambda q, k, v: (q, k, v, torch.arange(5)[:, None] != torch.full((7,), 2)), "a row of False"),
    ],
)
def test_what_does_not_fit_is_told(change, message):
    with pytest.raises(ValueError, match=message):
        attention(*change(*qkv()))


def test_heads_have_to_divide_the_width():
    with pytest.raises(ValueError, match="expected to divide the width, got width=10, heads=3"):
        CausalSelfAttention(10, 3)


@pytest.mark.parametrize("heads", [1, 3, 12])
@pytest.mark.parametrize(("B", "T"), [(1, 1), (2, 9)])
def test_own_attention_and_torchs_are_equal_with_gradients(heads, B, T):
    x = drawn(B, T, 12)
    results = []
    for own in (True, False):
        model, own_x = block(own, heads=heads), x.clone().requires_grad_()
        out = model(own_x)
        out.square().sum().backward()
        results.append([out, own_x.grad, *(weight.grad for weight in model.parameters())])
    for mine, torchs in zip(*results, strict=True):
        torch.testing.assert_close(mine, torchs)


def test_each_head_has_its_own_columns():
    model, x = block(own=True), drawn(2, 5, 12)
    Q, K, V = model.queries_keys_values(x).split(12, dim=2)
    parts = [
        attention(*(each[..., 4 * i : 4 * i + 4] for each in (Q, K, V)), causal_mask(5))[0] for i in range(3)
    ]
    torch.testing.assert_close(model(x), model.out(torch.cat(parts, dim=2)))


def test_the_weights_are_those_of_every_head():
    model, x = block(own=False), drawn(2, 5, 12)
    weights = model.weights(x)
    assert weights.shape == (2, 3, 5, 5) and not weights[..., ~causal_mask(5)].any()
    values = model.split(x)[2]
    torch.testing.assert_close(model.out((weights @ values).transpose(1, 2).flatten(2)), model(x))


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("cuts", [[1] * 40, [7, 1, 30, 2], [40]])
@torch.no_grad()
def test_a_cache_gives_what_the_whole_sequence_gives(own, cuts):
    model, x, cache = block(own), drawn(2, 40, 12), KeyValueCache()
    parts = [model(part, cache) for part in x.split(cuts, dim=1)]
    torch.testing.assert_close(torch.cat(parts, dim=1), model(x))
    assert cache.length == 40 and cache.nbytes == 2 * 2 * 12 * 40 * 8


@torch.no_grad()
def test_a_copy_of_a_cache_goes_its_own_way():
    model, x = block(own=False), drawn(1, 6, 12)
    cache = KeyValueCache()
    assert cache.nbytes == 0 and cache.copy().length == 0
    model(x[:, :5], cache)
    other = cache.copy()
    model(9 * x[:, 5:], other)
    torch.testing.assert_close(model(x[:, 5:], cache), model(x)[:, 5:])
