"""Step 5, memory or focus: attention, heads, positions, sizes, a cache, a parallel scan, an interval for a comparison."""

import sys
from functools import lru_cache

import numpy as np

from rnncourse.checking.exercise import Case, exercise, part
from rnncourse.checking.probe import Structure, call, one_thread, plain, unpack

ATTENTION_READY = (
    "torch.nn.functional.scaled_dot_product_attention",
    "torch.nn.functional.multi_head_attention_forward",
    "torch.nn.MultiheadAttention",
    "torch.nn.TransformerEncoderLayer",
    "torch.nn.TransformerDecoderLayer",
    "rnncourse.models.attention.attention",
    "rnncourse.models.attention.CausalSelfAttention",
    "rnncourse.models.transformer.Transformer",
)

# ---------------------------------------------------------------- 5.1


def _softmax(scores, axis=-1):
    e = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def _naive_softmax(scores, axis=-1):
    with np.errstate(over="ignore", invalid="ignore"):
        e = np.exp(scores)
        return e / e.sum(axis=axis, keepdims=True)


def _softmax_by_largest_of_all(scores, axis=-1):
    with np.errstate(invalid="ignore"):
        e = np.exp(scores - scores.max())
        return e / e.sum(axis=axis, keepdims=True)


def _root_of_width(q, k, v):
    return np.sqrt(q.shape[-1])


def _unscaled(q, k, v):
    return 1.0


def _cut(scores, mask):
    return np.where(mask, scores, -np.inf)


def _uncut(scores, mask):
    return scores


def _zeroed(weights, mask):
    return weights * mask


def _zeroed_and_divided(weights, mask):
    with np.errstate(invalid="ignore"):
        return weights * mask / (weights * mask).sum(axis=-1, keepdims=True)


def _attention(q, k, v, mask, *, scale=_root_of_width, cut=_cut, softmax=_softmax, axis=-1, after=None, mix=None, second=None):
    """Attention (out, weights) with one piece replaced; any axes may stand in front of time and feature."""
    scores = q @ k.swapaxes(-1, -2) / scale(q, k, v)  # (…, T, S)
    if mask is not None:
        scores = cut(scores, mask)
    with np.errstate(invalid="ignore"):
        weights = softmax(scores, axis=axis)
    if mask is not None and after is not None:
        weights = after(weights, mask)
    out = weights @ v if mix is None else mix(weights, q, k, v)
    return out, (weights if second is None else second(weights, scores))


def _attention_but(**change):
    return lambda q, k, v, mask: _attention(q, k, v, mask, **change)


def _some_allowed(rng, T, S):
    """A mask (T, S) in which each query may look at one key at least and, of several keys, not at all of them."""
    mask = rng.random((T, S)) < 0.5
    row, places = np.arange(T), rng.permuted(np.tile(np.arange(S), (T, 1)), axis=1)
    if S > 1:
        mask[row, places[:, 1]] = False
    mask[row, places[:, 0]] = True
    return mask


def _large_scores(rng, B=2, T=3, S=5, D=6, E=4):
    """Queries and keys whose scores are thousands, of both signs, and larger still at keys that may not be looked at."""
    mask = np.arange(S) < rng.permuted(np.tile([2, 3], (T, 2)), axis=1)[:, :1]
    mask = rng.permuted(mask, axis=1)
    level = np.array([rng.permutation([3000.0, 0.0, -3000.0]) for _ in range(B)])[..., None]  # (B, T, 1)
    scores = level + np.where(mask, 0.0, 5000.0) + rng.uniform(-1, 1, size=(B, T, S))
    k = np.stack([np.linalg.qr(rng.normal(size=(D, S)))[0].T for _ in range(B)])  # (B, S, D), orthonormal rows
    return {"q": np.sqrt(D) * scores @ k, "k": k, "v": rng.normal(size=(B, S, E)), "mask": mask}


@exercise(id="5.1", points=4, minutes=30, difficulty=3, importance=5)
class attention:
    """Let each query look at the keys, and return the mixed values and the weights that each query gave to each key."""

    returns = {"out": "batch time value", "weights": "batch time key"}
    parts = {
        "weights": part(1.5, "weights", cases="free"),
        "output": part(1, "out", cases="free"),
        "with a mask": part(1, cases="masked"),
        "scores of thousands": part(0.5, cases="large"),
    }

    def cases(rng):
        for B, T, S, D, E, kind in (
            (2, 4, 3, 5, 6, "free"),
            (3, 1, 5, 2, 4, "free"),
            (1, 5, 2, 3, 1, "free"),
            (2, 3, 1, 4, 2, "free"),
            (4, 2, 6, 1, 3, "free"),
            (2, 3, 5, 4, 6, "masked"),
            (3, 6, 4, 2, 5, "masked"),
            (1, 4, 4, 3, 3, "masked"),
        ):
            q, k, v = rng.normal(size=(B, T, D)), rng.normal(size=(B, S, D)), rng.normal(size=(B, S, E))
            mask = _some_allowed(rng, T, S) if kind == "masked" else None
            yield Case({"q": 1.5 * q, "k": 1.5 * k, "v": v, "mask": mask}, kind)
        yield Case(_large_scores(rng), "large")

    def reference(q, k, v, mask):
        scores = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])  # (B, T, S)
        if mask is not None:
            scores = np.where(mask, scores, -np.inf)
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights = weights / weights.sum(axis=-1, keepdims=True)  # over the keys
        return weights @ v, weights

    mistakes = {
        "the scores are not divided by √D": _attention_but(scale=_unscaled),
        "the scores are divided by D, not by √D": _attention_but(scale=lambda q, k, v: q.shape[-1]),
        "the scores are multiplied by √D, not divided": _attention_but(scale=lambda q, k, v: 1 / np.sqrt(q.shape[-1])),
        "the scores are divided by the root of the number of keys, √S, not by √D": _attention_but(scale=lambda q, k, v: np.sqrt(k.shape[-2])),
        "the scores are divided by the root of the values' width, √E, not by √D": _attention_but(scale=lambda q, k, v: np.sqrt(v.shape[-1])),
        "the mask comes after the softmax: the weights that are left do not add up to 1": _attention_but(cut=_uncut, after=_zeroed),
        "the mask comes after the softmax: where all that may be looked at has vanished, 0 / 0 is NaN": _attention_but(
            cut=_uncut, after=_zeroed_and_divided
        ),
        "the mask is inverted: True means may look (in nn.MultiheadAttention it means the opposite)": _attention_but(
            cut=lambda scores, mask: _cut(scores, ~mask)
        ),
        "the mask is ignored": _attention_but(cut=_uncut),
        "masked scores are set to 0, not to −∞: e⁰ = 1 still counts": _attention_but(cut=lambda scores, mask: scores * mask),
        "the mask is added to the scores as 0 and 1": _attention_but(cut=lambda scores, mask: scores + mask),
        "the softmax runs over the queries, not over the keys": _attention_but(axis=-2),
        "the softmax runs over queries and keys together": _attention_but(softmax=lambda scores, axis: _softmax(scores, (-2, -1))),
        "exp overflows at large scores: subtract each query's largest score first": _attention_but(softmax=_naive_softmax),
        "the largest score of all is subtracted, not each query's own: the others vanish, and 0 / 0 is NaN": _attention_but(
            softmax=_softmax_by_largest_of_all
        ),
        "there is no softmax: the scores themselves are the weights": lambda q, k, v, mask: _attention(
            q, k, v, mask, softmax=lambda scores, axis: scores, cut=lambda scores, mask: scores * mask
        ),
        "each score goes through a sigmoid, not through a softmax": _attention_but(
            softmax=lambda scores, axis: 0.5 * (1 + np.tanh(scores / 2))
        ),
        "exp(score) is not divided by its sum": _attention_but(softmax=lambda s, axis: np.exp(s - s.max(axis=axis, keepdims=True))),
        "the weights mix the keys, not the values": _attention_but(mix=lambda weights, q, k, v: weights @ k),
        "the values are averaged evenly, the weights are not used": _attention_but(
            mix=lambda weights, q, k, v: np.repeat(v.mean(axis=1, keepdims=True), q.shape[1], axis=1)
        ),
        "the scores before the softmax are returned as weights": _attention_but(second=lambda weights, scores: scores),
        "the logarithms of the weights are returned": _attention_but(second=lambda weights, scores: _log(weights)),
        "out and weights are swapped": lambda *a: _attention(*a)[::-1],
        "the weights stand as (batch, key, time)": _attention_but(second=lambda weights, scores: weights.swapaxes(-1, -2)),
        "q and k are swapped in the product: the scores are (batch, key, time)": lambda q, k, v, mask: _attention_swapped(q, k, v, mask),
    }
    right = {
        "einsum": lambda q, k, v, mask: _attention_by_einsum(q, k, v, mask),
        "loops over batch and queries": lambda q, k, v, mask: _attention_by_loops(q, k, v, mask),
        "torch": lambda q, k, v, mask: _attention_in_torch(q, k, v, mask),
        "−10⁹ where the mask says no, in a list": lambda *a: list(_attention(*a, cut=lambda scores, mask: scores - 1e9 * ~mask)),
        "logarithms of sums": _attention_but(
            softmax=lambda scores, axis: np.exp(scores - np.logaddexp.reduce(scores, axis=axis, keepdims=True))
        ),
        "scaled before the product": lambda q, k, v, mask: _attention(
            q / q.shape[-1] ** 0.25, k / k.shape[-1] ** 0.25, v, mask, scale=_unscaled
        ),
    }
    forbidden = ATTENTION_READY
    hints = (
        "A query must share out one whole of attention. Over which axis do its weights add up to 1, and what should a key have that it may not see?",
        "scores = q @ k.transpose(0, 2, 1) / √D, (B, T, S); np.where(mask, scores, -np.inf); softmax over the last axis, its maximum subtracted first; out = weights @ v, (B, T, E).",
        "A sibling, a weighted mean of prices by likeness: w = softmax(likeness), price = w @ prices; a shop that is shut gets the likeness −∞, and the others still add up to 1.",
    )


