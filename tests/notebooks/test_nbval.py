"""nbval, as a contributor would call it, on the executed solutions."""

import os
import re
import subprocess
import sys

import pytest

pytest.importorskip("nbval")


def test_nbval_accepts_the_solutions(repo, tmp_path):
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=120",
               "--nbval-sanitize-with", "tests/notebooks/sanitize.cfg", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "solutions/"]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "NBGRADER_"))}
    environment = inherited | {"RNNCOURSE_HOME": str(tmp_path), "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, cwd=repo, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 20
