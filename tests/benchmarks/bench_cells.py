"""Times of one training step on this machine, for `pytest-benchmark` to keep and compare. Run by `make bench`.

`make bench` compares cells with torch in `bench_ratios.py`; here `--benchmark-save` and `--benchmark-compare` show
what a change of the code did.
"""

import os

import numpy as np
import pytest

from rnncourse.cells import GRU, LSTM, RNN, FastGRU, FastLSTM, FastRNN, stream

SIZES = [(50, 32, 64, 128), (200, 1, 32, 64)]  # T, B, D, H


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    threadpoolctl = pytest.importorskip("threadpoolctl")
    with threadpoolctl.threadpool_limits(1):
        yield


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("kind", [RNN, FastRNN, GRU, FastGRU, LSTM, FastLSTM])
def test_training_step(benchmark, kind, size):
    T, B, D, H = size
    benchmark.group = f"training step, T, B, D, H = {size}"
    rng = np.random.default_rng(0)
    layer = kind.random(rng, D, H, dtype=np.float32)
    x, dhs = (rng.normal(size=(B, T, n)).astype(np.float32) for n in (D, H))

    def run():
        hs, _, trace = layer.forward(x)
        return hs, layer.backward(dhs, trace)[0]

    hs, dx = benchmark.pedantic(run, rounds=int(os.environ.get("BENCH_ROUNDS", "30")), warmup_rounds=1)
    assert hs.shape == dhs.shape and dx.shape == x.shape


@pytest.mark.parametrize("kind", [FastRNN, FastGRU, FastLSTM])
def test_streaming_step(benchmark, kind):
    benchmark.group = "one step of a stream, D, H = 64, 128"
    running, x = stream(kind.random(np.random.default_rng(0), 64, 128, dtype=np.float32)), np.ones((1, 64), np.float32)
    assert benchmark(running.step, x).shape == (1, 128)
