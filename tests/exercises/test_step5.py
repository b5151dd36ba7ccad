"""Step 5's checks beside torch's own layers, the course's models, and code that learners hand in by mistake."""

from functools import reduce
from itertools import accumulate

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from rnncourse.checking.score import assess  # noqa: E402
from rnncourse.exercises import find  # noqa: E402
from rnncourse.exercises.step5 import LOOP  # noqa: E402

SIZES = (
    {"layers": 2, "width": 12, "heads": 3, "feedforward": 30, "vocabulary": 17, "context": 23},
    {"layers": 1, "width": 4, "heads": 1, "feedforward": 5, "vocabulary": 3, "context": 2},
    {"layers": 4, "width": 128, "heads": 4, "feedforward": 512, "vocabulary": 65, "context": 64},
)


def test_the_attention_of_5_1_is_torchs():
    args = find("attention").cases(0)[5].args
    out, weights = find("attention").reference(**args)
    q, k, v, mask = (torch.tensor(one) for one in args.values())
    theirs = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    np.testing.assert_allclose(out, theirs.numpy(), rtol=0, atol=1e-12)
    np.testing.assert_allclose(weights.sum(axis=-1), 1.0, rtol=1e-12)
    assert (weights[:, ~args["mask"]] == 0).all()


def test_the_heads_of_5_3_are_torchs():
    for case in find("multi_head_attention").cases(1):
        x, W_q, W_k, W_v, W_o, heads, mask = case.args.values()
        layer = torch.nn.MultiheadAttention(x.shape[2], heads, bias=False, batch_first=True, dtype=torch.float64)
        with torch.no_grad():
            layer.in_proj_weight.copy_(torch.tensor(np.hstack([W_q, W_k, W_v]).T))
            layer.out_proj.weight.copy_(torch.tensor(W_o.T))
            x = torch.tensor(x)
            theirs, _ = layer(x, x, x, attn_mask=torch.tensor(~mask))  # torch's mask says what may not be looked at
        np.testing.assert_allclose(find("multi_head_attention").reference(**case.args), theirs.numpy(), rtol=1e-9, atol=1e-9)


class Independent(torch.nn.Module):
    """A decoder-only Transformer of torch's own layers: the output takes the token embedding, so it has no weights."""

    def __init__(self, layers, width, heads, feedforward, vocabulary, context):
        super().__init__()
        self.tokens, self.positions = torch.nn.Embedding(vocabulary, width), torch.nn.Embedding(context, width)
        self.layers = torch.nn.ModuleList(
            torch.nn.TransformerEncoderLayer(width, heads, feedforward, activation="gelu", batch_first=True, norm_first=True)
            for _ in range(layers)
        )
        self.norm = torch.nn.LayerNorm(width)

    def forward(self, ids):
        x = self.tokens(ids) + self.positions(torch.arange(ids.shape[1]))
        mask = torch.nn.Transformer.generate_square_subsequent_mask(ids.shape[1])
        for layer in self.layers:
            x = layer(x, src_mask=mask, is_causal=True)
        return self.norm(x) @ self.tokens.weight.T


@pytest.mark.parametrize("sizes", SIZES, ids=lambda sizes: f"width {sizes['width']}")
def test_the_count_of_5_5_is_that_of_an_independent_model_and_of_the_courses(sizes):
    from rnncourse.models import Transformer

    said = find("transformer_parameters").reference(**sizes)
    model = Independent(**sizes)
    assert model(torch.zeros(2, sizes["context"], dtype=torch.int64)).shape == (2, sizes["context"], sizes["vocabulary"])
    assert sum(p.numel() for p in model.parameters()) == said
    ours = Transformer(sizes["vocabulary"], **{name: sizes[name] for name in ("layers", "width", "heads", "feedforward", "context")}, rng=np.random.default_rng(0))
    assert sum(p.numel() for p in ours.parameters()) == said


def test_the_stream_of_5_6_is_5_3_with_a_causal_mask():
    stream, whole = find("stream_attention"), find("multi_head_attention")
    for case in stream.cases(2):
        weights = {name: case.args[name] for name in ("W_q", "W_k", "W_v", "W_o", "heads")}
        mask = find("causal_mask").reference(case.args["x"].shape[1])
        seen = stream.run(stream.reference, case.args)
        np.testing.assert_allclose(seen.arrays["out"], whole.reference(case.args["x"], **weights, mask=mask), rtol=1e-9, atol=1e-9)
        np.testing.assert_array_equal(seen.arrays["out"], seen.arrays.get("one buffer", seen.arrays["out"]))


