"""Step 4, hidden states: record them, describe them, test what they hold, and find where they rest."""

from functools import lru_cache
from itertools import permutations

import numpy as np

from rnncourse.checking.exercise import Case, exercise, part
from rnncourse.checking.probe import Structure, call, one_thread, plain, unpack

# ---------------------------------------------------------------- 4.1


def _recorded_step(W_x, W_h, manner):
    """A vanilla step with the manners of real code: "new" array, one "buffer" for all results, "written" into h."""
    buffer = {}

    def step(x, h):
        new = np.tanh(x @ W_x + h @ W_h)
        if manner == "new":
            return new
        kept = h if manner == "written" else buffer.setdefault(new.shape, np.empty_like(new))
        kept[...] = new
        return kept

    return step


def _record(step, x, h0, *, carry=True, order=None, start=np.copy, seen=lambda x, t: x[:, t], keep=np.copy):
    """Every state, with one piece of the loop replaced."""
    T, h, hs = x.shape[1], start(h0), []
    for t in range(T) if order is None else order(T):
        h = step(seen(x, t), h if carry else start(h0))
        hs.append(keep(h))
    return np.stack(hs, axis=1)


def _record_but(**change):
    return lambda step, x, h0: _record(step, x, h0, **change)


def _recorded_before(step, x, h0):
    return np.concatenate([h0[:, None], _record(step, x, h0)[:, :-1]], axis=1)


def _recorded_into(step, x, h0):
    B, T, _ = x.shape
    hs, h = np.empty((B, T, h0.shape[1])), h0.copy()
    for t in range(T):
        hs[:, t] = h = step(x[:, t], h)
    return hs


@exercise(id="4.1", points=2, minutes=15, difficulty=2, importance=5)
class record_states:
    """Run a step over a sequence and keep every state, whatever the step does with its arrays."""

    returns = {"hs": "batch time hidden"}
    beside = (_recorded_step,)
    parts = {"a step that returns new arrays": part(1, cases="new"), "a step that reuses its arrays": part(1, cases="reused")}

    def cases(rng):
        for B, T, D, H, manner in (
            (3, 6, 2, 4, "new"),
            (1, 5, 3, 2, "new"),
            (2, 1, 1, 3, "new"),
            (4, 4, 2, 1, "new"),
            (3, 5, 2, 4, "buffer"),
            (1, 4, 2, 3, "buffer"),
            (2, 6, 3, 5, "written"),
            (1, 3, 1, 2, "written"),
        ):
            weights = {"W_x": rng.normal(size=(D, H)) / np.sqrt(D), "W_h": rng.normal(size=(H, H)) / np.sqrt(H)}
            args = {**weights, "manner": manner, "x": rng.normal(size=(B, T, D)), "h0": rng.normal(size=(B, H))}
            yield Case(args, "new" if manner == "new" else "reused")

    def probe(function, args):
        step = _recorded_step(args["W_x"], args["W_h"], args["manner"])
        return unpack(call(function, {"step": step, "x": args["x"], "h0": args["h0"]}), ("hs",))

    def reference(step, x, h0):
        h, hs = h0.copy(), []
        for t in range(x.shape[1]):
            h = step(x[:, t], h)  # (B, H)
            hs.append(h.copy())
        return np.stack(hs, axis=1)  # (B, T, H)

    mistakes = {
        "all entries are one array, which the step overwrites: the state is kept without a copy": _record_but(keep=lambda h: h),
        "h0 is handed to the step without a copy, and the step writes into it": _record_but(start=lambda h: h),
        "the state is stored before the step: hs[:, 0] is h0, and the last state is lost": _recorded_before,
        "the last step is lost": lambda step, x, h0: _record(step, x, h0)[:, :-1],
        "h0 stands in front: there is one state too many": lambda step, x, h0: np.concatenate([h0[:, None], _record(step, x, h0)], axis=1),
        "the state is not carried: every step starts from h0": _record_but(carry=False),
        "h0 is ignored: the loop starts from zeros": _record_but(start=np.zeros_like),
        "only the last state is returned": lambda step, x, h0: _record(step, x, h0)[:, -1],
        "the sequence is read from its end to its start": _record_but(order=lambda T: range(T - 1, -1, -1)),
        "every step reads the first input": _record_but(seen=lambda x, t: x[:, 0]),
        "the step is called twice for each input": lambda step, x, h0: _record(lambda x_t, h: step(x_t, step(x_t, h).copy()), x, h0),
    }
    conventions = {
        "time-first layout (time, batch, hidden), torch's default; this course puts the batch first": lambda step, x, h0: _record(
            step, x, h0
        ).transpose(1, 0, 2),
    }
    right = {
        "an array filled step by step": _recorded_into,
        "one sequence after the other": lambda step, x, h0: np.concatenate(
            [_record(step, x[i : i + 1], h0[i : i + 1]) for i in range(len(x))]
        ),
        "nested lists": lambda step, x, h0: _record(step, x, h0).tolist(),
        "tensors": lambda step, x, h0: _recorded_in_torch(step, x, h0),
    }
    hints = (
        "A list holds references, not values. If the step returns the same array every time, what do all entries of the list show at the end?",
        "h = h0.copy(); for each t: h = step(x[:, t], h) of shape (B, H), then keep h.copy(); np.stack(…, axis=1) is (B, T, H).",
        "A sibling, a diary of one whiteboard: photograph it every evening; five references to the board all show Friday's text.",
    )


def _recorded_in_torch(step, x, h0):
    import torch

    return torch.stack([torch.from_numpy(h) for h in _record(step, x, h0).transpose(1, 0, 2).copy()], dim=1)


# ---------------------------------------------------------------- 4.2


def _shares(gate, low, high):
    return (gate < low).mean(axis=0), (gate > high).mean(axis=0)


def _shares_but(change):
    """A mistake made from the two right shares (H,)."""
    return lambda gate, low=0.1, high=0.9: change(*_shares(gate, low, high), gate, low, high)