def _log(weights):
    with np.errstate(divide="ignore"):
        return np.log(weights)


def _attention_swapped(q, k, v, mask):
    if mask is not None and mask.shape[0] != mask.shape[1]:
        raise ValueError("operands could not be broadcast together")
    return _attention(k, q, v, mask)


def _attention_by_einsum(q, k, v, mask):
    scores = np.einsum("btd,bsd->bts", q, k) * q.shape[2] ** -0.5
    scores = scores + (0.0 if mask is None else np.where(mask, 0.0, -np.inf))
    e = np.exp(scores - np.max(scores, axis=2)[..., None])
    weights = e / np.einsum("bts->bt", e)[:, :, None]
    return np.einsum("bts,bse->bte", weights, v), weights


def _attention_by_loops(q, k, v, mask):
    out, weights = np.zeros((*q.shape[:2], v.shape[2])), np.zeros((*q.shape[:2], k.shape[1]))
    for b in range(len(q)):
        for t in range(q.shape[1]):
            allowed = np.arange(k.shape[1]) if mask is None else np.flatnonzero(mask[t])
            scores = np.array([q[b, t] @ k[b, s] for s in allowed]) / np.sqrt(q.shape[2])
            weights[b, t, allowed] = _softmax(scores)
            out[b, t] = sum(weights[b, t, s] * v[b, s] for s in allowed)
    return out, weights


def _attention_in_torch(q, k, v, mask):
    import torch

    q, k, v = map(torch.tensor, (q, k, v))
    scores = q @ k.mT / q.shape[-1] ** 0.5
    if mask is not None:
        scores = scores.masked_fill(~torch.from_numpy(mask), float("-inf"))
    weights = torch.softmax(scores, dim=-1)
    return weights @ v, weights


# ---------------------------------------------------------------- 5.2


@exercise(id="5.2", points=1, minutes=5, difficulty=1, importance=4)
class causal_mask:
    """Return the mask (T, T) that lets each step look at itself and at all steps before it, and at none after it."""

    returns = {"mask": "time key"}

    def cases(rng):
        for T in (4, 1, int(rng.integers(5, 12)), 2):
            yield {"T": T}

    def reference(T):
        return np.tril(np.ones((T, T), dtype=bool))

    mistakes = {
        "the mask is transposed: each step looks at itself and at what comes after": lambda T: np.triu(np.ones((T, T), dtype=bool)),
        "a step may not look at itself: the diagonal is left out": lambda T: np.tril(np.ones((T, T), dtype=bool), -1),
        "True and False are swapped: True means may look": lambda T: np.triu(np.ones((T, T), dtype=bool), 1),
        "each step may look one step ahead": lambda T: np.tril(np.ones((T, T), dtype=bool), 1),
        "every step may look everywhere": lambda T: np.ones((T, T), dtype=bool),
        "each step looks at itself only": lambda T: np.eye(T, dtype=bool),
        "the mask holds numbers 0 and 1, not True and False": lambda T: np.tril(np.ones((T, T))),
        "the mask holds 0 and −∞ to be added, not True and False": lambda T: np.where(np.tril(np.ones((T, T))) > 0, 0.0, -np.inf),
        "the mask has an axis for the batch in front": lambda T: np.tril(np.ones((1, T, T), dtype=bool)),
    }
    right = {
        "places compared": lambda T: np.arange(T)[:, None] >= np.arange(T),
        "np.tri": lambda T: np.tri(T, dtype=bool),
        "nested lists": lambda T: [[s <= t for s in range(T)] for t in range(T)],
        "torch": lambda T: _causal_in_torch(T),
    }
    forbidden = ("rnncourse.models.attention.causal_mask",)
    hints = (
        "Row t is the step that looks, column s the step that is looked at. For which s may the row t = 2 be True?",
        "mask[t, s] is True where s ≤ t, (T, T) of bool. np.tril keeps the lower triangle with its diagonal.",
        "A sibling, who may know whose diary: np.arange(T)[:, None] > np.arange(T) is True where the row is strictly later.",
    )


def _causal_in_torch(T):
    import torch

    return torch.ones(T, T).tril().bool()


# ---------------------------------------------------------------- 5.3