def test_the_scan_of_5_7_is_the_loop_and_the_courses_scan():
    from rnncourse.models import scan_linear

    scan = find("scan_linear")
    for case in scan.cases(3):
        a, b, h0 = (case.args[name] for name in ("a", "b", "h0"))
        h, hs = h0, []
        for t in range(a.shape[1]):
            h = a[:, t] * h + b[:, t]
            hs.append(h)
        mine = scan.reference(a, b, h0)
        np.testing.assert_allclose(mine, np.stack(hs, axis=1), rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(mine, scan_linear(*map(torch.tensor, (a, b, h0))).numpy(), rtol=1e-11, atol=1e-13)


def in_one_line(a, b, h0):
    return np.stack(list(accumulate(range(a.shape[1]), lambda h, t: a[:, t] * h + b[:, t], initial=h0))[1:], axis=1)


def by_comprehension(a, b, h0):
    h = h0
    return np.stack([h := a[:, t] * h + b[:, t] for t in range(a.shape[1])], axis=1)


def by_reduce(a, b, h0):
    return np.stack(reduce(lambda hs, t: [*hs, a[:, t] * hs[-1] + b[:, t]], range(a.shape[1]), [h0])[1:], axis=1)


def while_torch(a, b, h0):
    a, b, h = map(torch.tensor, (a, b, h0))
    hs, t = torch.empty_like(b), 0
    while t < a.shape[1]:
        hs[:, t] = h = a[:, t] * h + b[:, t]
        t += 1
    return hs


def halves_apart(a, b, h0):
    """Both halves one after the other: as many array steps as there are steps."""
    T = a.shape[1]
    if T == 1:
        return b + a * h0[:, None]
    first = halves_apart(a[:, : T // 2], b[:, : T // 2], h0)
    return np.concatenate([first, halves_apart(a[:, T // 2 :], b[:, T // 2 :], first[:, -1])], axis=1)


def in_pieces(a, b, h0, steps=32):
    """Pieces of so many steps at once, one piece after the other."""
    hs, h = [], h0
    for start in range(0, a.shape[1], steps):
        hs.append(find("scan_linear").reference(a[:, start : start + steps], b[:, start : start + steps], h))
        h = hs[-1][:, -1]
    return np.concatenate(hs, axis=1)


def in_large_pieces(a, b, h0):
    return in_pieces(a, b, h0, 128)


@pytest.mark.parametrize("loop", [in_one_line, by_comprehension, by_reduce, while_torch, halves_apart, in_pieces, in_large_pieces], ids=lambda one: one.__name__)
def test_a_loop_over_time_is_recognised_however_it_is_written(loop):
    report = assess(find("scan_linear"), loop, seed=5)
    assert (report.status, report.points, report.cause.name) == ("failed", 3.0, LOOP)


def test_a_tracer_that_runs_already_is_there_again_after_a_check():
    import sys

    def tracer(frame, event, arg):
        return None

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        report, after = assess(find("scan_linear"), find("scan_linear").reference), sys.gettrace()
    finally:
        sys.settrace(before)
    assert report.passed and after is tracer


def test_the_interval_of_5_8_covers_as_often_as_it_says():
    rng, covered = np.random.default_rng(0), 0
    for _ in range(200):
        shared = rng.normal(size=40)
        low, high = find("paired_interval").reference(shared + 0.3 + 0.5 * rng.normal(size=40), shared, rng, 0.9)
        covered += low < 0.3 < high
    assert 160 < covered < 198


@pytest.mark.parametrize("exercise", [find(f"5.{n}") for n in range(1, 9)], ids=lambda one: one.name)
@pytest.mark.parametrize(
    "given",
    [
        lambda *a, **k: None,
        lambda *a, **k: "done",
        lambda *a, **k: (None, None),
        lambda *a, **k: [[1.0], [2.0, 3.0]],
        lambda *a, **k: np.array(["a"]),
        lambda *a, **k: (np.full(3, np.nan), np.full(3, np.nan)),
        lambda *a, **k: (yield 1),
        lambda *a, **k: 1 / 0,
        lambda *a, **k: a,
        "not a function",
        lambda one_argument: one_argument,
    ],
    ids=["None", "text", "two None", "ragged", "letters", "NaN", "generator", "error", "arguments", "no function", "signature"],
)
def test_what_is_no_answer_gets_a_sentence_and_no_points(exercise, given):
    report = assess(exercise, given)
    assert not report.passed and report.points == 0
    assert report.findings[0].text


def test_an_empty_exercise_is_not_started():
    def empty(*a, **k):
        raise NotImplementedError

    assert {assess(find(f"5.{n}"), empty).status for n in range(1, 9)} == {"not started"}


def test_half_of_an_exercise_earns_its_share():
    attention = find("attention")
    for name, points in (
        ("the mask is ignored", 2.5),
        ("the scores before the softmax are returned as weights", 1.0),
        ("exp overflows at large scores: subtract each query's largest score first", 3.5),
    ):
        assert assess(attention, attention.mistakes[name]).points == points
    stream = find("stream_attention")
    assert assess(stream, stream.mistakes["the cache is changed in place: an old one holds what came later"]).points == 3.0


def test_the_notebook_gives_34_points_and_a_person_gives_8_of_them():
    import json
    from pathlib import Path

    path = Path(__file__).resolve().parents[2] / "course" / "5-transformers" / "transformers.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    blocks = [cell["metadata"]["nbgrader"] for cell in cells if "nbgrader" in cell["metadata"]]
    assert sum(block.get("points", 0) for block in blocks) == 34
    (memo,) = (cell for cell in cells if cell["id"] == "decision_memo")
    block = memo["metadata"]["nbgrader"]
    assert (block["points"], block["grade"], block["solution"], block["locked"]) == (8, True, True, False)
    assert "".join(memo["source"]) == "*Your answer here.*"
    assert any("How it is marked" in "".join(cell["source"]) for cell in cells)
