"""Time the fast cells against the plain ones and against torch.nn, in one process, and print JSON.

Run by `bench_ratios.py`, once for each BLAS kernel, with one thread. Two that are compared take turns, and the
result is the median of the ratios of neighbours: what disturbs the machine for a while disturbs both.
"""

import json
import sys
import time
import tracemalloc

import numpy as np
import torch

from rnncourse.cells import GRU, LSTM, RNN, Checkpointed, FastGRU, FastLSTM, FastRNN, relative_error, stream, to_torch

SIZES = [(50, 32, 64, 128), (100, 32, 64, 256), (200, 1, 32, 64), (1000, 8, 32, 64), (100, 64, 64, 128)]  # T, B, D, H
KINDS = {"RNN": (RNN, FastRNN), "GRU": (GRU, FastGRU), "LSTM": (LSTM, FastLSTM)}
STREAM_SIZE = (64, 128)  # D, H
CHECKPOINT_SIZE = (2000, 8, 64, 128)  # T, B, D, H


def main():
    seconds = float(sys.argv[1])
    torch.set_num_threads(1)
    found = {
        "blas": blas_kernel(),
        "torch": torch.backends.cpu.get_cpu_capability(),
        "training": [training(kind, size, seconds) for kind in KINDS for size in SIZES],
        "streaming": [streaming(kind, seconds) for kind in KINDS],
        "checkpointing": [checkpointing(kind, seconds) for kind in KINDS],
    }
    print(json.dumps(found))


def blas_kernel():
    from threadpoolctl import threadpool_info

    kernels = {pool["architecture"] for pool in threadpool_info() if pool["internal_api"] == "openblas"}
    return ", ".join(sorted(kernels)) or "not OpenBLAS"


def paired(seconds, first, *others):
    """Median milliseconds of each, and the median of (time of each other) / (time of the first), in turns."""
    runs, times = (first, *others), []
    for run in runs:
        run()  # reserves memory, fills caches
    stop = time.perf_counter() + seconds
    while len(times) < 9 or (time.perf_counter() < stop and len(times) < 2000):
        turn = range(len(runs)) if len(times) % 2 else reversed(range(len(runs)))
        row = [0.0] * len(runs)
        for k in turn:
            start = time.perf_counter()
            runs[k]()
            row[k] = time.perf_counter() - start
        times.append(row)
    times = np.array(times)  # (rounds, runs)
    ratios = times[:, 1:] / times[:, :1]
    return (1e3 * np.median(times, axis=0)).tolist(), np.median(ratios, axis=0).tolist()


def numpy_step(layer, x, dhs):
    """One training step: forward, and backward for all gradients, that of the input too."""

    def run():
        hs, _, trace = layer.forward(x)
        dx, _, gradients = layer.backward(dhs, trace)
        return hs, dx, gradients

    return run


def torch_step(module, x, dhs):
    """The same in torch, with batch first as in ours and with what is cheapest for it: gradients set to None.

    Both live with the C library's memory as it is by default. For nn.LSTM that matters where N H is large: its
    workspace is given back and asked for anew in every step.
    """
    x, dhs = torch.tensor(x, requires_grad=True), torch.tensor(dhs)

    def run():
        module.zero_grad()
        x.grad = None
        hs, _ = module(x)
        hs.backward(dhs)
        return hs.detach().numpy(), x.grad.numpy(), module

    return run


def training(kind, size, seconds):
    T, B, D, H = size
    plain, fast = KINDS[kind]
    rng = np.random.default_rng(0)
    layer = fast.random(rng, D, H, dtype=np.float32)
    x, dhs = (rng.normal(size=(B, T, n)).astype(np.float32) for n in (D, H))
    ours, theirs = numpy_step(layer, x, dhs), torch_step(to_torch(layer), x, dhs)
    slow = numpy_step(plain(**layer.weights), x, dhs)
    must_agree(ours, theirs, slow)
    (ms, torch_ms), (ratio,) = paired(seconds, ours, theirs)
    (_, plain_ms), (plain_ratio,) = paired(seconds / 4, ours, slow)
    return {"kind": kind, "size": size, "ms": ms, "torch_ms": torch_ms, "ratio": ratio,
            "plain_ms": plain_ms, "plain_ratio": plain_ratio}  # fmt: skip


def must_agree(ours, theirs, slow):
    """Raise unless the three, about to be timed, compute the same."""
    (hs, dx, gradients), (hs_torch, dx_torch, module), (hs_plain, dx_plain, _) = ours(), theirs(), slow()
    for a, b in ((hs, hs_torch), (dx, dx_torch), (hs, hs_plain), (dx, dx_plain)):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-3)
    dW_torch = module.weight_hh_l0.grad.numpy().T
    dW = next(g for name, g in gradients.items() if name in ("W_h", "W_hh"))
    np.testing.assert_allclose(dW, dW_torch, rtol=0, atol=1e-3 * np.abs(dW_torch).max())


def streaming(kind, seconds):
    """Microseconds a step for ours, torch.nn.KIND on a sequence of length 1 and torch.nn.KINDCell; early and late."""
    D, H = STREAM_SIZE
    layer = KINDS[kind][1].random(np.random.default_rng(0), D, H, dtype=np.float32)
    x = np.random.default_rng(1).normal(size=(1, D)).astype(np.float32)
    ours = many(stream(layer).step, x)
    with torch.inference_mode():
        module, cell = to_torch(layer), getattr(torch.nn, f"{kind}Cell")(D, H)
        x_t, zero = torch.tensor(x), torch.zeros(1, H)
        state = (zero[None], zero[None]) if kind == "LSTM" else zero[None]
        cell_state = (zero, zero) if kind == "LSTM" else zero
        sequence, one = many(lambda x: module(x, state), x_t[None]), many(lambda x: cell(x, cell_state), x_t)
        (ms, module_ms, cell_ms), (by_module, by_cell) = paired(seconds, ours, sequence, one)
    return {"kind": kind, "us": 10 * ms, "module_us": 10 * module_ms, "cell_us": 10 * cell_ms,
            "by_module": by_module, "by_cell": by_cell, "late": late_over_early(layer, x)}  # fmt: skip


def many(step, x, times=100):
    def run():
        for _ in range(times):
            step(x)

    return run


def late_over_early(layer, x, steps=200_000):
    """Time of a step after `steps` steps, over that of a fresh stream's."""
    old, fresh = stream(layer), stream(layer)
    many(old.step, x, steps)()
    return paired(0.5, many(fresh.step, x), many(old.step, x))[1][0]


def checkpointing(kind, seconds):
    T, B, D, H = CHECKPOINT_SIZE
    rng = np.random.default_rng(0)
    layer = KINDS[kind][1].random(rng, D, H, dtype=np.float32)
    x, dhs = (rng.normal(size=(B, T, n)).astype(np.float32) for n in (D, H))
    whole, cut = numpy_step(layer, x, dhs), numpy_step(Checkpointed(layer), x, dhs)
    largest = max(relative_error(a, b) for a, b in zip(flat(whole()), flat(cut()), strict=True))
    (ms, cut_ms), (ratio,) = paired(seconds, whole, cut)
    return {"kind": kind, "ms": ms, "cut_ms": cut_ms, "time": ratio, "difference": largest,
            "bytes": activation_bytes(whole), "cut_bytes": activation_bytes(cut)}  # fmt: skip


def flat(result):
    hs, dx, gradients = result
    return [hs, dx, *gradients.values()]


def activation_bytes(run):
    """The most that a training step holds at once, beside its results."""
    tracemalloc.start()
    result = run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak - sum(a.nbytes for a in flat(result))


if __name__ == "__main__":
    main()