def _columns(a, heads):
    """(B, T, D) as (B, heads, T, D/heads): head i has the columns from i·D/heads on."""
    B, T, D = a.shape
    return a.reshape(B, T, heads, D // heads).transpose(0, 2, 1, 3)


def _torn(a, heads):
    """The same shape by a reshape alone, which mixes time and feature."""
    B, T, D = a.shape
    return a.reshape(B, heads, T, D // heads)


def _alternating(a, heads):
    """Head i has every heads-th column, from i on."""
    B, T, D = a.shape
    return a.reshape(B, T, D // heads, heads).transpose(0, 3, 1, 2)


def _one_head(a, heads):
    return a[:, None]


def _side_by_side(a):
    """(B, heads, T, D/heads) as (B, T, D), head by head."""
    B, heads, T, d = a.shape
    return a.transpose(0, 2, 1, 3).reshape(B, T, heads * d)


def _joined_torn(a):
    B, heads, T, d = a.shape
    return a.reshape(B, T, heads * d)


def _joined_alternating(a):
    B, heads, T, d = a.shape
    return a.transpose(0, 2, 3, 1).reshape(B, T, heads * d)


def _root_of_all(q, k, v):
    """√D of all heads together, where each head has D/heads columns."""
    return np.sqrt(q.shape[1] * q.shape[-1])


def _softmax_over_heads(scores, axis=-1):
    finite = np.where(np.isfinite(scores), scores, -1e9)
    return _softmax(finite, axis=1)


def _multi_head(x, W_q, W_k, W_v, W_o, heads, mask, *, split=_columns, join=_side_by_side, out=np.matmul, **pieces):
    """Multi-head attention with one piece replaced."""
    q, k, v = (split(x @ W, heads) for W in (W_q, W_k, W_v))  # (B, heads, T, D/heads) each
    return out(join(_attention(q, k, v, mask, **pieces)[0]), W_o)


def _multi_head_but(**change):
    return lambda x, W_q, W_k, W_v, W_o, heads, mask: _multi_head(x, W_q, W_k, W_v, W_o, heads, mask, **change)


def _maps(rng, D):
    return {name: 1.3 * rng.normal(size=(D, D)) / np.sqrt(D) for name in ("W_q", "W_k", "W_v", "W_o")}


@exercise(id="5.3", points=4, minutes=30, difficulty=4, importance=5)
class multi_head_attention:
    """Let several heads attend, each with its own columns of the projections; join them and map them once more."""

    returns = {"out": "batch time feature"}
    parts = {
        "one head": part(0.5, cases="one"),
        "several heads": part(2, cases="several"),
        "with a mask": part(1, cases="masked"),
        "inputs of hundreds": part(0.5, cases="large"),
    }

    def cases(rng):
        for B, T, D, heads, kind in (
            (2, 3, 4, 1, "one"),
            (1, 4, 3, 1, "one"),
            (2, 5, 6, 2, "several"),
            (3, 4, 6, 3, "several"),
            (1, 3, 4, 4, "several"),
            (2, 1, 4, 2, "several"),
            (3, 5, 8, 2, "masked"),
            (2, 6, 9, 3, "masked"),
            (2, 4, 6, 2, "large"),
        ):
            x = rng.normal(size=(B, T, D)) * (100.0 if kind == "large" else 1.0)
            mask = _some_allowed(rng, T, T) if kind == "masked" else np.ones((T, T), dtype=bool)
            yield Case({"x": x, **_maps(rng, D), "heads": heads, "mask": mask}, kind)

    def reference(x, W_q, W_k, W_v, W_o, heads, mask):
        B, T, D = x.shape
        q, k, v = ((x @ W).reshape(B, T, heads, D // heads).transpose(0, 2, 1, 3) for W in (W_q, W_k, W_v))
        scores = q @ k.transpose(0, 1, 3, 2) / np.sqrt(D // heads)  # (B, heads, T, T)
        if mask is not None:
            scores = np.where(mask, scores, -np.inf)
        return _side_by_side(_softmax(scores) @ v) @ W_o

    mistakes = {
        "the heads are cut by a reshape alone, which mixes time and feature: the axes are not swapped": _multi_head_but(split=_torn),
        "the heads are joined by a reshape alone: the axes are not swapped back": _multi_head_but(join=_joined_torn),
        "the heads are cut and joined by reshapes alone, which mix time and feature": _multi_head_but(split=_torn, join=_joined_torn),
        "the heads alternate: head i has every heads-th column, not the columns from i·D/heads on": _multi_head_but(
            split=_alternating, join=_joined_alternating
        ),
        "the heads' outputs alternate in the last axis, they do not stand side by side": _multi_head_but(join=_joined_alternating),
        "the scores are divided by √D, not by √(D/heads)": _multi_head_but(scale=_root_of_all),
        "the scores are not divided by √(D/heads)": _multi_head_but(scale=_unscaled),
        "the scores are divided by D/heads, not by its root": _multi_head_but(scale=lambda q, k, v: q.shape[-1]),
        "the scores are divided by the root of the number of heads": _multi_head_but(scale=lambda q, k, v: np.sqrt(q.shape[1])),
        "there is one head, whatever is asked for": _multi_head_but(split=_one_head),
        "the last map W_o is left out": _multi_head_but(out=lambda joined, W_o: joined),
        "W_o is used transposed": _multi_head_but(out=lambda joined, W_o: joined @ W_o.T),
        "all maps are used transposed, as nn.Linear keeps them: here they are x @ W": lambda x, W_q, W_k, W_v, W_o, heads, mask: _multi_head(
            x, W_q.T, W_k.T, W_v.T, W_o.T, heads, mask
        ),
        "W_q, W_k and W_v are used transposed": lambda x, W_q, W_k, W_v, W_o, heads, mask: _multi_head(
            x, W_q.T, W_k.T, W_v.T, W_o, heads, mask
        ),
        "W_q and W_k are swapped": lambda x, W_q, W_k, W_v, W_o, heads, mask: _multi_head(x, W_k, W_q, W_v, W_o, heads, mask),
        "W_k and W_v are swapped": lambda x, W_q, W_k, W_v, W_o, heads, mask: _multi_head(x, W_q, W_v, W_k, W_o, heads, mask),
        "W_k is used for the queries, too": lambda x, W_q, W_k, W_v, W_o, heads, mask: _multi_head(x, W_k, W_k, W_v, W_o, heads, mask),
        "the values are x itself, W_v is not used": lambda x, W_q, W_k, W_v, W_o, heads, mask: _multi_head(
            x, W_q, W_k, np.eye(len(W_v)), W_o, heads, mask
        ),
        "the mask is ignored": _multi_head_but(cut=_uncut),
        "the mask is inverted: True means may look": _multi_head_but(cut=lambda scores, mask: _cut(scores, ~mask)),
        "the mask is transposed: rows are the steps that look": _multi_head_but(cut=lambda scores, mask: _cut(scores, mask.T)),
        "the mask comes after the softmax: the weights that are left do not add up to 1": _multi_head_but(cut=_uncut, after=_zeroed),
        "masked scores are set to 0, not to −∞: e⁰ = 1 still counts": _multi_head_but(cut=lambda scores, mask: scores * mask),
        "the softmax runs over the queries, not over the keys": _multi_head_but(axis=-2),
        "the softmax runs over the heads, not over the keys": _multi_head_but(softmax=_softmax_over_heads),
        "exp overflows at large scores: subtract each query's largest score first": _multi_head_but(softmax=_naive_softmax),
        "x is added to the result: that connection belongs to the layer around it": lambda x, *a: x + _multi_head(x, *a),
    }
    right = {
        "one head after the other": lambda *a: _heads_by_loop(*a),
        "einsum over all heads": lambda *a: _heads_by_einsum(*a),
        "torch, split and stacked along the batch": lambda *a: _heads_in_torch(*a),
        "each head's rows of W_o, added up": lambda *a: _heads_added(*a),
        "one product for the three maps": lambda *a: _heads_of_joined_maps(*a),
    }
    forbidden = ATTENTION_READY
    hints = (
        "Head 0 has the first D/heads columns of q, at every step. If you reshape (B, T, D) to (B, heads, T, D/heads) in one go, whose numbers land in head 0?",
        "q = (x @ W_q).reshape(B, T, heads, D // heads).transpose(0, 2, 1, 3) is (B, heads, T, D/heads), k and v alike; attention with √(D/heads); transpose(0, 2, 1, 3).reshape(B, T, D) joins; then @ W_o.",
        "A sibling, a table of pages (page, word) in two columns a page: table.reshape(pages, 2, words // 2) has the columns in its second axis, and .transpose(1, 0, 2) brings them to the front.",
    )


def _heads_by_loop(x, W_q, W_k, W_v, W_o, heads, mask):
    d, outs = x.shape[-1] // heads, []
    for i in range(heads):
        mine = slice(i * d, (i + 1) * d)
        outs.append(_attention(x @ W_q[:, mine], x @ W_k[:, mine], x @ W_v[:, mine], mask)[0])
    return np.concatenate(outs, axis=-1) @ W_o


def _heads_by_einsum(x, W_q, W_k, W_v, W_o, heads, mask):
    D = x.shape[-1]
    q, k, v = (np.einsum("btd,dhe->bthe", x, W.reshape(D, heads, D // heads)) for W in (W_q, W_k, W_v))
    scores = np.einsum("bthe,bshe->bhts", q, k) / (D // heads) ** 0.5
    weights = _softmax(scores if mask is None else np.where(mask, scores, -1e30))
    return np.einsum("bhts,bshe,hed->btd", weights, v, W_o.reshape(heads, D // heads, D))


def _heads_in_torch(x, W_q, W_k, W_v, W_o, heads, mask):
    import torch

    x, W_q, W_k, W_v, W_o = map(torch.tensor, (x, W_q, W_k, W_v, W_o))
    q, k, v = (torch.cat((x @ W).chunk(heads, dim=-1)) for W in (W_q, W_k, W_v))  # (heads·B, T, D/heads)
    scores = torch.bmm(q, k.transpose(1, 2)) / q.shape[-1] ** 0.5
    if mask is not None:
        scores = scores.masked_fill(torch.from_numpy(~mask), float("-inf"))
    return torch.cat(torch.bmm(scores.softmax(-1), v).chunk(heads), dim=-1) @ W_o


def _heads_added(x, W_q, W_k, W_v, W_o, heads, mask):
    total, d = 0.0, x.shape[-1] // heads
    for i in range(0, x.shape[-1], d):
        q, k, v = (x @ W[:, i : i + d] for W in (W_q, W_k, W_v))
        total = total + _attention(q, k, v, mask)[0] @ W_o[i : i + d]
    return total


def _heads_of_joined_maps(x, W_q, W_k, W_v, W_o, heads, mask):
    q, k, v = np.split(x @ np.hstack([W_q, W_k, W_v]), 3, axis=-1)
    q, k, v = (np.stack(np.split(a, heads, axis=-1), axis=1) for a in (q, k, v))
    return np.concatenate(list(_attention(q, k, v, mask)[0].swapaxes(0, 1)), axis=-1) @ W_o


# ---------------------------------------------------------------- 5.4


def _angles(T, D, base=10_000.0, exponent=None, start=0):
    """Angles (T, D/2) of all pairs of columns."""
    i = np.arange(D // 2)
    power = 2 * i / D if exponent is None else exponent(i, D)
    return (np.arange(T) + start)[:, None] / base**power


def _positions(T, D, *, first=np.sin, second=np.cos, **angles):
    """Sinusoidal positions with one piece replaced."""
    out, angle = np.zeros((T, D)), _angles(T, D, **angles)
    out[:, 0::2], out[:, 1::2] = first(angle), second(angle)
    return out


def _positions_but(**change):
    return lambda T, D: _positions(T, D, **change)


def _own_frequency(T, D):
    angle = np.arange(T)[:, None] / 10_000.0 ** (np.arange(D) / D)  # each column's own number, also in the cosine
    return np.where(np.arange(D) % 2 == 0, np.sin(angle), np.cos(angle))


def _doubled_exponent(T, D):
    angle = np.arange(T)[:, None] / 10_000.0 ** (2 * np.arange(D) / D)  # 2i with i the column, not the pair
    return np.where(np.arange(D) % 2 == 0, np.sin(angle), np.cos(angle))


@exercise(id="5.4", points=2, minutes=15, difficulty=2, importance=3)
class sinusoidal_positions:
    """Return for each position sines and cosines of ever slower waves, sine and cosine of each wave side by side."""

    returns = {"positions": "time feature"}
    parts = {"the first pair of columns": part(0.5, cases="pair"), "all pairs": part(1.5, cases="pairs")}

    def cases(rng):
        yield Case({"T": 9, "D": 2}, "pair")
        yield Case({"T": 1, "D": 2}, "pair")
        for T, D in ((6, 4), (1, 10), (int(rng.integers(11, 20)), 8), (300, 6)):
            yield Case({"T": T, "D": D}, "pairs")

    def reference(T, D):
        angle = np.arange(T)[:, None] / 10_000.0 ** (np.arange(0, D, 2) / D)  # (T, D/2)
        return np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(T, D)

    mistakes = {
        "sine and cosine are swapped: even columns are sines": _positions_but(first=np.cos, second=np.sin),
        "the base is 1,000, not 10,000": _positions_but(base=1_000.0),
        "the base is e: 10000 is missing": _positions_but(base=np.e),
        "the exponent is i/D, not 2i/D (or the base is 100, which is the same)": _positions_but(exponent=lambda i, D: i / D),
        "each column has a wave of its own: the cosine of column 2i+1 belongs to the wave of column 2i": _own_frequency,
        "i counts columns, not pairs: the exponent is 2·column/D": _doubled_exponent,
        "the exponent is cut to a whole number: 2i // D": _positions_but(exponent=lambda i, D: 2 * i // D),
        "the position is multiplied by 10000^(2i/D), not divided": _positions_but(exponent=lambda i, D: -2 * i / D),
        "positions are counted from 1": _positions_but(start=1),
        "both columns of a pair are sines": _positions_but(second=np.sin),
        "both columns of a pair are cosines": _positions_but(first=np.cos),
        "sines stand in the left half, cosines in the right half: here they alternate": lambda T, D: np.concatenate(
            [np.sin(_angles(T, D)), np.cos(_angles(T, D))], axis=1
        ),
        "the angle is taken as degrees": _positions_but(first=lambda a: np.sin(np.radians(a)), second=lambda a: np.cos(np.radians(a))),
        "the wave has a period of 10000^(2i/D): a factor of 2π is too many": _positions_but(
            first=lambda a: np.sin(2 * np.pi * a), second=lambda a: np.cos(2 * np.pi * a)
        ),
        "the axes are swapped: (feature, time)": lambda T, D: _positions(T, D).T,
        "the slowest wave comes first": _positions_but(exponent=lambda i, D: (2 * i / D)[::-1]),
    }
    conventions = {
        "layout of the first published code, whose slowest wave is exactly 10000 (exponent i/(D/2 − 1)); here it is 2i/D": _positions_but(
            exponent=lambda i, D: i / max(D // 2 - 1, 1)
        ),
    }
    right = {
        "slices filled": lambda T, D: _positions(T, D),
        "exp and log": lambda T, D: _positions_by_exp(T, D),
        "loops": lambda T, D: _positions_by_loops(T, D),
        "torch": lambda T, D: _positions_in_torch(T, D),
        "complex numbers": lambda T, D: np.exp(1j * _angles(T, D)).view(float)[:, _swapped_pairs(D)],
    }
    hints = (
        "Columns 0 and 1 belong to one wave, 2 and 3 to the next. How many waves are there, and which is the fastest?",
        "angle = np.arange(T)[:, None] / 10000 ** (np.arange(0, D, 2) / D) is (T, D/2); its sine goes to columns 0::2, its cosine to columns 1::2.",
        "A sibling, a clock: the angles of second hand, minute hand and hour hand at each second, t / 60 ** i, and of each its sine and its cosine.",
    )


def _swapped_pairs(D):
    return np.arange(D) ^ 1


def _positions_by_exp(T, D):
    out, t = np.empty((T, D)), np.arange(T, dtype=float)
    rate = np.exp(np.arange(0, D, 2) * (-np.log(10_000.0) / D))
    out[:, ::2], out[:, 1::2] = np.sin(np.outer(t, rate)), np.cos(np.outer(t, rate))
    return out


def _positions_by_loops(T, D):
    return [
        [float((np.cos if c % 2 else np.sin)(t / 10_000 ** ((c - c % 2) / D))) for c in range(D)]
        for t in range(T)
    ]


def _positions_in_torch(T, D):
    import torch

    t = torch.arange(T, dtype=torch.float64)[:, None]
    angle = t / 10_000 ** (torch.arange(0, D, 2, dtype=torch.float64) / D)
    return torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(1)


# ---------------------------------------------------------------- 5.5


def _transformer_size(
    layers, width, heads, feedforward, vocabulary, context, *,
    projections=4, attention_bias=True, maps=2, feedforward_bias=True, norms=2, norm=2, final=True, tied=True, positions=True, readout_bias=False
):  # fmt: skip
    """The number of parameters with one piece of the count replaced."""
    attention = projections * (width * width + attention_bias * width)
    mixed = maps * width * feedforward + feedforward_bias * (feedforward + (maps - 1) * width)
    layer = attention + mixed + norms * norm * width
    embedding = vocabulary * width * (1 if tied else 2) + positions * context * width
    return embedding + layers * layer + final * norm * width + readout_bias * vocabulary


def _size_but(**change):
    return lambda layers, width, heads, feedforward, vocabulary, context: _transformer_size(
        layers, width, heads, feedforward, vocabulary, context, **change
    )


def _size_plus(change):
    """The right number and what `change` adds to it."""
    return lambda layers, width, heads, feedforward, vocabulary, context: _transformer_size(
        layers, width, heads, feedforward, vocabulary, context
    ) + change(layers, width, heads, feedforward, vocabulary, context)


@exercise(id="5.5", points=3, minutes=20, difficulty=3, importance=3)
class transformer_parameters:
    """Return how many parameters the course's Transformer has, from its sizes."""

    returns = {"count": ""}

    def cases(rng):
        yield {"layers": 2, "width": 64, "heads": 4, "feedforward": 256, "vocabulary": 80, "context": 128}
        yield {"layers": 1, "width": 1, "heads": 1, "feedforward": 3, "vocabulary": 2, "context": 5}
        for _ in range(4):
            heads = int(rng.integers(2, 6))
            width = heads * int(rng.integers(2, 9))
            sizes = {"feedforward": int(width * rng.integers(2, 4) + 5), "vocabulary": int(rng.integers(10, 99)), "context": int(rng.integers(100, 300))}
            yield {"layers": int(rng.integers(3, 7)), "width": width, "heads": heads, **sizes}

    def reference(layers, width, heads, feedforward, vocabulary, context):
        attention = 4 * (width * width + width)  # queries, keys, values, output; the heads share them out
        mixed = width * feedforward + feedforward + feedforward * width + width
        layer = attention + mixed + 2 * 2 * width  # two norms of a scale and a shift
        return (vocabulary + context) * width + layers * layer + 2 * width

    mistakes = {
        "the output has a matrix of its own: here it is tied to the token embedding": _size_but(tied=False),
        "the output is given a bias": _size_but(readout_bias=True),
        "the output is given a matrix and a bias of its own": _size_but(tied=False, readout_bias=True),
        "the learned positions are left out": _size_but(positions=False),
        "the token embedding is left out": _size_plus(lambda layers, width, heads, feedforward, vocabulary, context: -vocabulary * width),
        "the embeddings are left out, tokens and positions": _size_plus(
            lambda layers, width, heads, feedforward, vocabulary, context: -(vocabulary + context) * width
        ),
        "the attention projections have no bias, or the layers' norms are left out: each is 4 · width a layer": _size_but(attention_bias=False),
        "the two feed-forward maps have no bias": _size_but(feedforward_bias=False),
        "there is no bias anywhere in the layers' maps": _size_but(attention_bias=False, feedforward_bias=False),
        "three attention projections are counted: the one of the output is missing": _size_but(projections=3),
        "one feed-forward map is counted, there and not back": _size_but(maps=1),
        "both feed-forward biases have the width of the inner layer": _size_plus(
            lambda layers, width, heads, feedforward, vocabulary, context: layers * (feedforward - width)
        ),
        "a layer norm is counted as one vector: it has a scale and a shift": _size_but(norm=1),
        "one layer norm a layer is counted, there are two": _size_but(norms=1),
        "the final layer norm is left out": _size_but(final=False),
        "the layer norms are left out": _size_but(norm=0),
        "the attention is counted once for each head: the heads share one width": _size_plus(
            lambda layers, width, heads, feedforward, vocabulary, context: layers * (heads - 1) * 4 * (width * width + width)
            if heads > 1 else layers
        ),
        "the attention is divided by the number of heads": _size_plus(
            lambda layers, width, heads, feedforward, vocabulary, context: layers * 4 * (width * (width // heads) + width // heads - width * width - width)
        ),
        "the feed-forward width is taken as 4 · width whatever is given": lambda layers, width, heads, feedforward, vocabulary, context: (
            _transformer_size(layers, width, heads, 4 * width, vocabulary, context)
        ),
        "one layer is counted, not all": lambda layers, width, heads, feedforward, vocabulary, context: _transformer_size(
            1, width, heads, feedforward, vocabulary, context
        ),
        "the embeddings are counted once for each layer": _size_plus(
            lambda layers, width, heads, feedforward, vocabulary, context: (layers - 1) * (vocabulary + context) * width
        ),
        "the final layer norm is counted once for each layer": _size_plus(
            lambda layers, width, heads, feedforward, vocabulary, context: 2 * (layers - 1) * width
        ),
        "vocabulary and context are multiplied": lambda layers, width, heads, feedforward, vocabulary, context: (
            _transformer_size(layers, width, heads, feedforward, vocabulary * context, 0)
        ),
    }
    right = {
        "term by term in a loop": lambda *a: _size_by_shapes(*a),
        "one formula": lambda layers, width, heads, feedforward, vocabulary, context: (
            width * (vocabulary + context + 2) + layers * (4 * width**2 + 9 * width + feedforward * (2 * width + 1))
        ),
        "torch layers of one's own, counted": lambda *a: _size_in_torch(*a),
        "a NumPy integer": lambda *a: np.int64(_transformer_size(*a)),
    }
    forbidden = (*ATTENTION_READY, "rnncourse.models.transformer.transformer_weights")
    hints = (
        "Write down the shapes of all arrays of one layer. In which of them does the number of heads appear?",
        "Embeddings (V + context) · W, the output shares the first; a layer has 4 (W·W + W), W·F + F, F·W + W, and two norms of 2W; one more norm of 2W at the end.",
        "A sibling, an MLP with one hidden layer and a norm: (D·H + H) + 2H + (H·K + K).",
    )


def _size_by_shapes(layers, width, heads, feedforward, vocabulary, context):
    shapes = [(vocabulary, width), (context, width), (width,), (width,)]
    for _ in range(layers):
        shapes += [(width, width), (width,)] * 4 + [(width,)] * 4
        shapes += [(width, feedforward), (feedforward,), (feedforward, width), (width,)]
    return sum(int(np.prod(shape)) for shape in shapes)


def _size_in_torch(layers, width, heads, feedforward, vocabulary, context):
    from torch import nn

    with _fork_rng():
        parts = [nn.Embedding(vocabulary, width), nn.Embedding(context, width), nn.LayerNorm(width)]
        for _ in range(layers):
            parts += [nn.Linear(width, width) for _ in range(4)] + [nn.LayerNorm(width), nn.LayerNorm(width)]
            parts += [nn.Linear(width, feedforward), nn.Linear(feedforward, width)]
    return sum(p.numel() for one in parts for p in one.parameters())


def _fork_rng():
    import torch

    return torch.random.fork_rng(devices=[])


# ---------------------------------------------------------------- 5.6


def _streamed(function, args):
    """Outputs of a stream; with `other` inputs also of two branches from one cache, and of inputs in one buffer."""
    weights = {name: args[name] for name in ("W_q", "W_k", "W_v", "W_o", "heads")}
    x, other = args["x"], args.get("other")

    def step(cache, x_t):
        result = call(function, {"cache": cache, "x_t": x_t, **weights})
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise Structure("two results are expected: the output of this step and the new cache")
        return plain(result[0], "out_t"), result[1]

    def run(inputs):
        cache, outs = None, []
        for x_t in inputs:
            out, cache = step(cache, x_t)
            outs.append(out)
        return np.stack(outs, axis=1), cache

    def in_one_buffer():
        buffer = np.empty_like(x[:, 0])
        for t in range(x.shape[1]):
            buffer[...] = x[:, t]
            yield buffer

    out, cache = run(x[:, t].copy() for t in range(x.shape[1]))
    if other is None:
        return {"out": out}
    first, one = step(cache, other[:, 0].copy())
    second, two = step(cache, other[:, 1].copy())
    third, fourth = step(one, other[:, 2].copy())[0], step(two, other[:, 3].copy())[0]
    branches = np.stack([first, second, third, fourth], axis=1)
    return {"out": out, "branches": branches, "one buffer": run(in_one_buffer())[0]}


def _of_new(old, new):
    return new


def _stream(cache, x_t, W_q, W_k, W_v, W_o, heads, *, use=_of_new, keep=_of_new, split=_columns, join=_side_by_side, out=np.matmul, **pieces):
    """A step with a cache of keys and values (B, n, D), with one piece replaced.

    `use` picks what is looked at and `keep` what is kept, each from the keys and values without and with this step.
    """
    old = tuple(np.zeros((len(x_t), 0, len(W_q))) for _ in range(2)) if cache is None else cache
    now = tuple((x_t @ W)[:, None] for W in (W_k, W_v))
    new = tuple(np.concatenate(pair, axis=1) for pair in zip(old, now, strict=True))
    k, v = (split(a, heads) for a in use(old, new))
    result = join(_attention(split((x_t @ W_q)[:, None], heads), k, v, None, **pieces)[0])[:, 0]  # (B, D)
    return out(result, W_o), keep(old, new)


def _stream_but(**change):
    return lambda cache, x_t, W_q, W_k, W_v, W_o, heads: _stream(cache, x_t, W_q, W_k, W_v, W_o, heads, **change)


def _latest(old, new):
    return tuple(a[:, -1:] for a in new)


def _past_or_self(old, new):
    return old if old[0].shape[1] else new


def _without_self(cache, x_t, W_q, W_k, W_v, W_o, heads):
    out, cache_after = _stream(cache, x_t, W_q, W_k, W_v, W_o, heads, use=_past_or_self)
    return (out if cache is not None else 0 * out), cache_after


def _self_twice(old, new):
    return tuple(np.concatenate([a, a[:, -1:]], axis=1) for a in new)


def _listed(cache, x_t, W_q, W_k, W_v, W_o, heads, *, copied):
    """The cache is a dict of two lists; appended to in place unless they are copied."""
    cache = {"k": [], "v": []} if cache is None else {n: list(a) for n, a in cache.items()} if copied else cache
    cache["k"].append(x_t @ W_k)
    cache["v"].append(x_t @ W_v)
    k, v = (_columns(np.stack(cache[name], axis=1), heads) for name in ("k", "v"))
    return _side_by_side(_attention(_columns((x_t @ W_q)[:, None], heads), k, v, None)[0])[:, 0] @ W_o, cache


def _in_shared_rows(cache, x_t, W_q, W_k, W_v, W_o, heads):
    """One array for all steps, written at the next free row: branches write into the same row."""
    B, D = x_t.shape
    K, V, n = (np.zeros((B, 64, D)), np.zeros((B, 64, D)), 0) if cache is None else cache
    K[:, n], V[:, n] = x_t @ W_k, x_t @ W_v
    k, v = (_columns(a[:, : n + 1], heads) for a in (K, V))
    out = _side_by_side(_attention(_columns((x_t @ W_q)[:, None], heads), k, v, None)[0])[:, 0] @ W_o
    return out, (K, V, n + 1)


def _of_inputs(cache, x_t, W_q, W_k, W_v, W_o, heads, *, copied):
    """The cache is a tuple of the inputs themselves; keys and values are made anew at every step."""
    cache = (*(cache or ()), np.array(x_t) if copied else x_t)
    x = np.stack(cache, axis=1)
    mask = np.ones((len(cache), len(cache)), dtype=bool)
    return _multi_head(x, W_q, W_k, W_v, W_o, heads, mask)[:, -1], cache


@exercise(id="5.6", points=4, minutes=35, difficulty=4, importance=4)
class stream_attention:
    """Take one step of causal attention from a cache of what came before; return the output and the new cache."""

    returns = {"out": "batch time feature", "branches": "batch step feature", "one buffer": "batch time feature"}
    parts = {
        "a stream": part(2, "out", cases="ordinary"),
        "an old cache stays usable": part(1, "branches", cases="ordinary"),
        "inputs in one buffer": part(0.5, "one buffer", cases="ordinary"),
        "inputs of hundreds": part(0.5, "out", cases="large"),
    }
    beside = (_streamed,)

    def cases(rng):
        for B, T, D, heads, kind in (
            (2, 4, 6, 2, "ordinary"),
            (1, 3, 6, 3, "ordinary"),
            (3, 1, 4, 2, "ordinary"),
            (4, 2, 4, 4, "ordinary"),
            (2, 3, 6, 2, "large"),
        ):
            inputs = {"x": 100 * rng.normal(size=(B, T, D))} if kind == "large" else {"x": rng.normal(size=(B, T, D)), "other": rng.normal(size=(B, 4, D))}
            yield Case({**inputs, **_maps(rng, D), "heads": heads}, kind)

    def probe(function, args):
        torch = sys.modules.get("torch")
        if torch is None:
            return _streamed(function, args)
        with one_thread(torch):
            return _streamed(function, args)

    def reference(cache, x_t, W_q, W_k, W_v, W_o, heads):
        k, v = (x_t @ W_k)[:, None], (x_t @ W_v)[:, None]  # (B, 1, D) each
        if cache is not None:
            k, v = np.concatenate([cache[0], k], axis=1), np.concatenate([cache[1], v], axis=1)  # new arrays
        out, _ = _attention(*(_columns(a, heads) for a in ((x_t @ W_q)[:, None], k, v)), None)  # (B, heads, 1, D/heads)
        return _side_by_side(out)[:, 0] @ W_o, (k, v)

    mistakes = {
        "the cache is never read, or never written: each step looks at itself only": _stream_but(use=_latest),
        "the current step is left out: only the past is looked at": _stream_but(use=_past_or_self),
        "the current step is left out, and the first step gives zeros": _without_self,
        "the cache holds the last step only": _stream_but(keep=_latest),
        "the current step is added to the cache twice": _stream_but(keep=_self_twice),
        "the current step is looked at twice": _stream_but(use=_self_twice),
        "keys and values are swapped in the cache": _stream_but(keep=lambda old, new: new[::-1]),
        "only the first step is kept in the cache": _stream_but(
            keep=lambda old, new: tuple(a[:, :1] for a in new)
        ),
        "the cache is changed in place: an old one holds what came later": lambda *a: _listed(*a, copied=False),
        "all caches share one array: a second branch overwrites the row of the first": _in_shared_rows,
        "x_t is kept without a copy: the caller reuses its buffer": lambda *a: _of_inputs(*a, copied=False),
        "the scores are divided by √D, not by √(D/heads)": _stream_but(scale=_root_of_all),
        "the scores are not divided by √(D/heads)": _stream_but(scale=_unscaled),
        "there is one head, whatever is asked for": _stream_but(split=_one_head),
        "the heads are cut by a reshape alone, which mixes time and feature": _stream_but(split=_torn),
        "the heads alternate: head i has every heads-th column": _stream_but(split=_alternating, join=_joined_alternating),
        "the last map W_o is left out": _stream_but(out=lambda joined, W_o: joined),
        "the softmax runs over the heads, not over the steps": _stream_but(softmax=_softmax_over_heads),
        "exp overflows at large scores: subtract the largest score first": _stream_but(softmax=_naive_softmax),
        "x_t is added to the result: that connection belongs to the layer around it": lambda cache, x_t, *a: (
            lambda out, after: (x_t + out, after)
        )(*_stream(cache, x_t, *a)),
        "the maps are used transposed, as nn.Linear keeps them: here they are x @ W": lambda cache, x_t, W_q, W_k, W_v, W_o, heads: _stream(
            cache, x_t, W_q.T, W_k.T, W_v.T, W_o.T, heads
        ),
        "W_q and W_k are swapped": lambda cache, x_t, W_q, W_k, W_v, W_o, heads: _stream(cache, x_t, W_k, W_q, W_v, W_o, heads),
    }
    right = {
        "lists that are copied": lambda *a: _listed(*a, copied=True),
        "all inputs kept, and everything made anew": lambda *a: _of_inputs(*a, copied=True),
        "torch, one head after the other": lambda *a: _stream_in_torch(*a),
        "a chain of steps, newest first": lambda *a: _stream_by_chain(*a),
        "einsum, keys cut into heads in the cache": lambda *a: list(_stream_by_einsum(*a)),
    }
    forbidden = (*ATTENTION_READY, "rnncourse.models.attention.KeyValueCache")
    hints = (
        "At step t the query is new, and of keys and values one each is new. Which of the three do later steps still need?",
        "k = x_t @ W_k and v = x_t @ W_v as (B, 1, D), joined behind the cache's by np.concatenate, which makes new arrays; q = x_t @ W_q is one query; attention without any mask over all kept steps, heads as in 5.3, then @ W_o.",
        "A sibling, a running list of guests: guests = (*guests, name) leaves yesterday's tuple as it was; guests.append(name) does not.",
    )


def _stream_in_torch(cache, x_t, W_q, W_k, W_v, W_o, heads):
    import torch

    x_t, W_q, W_k, W_v, W_o = map(torch.tensor, (x_t, W_q, W_k, W_v, W_o))
    k, v = (x_t @ W_k)[None], (x_t @ W_v)[None]  # (1, B, D), time first
    if cache is not None:
        k, v = torch.cat([cache["k"], k]), torch.cat([cache["v"], v])
    d, outs = x_t.shape[1] // heads, []
    for i in range(0, x_t.shape[1], d):
        scores = ((x_t @ W_q)[None, :, i : i + d] * k[..., i : i + d]).sum(-1) / d**0.5  # (n, B)
        outs.append((scores.softmax(0)[..., None] * v[..., i : i + d]).sum(0))
    return torch.cat(outs, dim=-1) @ W_o, {"k": k, "v": v}


def _stream_by_chain(cache, x_t, W_q, W_k, W_v, W_o, heads):
    cache = (x_t @ W_k, x_t @ W_v, cache)
    ks, vs, link = [], [], cache
    while link is not None:
        ks.append(link[0])
        vs.append(link[1])
        link = link[2]
    q, k, v = (_columns(np.stack(a, axis=1), heads) for a in ([x_t @ W_q], ks, vs))
    return _side_by_side(_attention(q, k, v, None)[0])[:, 0] @ W_o, cache


def _stream_by_einsum(cache, x_t, W_q, W_k, W_v, W_o, heads):
    B, D = x_t.shape
    q, k, v = ((x_t @ W).reshape(B, heads, 1, D // heads) for W in (W_q, W_k, W_v))
    if cache is not None:
        k, v = np.append(cache[0], k, axis=2), np.append(cache[1], v, axis=2)
    weights = _softmax(np.einsum("bhqd,bhsd->bhs", q, k) / np.sqrt(D / heads))
    return np.einsum("bhs,bhsd->bhd", weights, v).reshape(B, D) @ W_o, (k, v)


# ---------------------------------------------------------------- 5.7

LOOP = "the steps are taken one after the other: a loop over T, where O(log T) array steps are enough"
LENGTHS = (16, 128, 1024)  # a loop over T grows eightfold each time, an O(log T) scan by three steps each time


def _lines_run(function, given):
    """(result, how many lines of Python were run) of one call."""
    count, before = [0], sys.gettrace()

    def trace(frame, event, arg):
        count[0] += 1
        return trace

    sys.settrace(trace)
    try:
        result = call(function, given)
    finally:
        sys.settrace(before)
    return result, count[0]


def _scanned(function, given, lengths):
    """The states of the longest piece, and 1 if the lines that are run grow like its length, else 0."""
    call(function, {"a": given["a"][:, :4], "b": given["b"][:, :4], "h0": given["h0"]})  # imports happen here
    counts = []
    for T in lengths:
        result, lines = _lines_run(function, {"a": given["a"][:, :T], "b": given["b"][:, :T], "h0": given["h0"]})
        counts.append(lines)
    short, middle, long = counts
    return {"hs": result, "loop over T": int(long - middle > 2.2 * (middle - short) + 12)}


def _looped(a, b, h0):
    h, hs = h0, []
    for t in range(a.shape[1]):
        h = a[:, t] * h + b[:, t]
        hs.append(h)
    return np.stack(hs, axis=1)


def _pairs(a, b, *, levels=None, order="b first", gap=lambda level: 2**level):
    """Products of a and states from zero (each (B, T, H)) by doubling, with one piece replaced."""
    a, b, T = a.copy(), b.copy(), a.shape[1]
    for level in range(int(np.ceil(np.log2(T))) if T > 1 else 0) if levels is None else range(levels(T)):
        s = gap(level)
        if order == "a first":
            a[:, s:] = a[:, s:] * a[:, :-s]
        b[:, s:] = b[:, s:] + a[:, s:] * b[:, :-s]
        if order == "b first":
            a[:, s:] = a[:, s:] * a[:, :-s]
    return a, b


def _scan(a, b, h0, *, start=lambda A, h0: A * h0[:, None], **pieces):
    A, B = _pairs(a, b, **pieces)
    return B + start(A, h0)


def _scan_but(**change):
    return lambda a, b, h0: _scan(a, b, h0, **change)


def _by_division(a, b, h0, *, add=0.0):
    """All steps at once by products: exact in theory, and useless where a product is nearly 0."""
    with np.errstate(all="ignore"):
        P = np.cumprod(a + add, axis=1)
        return P * (h0[:, None] + np.cumsum(b / P, axis=1))


def _by_logarithms(a, b, h0):
    """Sums of logarithms in the place of products, positive and negative b apart: it needs no a of 0 and none below."""
    with np.errstate(all="ignore"):
        L, b = np.cumsum(np.log(a), axis=1), np.concatenate([h0[:, None], b], axis=1)
        L = np.concatenate([np.zeros_like(L[:, :1]), L], axis=1)
        up, down = (np.exp(L + np.logaddexp.accumulate(np.log(np.maximum(sign * b, 0)) - L, axis=1)) for sign in (1, -1))
        return (up - down)[:, 1:]


@exercise(id="5.7", points=5, minutes=45, difficulty=5, importance=4, rtol=1e-9, atol=1e-11)
class scan_linear:
    """Compute all states of h = a h + b at once, in a number of array steps that grows like the logarithm of T."""

    returns = {"hs": "batch time hidden", "loop over T": ""}
    parts = {
        "states": part(1.5, cases="ordinary"),
        "a at 0 and near it": part(1.5, cases="near 0"),
        "O(log T) array steps": part(2, cases="long"),
    }
    beside = (_lines_run, _scanned)

    def cases(rng):
        for B, T, H, kind in (
            (2, 8, 3, "ordinary"),
            (3, 5, 2, "ordinary"),
            (1, 1, 4, "ordinary"),
            (4, 2, 1, "ordinary"),
            (2, 11, 1, "ordinary"),
            (3, 7, 2, "ordinary"),
            (2, 6, 3, "near 0"),
            (3, 9, 2, "near 0"),
            (1, 1024, 2, "long"),
        ):
            a = rng.uniform(0.3, 0.95, size=(B, T, H))
            if T == 7:
                a = a * rng.choice([-1.0, 1.0], size=a.shape)
            if kind == "near 0":
                a = np.where(rng.random(a.shape) < 0.3, 10.0 ** rng.uniform(-200, -120, size=a.shape), a)
                a[:, 1 :: T // 2] = 0.0
                a[:, 2:4] = 1e-180  # two together are less than the smallest number there is
            args = {"a": a, "b": rng.normal(size=(B, T, H)), "h0": rng.choice([-1.0, 1.0], size=(B, H)) * rng.uniform(1, 2, size=(B, H))}
            yield Case(args | ({"lengths": LENGTHS} if kind == "long" else {}), kind)

    def probe(function, args):
        given = {name: args[name] for name in ("a", "b", "h0")}
        if "lengths" in args:
            return _scanned(function, given, args["lengths"])
        return unpack(call(function, given), ("hs",))

    def reference(a, b, h0):
        products, hs, s = a, b, 1  # of 1 step, then of 2, of 4, …
        hs = np.concatenate([hs[:, :1] + a[:, :1] * h0[:, None], hs[:, 1:]], axis=1)  # h0 goes in with the first step
        while s < a.shape[1]:
            hs = np.concatenate([hs[:, :s], hs[:, s:] + products[:, s:] * hs[:, :-s]], axis=1)
            products = np.concatenate([products[:, :s], products[:, s:] * products[:, :-s]], axis=1)
            s *= 2
        return hs

    mistakes = {
        LOOP: _looped,
        "h0 is ignored: the scan starts from zeros": _scan_but(start=lambda A, h0: 0.0),
        "h0 is added to every state without its factors a": _scan_but(start=lambda A, h0: h0[:, None]),
        "h0 is multiplied by the step's own a, not by all up to it": lambda a, b, h0: _scan(a, b, 0 * h0) + a * h0[:, None],
        "h0 is added at the first step without its factor a": lambda a, b, h0: _scan(
            a, np.concatenate([b[:, :1] + h0[:, None], b[:, 1:]], axis=1), 0 * h0
        ),
        "it divides by products of a: where a is near 0, that is 0 / 0": _by_division,
        "it takes logarithms of a: there is none where a is 0 or negative": _by_logarithms,
        "a small number (10⁻⁶) is added to a, so that it can be divided by": lambda a, b, h0: _by_division(a, b, h0, add=1e-6),
        "a small number (10⁻⁸) is added to a, so that it can be divided by": lambda a, b, h0: _by_division(a, b, h0, add=1e-8),
        "a is doubled before b: b then gets the a of the next level": _scan_but(order="a first"),
        "one level of doubling is missing: T need not be a power of two": _scan_but(levels=lambda T: int(np.log2(T))),
        "the gap is 1 at every level, it is not doubled": _scan_but(gap=lambda level: 1),
        "a is not doubled with b": _scan_but(order="never"),
        "the states before the steps are returned: h0 first, the last one lost": lambda a, b, h0: np.concatenate(
            [h0[:, None], _scan(a, b, h0)[:, :-1]], axis=1
        ),
        "h0 stands in front: there is one state too many": lambda a, b, h0: np.concatenate([h0[:, None], _scan(a, b, h0)], axis=1),
        "a is ignored: b is added up": lambda a, b, h0: h0[:, None] + np.cumsum(b, axis=1),
        "a and b are swapped": lambda a, b, h0: _scan(b, a, h0),
        "the steps are taken from the end to the start": lambda a, b, h0: _scan(a[:, ::-1], b[:, ::-1], h0)[:, ::-1],
        "1 − a stands in the place of a": lambda a, b, h0: _scan(1 - a, b, h0),
        "b is multiplied by 1 − a: in a minGRU that is done before, and b holds it already": lambda a, b, h0: _scan(a, (1 - a) * b, h0),
        "a multiplies b, too: h = a (h + b)": lambda a, b, h0: _scan(a, a * b, h0),
        "only the last state is returned": lambda a, b, h0: _scan(a, b, h0)[:, -1],
        "the scan runs over the batch, not over the time": lambda a, b, h0: _scan(
            a.swapaxes(0, 1), b.swapaxes(0, 1), np.repeat(h0[:1], a.shape[1], axis=0)
        ).swapaxes(0, 1),
    }
    right = {
        "slices of copies, doubled": lambda a, b, h0: _scan(a, b, h0),
        "torch": lambda a, b, h0: _scan_in_torch(a, b, h0),
        "every second step first, then those between": lambda a, b, h0: _scan_by_halves(a, b, h0),
        "one triangular matrix of products": lambda a, b, h0: _scan_by_matrix(a, b, h0),
        "padded to a power of two": lambda a, b, h0: _scan_padded(a, b, h0),
    }
    forbidden = tuple(f"rnncourse.models.minimal.{name}" for name in ("scan_linear", "Minimal", "LinearScan", "_scan"))
    hints = (
        "Two steps in one: h₂ = a₂(a₁h₀ + b₁) + b₂. Which single pair (a, b) does the same as both steps together?",
        "For gaps s = 1, 2, 4, … while s < T: b[:, s:] ← b[:, s:] + a[:, s:] · b[:, :-s], then a[:, s:] ← a[:, s:] · a[:, :-s], old values on the right; both stay (B, T, H). At the end hs = b + a · h0[:, None].",
        "A sibling, running sums: for s = 1, 2, 4, …: total[s:] = total[s:] + total[:-s], from a copy; after log₂ T rounds each entry holds all before it.",
    )


def _scan_in_torch(a, b, h0):
    import torch
    from torch.nn.functional import pad

    a, b, h0 = map(torch.tensor, (a, b, h0))
    s = 1
    while s < a.shape[1]:
        b = b + a * pad(b, (0, 0, s, 0))[:, :-s]
        a = a * pad(a, (0, 0, s, 0), value=1.0)[:, :-s]
        s *= 2
    return torch.addcmul(b, a, h0[:, None])


def _scan_by_halves(a, b, h0):
    T = a.shape[1]
    if T == 1:
        return b + a * h0[:, None]
    even = slice(0, T - T % 2, 2)
    second = _scan_by_halves(a[:, 1::2] * a[:, even], b[:, 1::2] + a[:, 1::2] * b[:, even], h0)
    hs = np.empty_like(b)
    hs[:, 1::2] = second
    hs[:, 0] = b[:, 0] + a[:, 0] * h0
    hs[:, 2::2] = b[:, 2::2] + a[:, 2::2] * second[:, : (T - 1) // 2]
    return hs


def _scan_by_matrix(a, b, h0):
    T = a.shape[1]
    later = np.tri(T, k=-1, dtype=bool)[:, :, None]  # (T, T, 1): row strictly after column
    kernel = np.cumprod(np.where(later, a[:, :, None], 1.0), axis=1) * np.tri(T)[:, :, None]
    return np.einsum("btsh,bsh->bth", kernel, b) + np.cumprod(a, axis=1) * h0[:, None]


def _scan_padded(a, b, h0):
    T, size = a.shape[1], 1 << int(a.shape[1]).bit_length()
    A, B = np.ones((a.shape[0], size, a.shape[2])), np.zeros((a.shape[0], size, a.shape[2]))
    A[:, :T], B[:, :T] = a, b
    for level in range(size.bit_length() - 1):
        s = 2**level
        before_a, before_b = np.roll(A, s, axis=1), np.roll(B, s, axis=1)
        before_a[:, :s], before_b[:, :s] = 1.0, 0.0
        A, B = A * before_a, B + A * before_b
    return (B + A * h0[:, None])[:, :T]


# ---------------------------------------------------------------- 5.8

RESAMPLES = 100_000  # of our own bootstrap, which learners' intervals are judged by
FEWEST = 2_000  # resamples that the exercise asks for
ASK = "?"  # for a mistake's name: it is to be found by its interval


def _interval(a, b, rng, level=0.95, *, values=lambda a, b: a - b, count=FEWEST, statistic=None, tails=None, after=None):
    """A percentile bootstrap with one piece replaced; `tails` gives the two fractions, `after` changes the interval."""
    d = values(a, b)
    draws = d[rng.integers(len(d), size=(count, len(d)))]
    means = draws.mean(axis=1) if statistic is None else statistic(draws)
    low, high = np.quantile(means, ((1 - level) / 2, (1 + level) / 2) if tails is None else tails(level))
    return (low, high) if after is None else after(low, high, d)


def _interval_but(**change):
    return lambda a, b, rng, level=0.95: _interval(a, b, rng, level, **change)


def _unpaired(a, b, rng, level=0.95):
    means = [one[rng.integers(len(one), size=(FEWEST, len(one)))].mean(axis=1) for one in (a, b)]
    return tuple(np.quantile(means[0] - means[1], ((1 - level) / 2, (1 + level) / 2)))


def _normal(a, b, rng, level=0.95):
    d = a - b
    z, se = _normal_quantile((1 + level) / 2), d.std(ddof=min(1, len(d) - 1)) / np.sqrt(len(d))
    return d.mean() - z * se, d.mean() + z * se


def _normal_quantile(p):
    from statistics import NormalDist

    return NormalDist().inv_cdf(p)


def _without_replacement(a, b, rng, level=0.95):
    means = rng.permuted(np.tile(a - b, (FEWEST, 1)), axis=1).mean(axis=1)
    return tuple(np.quantile(means, ((1 - level) / 2, (1 + level) / 2)))


def _of_differences(a, b, rng, level=0.95):
    return tuple(np.quantile(a - b, ((1 - level) / 2, (1 + level) / 2)))


def _own_rng(seed):
    return lambda a, b, rng, level=0.95: _interval(a, b, np.random.default_rng(seed), level)


TAILS = {  # (low, high) fractions that a wrong use of `level` takes
    "the percentiles are given as fractions, where np.percentile takes per cent": lambda p: ((1 - p) / 200, (1 + p) / 200),
    "level is taken for per cent, as if 95 had been given": lambda p: ((100 - p) / 200, (100 + p) / 200),
    "the whole of 1 − level is cut off at each end, not half of it": lambda p: (1 - p, p),
    "level and 1 − level are mixed up: the middle 5 % are kept, not the middle 95 %": lambda p: (p / 2, 1 - p / 2),
    "the level is 0.95 whatever is given": lambda p: (0.025, 0.975),
    "nothing is cut off at the lower end": lambda p: (0.0, p),
    "nothing is cut off at either end: smallest and largest mean": lambda p: (0.0, 1.0),
}
CHANGED = {  # what a wrong kind of interval makes of the right one: (low, high, differences) -> (low, high)
    "the sign is wrong: the interval is that of b − a": lambda low, high, d: (-high, -low),
    "low and high are swapped": lambda low, high, d: (high, low),
    "the interval is reflected at the mean (the basic bootstrap), not that of the percentiles": lambda low, high, d: (
        2 * d.mean() - high, 2 * d.mean() - low
    ),
    "the interval is that of the sum, not of the mean": lambda low, high, d: (len(d) * low, len(d) * high),
    "the mean of the differences is subtracted: the interval lies around 0": lambda low, high, d: (low - d.mean(), high - d.mean()),
    "the half width is returned, not the lower end": lambda low, high, d: ((high - low) / 2, high),
    "the mean is returned in the place of the lower end": lambda low, high, d: (d.mean(), high),
}
OTHER_VALUES = {  # what is resampled instead of a − b
    "the differences have lost their signs": lambda a, b: np.abs(a - b),
    "a alone is resampled: b is not used": lambda a, b: a,
    "the differences are squared": lambda a, b: (a - b) ** 2,
}
UNPAIRED = "a and b are resampled apart: which values belong together is lost"
NORMAL = "nothing is resampled: the interval is the mean ± so many standard errors"
TOO_FEW = "there are far too few resamples: the interval jumps from call to call"
UNMOVED = "the resamples are drawn without replacement: every one of them has the same mean"
DIFFERENCES = "the percentiles are those of the differences, not of the means of resamples"
OWN_RNG = "the numbers are not drawn from the rng that is given: the same rng gives another interval"
FIXED_SEED = "a generator with a fixed seed of its own is used: every call draws the same resamples"
MEDIANS = "the median of each resample is taken, not the mean"
HALVES = "the resamples hold half as many differences as there are"


@lru_cache(maxsize=32)
def _own_bootstrap(differences):
    d = np.frombuffer(differences)
    return np.sort(d[np.random.default_rng(0).integers(len(d), size=(RESAMPLES, len(d)))].mean(axis=1))


def _bootstrap_of(values):
    """Means of our own resamples of values (N,), in order of size."""
    return _own_bootstrap(np.ascontiguousarray(values, dtype=float).tobytes())


def _interval_fault(args, arrays):
    """(result, sentence, name of the mistake or `ASK`) of what is wrong with the intervals of many calls, or empty texts."""
    low, high, level = arrays["low"], arrays["high"], args.get("level", 0.95)
    for name, ends in (("low", low), ("high", high)):
        if ends.shape != (args["calls"],) or ends.dtype.kind not in "fiu":
            return name, f"one real number is expected a call, yours is {ends.dtype} of shape {ends.shape[1:]}", ""
        if not np.isfinite(ends).all():
            return name, "it is not finite", ""
    if not np.allclose(arrays["again"], [low[0], high[0]], rtol=1e-9, atol=1e-12):
        return "low", "the same state of rng gives another interval the second time", OWN_RNG
    d = args["a"] - args["b"]
    if len(d) == 1:
        right = np.allclose(low, d) and np.allclose(high, d)
        text = f"of one difference, {d[0]:.4g}, every resample is that; yours is {low[0]:.4g} to {high[0]:.4g}"
        return ("", "", "") if right else ("low", text, ASK)
    return _ends_fault(args, low, high, _bootstrap_of(d), level)


def _ends_fault(args, low, high, means, level):
    """Judge both ends by the share of all resampled means that lies below them."""
    calls, chi2 = len(low), 0.0
    for name, ends, p in (("low", low, (1 - level) / 2), ("high", high, (1 + level) / 2)):
        below = np.searchsorted(means, ends) / len(means)
        variance = p * (1 - p)
        allowed = 6 * np.sqrt(variance / FEWEST / calls) + 6 * np.sqrt(variance / len(means)) + 1.5 / FEWEST
        if abs(below.mean() - p) > allowed:
            text = f"{below.mean():.1%} of all resampled means lie below it, expected {p:.1%}; yours is {ends.mean():.4g}, expected {means[int(p * len(means))]:.4g}"
            return name, text, ASK
        chi2 += ((below - below.mean()) ** 2).sum() / (variance / FEWEST)
    if np.ptp(low) == np.ptp(high) == 0:
        return "low", "every call gives the same interval, whatever the state of rng", FIXED_SEED
    if chi2 > 75:  # with 2,000 resamples it is about 14, and above 75 once in a thousand million
        return "low", f"over {calls} calls it runs from {low.min():.4g} to {low.max():.4g}; with 2,000 resamples it moves less", TOO_FEW
    return "", "", ""


def _interval_name(args, low, high):
    """The known mistake whose interval is nearest to the mean of these, if it is near."""
    d, got = args["a"] - args["b"], np.array([low.mean(), high.mean()])
    if len(d) > 1 and np.allclose([*low, *high], d.mean(), rtol=1e-9):
        return UNMOVED
    unit, near = np.ptp(_quantiles(_bootstrap_of(d), (0.025, 0.975))), {}
    for name, ends in _wrong_intervals(d.tobytes(), args["a"].tobytes(), args.get("level", 0.95)).items():
        near[name] = np.abs(ends - got).max() / max(abs(ends[1] - ends[0]), unit, 1e-12)
    best = min(near, key=near.get)
    return best if near[best] < 0.1 else ""


def _quantiles(values, fractions):
    """Quantiles of values that are in order of size."""
    return np.array([values[round(p * (len(values) - 1))] for p in fractions])


@lru_cache(maxsize=32)
def _wrong_intervals(differences, a, level):
    """{mistake: (low, high)} that each would give with very many resamples; arrays come as bytes, to be remembered by."""
    d, a = np.frombuffer(differences), np.frombuffer(a)
    b, tails, means, rng = a - d, ((1 - level) / 2, (1 + level) / 2), _bootstrap_of(d), np.random.default_rng(1)
    low, high = _quantiles(means, tails)
    rows, others = rng.integers(len(d), size=(2, 20_000, len(d)))
    known = {
        UNPAIRED: np.quantile(a[rows].mean(axis=1) - b[others].mean(axis=1), tails),
        NORMAL: _normal(a, b, None, level),
        DIFFERENCES: np.quantile(d, tails),
        MEDIANS: np.quantile(np.median(d[rows], axis=1), tails),
        HALVES: np.quantile(d[rows[:, : max(len(d) // 2, 1)]].mean(axis=1), tails),
        **{name: _quantiles(means, take(level)) for name, take in TAILS.items()},
        **{name: change(low, high, d) for name, change in CHANGED.items()},
        **{name: np.quantile(values(a, b)[rows].mean(axis=1), tails) for name, values in OTHER_VALUES.items()},
    }
    return {name: np.asarray(ends, dtype=float) for name, ends in known.items()}


def _two_ends(result):
    """The two ends of an interval, from a pair or from an array of two."""
    if not isinstance(result, (tuple, list)) and getattr(result, "shape", None) == (2,):
        return {"low": result[0], "high": result[1]}
    return unpack(result, ("low", "high"))


@exercise(id="5.8", points=3, minutes=20, difficulty=2, importance=5, seconds=15.0, deterministic=False)
class paired_interval:
    """Return the percentile bootstrap interval of the mean of a − b, the pairs kept together."""

    returns = {"low": "call", "high": "call", "again": "end"}
    parts = {"level 0.95": part(1.5, cases="default"), "another level": part(1, cases="given"), "a single pair": part(0.5, cases="single")}
    beside = (_two_ends,)

    def cases(rng):
        for N, given, kind, calls in ((12, {}, "default", 8), (15, {"level": 0.8}, "given", 8), (1, {}, "single", 1)):
            shared = 4 * rng.normal(size=N) + 10  # some seeds, some texts are harder than others, for both
            u = (np.arange(N) + rng.uniform(0.3, 0.7, size=N)) / N
            differences = rng.permutation(0.6 * np.log(1 / (1 - u)) ** 1.4) - 0.2  # most are small, a few are large
            yield Case({"a": shared + differences, "b": shared, **given, "seed": int(rng.integers(2**31)), "calls": calls}, kind)

    def probe(function, args):
        given = {"a": args["a"], "b": args["b"]}
        level = {"level": args["level"]} if "level" in args else {}

        def ends(count):
            rng = np.random.default_rng(args["seed"])
            pairs = [_two_ends(call(function, {**given, "rng": rng, **level})) for _ in range(count)]
            return {end: np.array([plain(pair[end], end) for pair in pairs]) for end in ("low", "high")}

        first = ends(1)
        return {**ends(args["calls"]), "again": np.array([first["low"][0], first["high"][0]])}

    def reference(a, b, rng, level=0.95):
        differences = a - b  # (N,)
        rows = rng.integers(len(a), size=(4000, len(a)))
        means = differences[rows].mean(axis=1)  # (resamples,)
        return tuple(np.quantile(means, [(1 - level) / 2, (1 + level) / 2]))

    def verify(args, arrays):
        result, text, _ = _interval_fault(args, arrays)
        return [(result, text)] if text else []

    def recognise(args, arrays):
        name = _interval_fault(args, arrays)[2]
        return _interval_name(args, arrays["low"], arrays["high"]) if name == ASK else name

    mistakes = {
        UNPAIRED: _unpaired,
        NORMAL: _normal,
        TOO_FEW: _interval_but(count=100),
        UNMOVED: _without_replacement,
        DIFFERENCES: _of_differences,
        MEDIANS: _interval_but(statistic=lambda draws: np.median(draws, axis=1)),
        HALVES: _interval_but(statistic=lambda draws: draws[:, : max(draws.shape[1] // 2, 1)].mean(axis=1)),
        OWN_RNG: _own_rng(None),
        FIXED_SEED: _own_rng(7),
        **{name: _interval_but(tails=take) for name, take in TAILS.items()},
        **{name: _interval_but(after=change) for name, change in CHANGED.items()},
        **{name: _interval_but(values=values) for name, values in OTHER_VALUES.items()},
    }
    right = {
        "rng.choice in a loop": lambda a, b, rng, level=0.95: _interval_by_loop(a, b, rng, level),
        "np.percentile, its array returned": lambda a, b, rng, level=0.95: np.percentile(
            rng.choice(a - b, size=(FEWEST, len(a))).mean(axis=1), [50 * (1 - level), 50 * (1 + level)]
        ),
        "counts of a multinomial, 4,000 resamples": lambda a, b, rng, level=0.95: list(
            np.quantile(rng.multinomial(len(a), np.full(len(a), 1 / len(a)), size=4000) @ (a - b) / len(a), [(1 - level) / 2, (1 + level) / 2])
        ),
        "rows of both, drawn together": lambda a, b, rng, level=0.95: _interval_of_rows(a, b, rng, level),
        "places in a sorted list": lambda a, b, rng, level=0.95: _interval_by_sorting(a, b, rng, level),
    }
    forbidden = ("scipy.stats.bootstrap", "rnncourse.benchmark.intervals.paired")
    hints = (
        "Value i of a and value i of b were measured on the same text with the same seed. What must a resample draw: values, or pairs?",
        "d = a − b, (N,); rows = rng.integers(N, size=(resamples, N)); means = d[rows].mean(axis=1), (resamples,); the ends are its quantiles (1 − level)/2 and (1 + level)/2.",
        "A sibling, how sure is a median? medians = np.median(x[rng.integers(N, size=(2000, N))], axis=1); np.quantile(medians, [0.05, 0.95]) holds nine tenths of them.",
    )


def _interval_by_loop(a, b, rng, level):
    d = a - b
    means = [d[rng.integers(len(d), size=len(d))].sum() / len(d) for _ in range(FEWEST)]
    return np.percentile(means, 100 * (1 - level) / 2), np.percentile(means, 100 - 100 * (1 - level) / 2)


def _interval_of_rows(a, b, rng, level):
    both = rng.choice(np.stack([a, b], axis=1), size=(3000, len(a)), axis=0)  # (resamples, N, 2)
    means = both.mean(axis=1)
    ends = np.quantile(means[:, 0] - means[:, 1], [0.5 - level / 2, 0.5 + level / 2], method="nearest")
    return float(ends[0]), float(ends[1])


def _interval_by_sorting(a, b, rng, level):
    rows = (rng.random((FEWEST, len(a))) * len(a)).astype(int)
    means = sorted((a - b)[rows].mean(axis=1).tolist())
    return means[int(FEWEST * (1 - level) / 2)], means[int(FEWEST * (1 + level) / 2)]
