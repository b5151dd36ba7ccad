"""Step 1, sequence data: ids, pairs, windows, splits, scaling, padding, batches, and a baseline in bits."""

import numpy as np

from rnncourse.checking.exercise import Case, exercise, part
from rnncourse.checking.probe import Structure, call, plain, unpack

# ---------------------------------------------------------------- 1.1


def _encode_or(text, vocabulary, unknown):
    places = {character: place for place, character in enumerate(vocabulary)}
    return np.array([places.get(character, unknown) for character in text], dtype=np.int64)


def _encode_nameless(text, vocabulary):
    if not set(text) <= set(vocabulary):
        raise KeyError("unknown character")
    return _encode_or(text, vocabulary, 0)


@exercise(id="1.1", points=2, minutes=10, difficulty=1, importance=5)
class encode_text:
    """Return the place of each character of a text in the vocabulary; an unknown character is a KeyError naming it."""

    returns = {"ids": "time"}
    int64 = ("ids",)
    raising = ("unknown",)
    parts = {"known characters": part(1, cases="known"), "unknown characters": part(1, cases="unknown")}

    def cases(rng):
        pool = list("abcdefghijklmnopqrstuvwxyz ,.!é\n")
        for size, length, form in ((9, 14, "".join), (5, 1, list), (12, 7, tuple), (6, 0, "".join), (1, 4, "".join)):
            letters = list(rng.permutation(pool)[:size])
            yield Case({"text": "".join(rng.choice(letters, length)), "vocabulary": form(letters)}, "known")
        for form in ("".join, list):
            letters = list(rng.permutation(list("abcdefghijklm"))[:8])
            text = list(rng.choice(letters, 6))
            text.insert(int(rng.integers(7)), "€")
            yield Case({"text": "".join(text), "vocabulary": form(letters)}, "unknown")

    def reference(text, vocabulary):
        places = {character: place for place, character in enumerate(vocabulary)}
        return np.array([places[character] for character in text], dtype=np.int64)  # (T,)

    mistakes = {
        "ids are given by order of appearance in the text, not by place in the vocabulary": lambda text, vocabulary: _encode_or(
            text, dict.fromkeys(text), 0
        ),
        "an unknown character silently becomes -1": lambda text, vocabulary: _encode_or(text, vocabulary, -1),
        "an unknown character silently becomes 0, the id of another character": lambda text, vocabulary: _encode_or(text, vocabulary, 0),
        "an unknown character silently gets a new id past the vocabulary": lambda text, vocabulary: _encode_or(
            text, vocabulary, len(vocabulary)
        ),
        "unknown characters are left out, so the ids no longer line up with the text": lambda text, vocabulary: _encode_or(
            [c for c in text if c in vocabulary], vocabulary, 0
        ),
        "an unknown character raises ValueError (list.index, str.index), not KeyError": lambda text, vocabulary: np.array(
            [list(vocabulary).index(c) for c in text], dtype=np.int64
        ),
        "the KeyError does not name the character": _encode_nameless,
        "the ids are Unicode numbers (ord), not places in the vocabulary": lambda text, vocabulary: np.array(
            [ord(c) for c in text], dtype=np.int64
        ),
        "the vocabulary is sorted first, which changes every place": lambda text, vocabulary: encode_text.reference(
            text, sorted(vocabulary)
        ),
        "the ids count from 1": lambda text, vocabulary: encode_text.reference(text, vocabulary) + 1,
        "one-hot rows are returned instead of ids": lambda text, vocabulary: np.eye(len(vocabulary), dtype=np.int64)[
            encode_text.reference(text, vocabulary)
        ],
        "the ids are real numbers (float), not whole numbers": lambda text, vocabulary: encode_text.reference(text, vocabulary).astype(float),
    }
    right = {
        "a plain list": lambda text, vocabulary: [{c: i for i, c in enumerate(vocabulary)}[c] for c in text],
        "a loop that raises by hand": lambda text, vocabulary: _encode_by_hand(text, vocabulary),
        "an array filled from an iterator": lambda text, vocabulary: np.fromiter(
            map(dict(zip(vocabulary, range(len(vocabulary)), strict=True)).__getitem__, text), dtype=np.int64
        ),
        "an empty text gives an array without a type": lambda text, vocabulary: np.array(
            [{c: i for i, c in enumerate(vocabulary)}[c] for c in text]
        ),
    }
    hints = (
        "Which lookup gives you the place of one character at once, and complains by itself about an unknown one?",
        "Build {character: place} once from enumerate(vocabulary); ids has shape (len(text),) and dtype int64.",
        "A sibling, months: places = {m: i for i, m in enumerate(months)}; np.array([places[m] for m in diary], dtype=np.int64). "
        "Square brackets raise KeyError with the key in it; .get does not.",
    )


def _encode_by_hand(text, vocabulary):
    ids = np.zeros(len(text), dtype=np.int64)
    for t, character in enumerate(text):
        matches = [place for place, known in enumerate(vocabulary) if known == character]
        if not matches:
            raise KeyError(f"the character {character!r} is not in the vocabulary")
        ids[t] = matches[0]
    return ids


# ---------------------------------------------------------------- 1.2


def _pairs(ids, length, shift=1):
    """Windows side by side; targets are the ids `shift` steps on, taken round at both ends."""
    count = (len(ids) - 1) // length
    inputs = ids[: count * length].reshape(count, length)
    return inputs, np.roll(ids, -shift)[: count * length].reshape(count, length)


def _pairs_at(ids, length, starts):
    return np.array([ids[s : s + length] for s in starts]), np.array([ids[s + 1 : s + 1 + length] for s in starts])


def _pairs_round(ids, length):
    count = len(ids) // length
    return ids[: count * length].reshape(count, length), np.roll(ids, -1)[: count * length].reshape(count, length)


