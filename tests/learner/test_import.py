"""The first check starts in a blink: nothing heavy is imported, and little beyond NumPy."""

import json
import statistics
import subprocess
import sys

HEAVY = ("torch", "matplotlib", "pandas", "scipy", "IPython", "nbformat", "sklearn", "rich", "click")

MEASURE = """
import json, sys, time
started = time.process_time()
import numpy
numpy_in = time.process_time()
import rnncourse
from rnncourse import check
done = time.process_time()
print(json.dumps({"ratio": (done - numpy_in) / (numpy_in - started), "modules": [m for m in %r if m in sys.modules]}))
"""


def measured():
    done = subprocess.run([sys.executable, "-c", MEASURE % (HEAVY,)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_importing_check_pulls_in_nothing_heavy():
    assert measured()["modules"] == []


def test_importing_check_costs_less_cpu_than_importing_numpy():
    assert statistics.median(measured()["ratio"] for _ in range(5)) < 1
