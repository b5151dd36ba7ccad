"""The first check starts in a blink: nothing heavy is imported, and little beyond NumPy."""

import json
import subprocess
import sys

HEAVY = ("torch", "matplotlib", "pandas", "scipy", "IPython", "nbformat", "sklearn", "rich", "click")

MEASURE = """
import json, sys, time
import numpy
started = time.process_time()
import rnncourse
from rnncourse import check
print(json.dumps({"seconds": time.process_time() - started, "modules": [m for m in %r if m in sys.modules]}))
"""


def measured():
    done = subprocess.run([sys.executable, "-c", MEASURE % (HEAVY,)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_importing_check_pulls_in_nothing_heavy():
    assert measured()["modules"] == []


def test_importing_check_costs_little_cpu_beyond_numpy():
    assert min(measured()["seconds"] for _ in range(5)) <= 0.15
