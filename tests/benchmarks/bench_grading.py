"""How fast a class is graded beside stock nbgrader: a table printed and written to GRADING.md. Run by `make bench-grading`.

The same right submissions, the same points asked of both, one after the other on the same machine. Stock nbgrader runs
once as the course configures it (long cells are skipped) and once with the training cells, as nbgrader does where
nobody tells it to leave them out. Nothing fails for being slow; it fails if the points differ.
"""

import os
import platform
import shutil
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

from rnncourse.grading.sandbox import isolation
from tests.grading.class_room import STEPS, environment, hand_in, make_class, scores

FOLDER = Path(__file__).parent
STUDENTS = int(os.environ.get("BENCH_STUDENTS", "20"))
WITH_DEMOS = int(os.environ.get("BENCH_WITH_DEMOS", "2"))  # students; each costs stock nbgrader a minute and more
POINTS = {"1-sequence-data": 25.0, "2-bptt": 34.0}


def timed(command, folder):
    started = time.perf_counter()
    surroundings = environment(folder) | {"RNNCOURSE_STOCK_AUTOGRADE": "1"}  # nbgrader's own autograde is what is measured
    done = subprocess.run([sys.executable, "-m", *command], cwd=folder, env=surroundings, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return time.perf_counter() - started


def stock(folder, step, count, *words):
    """Seconds a submission of `nbgrader autograde`, in a class of its own."""
    room = make_class(folder)
    for n in range(count):
        hand_in(room, f"student-{n:02}", step)
    subprocess.run([sys.executable, "-m", "nbgrader", "generate_assignment", step, "--force"], cwd=room, env=environment(room), capture_output=True, check=True)
    seconds = timed(["nbgrader", "autograde", step, *words], room)
    check(room, step, count)
    return seconds / count


def ours(folder, step, count, workers):
    """Seconds a submission of `rnncourse grade`, in a class of its own."""
    room = make_class(folder)
    for n in range(count):
        hand_in(room, f"student-{n:02}", step)
    seconds = timed(["rnncourse", "grade", step, "--workers", str(workers)], room)
    check(room, step, count)
    return seconds / count


def check(room, step, count):
    found = scores(room, step)
    assert found == {f"student-{n:02}": POINTS[step] for n in range(count)}
    shutil.rmtree(room)


def measured(folder, step):
    """Seconds a submission: ours with one and with two workers, stock without and with the training cells."""
    one, two = (ours(folder / f"ours{workers}", step, STUDENTS, workers) for workers in (1, 2))
    plain = stock(folder / "stock", step, STUDENTS)
    demos = stock(folder / "demos", step, WITH_DEMOS, "--Execute.skip_cells_with_tag=")
    return one, two, plain, demos


def report(rows):
    head = f"""# Speed of grading

Written by `make bench-grading`. Seconds of wall time a submission, whole commands with their start-up: {STUDENTS} right
submissions ({WITH_DEMOS} for stock nbgrader with the training cells), the same points from all. Python
{platform.python_version()}, nbgrader {metadata.version("nbgrader")}, {os.cpu_count()} cores, isolation: {isolation().kind}.
"""
    names = ["assignment", "ours, 1 worker", "ours, 2 workers", "stock", "stock with training", "stock / ours", "with training / ours", "2 workers / 1"]
    lines = [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    for step, (one, two, plain, demos) in rows.items():
        cells = [step, f"{one:.2f}", f"{two:.2f}", f"{plain:.2f}", f"{demos:.1f}", f"{plain / two:.1f}×", f"{demos / two:.0f}×", f"{one / two:.2f}×"]
        lines.append(f"| {' | '.join(cells)} |")
    return head + "\n" + "\n".join(lines) + "\n"


def test_throughput_beside_stock_nbgrader(tmp_path, capsys):
    rows = {step: measured(tmp_path / step, step) for step in STEPS}
    text = report(rows)
    (FOLDER / "GRADING.md").write_text(text, encoding="utf-8")
    with capsys.disabled():
        print("\n\n" + text)
