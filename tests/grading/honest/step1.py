"""Right answers to single exercises of step 1 that look unlike the model answer."""

from tests.grading.honest.variant import answers

ANSWERS = answers(1, r'''
## encode_text: list.index, character by character
def encode_text(text, vocabulary):
    ids = []
    for ch in text:
        if ch not in vocabulary:
            raise KeyError(ch)
        ids.append(list(vocabulary).index(ch))
    return np.asarray(ids, dtype="int64")
## encode_text: a lambda over a dictionary
encode_text = lambda text, vocabulary: np.fromiter((dict(zip(vocabulary, range(10**6)))[c] for c in text), dtype=np.int64, count=len(text))
## encode_text: a class with a dictionary of its own
class Encoder(dict):
    def __missing__(self, key):
        raise KeyError(f"unknown {key!r}")

def encode_text(text, vocabulary):
    table = Encoder((c, i) for i, c in enumerate(vocabulary))
    return np.array(list(map(table.__getitem__, text)), dtype=np.int64)
## encode_text: np.searchsorted over the sorted characters
def encode_text(text, vocabulary):
    chars = np.array(list(vocabulary)); order = np.argsort(chars); found = chars[order]
    letters = np.array(list(text))
    if len(letters) == 0:
        return np.zeros(0, dtype=np.int64)
    at = np.searchsorted(found, letters).clip(max=len(found) - 1)
    if (found[at] != letters).any():
        raise KeyError(str(letters[found[at] != letters][0]))
    return order[at].astype(np.int64)
## next_step_pairs: as_strided
def next_step_pairs(ids, length):
    ids = np.ascontiguousarray(ids)
    n = (ids.size - 1) // length
    step = ids.strides[0]
    view = lambda a: np.lib.stride_tricks.as_strided(a, (n, length), (length * step, step)).copy()
    return view(ids), view(ids[1:])
## next_step_pairs: a loop and np.vstack
def next_step_pairs(ids, length):
    a, b, t = [], [], 0
    while t + length + 1 <= len(ids):
        a.append(ids[t:t + length]); b.append(ids[t + 1:t + length + 1]); t += length
    return np.vstack(a), np.vstack(b)
## next_step_pairs: torch's unfold
def next_step_pairs(ids, length):
    import torch
    t = torch.as_tensor(np.array(ids))
    return t[:-1].unfold(0, length, length).clone(), t[1:].unfold(0, length, length).clone()
## make_windows: lists of slices, stacked
def make_windows(series, length, horizon):
    N = len(series) - length - horizon + 1
    return np.array([series[i:i + length] for i in range(N)]), np.array([series[i + length:i + length + horizon] for i in range(N)])
## make_windows: a generator of pairs, with zip
def make_windows(series, length, horizon):
    def pairs():
        for start in range(series.shape[0] - length - horizon + 1):
            middle = start + length
            yield series[start:middle], series[middle:middle + horizon]
    x, y = zip(*pairs())
    return np.stack(x), np.stack(y)
## make_windows: sliding_window_view with swapped axes
def make_windows(series, length, horizon):
    from numpy.lib.stride_tricks import sliding_window_view as swv
    w = swv(series, length + horizon, axis=0).swapaxes(1, 2)
    return w[:, :length].copy(), w[:, length:].copy()
## chronological_split: slices between borders, in a comprehension
def chronological_split(series, fractions):
    n = len(series)
    edges = [0] + [round(sum(fractions[:k + 1]) * n) for k in range(len(fractions))]
    return tuple(series[a:b] for a, b in zip(edges, edges[1:]))
## chronological_split: itertools.accumulate, and a list
def chronological_split(series, fractions):
    from itertools import accumulate, pairwise
    edges = [0, *(int(round(f * len(series))) for f in accumulate(fractions))]
    return [np.array(series[a:b]) for a, b in pairwise(edges)]
## standardize: a dataclass that holds the statistics
from dataclasses import dataclass

@dataclass
class Scaler:
    mean: np.ndarray
    std: np.ndarray

    @classmethod
    def fit(cls, a):
        std = np.sqrt(((a - a.mean(0)) ** 2).mean(0))
        return cls(a.mean(0), np.where(np.ptp(a, axis=0) == 0, 1.0, std))

    def __call__(self, a):
        return (a - self.mean) / self.std

def standardize(train, *others):
    scaler = Scaler.fit(train)
    return list(map(scaler, (train, *others))), scaler.mean, scaler.std
## standardize: column by column
def standardize(train, *rest):
    D = train.shape[1]
    mean, std = np.empty(D), np.empty(D)
    for d in range(D):
        column = train[:, d]
        mean[d] = sum(column) / len(column)
        spread = 0.0 if (column == column[0]).all() else (sum((v - mean[d]) ** 2 for v in column) / len(column)) ** 0.5
        std[d] = spread or 1.0
    return [(part - mean) / std for part in (train,) + rest], mean, std
## pad_sequences: np.pad and np.stack
def pad_sequences(sequences, value=0.0):
    lengths = [s.shape[0] for s in sequences]
    longest = max(lengths)
    batch = np.stack([np.pad(s.astype(float), [(0, longest - len(s)), (0, 0)], constant_values=value) for s in sequences])
    mask = np.tri(longest + 1, longest, -1, dtype=bool)[lengths]
    return batch, np.array(lengths), mask
## pad_sequences: append in a loop
def pad_sequences(sequences, value=0.0):
    longest = 0
    for s in sequences:
        longest = max(longest, len(s))
    batch, lengths, mask = [], [], []
    for s in sequences:
        missing = longest - len(s)
        batch.append(np.concatenate([s, np.ones((missing, s.shape[1])) * value]))
        lengths.append(len(s)); mask.append([True] * len(s) + [False] * missing)
    return np.array(batch), np.array(lengths), np.array(mask)
## last_valid: a comprehension
def last_valid(states, lengths):
    return np.stack([row[n - 1] for row, n in zip(states, lengths)])
## last_valid: einsum with a one-hot mask
def last_valid(states, lengths):
    return np.einsum("bt,bth->bh", (np.arange(states.shape[1]) == np.asarray(lengths)[:, None] - 1).astype(float), states)
## last_valid: torch's gather
def last_valid(states, lengths):
    import torch
    s = torch.as_tensor(np.array(states)); at = torch.as_tensor(np.array(lengths)) - 1
    return s.gather(1, at[:, None, None].expand(-1, 1, s.shape[2])).squeeze(1)
## stateful_batches: a generator turned into a list
def stateful_batches(ids, batch_size, length):
    def batches():
        steps = (len(ids) - 1) // batch_size
        x = np.array(ids[:batch_size * steps]).reshape(batch_size, -1)
        y = np.array(ids[1:batch_size * steps + 1]).reshape(batch_size, -1)
        for k in range(steps // length):
            yield x[:, k * length:(k + 1) * length], y[:, k * length:(k + 1) * length]
    return list(batches())
## ngram_bits: Counter and log2 of a product's parts
from collections import Counter
from math import log2

def ngram_bits(train_ids, test_ids, vocabulary_size, order, alpha):
    train, test = [int(i) for i in train_ids], [int(i) for i in test_ids]
    grams = lambda a, n: list(zip(*(a[k:] for k in range(n))))
    full = Counter(grams(train, order))
    head = Counter(g[:-1] for g in full.elements())
    bits = [-log2((full[g] + alpha) / (head[g[:-1]] + alpha * vocabulary_size)) for g in grams(test, order)]
    return sum(bits) / len(bits)
## ngram_bits: defaultdict of arrays
from collections import defaultdict

def ngram_bits(train_ids, test_ids, vocabulary_size, order, alpha):
    n, counts = order - 1, defaultdict(lambda: np.zeros(vocabulary_size))
    for t in range(n, len(train_ids)):
        counts[bytes(np.asarray(train_ids[t - n:t], dtype=np.int64))][train_ids[t]] += 1
    p = []
    for t in range(n, len(test_ids)):
        row = counts[bytes(np.asarray(test_ids[t - n:t], dtype=np.int64))] + alpha
        p.append(row[test_ids[t]] / row.sum())
    return -np.log2(p).mean()
''')