def _pairs_padded(ids, length):
    count = -(-(len(ids) - 1) // length)
    inputs, targets = np.zeros(count * length, ids.dtype), np.zeros(count * length, ids.dtype)
    inputs[: len(ids) - 1], targets[: len(ids) - 1] = ids[:-1], ids[1:]
    return inputs.reshape(count, length), targets.reshape(count, length)


@exercise(id="1.2", points=3, minutes=15, difficulty=2, importance=5)
class next_step_pairs:
    """Cut ids into windows side by side, each with its targets: the same window one step later. The rest is dropped."""

    returns = {"inputs": "window time", "targets": "window time"}
    parts = {"inputs": part(1, "inputs"), "targets": part(2, "targets")}

    def cases(rng):
        for size, length in ((17, 5), (16, 5), (15, 5), (4, 3), (7, 1), (2, 1), (23, 4)):
            yield {"ids": rng.permutation(90)[:size].astype(np.int64), "length": length}

    def reference(ids, length):
        count = (len(ids) - 1) // length
        inputs = ids[: count * length].reshape(count, length)  # (N, length)
        targets = ids[1 : count * length + 1].reshape(count, length)  # (N, length)
        return inputs, targets

    mistakes = {
        "the targets are not shifted: they equal the inputs": lambda ids, length: _pairs(ids, length, 0),
        "the targets are shifted by two steps": lambda ids, length: _pairs(ids, length, 2),
        "the targets are shifted the wrong way: they are the step before": lambda ids, length: _pairs(ids, length, -1),
        "inputs and targets are swapped": lambda ids, length: next_step_pairs.reference(ids, length)[::-1],
        "the targets wrap round: the last one is the first id of the text": _pairs_round,
        "the last target of each window wraps round to the window's own first id": lambda ids, length: (
            _pairs(ids, length)[0],
            np.roll(_pairs(ids, length)[0], -1, axis=1),
        ),
        "the windows overlap: each starts one step after the other": lambda ids, length: _pairs_at(ids, length, range(len(ids) - length)),
        "a last window that fits exactly is lost": lambda ids, length: _pairs_lost(ids, length),
        "the rest is kept and padded with zeros": _pairs_padded,
        "the ids run down the columns, not along the rows": lambda ids, length: tuple(
            a.reshape(length, -1).T for a in next_step_pairs.reference(ids, length)
        ),
        "the targets are only the one id after each window": lambda ids, length: (
            _pairs(ids, length)[0],
            next_step_pairs.reference(ids, length)[1][:, -1],
        ),
        "windows of length + 1 stand side by side, so the first id of every next window is never an input": lambda ids, length: _pairs_at(
            ids, length, range(0, len(ids) - length, length + 1)
        ),
    }
    right = {
        "a loop over starts": lambda ids, length: _pairs_at(ids, length, range(0, len(ids) - length, length)),
        "lists of lists": lambda ids, length: tuple(a.tolist() for a in next_step_pairs.reference(ids, length)),
        "a sliding view with a stride": lambda ids, length: (
            np.lib.stride_tricks.sliding_window_view(ids[:-1], length)[::length],
            np.lib.stride_tricks.sliding_window_view(ids[1:], length)[::length],
        ),
        "one array of both": lambda ids, length: list(np.stack(next_step_pairs.reference(ids, length))),
    }
    hints = (
        "The last id can be a target but never an input. How many whole windows of inputs are left, then?",
        "With N = (len(ids) - 1) // length: inputs are ids[: N * length], targets are ids[1 : N * length + 1], both reshaped to (N, length).",
        "A sibling, letters with length 2: 'abcdef' gives inputs [[a b] [c d]] and targets [[b c] [d e]]; f is dropped.",
    )


def _pairs_lost(ids, length):
    count = (len(ids) - 1) // length - ((len(ids) - 1) % length == 0)
    return ids[: count * length].reshape(count, length), ids[1 : count * length + 1].reshape(count, length)


# ---------------------------------------------------------------- 1.3


def _windows(series, length, horizon, *, first=0, steps=None, gap=0, count=None, stride=1):
    """General windows: where y begins (gap), how many steps it has, how many windows there are."""
    steps = horizon if steps is None else steps
    whole = len(series) - length - max(gap, 0) - max(steps, 1) + 1
    starts = range(first, whole if count is None else count, stride)
    x = [series[i : i + length] for i in starts]
    y = [series[i + length + gap : i + length + gap + steps] for i in starts]
    D = series.shape[1]
    return np.array(x).reshape(len(x), length, D), np.array(y).reshape(len(y), -1 if len(y) else steps, D)


@exercise(id="1.3", points=3, minutes=15, difficulty=2, importance=5)
class make_windows:
    """Cut a series into all windows x of `length` steps, each with the `horizon` steps y that follow it; stride 1."""

    returns = {"x": "window time feature", "y": "window time feature"}
    parts = {"x": part(1, "x"), "y": part(2, "y")}

    def cases(rng):
        for S, D, length, horizon in ((14, 2, 4, 3), (9, 1, 2, 5), (11, 3, 5, 1), (7, 2, 4, 3), (6, 4, 1, 2), (2, 1, 1, 1)):
            yield {"series": rng.normal(size=(S, D)), "length": length, "horizon": horizon}

    def reference(series, length, horizon):
        starts = np.arange(len(series) - length - horizon + 1)[:, None]  # (N, 1)
        x = series[starts + np.arange(length)]  # (N, length, D)
        y = series[starts + length + np.arange(horizon)]  # (N, horizon, D)
        return x, y

    mistakes = {
        "the horizon is off by one: y begins one step too late": lambda s, length, horizon: _windows(s, length, horizon, gap=1),
        "the horizon is off by one: y is one step too long": lambda s, length, horizon: _windows(s, length, horizon, steps=horizon + 1),
        "the horizon is off by one: y is one step too short": lambda s, length, horizon: _windows(s, length, horizon, steps=horizon - 1),
        "the last window is lost": lambda s, length, horizon: _windows(s, length, horizon, count=len(s) - length - horizon),
        "the first window is lost": lambda s, length, horizon: _windows(s, length, horizon, first=1),
        "y overlaps x: it begins at the last step of x": lambda s, length, horizon: _windows(
            s, length, horizon, gap=-1, count=len(s) - length - horizon + 1
        ),
        "y begins with x: both start at the same step": lambda s, length, horizon: _windows(
            s, length, horizon, gap=-length, count=len(s) - length - horizon + 1
        ),
        "the windows stand side by side (stride = length), not at every step": lambda s, length, horizon: _windows(
            s, length, horizon, stride=length
        ),
        "y holds only the step at the end of the horizon": lambda s, length, horizon: _windows(
            s, length, horizon, gap=horizon - 1, steps=1, count=len(s) - length - horizon + 1
        ),
        "the windows run backwards, from the end of the series to its start": lambda s, length, horizon: tuple(
            a[::-1] for a in make_windows.reference(s, length, horizon)
        ),
        "the time inside each window runs backwards": lambda s, length, horizon: tuple(
            a[:, ::-1] for a in make_windows.reference(s, length, horizon)
        ),
    }
    conventions = {
        "layout (window, feature, time) of convolutions; this exercise puts time before feature": lambda s, length, horizon: tuple(
            a.transpose(0, 2, 1) for a in make_windows.reference(s, length, horizon)
        ),
    }
    right = {
        "a loop over starts": lambda s, length, horizon: _windows(s, length, horizon),
        "lists of slices": lambda s, length, horizon: (
            [s[i : i + length] for i in range(len(s) - length - horizon + 1)],
            [s[i + length : i + length + horizon] for i in range(len(s) - length - horizon + 1)],
        ),
        "one sliding view cut in two": lambda s, length, horizon: tuple(
            np.split(np.lib.stride_tricks.sliding_window_view(s, length + horizon, axis=0).transpose(0, 2, 1), [length], axis=1)
        ),
    }
    forbidden = ("rnncourse.data.windows.windows_and_targets", "rnncourse.data.windows.sliding_windows")
    hints = (
        "Write down the first and the last window: at which row of the series does each x and each y begin and end?",
        "There are N = S - length - horizon + 1 windows; x[i] is series[i : i + length] and y[i] the horizon rows after it: (N, length, D), (N, horizon, D).",
        "A sibling with S = 5, length 2, horizon 1, rows a b c d e: x = [ab, bc, cd], y = [c, d, e].",
    )


# ---------------------------------------------------------------- 1.4


def _cut(series, fractions):
    borders = np.rint(np.cumsum(fractions) * len(series)).astype(int)
    return np.split(series, borders[:-1])


def _places(series, piece):
    """The row of the series that each row of a part is; -1 for a row that is none of them."""
    rows = series.reshape(len(series), -1)
    piece = piece.reshape(len(piece), -1) if piece.size else np.empty((0, rows.shape[1]))
    if piece.shape[1] != rows.shape[1]:
        return np.full(len(piece), -1)
    equal = (piece[:, None] == rows[None]).all(axis=2)  # (rows of the part, rows of the series)
    return np.where(equal.any(axis=1), equal.argmax(axis=1), -1)


def _split_fault(series, fractions, pieces):
    """The mistake's sentence, or another sentence on what is wrong, or an empty text."""
    if len(pieces) != len(fractions):
        return f"{len(fractions)} parts are expected, one a fraction; it returns {len(pieces)}"
    places = [_places(series, piece) for piece in pieces]
    joined = np.concatenate(places)
    if (joined < 0).any():
        return "some rows of the parts are no rows of the series"
    if len(np.unique(joined)) < len(joined):
        return "the parts overlap: some rows stand in two of them"
    if len(joined) < len(series):
        ends = np.array_equal(joined, np.arange(len(joined)))
        return "the last rows of the series are lost" if ends else "some rows of the series are lost"
    if not np.array_equal(joined, np.arange(len(series))):
        return _order_fault(places)
    borders, wanted = np.cumsum([len(piece) for piece in pieces]), np.cumsum(fractions) * len(series)
    if (np.abs(borders - wanted) > np.arange(1, len(pieces) + 1)).any():
        return f"the parts have {[len(piece) for piece in pieces]} rows; the fractions ask for about {np.round(np.array(fractions) * len(series), 1).tolist()}"
    return ""


def _order_fault(places):
    if np.array_equal(np.concatenate(places[::-1]), np.arange(sum(map(len, places)))):
        return "the parts stand in reverse order: the latest rows come first"
    if all((np.diff(piece) > 0).all() for piece in places):
        return "the rows of each part are picked from all over the series, not one stretch of it"
    return "the rows are shuffled"


@exercise(id="1.4", points=2, minutes=10, difficulty=1, importance=5)
class chronological_split:
    """Split a series into contiguous parts, in order, every row once; the parts' sizes follow the fractions."""

    returns = {"part *": "time feature"}

    def cases(rng):
        for shape, fractions in (
            ((60, 3), (0.5, 0.3, 0.2)),
            ((11, 2), (0.6, 0.2, 0.2)),
            ((17,), [0.7, 0.3]),
            ((9, 1), (0.5, 0.25, 0.125, 0.125)),
            ((5, 2), (1.0,)),
            ((23, 1), (0.1, 0.2, 0.7)),
        ):
            yield {"series": rng.normal(size=shape), "fractions": fractions}

    def probe(function, args):
        pieces = call(function, args)
        if not isinstance(pieces, (tuple, list, np.ndarray)):
            raise Structure(f"a tuple of arrays is expected, it returns {type(pieces).__name__}")
        return {f"part {i}": plain(piece, f"part {i}") for i, piece in enumerate(pieces, 1)}

    def reference(series, fractions):
        borders = np.rint(np.cumsum(fractions) * len(series)).astype(int)
        return tuple(np.split(series, borders[:-1]))

    def verify(args, arrays):
        fault = _split_fault(args["series"], args["fractions"], list(arrays.values()))
        return [("", fault)] if fault else []

    def recognise(args, arrays):
        fault = _split_fault(args["series"], args["fractions"], list(arrays.values()))
        return fault if fault in chronological_split.mistakes else ""

    mistakes = {
        "the rows are shuffled": lambda series, fractions: _cut(np.random.default_rng().permutation(series), fractions),
        "the parts overlap: some rows stand in two of them": lambda series, fractions: [
            series[max(0, start - 1) : end] for start, end in _edges(series, fractions)
        ],
        "the last rows of the series are lost": lambda series, fractions: [
            series[start:end][: max(1, end - start - 1)] if end == len(series) else series[start:end] for start, end in _edges(series, fractions)
        ],
        "the parts stand in reverse order: the latest rows come first": lambda series, fractions: _cut(series, fractions[::-1])[::-1],
        "the rows of each part are picked from all over the series, not one stretch of it": lambda series, fractions: _picked(
            series, fractions
        ),
        "the last part is missing": lambda series, fractions: tuple(_cut(series, fractions)[:-1]),
        "each fraction is taken of what is left, not of the whole": lambda series, fractions: _of_the_rest(series, fractions),
    }
    right = {
        "sizes rounded down, the last part takes the rest": lambda series, fractions: _floors(series, fractions),
        "slices between rounded-up borders": lambda series, fractions: [
            series[int(np.ceil(a - 1e-9)) : int(np.ceil(b - 1e-9))] for a, b in _real_edges(series, fractions)
        ],
        "lists": lambda series, fractions: [piece.tolist() for piece in _cut(series, fractions)],
    }
    forbidden = ("rnncourse.data.splits.split_by_time",)
    hints = (
        "At which rows does one part end and the next begin? You need one border less than there are parts.",
        "The borders are cumsum(fractions) * S, rounded; part k is series[border_(k-1) : border_k], of shape (about fraction * S, D).",
        "A sibling: np.split(np.arange(10), [6, 8]) gives [0…5], [6, 7], [8, 9]; every row once, in order.",
    )


def _real_edges(series, fractions):
    borders = [0.0, *(np.cumsum(fractions) * len(series))]
    return list(zip(borders[:-1], borders[1:], strict=True))


def _edges(series, fractions):
    return [(round(a), round(b)) for a, b in _real_edges(series, fractions)]


def _floors(series, fractions):
    borders = [0, *np.cumsum([int(f * len(series)) for f in fractions[:-1]]), len(series)]
    return tuple(series[a:b] for a, b in zip(borders[:-1], borders[1:], strict=True))


def _picked(series, fractions):
    order = np.concatenate([np.arange(k, len(series), len(fractions)) for k in range(len(fractions))])
    return [series[np.sort(piece)] for piece in _cut(order, fractions)]


def _of_the_rest(series, fractions):
    parts, rest = [], series
    for fraction in fractions[:-1]:
        size = round(fraction * len(rest))
        parts, rest = [*parts, rest[:size]], rest[size:]
    return [*parts, rest]


# ---------------------------------------------------------------- 1.5


def _scaled(arrays, mean, std):
    return [(a - mean) / std for a in arrays], mean, std


def _std_or_one(std):
    return np.where(std == 0, 1.0, std)


def _quiet_scaled(arrays, mean, std):
    with np.errstate(divide="ignore", invalid="ignore"):
        return _scaled(arrays, mean, std)


@exercise(id="1.5", points=3, minutes=15, difficulty=2, importance=5)
class standardize:
    """Subtract the mean of the training part and divide by its standard deviation, in the training part and all others."""

    returns = {"train": "time feature", "other *": "time feature", "mean": "feature", "std": "feature"}
    parts = {
        "scaled arrays": part(1, ("train", "other *"), cases="varied"),
        "mean and std": part(1, ("mean", "std"), cases="varied"),
        "constant feature": part(1, cases="constant"),
    }

    def cases(rng):
        for S, D, others in ((9, 3, (4, 6)), (5, 1, ()), (7, 2, (2,)), (4, 4, (4, 1, 3))):
            scale, offset = rng.uniform(0.5, 20, D), rng.normal(size=D) * 30
            draw = [rng.normal(size=(n, D)) * scale + offset + 5 * i for i, n in enumerate((S, *others))]
            yield Case({"train": draw[0], "*others": draw[1:]}, "varied")
        for S, D, others in ((8, 3, (3,)), (1, 2, (4,))):
            draw = [rng.normal(size=(n, D)) * 4 for n in (S, *others)]
            draw[0][:, 1] = 2.5
            yield Case({"train": draw[0], "*others": draw[1:]}, "constant")

    def probe(function, args):
        named = unpack(call(function, args), ("arrays", "mean", "std"))
        arrays = named["arrays"]
        expected = 1 + len(args["*others"])
        if not isinstance(arrays, (list, tuple)) or len(arrays) != expected:
            raise Structure(f"its first result should be a list of {expected} arrays, the training part first")
        names = ["train", *(f"other {i}" for i in range(1, expected))]
        return dict(zip(names, arrays, strict=True)) | {"mean": named["mean"], "std": named["std"]}

    def reference(train, *others):
        mean, std = train.mean(axis=0), train.std(axis=0)  # (D,), (D,)
        std = np.where(train.max(axis=0) == train.min(axis=0), 1.0, std)
        return [(part - mean) / std for part in (train, *others)], mean, std

    mistakes = {
        "mean and std are fitted on all data, not on the training part alone": lambda train, *others: _scaled(
            [train, *others], np.concatenate([train, *others]).mean(axis=0), _std_or_one(np.concatenate([train, *others]).std(axis=0))
        ),
        "each part is scaled by its own mean and std": lambda train, *others: (
            [(a - a.mean(axis=0)) / _std_or_one(a.std(axis=0)) for a in (train, *others)],
            train.mean(axis=0),
            _std_or_one(train.std(axis=0)),
        ),
        "mean and std run over the features (axis=1), not over time": lambda train, *others: _scaled(
            [train], train.mean(axis=1, keepdims=True), _std_or_one(train.std(axis=1, keepdims=True))
        ),
        "one mean and one std for all features together (no axis)": lambda train, *others: _scaled(
            [train, *others], train.mean(), train.std() or 1.0
        ),
        "the sample std (ddof=1) is taken, not the population std": lambda train, *others: _scaled(
            [train, *others], train.mean(axis=0), _std_or_one(_sample_std(train))
        ),
        "a constant feature is divided by zero": lambda train, *others: _quiet_scaled([train, *others], train.mean(axis=0), train.std(axis=0)),
        "a small number is added to std instead of giving constant features std 1": lambda train, *others: _scaled(
            [train, *others], train.mean(axis=0), train.std(axis=0) + 1e-8
        ),
        "the returned std of a constant feature is 0, though 1 is used to divide": lambda train, *others: (
            standardize.reference(train, *others)[0],
            train.mean(axis=0),
            train.std(axis=0),
        ),
        "it divides by the variance, not by the std": lambda train, *others: _scaled(
            [train, *others], train.mean(axis=0), _std_or_one(train.var(axis=0))
        ),
        "the mean is not subtracted": lambda train, *others: (
            [a / standardize.reference(train)[2] for a in (train, *others)],
            *standardize.reference(train)[1:],
        ),
        "the values are scaled to the range 0 to 1, not standardised": lambda train, *others: _scaled(
            [train, *others], train.min(axis=0), _std_or_one(train.max(axis=0) - train.min(axis=0))
        ),
        "the other parts are returned unscaled": lambda train, *others: (
            [*standardize.reference(train)[0], *others],
            *standardize.reference(train)[1:],
        ),
    }
    right = {
        "a loop over features": lambda train, *others: _by_feature(train, *others),
        "a tuple of lists": lambda train, *others: (
            tuple(a.tolist() for a in standardize.reference(train, *others)[0]),
            *(a.tolist() for a in standardize.reference(train)[1:]),
        ),
        "extra keyword arguments": lambda train, *others, axis=0: standardize.reference(train, *others),
    }
    forbidden = ("sklearn.preprocessing.StandardScaler", "sklearn.preprocessing.scale", "rnncourse.data.scaling.fit_scaling")
    hints = (
        "Which rows may the mean know? On the day you use the model, the test part does not exist yet.",
        "mean = train.mean(axis=0) and std = train.std(axis=0), both (D,); where std is 0 put 1; then (part - mean) / std for each part.",
        "A sibling: to grade a new exam by last year's scale, take last year's mean and spread, also for this year's marks.",
    )


def _sample_std(train):
    return train.std(axis=0) * np.sqrt(len(train) / max(len(train) - 1, 1))


def _by_feature(train, *others):
    parts, D = [a.copy() for a in (train, *others)], train.shape[1]
    mean, std = np.zeros(D), np.ones(D)
    for d in range(D):
        mean[d] = sum(train[:, d]) / len(train)
        spread = (sum((train[:, d] - mean[d]) ** 2) / len(train)) ** 0.5
        std[d] = spread if train[:, d].max() > train[:, d].min() else 1.0
        for a in parts:
            a[:, d] = (a[:, d] - mean[d]) / std[d]
    return parts, mean, std


# ---------------------------------------------------------------- 1.6


def _padded(sequences, value, *, T=None, front=False):
    T = max(map(len, sequences)) if T is None else T
    batch = np.full((len(sequences), T, sequences[0].shape[1]), float(value))  # (B, T, D)
    for row, sequence in zip(batch, sequences, strict=True):
        n = min(len(sequence), T)
        row[T - n if front else 0 : T if front else n] = sequence[:n]
    return batch


def _pad_parts(sequences, value, batch=None, mask=None, lengths=None):
    """The right results with some of them replaced."""
    right = pad_sequences.reference(sequences, value)
    return tuple(r if new is None else new for r, new in zip(right, (batch, lengths, mask), strict=True))


def _pad_mask(sequences, T=None):
    T = max(map(len, sequences)) if T is None else T
    return np.arange(T) < np.array([len(s) for s in sequences])[:, None]  # (B, T)


def _pad_sorted(sequences, value=0.0):
    return pad_sequences.reference(sorted(sequences, key=len, reverse=True), value)


def _pad_short(sequences, value=0.0):
    T = min(map(len, sequences))
    return _padded(sequences, value, T=T), np.full(len(sequences), T), np.ones((len(sequences), T), dtype=bool)


@exercise(id="1.6", points=3, minutes=15, difficulty=2, importance=4)
class pad_sequences:
    """Put sequences of unequal length into one array, padded behind, with their lengths and the mask of real steps."""

    returns = {"batch": "batch time feature", "lengths": "batch", "mask": "batch time"}
    parts = {"batch": part(1.5, "batch"), "lengths": part(0.5, "lengths"), "mask": part(1, "mask")}

    def cases(rng):
        for lengths, D, value in (((3, 7, 1, 5), 2, None), ((4, 2), 3, -1.5), ((6,), 1, 9.0), ((1, 1, 2), 4, 0.25), ((2, 5, 5), 1, None)):
            given = {} if value is None else {"value": value}
            yield {"sequences": [rng.normal(size=(n, D)) for n in lengths], **given}

    def reference(sequences, value=0.0):
        lengths = np.array([len(sequence) for sequence in sequences])  # (B,)
        B, T, D = len(sequences), lengths.max(), sequences[0].shape[1]
        batch = np.full((B, T, D), float(value))
        for row, sequence in zip(batch, sequences, strict=True):
            row[: len(sequence)] = sequence
        mask = np.arange(T) < lengths[:, None]  # (B, T)
        return batch, lengths, mask

    mistakes = {
        "the padding stands in front of the sequence, not behind it": lambda sequences, value=0.0: _pad_parts(
            sequences, value, batch=_padded(sequences, value, front=True)
        ),
        "batch and mask are padded in front": lambda sequences, value=0.0: _pad_parts(
            sequences, value, batch=_padded(sequences, value, front=True), mask=_pad_mask(sequences)[:, ::-1]
        ),
        "the sequences are cut to the shortest one": _pad_short,
        "the mask is inverted: True stands at the padding": lambda sequences, value=0.0: _pad_parts(sequences, value, mask=~_pad_mask(sequences)),
        "the mask is True everywhere": lambda sequences, value=0.0: _pad_parts(sequences, value, mask=np.ones_like(_pad_mask(sequences))),
        "the mask holds the numbers 0 and 1, not False and True": lambda sequences, value=0.0: _pad_parts(
            sequences, value, mask=_pad_mask(sequences).astype(float)
        ),
        "the mask is one step short: the last real step counts as padding": lambda sequences, value=0.0: _pad_parts(
            sequences, value, mask=_pad_mask([s[:-1] for s in sequences], max(map(len, sequences)))
        ),
        "the value is ignored: the padding is always 0": lambda sequences, value=0.0: _pad_parts(sequences, value, batch=_padded(sequences, 0.0)),
        "the padding repeats the last row of the sequence": lambda sequences, value=0.0: _pad_parts(
            sequences, value, batch=np.array([s[np.minimum(np.arange(max(map(len, sequences))), len(s) - 1)] for s in sequences])
        ),
        "every length is the padded length": lambda sequences, value=0.0: _pad_parts(
            sequences, value, lengths=np.full(len(sequences), max(map(len, sequences)))
        ),
        "the sequences are sorted by length": _pad_sorted,
        "real values that equal the padding value are taken for padding": lambda sequences, value=0.0: _pad_parts(
            sequences, value, mask=(_padded(sequences, value) != value).any(axis=2) & (_padded(sequences, value) > 0).any(axis=2)
        ),
    }
    conventions = {
        "time-first layout (time, batch, feature), the default of torch's pad_sequence; this course puts the batch first": lambda sequences, value=0.0: (
            _padded(sequences, value).transpose(1, 0, 2),
            np.array([len(s) for s in sequences]),
            _pad_mask(sequences),
        ),
    }
    right = {
        "np.pad and np.stack": lambda sequences, value=0.0: _pad_parts(
            sequences,
            value,
            batch=np.stack([np.pad(s, ((0, max(map(len, sequences)) - len(s)), (0, 0)), constant_values=value) for s in sequences]),
        ),
        "lists and a mask from loops": lambda sequences, value=0.0: _pad_parts(
            sequences,
            value,
            lengths=[len(s) for s in sequences],
            mask=[[t < len(s) for t in range(max(map(len, sequences)))] for s in sequences],
        ),
        "lengths as int32": lambda sequences, value=0.0: _pad_parts(
            sequences, value, lengths=np.array([len(s) for s in sequences], dtype=np.int32)
        ),
    }
    forbidden = ("torch.nn.utils.rnn.pad_sequence", "rnncourse.data.padding.pad")
    hints = (
        "How long is the padded time axis, and which rows of it belong to a sequence of length 3?",
        "np.full((B, T, D), value) with T the longest length; row b keeps sequences[b] in its first lengths[b] steps; mask is arange(T) < lengths[:, None].",
        "A sibling, words of unequal length in a table of letters: 'ab' and 'cde' give ['a','b','-'] and ['c','d','e'], lengths [2, 3].",
    )


# ---------------------------------------------------------------- 1.7


def _at_step(states, steps):
    return states[np.arange(len(states)), steps]  # (B, H)


def _valid(states, lengths):
    return (np.arange(states.shape[1]) < lengths[:, None])[..., None]  # (B, T, 1)


@exercise(id="1.7", points=2, minutes=10, difficulty=2, importance=5)
class last_valid:
    """Return each sequence's state at its last real step, not at the end of its padding."""

    returns = {"last": "batch hidden"}

    def cases(rng):
        for B, T, H in ((4, 7, 3), (1, 5, 2), (3, 1, 4), (5, 4, 1), (6, 9, 2)):
            lengths = rng.permutation(np.linspace(1, T, B).round().astype(np.int64)) if B > 1 else np.array([T - 2])
            yield {"states": rng.normal(size=(B, T, H)), "lengths": lengths}

    def reference(states, lengths):
        return states[np.arange(len(states)), np.asarray(lengths) - 1]  # (B, H)

    mistakes = {
        "the last step of the padded array is taken (states[:, -1]), padding or not": lambda states, lengths: states[:, -1],
        "off by one: the step after the last real one": lambda states, lengths: _at_step(states, np.minimum(lengths, states.shape[1] - 1)),
        "off by one: the index is the length itself, which runs past the end": lambda states, lengths: _at_step(states, lengths),
        "off by one: the step before the last real one": lambda states, lengths: _at_step(states, np.maximum(lengths - 2, 0)),
        "the length is used as a mask: the padding is set to 0, then the last step is taken": lambda states, lengths: (
            states * _valid(states, lengths)
        )[:, -1],
        "the mean of the real steps is taken, not the last one": lambda states, lengths: (states * _valid(states, lengths)).sum(axis=1)
        / lengths[:, None],
        "the largest value over the real steps is taken, not the last one": lambda states, lengths: np.where(
            _valid(states, lengths), states, -np.inf
        ).max(axis=1),
        "the sum of the real steps is taken, not the last one": lambda states, lengths: (states * _valid(states, lengths)).sum(axis=1),
        "the first step is taken": lambda states, lengths: states[:, 0],
        "every length is used for every sequence (states[:, lengths - 1])": lambda states, lengths: states[:, lengths - 1],
        "all real steps are kept and the rest set to 0": lambda states, lengths: states * _valid(states, lengths),
    }
    right = {
        "a loop over the batch": lambda states, lengths: [states[b, n - 1] for b, n in enumerate(lengths)],
        "take_along_axis": lambda states, lengths: np.take_along_axis(states, (lengths - 1)[:, None, None], axis=1)[:, 0],
        "a one-hot product": lambda states, lengths: np.einsum("bt,bth->bh", np.eye(states.shape[1])[lengths - 1], states),
        "tensors, as torch gathers them": lambda states, lengths: _gathered(states, lengths),
    }
    hints = (
        "A sequence of length 3 has its steps at 0, 1 and 2. Which one is the last?",
        "Row b needs states[b, lengths[b] - 1]; with np.arange(B) as first index and lengths - 1 as second you get (B, H) at once.",
        "A sibling: the last word of each line of a text is words[np.arange(len(words)), word_counts - 1].",
    )


def _gathered(states, lengths):
    import torch

    states, last = torch.from_numpy(states), torch.from_numpy(lengths) - 1
    return states.gather(1, last[:, None, None].expand(-1, 1, states.shape[2]))[:, 0]


# ---------------------------------------------------------------- 1.8


def _batches(ids, batch_size, length, *, per=None, shift=1):
    per = (len(ids) - 1) // batch_size if per is None else per
    starts = np.arange(batch_size)[:, None] * per + np.arange(length)  # (B, length)
    found = []
    for k in range(per // length):
        at = starts + k * length
        found.append((ids[at % len(ids)], ids[(at + shift) % len(ids)]))
    return found


def _consecutive(ids, batch_size, length):
    count = (len(ids) - 1) // (batch_size * length)
    size = count * batch_size * length
    return list(zip(*(a.reshape(count, batch_size, length) for a in (ids[:size], ids[1 : size + 1])), strict=True))


def _kept(ids, batch_size, length):
    per = (len(ids) - 1) // batch_size
    x = ids[: batch_size * per].reshape(batch_size, per)
    y = ids[1 : batch_size * per + 1].reshape(batch_size, per)
    return [(x[:, t : t + length], y[:, t : t + length]) for t in range(0, per, length)]


@exercise(id="1.8", points=3, minutes=20, difficulty=3, importance=4)
class stateful_batches:
    """Cut ids into batches whose rows go on where they stopped in the batch before, so that a state can be carried."""

    returns = {"inputs": "number batch time", "targets": "number batch time"}
    parts = {"inputs": part(2, "inputs"), "targets": part(1, "targets")}

    def cases(rng):
        for N, batch_size, length in ((47, 3, 4), (41, 4, 5), (26, 5, 2), (13, 1, 3), (22, 2, 1), (60, 4, 7), (7, 3, 2)):
            yield {"ids": rng.permutation(200)[:N].astype(np.int64), "batch_size": batch_size, "length": length}

    def probe(function, args):
        batches = list(call(function, args))
        if not batches:
            raise Structure("it returns no batch at all")
        if any(not isinstance(pair, (tuple, list, np.ndarray)) or len(pair) != 2 for pair in batches):
            raise Structure("each batch should be a pair (inputs, targets)")
        pairs = [(plain(x, "inputs"), plain(y, "targets")) for x, y in batches]
        shapes = {a.shape for pair in pairs for a in pair}
        if len(shapes) > 1:
            raise Structure(f"all inputs and targets should have one shape; it returns the shapes {sorted(shapes)}")
        return {"inputs": np.stack([x for x, _ in pairs]), "targets": np.stack([y for _, y in pairs])}

    def reference(ids, batch_size, length):
        per_row = (len(ids) - 1) // batch_size
        inputs = ids[: batch_size * per_row].reshape(batch_size, per_row)  # (B, per_row)
        targets = ids[1 : batch_size * per_row + 1].reshape(batch_size, per_row)  # (B, per_row)
        starts = range(0, per_row - length + 1, length)
        return [(inputs[:, t : t + length], targets[:, t : t + length]) for t in starts]

    def recognise(args, arrays):
        right = stateful_batches.reference(**args)
        x = arrays["inputs"]
        if x.shape != (len(right), *right[0][0].shape):
            return ""
        mine, theirs = sorted(x.reshape(-1, x.shape[-1]).tolist()), sorted(np.concatenate([a for a, _ in right]).tolist())
        return "the windows come in random order" if mine == theirs else ""

    mistakes = {
        "the windows come in random order": lambda ids, batch_size, length: _drawn(ids, batch_size, length),
        "the rows are not continuous: each batch takes the next stretch of the text and cuts it into rows": _consecutive,
        "the shift is lost at the seam: the last target of each row is the row's own first input": lambda ids, batch_size, length: [
            (x, np.roll(x, -1, axis=1)) for x, _ in stateful_batches.reference(ids, batch_size, length)
        ],
        "the last target of each row repeats its last input": lambda ids, batch_size, length: [
            (x, np.concatenate([x[:, 1:], x[:, -1:]], axis=1)) for x, _ in stateful_batches.reference(ids, batch_size, length)
        ],
        "the targets are not shifted: they equal the inputs": lambda ids, batch_size, length: _batches(ids, batch_size, length, shift=0),
        "the targets are shifted by two steps": lambda ids, batch_size, length: _batches(ids, batch_size, length, shift=2),
        "inputs and targets are swapped": lambda ids, batch_size, length: [
            (y, x) for x, y in stateful_batches.reference(ids, batch_size, length)
        ],
        "row r starts at r·(N // batch_size), not at r·((N − 1) // batch_size)": lambda ids, batch_size, length: _batches(
            ids, batch_size, length, per=len(ids) // batch_size
        ),
        "an incomplete last batch is kept": _kept,
        "a last batch that fits exactly is lost": lambda ids, batch_size, length: [
            pair
            for k, pair in enumerate(stateful_batches.reference(ids, batch_size, length))
            if (k + 1) * length < (len(ids) - 1) // batch_size
        ],
        "the windows of a row overlap: each batch starts one step after the one before": lambda ids, batch_size, length: [
            (a[:, t : t + length], b[:, t : t + length])
            for a, b in [_rows(ids, batch_size)]
            for t in range((len(ids) - 1) // batch_size - length + 1)
        ],
        "each row starts right after the first window of the row above": lambda ids, batch_size, length: [
            (ids[at % len(ids)], ids[(at + 1) % len(ids)])
            for k in range((len(ids) - 1) // batch_size // length)
            for at in [(np.arange(batch_size)[:, None] + k) * length + np.arange(length)]
        ],
    }
    conventions = {
        "time-first layout (time, batch), torch's default without batch_first; this course puts the batch first": lambda ids, batch_size, length: [
            (x.T, y.T) for x, y in stateful_batches.reference(ids, batch_size, length)
        ],
    }
    right = {
        "indices from starts": lambda ids, batch_size, length: _batches(ids, batch_size, length),
        "a generator": lambda ids, batch_size, length: (pair for pair in stateful_batches.reference(ids, batch_size, length)),
        "lists of lists": lambda ids, batch_size, length: [
            [x.tolist(), y.tolist()] for x, y in stateful_batches.reference(ids, batch_size, length)
        ],
        "one array of all batches": lambda ids, batch_size, length: np.array(stateful_batches.reference(ids, batch_size, length)),
    }
    forbidden = ("rnncourse.cells.language_model.consecutive_batches",)
    hints = (
        "Think of the text as batch_size long strips laid under each other. What does the second batch hold of the first strip?",
        "per_row = (N - 1) // batch_size; strips are ids[: B * per_row].reshape(B, per_row), targets the same one id later; batch k is columns k * length to (k + 1) * length: (B, length).",
        "A sibling with 'abcdefghi', 2 rows, length 2: strips 'abcd' and 'efgh'; batch 0 is [ab, ef] with targets [bc, fg], batch 1 is [cd, gh] with targets [de, hi].",
    )


def _rows(ids, batch_size):
    per = (len(ids) - 1) // batch_size
    return ids[: batch_size * per].reshape(batch_size, per), ids[1 : batch_size * per + 1].reshape(batch_size, per)


def _drawn(ids, batch_size, length):
    """The right windows, dealt anew to batches and rows."""
    batches = stateful_batches.reference(ids, batch_size, length)
    x, y = (np.concatenate([pair[i] for pair in batches]) for i in (0, 1))
    order = np.random.default_rng().permutation(len(x))
    return [(x[order[k : k + batch_size]], y[order[k : k + batch_size]]) for k in range(0, len(x), batch_size)]


# ---------------------------------------------------------------- 1.9


def _counts(ids, order):
    pairs, contexts = {}, {}
    for t in range(order - 1, len(ids)):
        context = tuple(int(i) for i in ids[t - order + 1 : t])
        pairs[context, int(ids[t])] = pairs.get((context, int(ids[t])), 0) + 1
        contexts[context] = contexts.get(context, 0) + 1
    return pairs, contexts


def _costs(train_ids, test_ids, V, order, alpha, *, below=None, start=None):
    """Bits of each test character; `below` replaces alpha·V under the fraction."""
    pairs, contexts = _counts(train_ids, order)
    costs = []
    for t in range(order - 1 if start is None else start, len(test_ids)):
        context = tuple(int(i) for i in test_ids[max(t - order + 1, 0) : t])
        under = contexts.get(context, 0) + (alpha * V if below is None else below)
        over = pairs.get((context, int(test_ids[t])), 0) + alpha
        costs.append(-np.log2(over / under) if over > 0 and under > 0 else np.inf)
    return np.array(costs)


def _ngram(change=np.mean, **other):
    def bits(train_ids, test_ids, vocabulary_size, order, alpha):
        return float(change(_costs(train_ids, test_ids, vocabulary_size, order, alpha, **other)))

    return bits


@exercise(id="1.9", points=4, minutes=30, difficulty=4, importance=4)
class ngram_bits:
    """Return the bits per character that an n-gram model with add-alpha smoothing needs for the test text."""

    returns = {"bits": ""}
    parts = {
        "order 1, no context": part(1, cases="unigram"),
        "longer contexts": part(2, cases="context"),
        "contexts and characters never seen in training": part(1, cases="unseen"),
    }

    def cases(rng):
        for V, n, m, order, alpha, kind in (
            (5, 120, 40, 1, 0.5, "unigram"),
            (7, 60, 25, 1, 1.0, "unigram"),
            (3, 300, 50, 2, 0.7, "context"),
            (4, 250, 45, 3, 0.3, "context"),
            (2, 90, 31, 4, 1.5, "context"),
            (9, 30, 40, 3, 0.4, "unseen"),
            (6, 12, 3, 3, 2.0, "unseen"),
        ):
            seen = V - (kind == "unseen")  # the last character never occurs in training
            chances = rng.dirichlet(np.full(seen, 1.5))
            train, test = rng.choice(seen, n, p=chances), rng.integers(V, size=m)
            yield Case({"train_ids": train, "test_ids": test, "vocabulary_size": V, "order": order, "alpha": alpha}, kind)

    def reference(train_ids, test_ids, vocabulary_size, order, alpha):
        pairs, contexts = {}, {}
        for t in range(order - 1, len(train_ids)):
            context, character = tuple(train_ids[t - order + 1 : t]), train_ids[t]
            pairs[context, character] = pairs.get((context, character), 0) + 1
            contexts[context] = contexts.get(context, 0) + 1
        bits = []
        for t in range(order - 1, len(test_ids)):
            context, character = tuple(test_ids[t - order + 1 : t]), test_ids[t]
            seen, total = pairs.get((context, character), 0), contexts.get(context, 0)
            bits.append(-np.log2((seen + alpha) / (total + alpha * vocabulary_size)))
        return float(np.mean(bits))

    mistakes = {
        "the result is in nats (natural logarithm), not in bits": _ngram(lambda costs: np.mean(costs) * np.log(2)),
        "the counts come from the test text, which the model must not have seen": lambda train_ids, test_ids, V, order, alpha: ngram_bits.reference(
            test_ids, test_ids, V, order, alpha
        ),
        "the counts come from training and test text together": lambda train_ids, test_ids, V, order, alpha: ngram_bits.reference(
            np.concatenate([train_ids, test_ids]), test_ids, V, order, alpha
        ),
        "the context is too long by one: order n looks at n - 1 characters, not at n": lambda train_ids, test_ids, V, order, alpha: _too_long(
            train_ids, test_ids, V, order, alpha, order
        ),
        "the context is too long by one, and the first character is charged with a shorter one": lambda train_ids, test_ids, V, order, alpha: _too_long(
            train_ids, test_ids, V, order, alpha, order - 1
        ),
        "the context is too short by one": lambda train_ids, test_ids, V, order, alpha: ngram_bits.reference(
            train_ids, test_ids, V, max(order - 1, 1), alpha
        ),
        "no smoothing: alpha is not used, an unseen character costs infinitely many bits": lambda train_ids, test_ids, V, order, alpha: float(
            np.mean(_costs(train_ids, test_ids, V, order, 0.0))
        ),
        "alpha is added above the fraction only, so the chances sum to more than 1": _ngram(below=0.0),
        "alpha is added once below the fraction, not once for each of the V characters": lambda train_ids, test_ids, V, order, alpha: float(
            np.mean(_costs(train_ids, test_ids, V, order, alpha, below=alpha))
        ),
        "alpha is taken as 1 whatever is given": lambda train_ids, test_ids, V, order, alpha: ngram_bits.reference(
            train_ids, test_ids, V, order, 1.0
        ),
        "the first n - 1 test characters are charged too, though they have no whole context": _ngram(start=0),
        "the sum of the bits is returned, not the mean": _ngram(np.sum),
        "the sum is divided by all test characters, also those that are context only": lambda train_ids, test_ids, V, order, alpha: float(
            np.sum(_costs(train_ids, test_ids, V, order, alpha)) / len(test_ids)
        ),
        "the sign is missing: bits are -log2 p": _ngram(lambda costs: -np.mean(costs)),
        "the perplexity 2**bits is returned, not the bits": _ngram(lambda costs: 2 ** np.mean(costs)),
        "the mean chance is taken before the logarithm, not the mean of the logarithms": _ngram(lambda costs: -np.log2(np.mean(2.0**-costs))),
    }
    right = {
        "counts in arrays": lambda train_ids, test_ids, V, order, alpha: _by_arrays(train_ids, test_ids, V, order, alpha),
        "plain lists and math.log2": lambda train_ids, test_ids, V, order, alpha: _by_lists(list(train_ids), list(test_ids), V, order, alpha),
        "an array of one number": lambda *args: np.array(ngram_bits.reference(*args)),
    }
    forbidden = ("rnncourse.cells.counting.counting_bits",)
    hints = (
        "For one test character: which characters before it does the model look at, and where do its two counts come from?",
        "Count (context, c) and context over train_ids with n - 1 characters of context; the cost of one character is -log2((count(context, c) + alpha) / (count(context) + alpha * V)); return the mean, a float.",
        "A sibling: guessing a die with alpha = 1 after the throws 6 6 2: p(6) = (2 + 1) / (3 + 6), which costs -log2(3/9) = 1.58 bits.",
    )


def _too_long(train_ids, test_ids, V, order, alpha, start):
    pairs, contexts = _counts(train_ids, order + 1)
    costs = []
    for t in range(start, len(test_ids)):
        context = tuple(int(i) for i in test_ids[max(t - order, 0) : t])
        seen, total = pairs.get((context, int(test_ids[t])), 0), contexts.get(context, 0)
        costs.append(-np.log2((seen + alpha) / (total + alpha * V)))
    return float(np.mean(costs)) if costs else float("nan")


def _by_arrays(train_ids, test_ids, V, order, alpha):
    def codes(ids):
        return sum(ids[k : len(ids) - order + 1 + k] * V ** (order - 1 - k) for k in range(order))

    counts = np.bincount(codes(train_ids), minlength=V**order).reshape(-1, V)
    chances = (counts + alpha) / (counts.sum(axis=1, keepdims=True) + alpha * V)
    return -np.log2(chances.ravel()[codes(test_ids)]).mean()


def _by_lists(train, test, V, order, alpha):
    from math import log2

    grams = [tuple(train[t : t + order]) for t in range(len(train) - order + 1)]
    total = 0.0
    for t in range(len(test) - order + 1):
        gram = tuple(test[t : t + order])
        total -= log2((grams.count(gram) + alpha) / (sum(g[:-1] == gram[:-1] for g in grams) + alpha * V))
    return total / (len(test) - order + 1)
