"""A thousand students and one assignment: seconds, memory and bytes a submission. Run by `make bench-class`.

Students differ as real ones do: most are right, many made one or several of the known mistakes, some handed in nothing
of their own, some made clumsy files. Memory is that of the grader and all its workers together, looked at twice a
second; a line over the run says whether it grows.
"""

import json
import os
import platform
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil

from tests.grading.class_room import environment, hand_in, make_class, scores

FOLDER = Path(__file__).parent
STUDENTS = int(os.environ.get("BENCH_CLASS", "1000"))
STEP = "1-sequence-data"
WRONG = {
    "last_valid": "def last_valid(states, lengths):\n    return states[:, -1].copy()",
    "next_step_pairs": "def next_step_pairs(ids, length):\n    n = (len(ids) - 1) // length\n    x = np.asarray(ids)[: n * length].reshape(n, length)\n    return x, x.copy()",
    "standardize": "def standardize(train, *others):\n    everything = np.concatenate([train, *others])\n    mean, std = everything.mean(axis=0), everything.std(axis=0)\n    return [(part - mean) / std for part in (train, *others)], mean, std",
    "pad_sequences": "def pad_sequences(sequences, value=0.0):\n    return 1 / 0",
}


def make_students(room):
    """The class; each student's name ends in the number of cells that are wrong."""
    rng = random.Random(0)
    for n in range(STUDENTS):
        kind = rng.random()
        wrong = rng.sample(sorted(WRONG), rng.randint(1, 4)) if 0.45 < kind < 0.9 else []
        solved, name = kind < 0.9, f"student-{n:04}"
        hand_in(room, name, STEP, lambda sources, wrong=wrong, n=n: sources.update({k: f"{WRONG[k]}\n# {n}" for k in wrong} or {}), solved=solved)
        if kind > 0.97:
            path = room / "grading" / "submitted" / name / STEP / "sequence_data.ipynb"
            path.write_bytes(path.read_bytes()[: rng.randint(10, 5000)])


class Watch(threading.Thread):
    """Memory of a process and all below it, but for the sandboxes, in MB, every half second."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.process, self.seen = psutil.Process(pid), []

    def run(self):
        while self.process.is_running() and self.process.status() != psutil.STATUS_ZOMBIE:
            try:
                workers = [one for one in self.process.children() if "python" in one.name()]
                self.seen.append(sum(one.memory_info().rss for one in (self.process, *workers)) / 2**20)
            except psutil.NoSuchProcess:
                pass
            time.sleep(0.5)


def size(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_a_large_class(tmp_path, capsys):
    room = make_class(tmp_path / "class")
    make_students(room)
    grading, started = room / "grading", time.perf_counter()
    running = subprocess.Popen([sys.executable, "-m", "rnncourse", "grade", STEP, "--json"], cwd=room, env=environment(room), stdout=subprocess.PIPE, text=True)
    watch = Watch(running.pid)
    watch.start()
    said = json.loads(running.communicate()[0])
    seconds = time.perf_counter() - started
    assert running.returncode == 0 and len(said["judged"]) == STUDENTS and len(scores(room, STEP)) == STUDENTS
    memory = np.array(watch.seen[10:])
    slope = np.polyfit(np.arange(len(memory)) / len(memory), memory, 1)[0]
    again = time.perf_counter()
    subprocess.run([sys.executable, "-m", "rnncourse", "grade", STEP, "--json"], cwd=room, env=environment(room), check=True, capture_output=True)
    again = time.perf_counter() - again
    text = report(seconds, again, memory, slope, {name: size(grading / name) for name in ("submitted", "results", "autograded", "kept")} | {
        "gradebook.db": (grading / "gradebook.db").stat().st_size, "audit.jsonl": (grading / "audit.jsonl").stat().st_size})  # fmt: skip
    (FOLDER / "CLASS.md").write_text(text, encoding="utf-8")
    with capsys.disabled():
        print("\n\n" + text)


def report(seconds, again, memory, slope, sizes):
    lines = [f"| {name} | {total / STUDENTS / 1024:.1f} |" for name, total in sizes.items()]
    return f"""# A large class

Written by `make bench-class`: {STUDENTS} simulated students, assignment {STEP}, Python {platform.python_version()}, {os.cpu_count()} cores.

- {seconds:.0f} s in all, {seconds / STUDENTS:.2f} s a submission; the same command again, with nothing to do: {again:.0f} s.
- Memory of grader and workers together: {np.median(memory):.0f} MB in the middle, {memory.max():.0f} MB at most; a line through it rises by {slope:.0f} MB over the whole run.

| on disk | kB a submission |
|---|---|
""" + "\n".join(lines) + "\n"
