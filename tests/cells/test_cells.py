import subprocess
import sys

import pytest

import rnncourse.cells as cells


def test_every_name_is_there_and_no_module_hides_it():
    for name in cells.__all__:
        assert getattr(cells, name).__name__ == name  # a module would be called rnncourse.cells.NAME
    with pytest.raises(AttributeError, match="nothing_such"):
        cells.nothing_such  # noqa: B018


def test_all_cells_train_without_torch():
    code = """
import sys
sys.modules["torch"] = None
import numpy as np
import rnncourse.cells
before = set(sys.modules)
from rnncourse.cells import *
from rnncourse.cells import FastLSTM, stream
rng = np.random.default_rng(0)
layer = FastLSTM.random(rng, 2, 3)
hs, _, trace = layer.forward(np.ones((1, 4, 2)))
Adam().step(layer.weights, layer.backward(np.ones_like(hs), trace)[2])
stream(layer).step(np.ones((1, 2)))
heavy = {name.split(".")[0] for name in sys.modules} & {"matplotlib", "pandas", "scipy", "sklearn"}
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_importing_the_room_loads_nothing():
    code = "import sys, rnncourse.cells; assert not {'numpy', 'torch'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