@exercise(id="4.2", points=3, minutes=10, difficulty=1, importance=4)
class gate_saturation:
    """Return for each unit how often its gate is nearly shut (left) and how often nearly open (right)."""

    returns = {"left": "hidden", "right": "hidden"}
    parts = {
        "left": part(1, "left", cases="default"),
        "right": part(1, "right", cases="default"),
        "thresholds that are given": part(1, cases="given"),
    }

    def cases(rng):
        for N, H, given in (
            (40, 5, {}),
            (7, 1, {}),
            (1, 6, {}),
            (12, 12, {}),
            (30, 4, {"low": 0.25, "high": 0.6}),
            (25, 3, {"low": 0.02, "high": 0.97}),
        ):
            gate = 1 / (1 + np.exp(-(3 * rng.normal(size=(N, H)) + rng.uniform(-1.5, 1.5, size=H))))
            gate[0, 0], gate[N // 2, -1] = 0.0, 1.0
            yield Case({"gate": gate, **given}, "given" if given else "default")

    def reference(gate, low=0.1, high=0.9):
        return (gate < low).mean(axis=0), (gate > high).mean(axis=0)  # (H,) each

    mistakes = {
        "the shares run over the units, not over the steps: one number a step": lambda gate, low=0.1, high=0.9: _shares(gate.T, low, high),
        "the steps are counted, not given as a share": _shares_but(lambda left, right, gate, *_: (left * len(gate), right * len(gate))),
        "left and right are swapped": _shares_but(lambda left, right, *_: (right, left)),
        "the shares are percentages": _shares_but(lambda left, right, *_: (100 * left, 100 * right)),
        "left counts what lies above low, not below": _shares_but(lambda left, right, *_: (1 - left, right)),
        "right is everything that is not left": _shares_but(lambda left, right, *_: (left, 1 - left)),
        "both comparisons point the wrong way": _shares_but(lambda left, right, *_: (1 - left, 1 - right)),
        "low and high are 0.1 and 0.9 whatever is given": lambda gate, low=0.1, high=0.9: _shares(gate, 0.1, 0.9),
        "high is taken as 1 − low, not as given": lambda gate, low=0.1, high=0.9: _shares(gate, low, 1 - low),
        "one share over all units together": _shares_but(lambda left, right, *_: (left.mean(), right.mean())),
        "the steps are divided by the number of units": _shares_but(
            lambda left, right, gate, *_: (left * len(gate) / gate.shape[1], right * len(gate) / gate.shape[1])
        ),
        "the mean of the saturated values is taken, not their share": lambda gate, low=0.1, high=0.9: (
            (gate * (gate < low)).mean(axis=0),
            (gate * (gate > high)).mean(axis=0),
        ),
        "the gate is cut to True and False at one half first": lambda gate, low=0.1, high=0.9: _shares(np.round(gate), low, high),
    }
    right = {
        "counts divided by the number of steps": lambda gate, low=0.1, high=0.9: (
            (gate < low).sum(axis=0) / len(gate),
            (gate > high).sum(axis=0) / len(gate),
        ),
        "a loop over the units": lambda gate, low=0.1, high=0.9: (
            [float(np.mean(unit < low)) for unit in gate.T],
            [sum(v > high for v in unit) / len(unit) for unit in gate.T],
        ),
        "sorted values": lambda gate, low=0.1, high=0.9: (
            np.array([np.searchsorted(np.sort(u), low) for u in gate.T]) / len(gate),
            1 - np.array([np.searchsorted(np.sort(u), high, side="right") for u in gate.T]) / len(gate),
        ),
        "at most and at least": lambda gate, low=0.1, high=0.9: (np.mean(gate <= low, axis=0), np.mean(gate >= high, axis=0)),
    }
    forbidden = ("rnncourse.states.saturation.gate_saturation",)
    hints = (
        "gate is (N, H). Along which axis do you count, so that one number a unit is left?",
        "gate < low is (N, H) of True and False; its mean over axis 0 is a share, (H,). The same with gate > high.",
        "A sibling: temperatures (days, towns); (temperatures < 0).mean(axis=0) is the share of frosty days of each town.",
    )


# ---------------------------------------------------------------- 4.3


def _upright(components, projected, k):
    """Both with the sign that makes each component's largest entry positive: a component has no sign of its own."""
    columns = components.ndim == 2 and components.shape[0] != k
    rows = components.T if columns else components
    if rows.ndim != 2 or len(rows) != k or not rows.size or projected.ndim != 2 or projected.shape[1] != k:
        return components, projected
    rows = np.nan_to_num(rows.astype(float))
    sign = np.where(rows[np.arange(k), np.abs(rows).argmax(axis=1)] < 0, -1, 1)  # (k,)
    return components * (sign if columns else sign[:, None]), projected * sign


def _pca(states, k, *, center=lambda s: s - s.mean(axis=0), power=2, over=None, order=slice(None), project=None):
    """Principal components with one piece replaced."""
    _, sizes, rows = np.linalg.svd(center(states), full_matrices=False)
    sizes, rows = sizes[order], rows[order]
    explained = sizes**power / (sizes**power).sum() if over is None else over(sizes, states, k)
    projected = center(states) @ rows[:k].T if project is None else project(states, rows[:k], sizes[:k])
    return projected, rows[:k].copy(), explained[:k]


def _pca_but(**change):
    return lambda states, k: _pca(states, k, **change)


def _eigen_rows(states, k):
    centred = states - states.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    values, rows = values[::-1], vectors[::-1]  # wrong: eigenvectors stand in columns
    return centred @ rows[:k].T, rows[:k], values[:k] / values.sum()


def _by_eigenvectors(states, k):
    values, vectors = np.linalg.eigh(np.cov(states, rowvar=False).reshape(states.shape[1], -1))
    order = np.argsort(values)[::-1]
    components = vectors[:, order[:k]].T
    return (states - states.mean(axis=0)) @ components.T, components, values[order[:k]] / values.sum()


def _by_deflation(states, k):
    rest = states - states.mean(axis=0)
    total, projected, components, explained = (rest**2).sum(), [], [], []
    for _ in range(k):
        row = np.linalg.svd(rest, full_matrices=False)[2][0]
        score = rest @ row
        projected.append(score)
        components.append(row)
        explained.append((score**2).sum() / total)
        rest = rest - np.outer(score, row)
    return np.stack(projected, axis=1), components, explained


@exercise(id="4.3", points=4, minutes=25, difficulty=3, importance=4, rtol=1e-6, atol=1e-7)
class pca:
    """Find the k directions along which the states vary most: projections, components and shares of the variance."""

    returns = {"projected": "step component", "components": "component hidden", "explained": "component"}
    beside = (_upright,)
    parts = {"projected": part(1.5, "projected"), "components": part(1.5, "components"), "explained": part(1, "explained")}

    def cases(rng):
        for N, H, k in ((20, 5, 2), (9, 4, 3), (30, 3, 1), (12, 2, 2), (6, 8, 3), (7, 1, 1)):
            turn = np.linalg.qr(rng.normal(size=(H, H)))[0]
            spread = 2.0 * 0.7 ** np.arange(H) * rng.uniform(0.95, 1.05, size=H)
            scores = np.linalg.qr(rng.normal(size=(N, H)) if N > H else rng.normal(size=(N, N)))[0][:, :H]
            scores = scores if N > H else np.pad(scores, ((0, 0), (0, H - N)))
            yield {"states": np.sqrt(N) * scores * spread @ turn + 3 * rng.uniform(0.5, 1, size=H), "k": k}

    def probe(function, args):
        given = unpack(call(function, args), ("projected", "components", "explained"))
        projected, components = plain(given["projected"], "projected"), plain(given["components"], "components")
        components, projected = _upright(components, projected, args["k"])
        return {"projected": projected, "components": components, "explained": given["explained"]}

    def reference(states, k):
        centred = states - states.mean(axis=0)
        _, sizes, rows = np.linalg.svd(centred, full_matrices=False)  # rows are orthonormal, largest first
        return centred @ rows[:k].T, rows[:k], sizes[:k] ** 2 / (sizes**2).sum()

    mistakes = {
        "the states are not centred: the first component points at their mean": _pca_but(center=lambda s: s),
        "the components are found right, but the states are projected without subtracting the mean": _pca_but(
            project=lambda states, rows, sizes: states @ rows.T
        ),
        "each state is centred by the mean of its own units, not each unit by its mean over the steps": _pca_but(
            center=lambda s: s - s.mean(axis=1, keepdims=True)
        ),
        "each unit is scaled to standard deviation 1 first": _pca_but(center=lambda s: (s - s.mean(axis=0)) / s.std(axis=0)),
        "explained comes from the singular values, not from their squares": _pca_but(power=1),
        "explained is the share among the k kept components, not among all": _pca_but(
            over=lambda sizes, states, k: sizes**2 / (sizes[:k] ** 2).sum()
        ),
        "explained holds variances, not shares of the total": _pca_but(over=lambda sizes, states, k: sizes**2 / len(states)),
        "explained is cumulated": _pca_but(over=lambda sizes, states, k: np.cumsum(sizes**2) / (sizes**2).sum()),
        "explained is a percentage": _pca_but(over=lambda sizes, states, k: 100 * sizes**2 / (sizes**2).sum()),
        "the components are transposed: they stand in columns (H, k)": lambda states, k: (lambda p, c, e: (p, c.T, e))(*_pca(states, k)),
        "the smallest components come first": _pca_but(order=slice(None, None, -1)),
        "the eigenvectors are taken from the rows of eigh's matrix; they stand in its columns": _eigen_rows,
        "the projection is scaled to the same spread along every component": _pca_but(
            project=lambda states, rows, sizes: (states - states.mean(axis=0)) @ rows.T / sizes
        ),
        "the components are scaled by their singular values: they do not have length 1": lambda states, k: _scaled_components(states, k),
        "the projection is turned back into the units (N, H)": _pca_but(
            project=lambda states, rows, sizes: (states - states.mean(axis=0)) @ rows.T @ rows
        ),
    }
    right = {
        "eigenvectors of the covariance": _by_eigenvectors,
        "one component after the other": _by_deflation,
        "the other sign": lambda states, k: (lambda p, c, e: (-p, -c, e))(*_pca(states, k)),
        "projections from U": lambda states, k: _by_u(states, k),
    }
    forbidden = ("sklearn.decomposition.PCA", "torch.pca_lowrank", "rnncourse.states.components.pca")
    hints = (
        "From which point do distances count: from zero, or from the middle of the cloud?",
        "centred = states − mean over axis 0 (N, H); np.linalg.svd(centred, full_matrices=False) gives U, sizes, rows; components = rows[:k] (k, H); projected = centred @ components.T; variances go with sizes².",
        "A sibling in two dimensions: points along the line y = 2x have the component (1, 2)/√5, and it explains all of their variance.",
    )


def _scaled_components(states, k):
    projected, components, explained = _pca(states, k)
    sizes = np.linalg.norm(projected, axis=0)
    return projected, components * sizes[:, None], explained


def _by_u(states, k):
    centred = states - np.mean(states, axis=0, keepdims=True)
    U, sizes, rows = np.linalg.svd(centred, full_matrices=False)
    variances = sizes**2 / len(states)
    return U[:, :k] * sizes[:k], rows[:k], variances[:k] / centred.var(axis=0).sum()


# ---------------------------------------------------------------- 4.4


def _correlations(states, signal, *, center=True, over="both", threshold=True, ddof=0):
    """Correlation of each unit with the signal, with one piece replaced."""
    a = states - states.mean(axis=0) if center else states  # (N, H)
    b = signal - np.mean(signal) if center else np.asarray(signal, float)
    products = b @ a / len(a)
    stds = {"both": np.sqrt((a**2).mean(axis=0) * (b**2).mean()), "none": 1.0, "unit": (a**2).mean(axis=0)}[over]
    with np.errstate(invalid="ignore", divide="ignore"):
        r = products / stds * ((len(a) - ddof) / len(a))
    return np.where(np.ptp(states, axis=0) == 0, 0.0, r) if threshold else r


def _ranked(r):
    return np.argsort(-np.abs(np.nan_to_num(r)), kind="stable")


def _rank_but(change=None, order=None, **pieces):
    """A mistake in the correlations (pieces, change) or in the order."""

    def wrong(states, signal):
        r = _correlations(states, signal, **pieces)
        places = _ranked(r) if order is None else order(r)
        return places, r if change is None else change(r, places)

    return wrong


@exercise(id="4.4", points=3, minutes=20, difficulty=2, importance=5, rtol=1e-5, atol=1e-6)
class rank_units:
    """Correlate every unit with a signal, and order the units by how strong the correlation is, of either sign."""

    returns = {"order": "place", "correlation": "hidden"}
    parts = {
        "correlation": part(1, "correlation", cases="ordinary"),
        "order": part(1, "order", cases="ordinary"),
        "a unit that never changes": part(1, cases="constant"),
    }
    int64 = ("order",)

    def cases(rng):
        for N, H, kind, level in ((40, 5, "ordinary", 0), (25, 7, "ordinary", 0), (12, 1, "ordinary", 0), (30, 4, "constant", 0.0), (33, 5, "constant", 0.1)):
            signal = (np.arange(N) % 7 < 3).astype(float) if N == 25 else rng.normal(size=N)
            strength = rng.permutation(np.linspace(0.2, 1.0, H)) * np.where(np.arange(H) % 2, 1.0, -1.0)
            states = signal[:, None] * strength + rng.normal(size=(N, H)) * rng.uniform(0.2, 0.8, size=H) + rng.uniform(1, 2, size=H)
            if kind == "constant":
                states[:, int(rng.integers(H))] = level
            yield Case({"states": states * rng.uniform(0.5, 2.0, size=H) if kind == "ordinary" else states, "signal": signal}, kind)

    def reference(states, signal):
        a, b = states - states.mean(axis=0), signal - signal.mean()  # (N, H), (N,)
        varies = np.ptp(states, axis=0) > 0
        size = np.sqrt((a**2).sum(axis=0) * (b**2).sum())
        correlation = np.where(varies, b @ a / np.where(varies, size, 1.0), 0.0)
        return np.argsort(-np.abs(correlation), kind="stable"), correlation

    mistakes = {
        "the order goes by the signed correlation: strong negative units come last": _rank_but(order=lambda r: np.argsort(-r, kind="stable")),
        "the order ascends: the weakest unit comes first": _rank_but(order=lambda r: _ranked(r)[::-1]),
        "the order ascends by the signed correlation": _rank_but(order=lambda r: np.argsort(r, kind="stable")),
        "a constant unit gives NaN: its spread is zero": _rank_but(threshold=False),
        "the covariance is taken, not divided by the two standard deviations": _rank_but(over="none"),
        "the slope of the regression on the unit is taken, not the correlation": _rank_but(over="unit"),
        "nothing is centred": _rank_but(center=False),
        "the correlations have lost their signs": _rank_but(lambda r, places: np.abs(r)),
        "the correlations are squared": _rank_but(lambda r, places: r**2),
        "the correlations stand in the order of rank, not in that of the units": _rank_but(lambda r, places: r[places]),
        "order holds each unit's rank, not the units by rank": _rank_but(order=lambda r: np.argsort(_ranked(r))),
        "the standard deviations divide by N − 1, the products by N": _rank_but(ddof=1),
        "the sign of the correlation is wrong": _rank_but(lambda r, places: -r),
    }
    right = {
        "np.corrcoef, constant units set to 0": lambda states, signal: _rank_by_corrcoef(states, signal),
        "a small number under the fraction": lambda states, signal: _rank_softly(states, signal),
        "a loop and sorted()": lambda states, signal: _rank_by_loop(states, signal),
        "a threshold for the standard deviation": lambda states, signal: _rank_by_threshold(states, signal),
    }
    forbidden = ("rnncourse.states.ranking.rank_units",)
    hints = (
        "Two units have the correlations −0.9 and 0.4. Which of them knows more about the signal?",
        "Centre both; correlation[j] = Σ a_j b / √(Σ a_j² · Σ b²), (H,), and 0 where the unit never changes (np.ptp(states, axis=0) == 0); order = np.argsort(-np.abs(correlation)).",
        "A sibling: shops by how strongly their sales go with the temperature; ice cream (+) and soup (−) both come before shoes.",
    )


def _rank_by_corrcoef(states, signal):
    with np.errstate(invalid="ignore", divide="ignore"):
        r = np.array([np.corrcoef(unit, signal)[0, 1] for unit in states.T])
    r[states.max(axis=0) == states.min(axis=0)] = 0
    return np.argsort(np.abs(r))[::-1], r


def _rank_softly(states, signal):
    a, b = states - states.mean(axis=0), signal - signal.mean()
    r = (a * b[:, None]).mean(axis=0) / (a.std(axis=0) * b.std() + 1e-8)
    return np.argsort(-np.abs(r)), r


def _rank_by_loop(states, signal):
    r = []
    for unit in states.T:
        a, b = unit - unit.mean(), signal - signal.mean()
        r.append(0.0 if np.allclose(unit, unit[0], rtol=0, atol=1e-12) else float(a @ b) / float(np.linalg.norm(a) * np.linalg.norm(b)))
    return sorted(range(len(r)), key=lambda j: -abs(r[j])), r


def _rank_by_threshold(states, signal):
    std = states.std(axis=0)
    z = (states - states.mean(axis=0)) / np.where(std < 1e-9, np.inf, std)
    r = z.T @ (signal - signal.mean()) / signal.std() / len(signal)
    return np.lexsort((-np.abs(r),)), r


# ---------------------------------------------------------------- 4.5


def _fit(x, labels, ridge, *, classes=None, intercept=True, penalised=False, targets=None):
    """Weights (H, K), intercept (K,) and the classes of a ridge regression on one-hot labels, with one piece replaced."""
    classes = np.unique(labels) if classes is None else classes
    y = (labels[:, None] == classes).astype(float) if targets is None else targets(labels, classes)
    if penalised:
        x = np.hstack([x, np.ones((len(x), 1))])
        W = np.linalg.solve(x.T @ x + ridge * np.eye(x.shape[1]), x.T @ y)
        return W[:-1], W[-1], classes
    mean_x, mean_y = (x.mean(axis=0), y.mean(axis=0)) if intercept else (np.zeros(x.shape[1]), np.zeros(y.shape[1]))
    a = x - mean_x
    W = np.linalg.solve(a.T @ a + ridge * np.eye(x.shape[1]), a.T @ (y - mean_y))
    return W, mean_y - mean_x @ W, classes


def _predicted(train, labels, test, ridge=1e-3, **pieces):
    W, b, classes = _fit(train, labels, ridge, **pieces)
    return classes[(test @ W + b).argmax(axis=1)]


def _probe_but(*, weight=lambda ridge, n: ridge, **pieces):
    return lambda train_states, train_labels, test_states, ridge=1e-3: _predicted(
        train_states, train_labels, test_states, weight(ridge, len(train_states)), **pieces
    )


def _scaled_probe(train, labels, test, ridge=1e-3, *, of_test):
    mean, std = train.mean(axis=0), train.std(axis=0)
    other = (test.mean(axis=0), test.std(axis=0)) if of_test else (mean, std)
    return _predicted((train - mean) / std, labels, (test - other[0]) / other[1], ridge)


def _as_numbers(train, labels, test, ridge=1e-3):
    W, b, _ = _fit(train, labels, ridge, targets=lambda labels, classes: labels[:, None].astype(float))
    return np.clip(np.round((test @ W + b)[:, 0]), labels.min(), labels.max()).astype(np.int64)


def _augmented(train, labels, test, ridge=1e-3):
    N, H = train.shape
    classes = np.unique(labels)
    top = np.hstack([train, np.ones((N, 1))])
    rows = np.vstack([top, np.hstack([np.sqrt(ridge) * np.eye(H), np.zeros((H, 1))])])
    targets = np.vstack([labels[:, None] == classes, np.zeros((H, len(classes)), bool)]).astype(float)
    W = np.linalg.lstsq(rows, targets, rcond=None)[0]
    return classes[(np.hstack([test, np.ones((len(test), 1))]) @ W).argmax(axis=1)]


def _dual(train, labels, test, ridge=1e-3):
    a, classes = train - train.mean(axis=0), np.unique(labels)
    y = (labels[:, None] == classes).astype(float)
    alpha = np.linalg.solve(a @ a.T + ridge * np.eye(len(a)), y - y.mean(axis=0))
    return [int(classes[k]) for k in ((test - train.mean(axis=0)) @ a.T @ alpha + y.mean(axis=0)).argmax(axis=1)]


def _probe_in_torch(train, labels, test, ridge=1e-3):
    import torch

    x, t = torch.from_numpy(train), torch.from_numpy(test)
    y = torch.nn.functional.one_hot(torch.from_numpy(labels)).double()
    a = x - x.mean(0)
    W = torch.linalg.solve(a.T @ a + ridge * torch.eye(x.shape[1], dtype=x.dtype), a.T @ (y - y.mean(0)))
    return ((t - x.mean(0)) @ W + y.mean(0)).argmax(dim=1)


def _nearest_mean(train, labels, test, ridge=1e-3):
    classes = np.unique(labels)
    means = np.stack([train[labels == c].mean(axis=0) for c in classes])
    return classes[((test[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)]


@exercise(id="4.5", points=4, minutes=25, difficulty=3, importance=5)
class linear_probe:
    """Fit a ridge regression from states to one-hot labels and return the labels that it predicts for other states."""

    returns = {"labels": "test_step"}
    parts = {"labels": part(1.5, cases="weak"), "the penalty spares the intercept": part(1.5, cases="strong"), "labels with gaps": part(1, cases="gaps")}
    int64 = ("labels",)

    def cases(rng):
        for N, H, names, M, given, kind in (
            (60, 5, (0, 1, 2), 300, {}, "weak"),
            (40, 1, (0, 1), 250, {}, "weak"),
            (14, 20, (0, 1, 2), 300, {}, "weak"),
            (50, 4, (0, 1, 2), 400, {"ridge": 60.0}, "strong"),
            (35, 6, (0, 1, 2, 3), 400, {"ridge": 25.0}, "strong"),
            (45, 3, (2, 5, 9), 300, {"ridge": 1.0}, "gaps"),
        ):
            K = len(names)
            shares = np.sort(rng.dirichlet(8 * np.arange(1, K + 1)))
            places = np.concatenate([np.arange(K), np.arange(K), rng.choice(K, size=N - 2 * K, p=shares)])
            centres, offset = rng.normal(size=(K, H)), rng.uniform(1.0, 2.0, size=H)
            scale = rng.permutation(np.linspace(0.5, 1.5, H))
            train = scale * (centres[places] + rng.normal(size=(N, H))) + offset
            test = scale * (1.3 * rng.normal(size=(M, H)) + 0.4) + offset
            yield Case({"train_states": train, "train_labels": np.array(names)[places], "test_states": test, **given}, kind)

    def reference(train_states, train_labels, test_states, ridge=1e-3):
        classes = np.unique(train_labels)
        y = (train_labels[:, None] == classes).astype(float)  # (N, K)
        mean_x, mean_y = train_states.mean(axis=0), y.mean(axis=0)  # centred, so that the intercept costs nothing
        x = train_states - mean_x
        W = np.linalg.solve(x.T @ x + ridge * np.eye(x.shape[1]), x.T @ (y - mean_y))  # (H, K)
        return classes[((test_states - mean_x) @ W + mean_y).argmax(axis=1)]

    mistakes = {
        "there is no intercept": _probe_but(intercept=False),
        "the intercept is penalised like a weight": _probe_but(penalised=True),
        "the penalty is missing: the ridge is not used": lambda a, labels, b, ridge=1e-3: _augmented(a, labels, b, 0.0),
        "the ridge is 0.001 whatever is given": _probe_but(weight=lambda ridge, n: 1e-3),
        "the ridge is multiplied by the number of rows: the mean of squares is minimised, not the sum": _probe_but(
            weight=lambda ridge, n: ridge * n
        ),
        "the ridge is divided by the number of rows": _probe_but(weight=lambda ridge, n: ridge / n),
        "the ridge is squared": _probe_but(weight=lambda ridge, n: ridge**2),
        "states are scaled, the test states by their own mean and spread": lambda *a, **k: _scaled_probe(*a, **k, of_test=True),
        "states are scaled to standard deviation 1 first, so the penalty weighs otherwise": lambda *a, **k: _scaled_probe(
            *a, **k, of_test=False
        ),
        "the test states are centred by their own mean": lambda train_states, train_labels, test_states, ridge=1e-3: _predicted(
            train_states, train_labels, test_states - test_states.mean(axis=0) + train_states.mean(axis=0), ridge
        ),
        "the labels are regressed as numbers and rounded, not as one-hot columns": _as_numbers,
        "the place of a class is returned, not its label": lambda train_states, train_labels, test_states, ridge=1e-3: np.searchsorted(
            np.unique(train_labels), _predicted(train_states, train_labels, test_states, ridge)
        ),
        "the smallest score is taken, not the largest": lambda train_states, train_labels, test_states, ridge=1e-3: _least(
            train_states, train_labels, test_states, ridge
        ),
        "the scores are returned, not the labels": lambda train_states, train_labels, test_states, ridge=1e-3: _scores(
            train_states, train_labels, test_states, ridge
        ),
        "the training states are classified, not the test states": lambda train_states, train_labels, test_states, ridge=1e-3: _predicted(
            train_states, train_labels, train_states, ridge
        ),
        "the nearest class mean is taken": _nearest_mean,
        "the largest class is always predicted": lambda train_states, train_labels, test_states, ridge=1e-3: np.full(
            len(test_states), np.bincount(train_labels).argmax()
        ),
    }
    right = {
        "a column of ones without penalty": _augmented,
        "as many unknowns as rows": _dual,
        "torch, one-hot columns also for absent labels": _probe_in_torch,
        "targets −1 and 1": _probe_but(targets=lambda labels, classes: np.where(labels[:, None] == classes, 1.0, -1.0)),
    }
    forbidden = ("sklearn.linear_model.Ridge", "sklearn.linear_model.RidgeClassifier", "rnncourse.states.probing.linear_probe")
    hints = (
        "If all states were shifted by the same amount, should the prediction change? Which of W and b may take up the shift without cost?",
        "One-hot Y (N, K). Subtract the means of the training part from X and Y; W = solve(XᵀX + ridge·I, XᵀY), (H, K); b = mean_y − mean_x @ W; labels = classes[argmax(test @ W + b)].",
        "A sibling, one feature and one target: w = Σ(x−x̄)(y−ȳ) / (Σ(x−x̄)² + ridge), b = ȳ − w x̄.",
    )


def _scores(train, labels, test, ridge):
    W, b, _ = _fit(train, labels, ridge)
    return test @ W + b


def _least(train, labels, test, ridge):
    return np.unique(labels)[_scores(train, labels, test, ridge).argmin(axis=1)]


# ---------------------------------------------------------------- 4.6

CALLS = 120  # of one control in a case: enough for its distribution, done in a blink


def _control(train, labels, test, test_labels, rng, ridge=1e-3, *, draw=None, answers=None):
    """Accuracy of a probe on labels that `draw` makes; `answers` are those that the test is scored against."""
    drawn = rng.permutation(labels) if draw is None else draw(labels, rng)
    told = test_labels if answers is None else answers(test_labels, rng)
    return float(np.mean(_predicted(train, drawn, test, ridge) == told))


def _control_but(**change):
    return lambda train_states, train_labels, test_states, test_labels, rng, ridge=1e-3: _control(
        train_states, train_labels, test_states, test_labels, rng, ridge, **change
    )


def _control_on_training(train_states, train_labels, test_states, test_labels, rng, ridge=1e-3):
    drawn = rng.permutation(train_labels)
    return float(np.mean(_predicted(train_states, drawn, train_states, ridge) == drawn))


def _control_on_true_training(train_states, train_labels, test_states, test_labels, rng, ridge=1e-3):
    return float(np.mean(_predicted(train_states, rng.permutation(train_labels), train_states, ridge) == train_labels))


def _control_in_place(train_states, train_labels, test_states, test_labels, rng, ridge=1e-3):
    rng.shuffle(train_labels)
    return float(np.mean(_predicted(train_states, train_labels, test_states, ridge) == test_labels))


def _evenly(labels, rng):
    return rng.choice(np.unique(labels), size=len(labels))


@lru_cache(maxsize=64)
def _exact(train, train_labels, test, test_labels, shapes, ridge):
    """Every accuracy that a permutation can give, with its chance, for a case as bytes: {accuracy: chance}."""
    train, test = (np.frombuffer(a).reshape(shape) for a, shape in zip((train, test), shapes, strict=True))
    train_labels, test_labels = np.frombuffer(train_labels, dtype=np.int64), np.frombuffer(test_labels, dtype=np.int64)
    ways = sorted(set(permutations(train_labels.tolist())))
    chances = {}
    for way in ways:
        value = float(np.mean(_predicted(train, np.array(way), test, ridge) == test_labels))
        chances[round(value, 9)] = chances.get(round(value, 9), 0.0) + 1 / len(ways)
    return chances


def _exact_of(args):
    arrays = (args["train_states"], args["train_labels"], args["test_states"], args["test_labels"])
    packed = [np.ascontiguousarray(a).tobytes() for a in arrays]
    return _exact(*packed, (arrays[0].shape, arrays[2].shape), args["ridge"])


def _shares_of(values):
    found, counts = np.unique(np.round(values, 9), return_counts=True)
    return dict(zip(found.tolist(), counts / len(values), strict=True))


def _control_fault(args, arrays):
    """(sentence, name of the mistake) of what is wrong with the accuracies of many calls, or two empty texts."""
    values, again, calls = arrays["accuracies"], arrays["again"], args["calls"]
    if values.shape != (calls,) or values.dtype.kind not in "fiub":
        return f"one real number is expected a call, yours is {values.dtype} of shape {values.shape[1:]}", ""
    values, again = values.astype(float), again.astype(float)
    if (values > 1 + 1e-9).any() or (values < 0).any():
        return f"an accuracy is a share from 0 to 1; yours is {values.max():g}", _CONTROL_NAMES["percentage"]
    if not np.allclose(again, values[: len(again)]):
        return "the same state of rng gives another accuracy the second time", _CONTROL_NAMES["own rng"]
    chances, seen = _exact_of(args), _shares_of(values)
    for value in sorted(chances.keys() | seen.keys()):
        p, share = min(chances.get(value, 0.0), 1.0), seen.get(value, 0.0)
        if abs(share - p) > 6 * np.sqrt(p * (1 - p) / calls) + (1 / calls if p else 0):
            text = f"over {calls} calls an accuracy of {value:.3g} comes in {share:.0%}, expected {p:.0%}"
            return text, _control_name(args, values, chances)
    return "", ""


def _control_name(args, values, chances):
    """Which mistake gives these accuracies, where it can be told."""
    true = np.mean(_predicted(args["train_states"], args["train_labels"], args["test_states"], args["ridge"]) == args["test_labels"])
    if np.allclose(values, values[0]):
        return _CONTROL_NAMES["not shuffled" if np.isclose(values[0], true) else "one permutation"]
    if len(chances) == 1 and args["kind"] == "shares":
        return _CONTROL_NAMES["evenly"]
    return ""


_CONTROL_NAMES = {
    "percentage": "the accuracy is a percentage, not a share",
    "own rng": "the rng that is given is not used: the same state of it gives another result",
    "not shuffled": "the training labels are not shuffled: this is the probe itself",
    "one permutation": "every call uses the same permutation: the rng that is given is not used",
    "evenly": "the labels are drawn anew, not permuted: the shares of the classes are lost",
}


@exercise(id="4.6", points=2, minutes=15, difficulty=2, importance=5)
class control_accuracy:
    """Train the same probe on shuffled training labels and return its accuracy on the true test labels."""

    returns = {"accuracies": "call", "again": "call"}
    parts = {"shuffled": part(1, cases="spread"), "class shares and ridge are kept": part(1, cases=("shares", "ridge"))}

    def cases(rng):
        for labels, H, M, kind, ridge in (
            ((0, 0, 0, 1, 1, 1), 2, 31, "spread", 1e-3),
            ((1, 1, 2, 2, 0), 1, 29, "spread", 0.1),
            ((0, 1, 1, 1, 0, 1), 2, 10, "shares", 1e-3),
            ((2, 2, 2, 0, 1), 3, 10, "ridge", 1e9),
        ):
            labels = np.array(labels)
            K = labels.max() + 1
            centres = 3 * np.eye(K, H) if H > 1 else 3.0 * np.arange(K)[:, None]
            train = centres[labels] + 0.7 * rng.normal(size=(len(labels), H))
            if kind == "shares":
                train = np.zeros_like(train)  # nothing to read: the probe knows the shares of the classes alone
            test_labels = rng.permutation(np.arange(M) % K)
            test = centres[test_labels] + 0.7 * rng.normal(size=(M, H))
            args = {"train_states": train, "train_labels": labels, "test_states": test, "test_labels": test_labels, "ridge": ridge}
            yield Case({**args, "kind": kind, "seed": int(rng.integers(2**31)), "calls": CALLS if kind == "spread" else 12}, kind)

    def probe(function, args):
        given = {name: args[name] for name in ("train_states", "train_labels", "test_states", "test_labels")}

        def values(count):
            rng = np.random.default_rng(args["seed"])
            return [plain(call(function, {**given, "rng": rng, "ridge": args["ridge"]}), "the accuracy") for _ in range(count)]

        return {"accuracies": np.array(values(args["calls"])), "again": np.array(values(5))}

    def reference(train_states, train_labels, test_states, test_labels, rng, ridge=1e-3):
        shuffled = rng.permutation(train_labels)  # a new array; the class shares stay
        return float(np.mean(_predicted(train_states, shuffled, test_states, ridge) == test_labels))

    def verify(args, arrays):
        text, _ = _control_fault(args, arrays)
        return [("accuracies", text)] if text else []

    def recognise(args, arrays):
        return _control_fault(args, arrays)[1]

    mistakes = {
        _CONTROL_NAMES["not shuffled"]: _control_but(draw=lambda labels, rng: labels),
        "the test labels are shuffled, not the training labels": _control_but(
            draw=lambda labels, rng: labels, answers=lambda labels, rng: rng.permutation(labels)
        ),
        "the test labels are shuffled as well": _control_but(answers=lambda labels, rng: rng.permutation(labels)),
        _CONTROL_NAMES["evenly"]: _control_but(draw=_evenly),
        "the labels are drawn with replacement, not permuted: the shares of the classes vary": _control_but(
            draw=lambda labels, rng: rng.choice(labels, size=len(labels))
        ),
        "the caller's labels are shuffled in place": _control_in_place,
        "the accuracy is that on the training states, with the shuffled labels": _control_on_training,
        "the accuracy is that on the training states, with their true labels": _control_on_true_training,
        _CONTROL_NAMES["percentage"]: lambda *a, **k: 100 * _control(*a, **k),
        "the share of errors is returned, not that of right answers": lambda *a, **k: 1 - _control(*a, **k),
        _CONTROL_NAMES["own rng"]: lambda a, b, c, d, rng, ridge=1e-3: _control(a, b, c, d, np.random.default_rng(), ridge),
        _CONTROL_NAMES["one permutation"]: lambda a, b, c, d, rng, ridge=1e-3: _control(a, b, c, d, np.random.default_rng(1), ridge),
        "the ridge is not handed on to the probe": lambda a, b, c, d, rng, ridge=1e-3: _control(a, b, c, d, rng, 1e-3),
    }
    right = {
        "a shuffled copy": _control_but(draw=lambda labels, rng: (lambda copy: (rng.shuffle(copy), copy)[1])(labels.copy())),
        "sorted by random numbers": _control_but(draw=lambda labels, rng: labels[np.argsort(rng.random(len(labels)))]),
        "the training states shuffled, which is the same": lambda train_states, train_labels, *rest: _control_by_states(
            train_states, train_labels, *rest
        ),
        "a probe with a column of ones": lambda a, b, c, d, rng, ridge=1e-3: np.mean(_augmented(a, rng.permutation(b), c, ridge) == d),
    }
    forbidden = ("rnncourse.states.probing.control_accuracy",)
    hints = (
        "What could a probe still learn from states whose labels were dealt out at random? Which of the label arrays must stay true, then?",
        "shuffled = rng.permutation(train_labels), a new array; labels = linear_probe(train_states, shuffled, test_states, ridge), (M,); return the mean of labels == test_labels as a float.",
        "A sibling, does horoscope fit character? Deal the horoscopes out at random, and count again how many people say that theirs fits.",
    )


def _control_by_states(train_states, train_labels, test_states, test_labels, rng, ridge=1e-3):
    rows = rng.permutation(len(train_states))
    return (_predicted(train_states[rows], train_labels, test_states, ridge) == test_labels).mean()


# ---------------------------------------------------------------- 4.7


def _plain_step(W_x, W_h):
    """A vanilla step in which every unit acts on every other."""
    return lambda x, h: np.tanh(x @ W_x + h @ W_h)


def _clamped(h, unit, value):
    h = np.array(h)
    h[:, unit] = value
    return h


def _ablate_but(before=_clamped, after=_clamped):
    return lambda step, unit, value=0.0: lambda x, h: after(step(x, before(h, unit, value)), unit, value)


def _as_it_is(h, unit, value):
    return h


def _scaled_by(h, unit, value):
    h = np.array(h)
    h[:, unit] *= value
    return h


def _write(h, unit, value):
    h[:, unit] = value
    return h


def _clamped_row(h, unit, value):
    h = np.array(h)
    h[unit % len(h)] = value
    return h


def _ablated_by_mask(step, unit, value=0.0):
    def ablated(x, h):
        keep = np.arange(h.shape[1]) != unit
        return np.where(keep, step(x, np.where(keep, h, value)), value)

    return ablated


class _AblatedStep:
    def __init__(self, step, unit, value=0.0):
        self.step, self.unit, self.value = step, unit, value

    def __call__(self, x, h):
        h = np.hstack([h[:, : self.unit], np.full((len(h), 1), self.value), h[:, self.unit + 1 :]])
        new = np.array(self.step(x, h))
        new[:, self.unit] = self.value
        return new


@exercise(id="4.7", points=3, minutes=20, difficulty=3, importance=5)
class ablate_unit:
    """Return a step in which one unit is clamped to a value, in the state that goes in and in the one that comes out."""

    returns = {"one step": "batch hidden", "states": "batch time hidden"}
    beside = (_plain_step,)
    parts = {"one step": part(1.5, "one step", cases="zero"), "carried over a sequence": part(0.5, "states", cases="zero"), "another value": part(1, cases="value")}

    def cases(rng):
        for B, T, D, H, value in ((3, 5, 2, 4, None), (1, 4, 3, 2, None), (5, 1, 2, 3, None), (2, 6, 1, 5, 0.7), (4, 3, 2, 3, -0.4)):
            weights = {"W_x": rng.normal(size=(D, H)) / np.sqrt(D), "W_h": rng.normal(size=(H, H)) * 1.5 / np.sqrt(H)}
            h = rng.uniform(0.4, 0.9, size=(B, H)) * rng.choice([-1.0, 1.0], size=(B, H))
            args = {**weights, "x": rng.normal(size=(B, T, D)), "h": h, "unit": int(rng.integers(1, H))}
            yield Case(args | ({} if value is None else {"value": value}), "zero" if value is None else "value")

    def probe(function, args):
        given = {name: args[name] for name in ("unit", "value") if name in args}
        step = call(function, {"step": _plain_step(args["W_x"], args["W_h"]), **given})
        if not callable(step):
            raise Structure(f"it should return a function step(x, h); it returns {type(step).__name__}")
        x, h, states = args["x"], args["h"], []
        first = plain(step(x[:, 0], h), "the new state")
        for t in range(x.shape[1]):
            h = plain(step(x[:, t], h), "the new state")
            states.append(h.copy())
        return {"one step": first, "states": np.stack(states, axis=1)}

    def reference(step, unit, value=0.0):
        def clamped(h):
            h = np.array(h)  # a copy: the caller's state stays
            h[:, unit] = value
            return h

        return lambda x, h: clamped(step(x, clamped(h)))

    mistakes = {
        "only the new state is clamped: the unit still acts on the others through the state that goes in": _ablate_but(before=_as_it_is),
        "only the state that goes in is clamped: the unit is alive again in the state that comes out": _ablate_but(after=_as_it_is),
        "nothing is clamped": _ablate_but(_as_it_is, _as_it_is),
        "the caller's state is changed in place": _ablate_but(before=_write),
        "the value is ignored: the unit is clamped to 0": lambda step, unit, value=0.0: ablate_unit.reference(step, unit),
        "the value multiplies the unit, it does not replace it": _ablate_but(_scaled_by, _scaled_by),
        "a row of the batch is clamped, not a unit": _ablate_but(_clamped_row, _clamped_row),
        "units are counted from 1: the unit before is clamped": lambda step, unit, value=0.0: ablate_unit.reference(step, unit - 1, value),
        "all other units are clamped, and this one is left": lambda step, unit, value=0.0: (
            lambda x, h: _all_but(step(x, _all_but(h, unit, value)), unit, value)
        ),
        "the whole state is clamped": lambda step, unit, value=0.0: lambda x, h: np.full_like(step(x, np.full_like(h, value)), value),
        "the unit is taken out of the state, which is too narrow then": lambda step, unit, value=0.0: (
            lambda x, h: np.delete(step(x, _clamped(h, unit, value)), unit, axis=1)
        ),
        "the step runs twice": lambda step, unit, value=0.0: (
            lambda x, h: ablate_unit.reference(step, unit, value)(x, ablate_unit.reference(step, unit, value)(x, h))
        ),
        "the value is added to the unit, it does not replace it": _ablate_but(
            lambda h, unit, value: h + value * np.eye(h.shape[1])[unit], lambda h, unit, value: h + value * np.eye(h.shape[1])[unit]
        ),
    }
    right = {
        "a mask": _ablated_by_mask,
        "an object that can be called": _AblatedStep,
        "a product and a sum": lambda step, unit, value=0.0: (
            lambda x, h: _by_product(step(x, _by_product(h, unit, value)), unit, value)
        ),
        "nested lists": lambda step, unit, value=0.0: (
            lambda x, h: ablate_unit.reference(step, unit, value)(np.array(x), np.array(h)).tolist()
        ),
    }
    forbidden = ("rnncourse.states.ablation.ablate_unit",)
    hints = (
        "A unit acts in two places: others read it from the old state, and the next step reads it from the new one. Where does a clamp on the new state alone leave a gap?",
        "def ablated(x, h): h = h.copy(); h[:, unit] = value; new = step(x, h).copy(); new[:, unit] = value; return new. Shapes stay (B, H).",
        "A sibling, a microphone that must stay silent in a band: mute it before the take, and once more in the recording that is passed on.",
    )


def _all_but(h, unit, value):
    return np.where(np.arange(h.shape[1]) == unit, h, value)


def _by_product(h, unit, value):
    one = np.eye(h.shape[1])[unit]
    return h * (1 - one) + value * one


# ---------------------------------------------------------------- 4.8


def _torch_reader(torch, weights):
    """A small recurrent model (1, T, D) -> (1, T, K) from arrays; with backward weights it looks ahead, too."""
    W = {name: torch.nn.Parameter(torch.tensor(array)) for name, array in weights.items()}

    def read(x, W_x, W_h):
        h, hs = torch.zeros(1, W_h.shape[0], dtype=x.dtype), []
        for t in range(x.shape[1]):
            h = torch.tanh(x[:, t] @ W_x + h @ W_h)
            hs.append(h)
        return torch.stack(hs, dim=1)

    def model(x):
        hs = read(x, W["W_x"], W["W_h"])
        if "A_x" in W:
            hs = hs + read(x.flip(1), W["A_x"], W["A_h"]).flip(1)
        return hs @ W["W_y"]

    return model


def _watched(torch, function, x):
    """(result, whether the caller's tensor asks for a gradient afterwards)."""
    with one_thread(torch):
        return function(), int(x.requires_grad)


def _connect(model, x, *, score=None, norm=None, pile=False, prefix=False, leaf=None):
    """Connectivity with one piece replaced; `score` picks a number from the logits (T, K) of step t."""
    import torch

    given = x.detach().clone().requires_grad_(True) if leaf is None else leaf(x)
    T, total, rows = len(x), torch.zeros_like(x), []
    for t in range(T):
        logits = model((given[: t + 1] if prefix else given)[None])[0]  # (T, K)
        value = logits[t].max() if score is None else score(logits, t)
        (g,) = torch.autograd.grad(value, given)
        total = total + g if pile else g
        rows.append(total.norm(dim=1) if norm is None else norm(total, x))
    return torch.stack(rows).detach()


def _connect_but(**change):
    return lambda model, x: _connect(model, x, **change)


def _connect_by_backward(model, x):
    x = x.clone().detach().requires_grad_()
    rows = []
    for t in range(x.shape[0]):
        x.grad = None
        model(x.unsqueeze(0))[0, t].max().backward()
        rows.append(np.sqrt((x.grad.numpy() ** 2).sum(axis=1)))
    return rows


def _connect_by_jacobian(model, x):
    import torch

    J = torch.autograd.functional.jacobian(lambda x: model(x[None])[0].max(dim=-1).values, x)  # (T, T, D)
    return J.norm(dim=-1)


@exercise(id="4.8", points=4, minutes=30, difficulty=4, importance=4, rtol=1e-6, atol=1e-9, seconds=10.0)
class connectivity:
    """Measure how much the largest logit at each step depends on each input: the norm of its gradient."""

    returns = {"connectivity": "output_time input_time", "requires_grad": ""}
    beside = (_torch_reader, _watched)
    parts = {
        "a causal model": part(2, "connectivity", cases="causal"),
        "a model that looks ahead": part(1.5, "connectivity", cases="ahead"),
        "all right, and the caller's tensor stays as it was": part(0.5, ("connectivity", "requires_grad")),
    }

    def cases(rng):
        for T, D, H, K, ahead in ((5, 3, 4, 3, False), (1, 2, 3, 2, False), (4, 1, 2, 1, False), (6, 2, 3, 4, True), (3, 3, 3, 3, True)):
            weights = {"W_x": rng.normal(size=(D, H)) / np.sqrt(D), "W_h": rng.normal(size=(H, H)) / np.sqrt(H)}
            if ahead:
                weights |= {"A_x": rng.normal(size=(D, H)) / np.sqrt(D), "A_h": rng.normal(size=(H, H)) / np.sqrt(H)}
            weights["W_y"] = rng.normal(size=(H, K)) * 1.5
            yield Case({"weights": weights, "x": rng.normal(size=(T, D))}, "ahead" if ahead else "causal")

    def probe(function, args):
        import torch

        model, x = _torch_reader(torch, args["weights"]), torch.from_numpy(args["x"])
        result, asks = _watched(torch, lambda: call(function, {"model": model, "x": x}), x)
        return {"connectivity": result, "requires_grad": asks}

    def reference(model, x):
        return _connect(model, x)

    mistakes = {
        "the map is transposed: rows are inputs, columns outputs": lambda model, x: _connect(model, x).T,
        "the norms are squared: the root is missing": _connect_but(norm=lambda g, x: (g**2).sum(dim=1)),
        "the gradients pile up from step to step: they are not set to zero in between": _connect_but(pile=True),
        "all logits are summed, not the largest taken": _connect_but(score=lambda logits, t: logits[t].sum()),
        "the largest logit by absolute value is taken": _connect_but(score=lambda logits, t: logits[t][logits[t].abs().argmax()]),
        "the largest log-probability is taken, not the largest logit": _connect_but(score=lambda logits, t: logits[t].log_softmax(0).max()),
        "the largest probability is taken, not the largest logit": _connect_but(score=lambda logits, t: logits[t].softmax(0).max()),
        "the class that wins at the last step is followed at every step": _connect_but(score=lambda logits, t: logits[t, logits[-1].argmax()]),
        "the absolute values are added over the features, not their squares": _connect_but(norm=lambda g, x: g.abs().sum(dim=1)),
        "the gradient is summed over the features with its signs": _connect_but(norm=lambda g, x: g.sum(dim=1)),
        "the largest feature is taken, not the norm over all": _connect_but(norm=lambda g, x: g.abs().max(dim=1).values),
        "the gradient is multiplied by the input": _connect_but(norm=lambda g, x: (g * x).norm(dim=1)),
        "the part above the diagonal is set to zero, although this model looks ahead": lambda model, x: _connect(model, x).tril(),
        "each output is computed from the steps so far alone": _connect_but(prefix=True),
        "each row is divided by its largest entry": lambda model, x: (lambda c: c / c.max(dim=1, keepdim=True).values)(_connect(model, x)),
        "the largest logit of the whole sequence is taken, the same for every step": _connect_but(score=lambda logits, t: logits.max()),
        "requires_grad is switched on in the caller's own tensor": _connect_but(leaf=lambda x: x.requires_grad_(True)),
    }
    right = {
        "backward() for each step": _connect_by_backward,
        "one Jacobian of the largest logits": _connect_by_jacobian,
        "one forward pass, kept for all rows": lambda model, x: _connect_once(model, x),
    }
    forbidden = ("rnncourse.states.influence.connectivity",)
    hints = (
        "One row of the map belongs to one output step. Which single number do you differentiate for row t, and with respect to what?",
        "Work on given = x.detach().clone().requires_grad_(True). For each t: value = model(given[None])[0, t].max(); g = torch.autograd.grad(value, given)[0], (T, D); row t is g.norm(dim=1), (T,).",
        "A sibling with one number: y = (a · x).sum() depends on x by a; torch.autograd.grad(y, x)[0] is a, and its norm says how strongly.",
    )


def _connect_once(model, x):
    import torch

    given = x.detach().clone().requires_grad_(True)
    best = model(given[None])[0].max(dim=-1).values  # (T,)
    return [torch.autograd.grad(one, given, retain_graph=True)[0].square().sum(1).sqrt() for one in best]


# ---------------------------------------------------------------- 4.9


def _cubic_step(torch, roots, sign):
    """h -> h plus a cubic of each unit that is 0 at three roots: every choice of roots is a fixed point."""
    roots, sign = torch.tensor(roots), torch.tensor(sign)
    scale = sign / ((roots[:, 1] - roots[:, 0]) * (roots[:, 2] - roots[:, 1]))
    return lambda h: h + scale * (h - roots[:, 0]) * (h - roots[:, 1]) * (h - roots[:, 2])


def _in_order(points, roots):
    """Points (M, H) in the order of the roots that they are nearest to, so that any order of answers compares."""
    if points.ndim != 2 or points.shape[1] != len(roots) or not np.isfinite(points).all():
        return points
    nearest = np.abs(points[:, :, None] - roots).argmin(axis=2)  # (M, H)
    keys = [tuple(near) + tuple(point) for near, point in zip(nearest, points, strict=True)]
    return points[sorted(range(len(points)), key=keys.__getitem__)] if keys else points


def _speed(step, h):
    return 0.5 * (step(h) - h).square().sum(dim=1)  # (N,)


def _search(step, starts, iterations, learning_rate, tolerance=1e-6, *, optimizer="Adam", still=None, leaf=None, distinct=True, what="ends"):
    """Search for fixed points with one piece replaced; `still` says which rows are kept."""
    import torch

    h = starts.detach().clone().requires_grad_(True) if leaf is None else leaf(starts)
    descent = getattr(torch.optim, optimizer)([h], lr=learning_rate)
    for _ in range(iterations):
        descent.zero_grad()
        _speed(step, h).sum().backward()
        descent.step()
    with torch.no_grad():
        kept = _speed(step, h) < tolerance if still is None else still(step, h, tolerance)
    ends = (h if what == "ends" else starts).detach().clone()[kept]
    points = []
    for end in ends:
        seen = points[-1:] if distinct == "neighbours" else points if distinct else []
        if all((end - point).norm() >= (0.5 if distinct == "coarse" else 0.05) for point in seen):
            points.append(end)
    return torch.stack(points) if points else starts.new_zeros((0, starts.shape[1]))


def _search_but(**change):
    return lambda step, starts, iterations, learning_rate, tolerance=1e-6: _search(
        step, starts, iterations, learning_rate, tolerance, **change
    )


def _iterated(step, starts, iterations, learning_rate, tolerance=1e-6):
    import torch

    h = starts.clone()
    for _ in range(iterations):
        h = step(h)
    h = torch.nan_to_num(h, nan=1e6, posinf=1e6, neginf=-1e6).clamp(-1e6, 1e6)
    return _search(step, h, 0, learning_rate, tolerance)


@exercise(id="4.9", points=4, minutes=35, difficulty=4, importance=4, rtol=0.0, atol=0.02, seconds=20.0)
class find_fixed_points:
    """Find the states that the step leaves where they are: minimise how fast each start moves, keep what stands still."""

    returns = {"points": "point hidden", "requires_grad": ""}
    beside = (_cubic_step, _in_order, _watched)
    parts = {
        "the points": part(2, "points", cases="points"),
        "the tolerance": part(1, "points", cases="tolerance"),
        "none found": part(0.5, "points", cases="none"),
        "all right, and the caller's tensor stays as it was": part(0.5, ("points", "requires_grad")),
    }

    def cases(rng):
        yield Case(_search_case(rng, 2, (0, 1, 0, 2, 1, 3, 0), far=1, iterations=90, learning_rate=0.01), "points")
        yield Case(_search_case(rng, 3, (0, 0, 1, 0), far=1, iterations=30, learning_rate=0.01) | {"tolerance": 1e-3}, "points")
        yield Case(_threshold_case(rng, 4), "tolerance")
        yield Case(_search_case(rng, 1, (), far=3, iterations=4, learning_rate=0.02), "none")

    def probe(function, args):
        import torch

        step, starts = _cubic_step(torch, args["roots"], args["sign"]), torch.from_numpy(args["starts"])
        given = {"step": step, "starts": starts, "iterations": args["iterations"], "learning_rate": args["learning_rate"]}
        given |= {"tolerance": args["tolerance"]} if "tolerance" in args else {}
        result, asks = _watched(torch, lambda: call(function, given), starts)
        return {"points": _in_order(plain(result, "the points"), args["roots"]), "requires_grad": asks}

    def reference(step, starts, iterations, learning_rate, tolerance=1e-6):
        return _search(step, starts, iterations, learning_rate, tolerance)

    mistakes = {
        "duplicates are kept: several starts end at the same point": _search_but(distinct=False),
        "rows that did not come to rest are kept": _search_but(still=lambda step, h, tolerance: _speed(step, h) > -1),
        "neither are duplicates left out nor rows that did not come to rest": _search_but(
            distinct=False, still=lambda step, h, tolerance: _speed(step, h) > -1
        ),
        "a point is compared with the one before it alone, so duplicates further apart in the list stay": _search_but(distinct="neighbours"),
        "points nearer than 0.5 are taken for one; the limit is 0.05": _search_but(distinct="coarse"),
        "the step is repeated, which finds attracting points alone; the speed is not minimised": _iterated,
        "‖step(h) − h‖ is compared with the tolerance, not half its square": _search_but(
            still=lambda step, h, tolerance: (step(h) - h).norm(dim=1) < tolerance
        ),
        "the ½ is missing where the tolerance is compared": _search_but(still=lambda step, h, tolerance: 2 * _speed(step, h) < tolerance),
        "the mean over the units is compared with the tolerance, not the sum": _search_but(
            still=lambda step, h, tolerance: _speed(step, h) / h.shape[1] < tolerance
        ),
        "one mean over all rows is compared with the tolerance: all are kept or none": _search_but(
            still=lambda step, h, tolerance: (_speed(step, h).mean() < tolerance).expand(len(h))
        ),
        "the tolerance is 1e-6 whatever is given": lambda step, starts, iterations, learning_rate, tolerance=1e-6: _search(
            step, starts, iterations, learning_rate
        ),
        "the starts are returned, not where they ended": _search_but(what="starts"),
        "the caller's starts are moved: the optimiser works on them themselves": _search_but(leaf=lambda starts: starts.requires_grad_(True)),
        "plain gradient descent takes the place of Adam": _search_but(optimizer="SGD"),
        "an empty result has the shape (0,), not (0, H)": lambda *a, **k: _flat_if_empty(_search(*a, **k)),
    }
    right = {
        "one optimiser for each start": lambda step, starts, *rest, **k: _search_one_by_one(step, starts, *rest, **k),
        "the mean of the speeds as loss, best points first": lambda step, starts, *rest, **k: _search_sorted(step, starts, *rest, **k),
        "NumPy at the end": lambda *a, **k: _search(*a, **k).numpy(),
    }
    forbidden = ("rnncourse.states.dynamics.find_fixed_points",)
    hints = (
        "A ball on a hilltop is at rest, too, but rolling will never bring you there. What can you minimise instead of letting the step run?",
        "h = starts.detach().clone().requires_grad_(True); q = 0.5 * ((step(h) − h)**2).sum(dim=1), (N,); Adam([h], lr) on q.sum(); at the end keep rows with q < tolerance, and of those nearer than 0.05 one; none: shape (0, H).",
        "A sibling, where is cos(x) = x? Minimise ½(cos(x) − x)² by descent from some starts, and list each place once.",
    )


def _search_case(rng, H, pattern, far, iterations, learning_rate):
    """Starts close to fixed points, the same one for equal numbers in the pattern, and `far` ones that get nowhere."""
    gaps = rng.uniform(0.34, 0.46, size=(H, 2))
    middle = rng.uniform(-0.2, 0.2, size=H)
    roots = np.stack([middle - gaps[:, 0], middle, middle + gaps[:, 1]], axis=1)  # (H, 3)
    chosen = _combinations(rng, H, max(pattern, default=0) + 1)
    near = [roots[np.arange(H), chosen[k]] + rng.uniform(0.025, 0.035, size=H) * rng.choice([-1, 1], size=H) for k in pattern]
    away = [rng.uniform(5, 7, size=H) * rng.choice([-1.0, 1.0], size=H) for _ in range(far)]
    starts = np.array(near[:2] + away + near[2:])
    return {"roots": roots, "sign": rng.choice([-1.0, 1.0], size=H), "starts": starts, "iterations": iterations, "learning_rate": learning_rate}


def _combinations(rng, H, count):
    """Different choices of one of three roots a unit, (count, H): all outer, all inner, one next to the first, then any."""
    grid = np.stack(np.meshgrid(*[np.arange(3)] * H, indexing="ij"), axis=-1).reshape(-1, H)
    outer = rng.choice([0, 2], size=H)
    neighbour = np.where(np.arange(H) == 0, 1, outer)
    picked = [tuple(outer), (1,) * H, tuple(neighbour)]
    picked += [tuple(row) for row in rng.permutation(grid) if tuple(row) not in picked]
    return np.array(picked[:count])


def _threshold_case(rng, H):
    """Starts that hardly move; their speeds are known multiples of the tolerance, and their mean speed is below it."""
    multiples = (0.3, 1.5, 0.6, 4.5, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1)
    args = _search_case(rng, H, range(len(multiples)), far=0, iterations=1, learning_rate=1e-9) | {"tolerance": 0.01}
    roots, scale = args["roots"], args["sign"] / (np.diff(args["roots"], axis=1).prod(axis=1))

    def speed(h):
        return 0.5 * ((scale * (h[:, None] - roots).prod(axis=1)) ** 2).sum()

    for row, times in enumerate(multiples):
        point = roots[np.arange(H), np.abs(args["starts"][row][:, None] - roots).argmin(axis=1)]
        direction, low, high = rng.choice([-1.0, 1.0], size=H), 0.0, 0.17
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if speed(point + middle * direction) < times * args["tolerance"] else (low, middle)
        args["starts"][row] = point + low * direction
    return args


def _flat_if_empty(points):
    return points if len(points) else points.reshape(-1)


def _search_one_by_one(step, starts, *rest, **named):
    import torch

    found = [_search(step, start[None], *rest, **named) for start in starts]
    points = []
    for point in torch.cat(found):
        if not points or (torch.stack(points) - point).norm(dim=1).min() >= 0.05:
            points.append(point)
    return torch.stack(points) if points else torch.zeros(0, starts.shape[1], dtype=starts.dtype)


def _search_sorted(step, starts, iterations, learning_rate, tolerance=1e-6):
    import torch

    h = torch.tensor(starts.numpy(), requires_grad=True)
    adam = torch.optim.Adam([h], lr=learning_rate)
    for _ in range(iterations):
        loss = (0.5 * (step(h) - h) ** 2).sum(dim=1).mean()
        (h.grad,) = torch.autograd.grad(loss, h)
        adam.step()
    with torch.no_grad():
        q = (0.5 * (step(h) - h) ** 2).sum(dim=1)
    order = [int(i) for i in q.argsort() if q[i] < tolerance]
    points = []
    for i in order:
        if all(torch.dist(h[i], p) > 0.05 for p in points):
            points.append(h[i].detach())
    return torch.stack(points) if points else starts[:0].clone()


# ---------------------------------------------------------------- 4.10


def _torch_step(torch, W, b, scale):
    """A step (H,) -> (H,) whose Jacobian is not symmetric and depends on h."""
    W, b, scale = torch.tensor(W), torch.tensor(b), torch.tensor(scale)
    return lambda h: scale * torch.tanh(h @ W + b) + 0.1 * h * h.roll(1)


def _jacobian(step, h, *, at=None, leaf=None):
    """Rows of gradients of the step at h, with one piece replaced."""
    import torch

    given = (h.detach().clone() if at is None else at(step, h.detach()).clone()).requires_grad_(True) if leaf is None else leaf(h)
    new = step(given)
    return torch.stack([torch.autograd.grad(one, given, retain_graph=True)[0] for one in new])


def _jacobian_but(change=None, **pieces):
    return lambda step, h: _jacobian(step, h, **pieces) if change is None else change(_jacobian(step, h, **pieces))


def _jacobian_by_trying(step, h, eps=1e-6):
    import torch

    steps = eps * torch.eye(len(h), dtype=h.dtype)
    return torch.stack([(step(h + e) - step(h - e)) / (2 * eps) for e in steps], dim=1)


def _jacobian_by_backward(step, h):
    J = np.zeros((len(h), len(h)))
    for i in range(len(h)):
        given = h.detach().clone().requires_grad_()
        step(given)[i].backward()
        J[i] = given.grad.numpy()
    return J


def _jacobian_forwards(step, h):
    import torch

    columns = [torch.autograd.functional.jvp(step, h, e)[1] for e in torch.eye(len(h), dtype=h.dtype)]
    return torch.stack(columns, dim=1)


@exercise(id="4.10", points=3, minutes=20, difficulty=3, importance=4, rtol=1e-5, atol=1e-7, seconds=10.0)
class jacobian:
    """Return how each unit of the next state changes with each unit of this one: J[i, j] = ∂step_i/∂h_j."""

    returns = {"J": "next_unit unit", "requires_grad": ""}
    beside = (_torch_step, _watched)
    parts = {"J": part(2.5, "J"), "all right, and the caller's tensor stays as it was": part(0.5, ("J", "requires_grad"))}

    def cases(rng):
        for H in (4, 2, 1, 6, 3):
            W = rng.normal(size=(H, H)) * 1.5 / np.sqrt(H)
            yield {"W": W, "b": rng.normal(size=H), "scale": rng.uniform(0.6, 1.4, size=H), "h": rng.normal(size=H)}

    def probe(function, args):
        import torch

        step, h = _torch_step(torch, args["W"], args["b"], args["scale"]), torch.from_numpy(args["h"])
        result, asks = _watched(torch, lambda: call(function, {"step": step, "h": h}), h)
        return {"J": result, "requires_grad": asks}

    def reference(step, h):
        return _jacobian(step, h)

    mistakes = {
        "the matrix is transposed: J[j, i]": _jacobian_but(lambda J: J.T),
        "only the sum of the new state is differentiated: one vector, not a matrix": _jacobian_but(lambda J: J.sum(dim=0)),
        "only the diagonal is filled: what a unit does to the others is left out": _jacobian_but(lambda J: J.diag().diag()),
        "the diagonal is returned, not the matrix": _jacobian_but(lambda J: J.diag()),
        "it is taken at zero, not at h": _jacobian_but(at=lambda step, h: 0 * h),
        "it is taken one step later, at step(h)": _jacobian_but(at=lambda step, h: step(h)),
        "the unit matrix is subtracted: this is the Jacobian of step(h) − h": _jacobian_but(lambda J: J - J.new_ones(len(J)).diag()),
        "the gradients pile up from row to row: they are not set to zero in between": _jacobian_but(lambda J: J.cumsum(dim=0)),
        "the sign is wrong": _jacobian_but(lambda J: -J),
        "the absolute values are taken": _jacobian_but(lambda J: J.abs()),
        "it is the Jacobian of two steps": lambda step, h: _jacobian(lambda h: step(step(h)), h),
        "it is multiplied by its transpose": _jacobian_but(lambda J: J.T @ J),
        "the difference quotient is too coarse: eps is 0.01, and one-sided": lambda step, h: _coarse(step, h),
        "requires_grad is switched on in the caller's own tensor": _jacobian_but(leaf=lambda h: h.requires_grad_(True)),
    }
    right = {
        "backward() for each row": _jacobian_by_backward,
        "central differences": _jacobian_by_trying,
        "column by column, forwards": _jacobian_forwards,
        "a list of rows": lambda step, h: list(_jacobian(step, h)),
    }
    forbidden = ("torch.autograd.functional.jacobian", "torch.func.jacrev", "torch.func.jacfwd", "rnncourse.states.dynamics.jacobian")
    hints = (
        "autograd gives the gradient of one number. How many numbers has the next state, and which row belongs to which?",
        "given = h.detach().clone().requires_grad_(True); new = step(given), (H,); row i is torch.autograd.grad(new[i], given, retain_graph=True)[0], (H,); stack the rows.",
        "A sibling in two dimensions: (u, v) → (u + 2v, 3u) has the rows (1, 2) and (3, 0).",
    )


def _coarse(step, h):
    import torch

    steps = 0.01 * torch.eye(len(h), dtype=h.dtype)
    return torch.stack([(step(h + e) - step(h)) / 0.01 for e in steps], dim=1)
