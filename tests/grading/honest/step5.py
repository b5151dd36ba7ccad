"""Right answers to single exercises of step 5 that look unlike the model answer."""

from tests.grading.honest.variant import answers

ANSWERS = answers(5, r'''
## attention: einsum, and a large negative number
def attention(q, k, v, mask):
    s = np.einsum("btd,bsd->bts", q, k) * q.shape[-1] ** -0.5
    if mask is not None:
        s = s + np.where(mask, 0.0, -np.inf)
    s -= s.max(-1, keepdims=True)
    w = np.exp(s)
    w /= w.sum(-1, keepdims=True)
    return np.einsum("bts,bse->bte", w, v), w
## attention: SciPy's softmax
def attention(q, k, v, mask):
    from scipy.special import softmax
    scores = np.matmul(q, np.swapaxes(k, -1, -2)) / q.shape[-1] ** 0.5
    weights = softmax(scores if mask is None else np.ma.filled(np.ma.array(scores, mask=np.broadcast_to(~mask, scores.shape)), -np.inf), axis=-1)
    return weights @ v, weights
## attention: query by query
def attention(q, k, v, mask):
    B, T, D = q.shape
    out, weights = np.zeros((B, T, v.shape[2])), np.zeros((B, T, k.shape[1]))
    for b in range(B):
        for t in range(T):
            s = k[b] @ q[b, t] / np.sqrt(D)
            seen = np.ones(len(s), dtype=bool) if mask is None else mask[t]
            e = np.exp(s[seen] - s[seen].max())
            weights[b, t, seen] = e / e.sum()
            out[b, t] = weights[b, t] @ v[b]
    return out, weights
## causal_mask: comparing positions
def causal_mask(T):
    t = np.arange(T)
    return t[:, None] >= t
## causal_mask: not above the diagonal
causal_mask = lambda T: ~np.triu(np.ones((T, T)), k=1).astype(bool)
## multi_head_attention: reshaped heads, all at once
def multi_head_attention(x, W_q, W_k, W_v, W_o, heads, mask):
    B, T, D = x.shape
    split = lambda W: (x @ W).reshape(B, T, heads, D // heads).transpose(0, 2, 1, 3).reshape(B * heads, T, D // heads)
    o, _ = attention(split(W_q), split(W_k), split(W_v), mask)
    return o.reshape(B, heads, T, -1).transpose(0, 2, 1, 3).reshape(B, T, D) @ W_o
## multi_head_attention: a sum over heads of products with rows of W_o
def multi_head_attention(x, W_q, W_k, W_v, W_o, heads, mask):
    d, total = x.shape[2] // heads, 0
    for n in range(heads):
        part = slice(n * d, (n + 1) * d)
        total = total + attention(x @ W_q[:, part], x @ W_k[:, part], x @ W_v[:, part], mask)[0] @ W_o[part]
    return total
## sinusoidal_positions: even and odd columns
def sinusoidal_positions(T, D):
    table = np.zeros((T, D))
    for t in range(T):
        for k in range(D // 2):
            table[t, 2 * k], table[t, 2 * k + 1] = np.sin(t / 10000 ** (2 * k / D)), np.cos(t / 10000 ** (2 * k / D))
    return table
## sinusoidal_positions: complex numbers
def sinusoidal_positions(T, D):
    speed = np.exp(-np.log(10000.0) * np.arange(0, D, 2) / D)
    z = np.exp(1j * np.outer(np.arange(T), speed))
    return np.ascontiguousarray(np.stack([z.imag, z.real], axis=2)).reshape(T, D)
## transformer_parameters: a dictionary of shapes
from math import prod

def transformer_parameters(layers, width, heads, feedforward, vocabulary, context):
    layer = {"maps": 4 * [(width, width)], "biases": 4 * [(width,)], "in": [(width, feedforward), (feedforward,)], "out": [(feedforward, width), (width,)], "norms": 4 * [(width,)]}
    shapes = [(vocabulary, width), (context, width), (width,), (width,)] + layers * [s for each in layer.values() for s in each]
    return sum(prod(s) for s in shapes)
## stream_attention: a dictionary for the cache's parts, as a list
def stream_attention(cache, x_t, W_q, W_k, W_v, W_o, heads):
    B, D = x_t.shape
    keys, values = ([], []) if cache is None else cache
    keys, values = [*keys, x_t @ W_k], [*values, x_t @ W_v]
    q, k, v = (x_t @ W_q).reshape(B, heads, 1, -1), np.stack(keys, 1).reshape(B, -1, heads, D // heads), np.stack(values, 1).reshape(B, -1, heads, D // heads)
    s = np.einsum("bhqd,bnhd->bhn", q, k) / np.sqrt(D // heads)
    w = np.exp(s - s.max(-1, keepdims=True))
    w /= w.sum(-1, keepdims=True)
    return np.einsum("bhn,bnhd->bhd", w, v).reshape(B, D) @ W_o, (keys, values)
## stream_attention: a cache of a class of its own
class Cache:
    def __init__(self, k, v):
        self.k, self.v = k, v

    def with_step(self, k, v):
        return Cache(np.concatenate([self.k, k], axis=1), np.concatenate([self.v, v], axis=1))

def stream_attention(cache, x_t, W_q, W_k, W_v, W_o, heads):
    x = x_t[:, None]
    cache = Cache(x @ W_k, x @ W_v) if cache is None else cache.with_step(x @ W_k, x @ W_v)
    d = x_t.shape[1] // heads
    outs = [attention(x @ W_q[:, n:n + d], cache.k[..., n:n + d], cache.v[..., n:n + d], None)[0] for n in range(0, x_t.shape[1], d)]
    return np.concatenate(outs, -1)[:, 0] @ W_o, cache
## scan_linear: np.concatenate each round, and recursion in place of the loop
def scan_linear(a, b, h0):
    def rounds(a, b, s):
        if s >= a.shape[1]:
            return a, b
        new_b = np.concatenate([b[:, :s], b[:, s:] + a[:, s:] * b[:, :-s]], axis=1)
        return rounds(np.concatenate([a[:, :s], a[:, s:] * a[:, :-s]], axis=1), new_b, 2 * s)
    whole, rest = rounds(a, b, 1)
    return whole * h0[:, None] + rest
## scan_linear: new arrays each round, with np.pad
def scan_linear(a, b, h0):
    T, s = a.shape[1], 1
    while s < T:
        earlier_a = np.pad(a, [(0, 0), (s, 0), (0, 0)], constant_values=1)[:, :T]
        earlier_b = np.pad(b, [(0, 0), (s, 0), (0, 0)])[:, :T]
        a, b, s = a * earlier_a, b + a * earlier_b, 2 * s
    return b + a * h0[:, None, :]
## paired_interval: a loop and np.percentile
def paired_interval(a, b, rng, level=0.95):
    d, means = np.subtract(a, b), []
    for _ in range(5000):
        means.append(rng.choice(d, size=len(d)).mean())
    tail = 100 * (1 - level) / 2
    return tuple(np.percentile(means, [tail, 100 - tail]))
## paired_interval: sorted means
def paired_interval(a, b, rng, level=0.95):
    d = a - b
    means = np.sort(rng.choice(d, size=(10_000, d.size), replace=True).mean(axis=1))
    cut = round((1 - level) / 2 * len(means))
    return float(means[cut]), float(means[-cut - 1])
''')
