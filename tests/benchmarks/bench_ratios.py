"""How fast the cells are beside torch: a table printed and written to RESULTS.md. Run by `make bench`.

Nothing here fails for being slow: times belong to a machine. It fails if what is timed does not compute the same.
"""

import json
import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
SECONDS = os.environ.get("BENCH_SECONDS", "3")  # a comparison
KERNELS = {"pinned": {"OPENBLAS_CORETYPE": "Haswell"}, "auto": {}}


def measured(kernel):
    """The JSON of measure.py with one thread and this kernel: pinned to AVX2, or what OpenBLAS picks itself."""
    environment = {name: v for name, v in os.environ.items() if name not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
    threads = dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"], "1")
    command = [sys.executable, str(FOLDER / "measure.py"), SECONDS]
    done = subprocess.run(command, env=environment | threads | KERNELS[kernel], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="OpenBLAS's Haswell kernel is for x86-64")
def test_speed_beside_torch(capsys):
    found = {kernel: measured(kernel) for kernel in KERNELS}
    text = report(found)
    (FOLDER / "RESULTS.md").write_text(text, encoding="utf-8")
    with capsys.disabled():
        print("\n\n" + text)


def report(found):
    parts = [heading(found), training(found), streaming(found), checkpointing(found)]
    return "\n\n".join(parts) + "\n"


def heading(found):
    packages = ", ".join(f"{name} {metadata.version(name)}" for name in ("numpy", "torch"))
    return f"""# Speed of the cells

Written by `make bench`. One thread, float32, Python {platform.python_version()}, {packages}.
NumPy's matrix product comes from OpenBLAS, which has a kernel for each kind of processor. *pinned* is its kernel for
AVX2 ({found["pinned"]["blas"]}), *auto* the one that it picks here itself ({found["auto"]["blas"]}); torch uses
{found["auto"]["torch"]} on this machine. Two that are compared take turns in one process; a ratio is the median of
neighbouring pairs. Before the timing, both are checked to compute the same."""


def training(found):
    rows = [["cell", "T, B, D, H", "plain ms", "fast ms", "torch ms", "plain / fast", "torch / fast pinned", "auto"]]
    for pinned, auto in zip(found["pinned"]["training"], found["auto"]["training"], strict=True):
        size = ", ".join(map(str, auto["size"]))
        times = [f"{auto[name]:.1f}" for name in ("plain_ms", "ms", "torch_ms")]
        ratios = [auto["plain_ratio"], pinned["ratio"], auto["ratio"]]
        rows.append([auto["kind"], size, *times, *(f"{r:.2f}" for r in ratios)])
    return "## A training step: forward, and backward for every gradient\n\nTimes are those of *auto*.\n\n" + table(
        rows
    )


def streaming(found):
    rows = [["cell", "ours µs", "nn.CELL, T=1 µs", "nn.CELLCell µs", "nn.CELL / ours", "nn.CELLCell / ours",
             "after 200,000 steps / fresh"]]  # fmt: skip
    for row in found["auto"]["streaming"]:
        numbers = [f"{row[name]:.1f}" for name in ("us", "module_us", "cell_us", "by_module", "by_cell")]
        rows.append([row["kind"], *numbers, f"{row['late']:.2f}"])
    return "## One step of a stream\n\nB=1, D=64, H=128, kernel *auto*.\n\n" + table(rows)


def checkpointing(found):
    rows = [
        ["cell", "whole MiB", "checkpointed MiB", "memory saved", "time, checkpointed / whole", "largest difference"]
    ]
    for row in found["auto"]["checkpointing"]:
        mib = [f"{row[name] / 2**20:.1f}" for name in ("bytes", "cut_bytes")]
        saved = f"{row['bytes'] / row['cut_bytes']:.1f}×"
        rows.append([row["kind"], *mib, saved, f"{row['time']:.2f}", f"{row['difference']:.0e}"])
    about = (
        "T=2000, B=8, D=64, H=128, kernel *auto*. Memory is the most that a training step holds at once beside its "
        "results,\nwhich are hs, dx and the gradients of the weights. The difference is that of any result, relative."
    )
    return f"## √T checkpointing\n\n{about}\n\n" + table(rows)


def table(rows):
    """Rows of strings as a Markdown table, the first row as its head."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return "\n".join(lines)
