"""Figures of the course: drawn in one style, each with a sentence of alt text.

>>> from rnncourse.plots import Figure, canvas

Everything is imported on first use, because matplotlib takes a while to load.
"""

from importlib import import_module

_HOME = {
    "Figure": "rnncourse.plots.figure",
    "canvas": "rnncourse.plots.style",
    "look": "rnncourse.plots.style",
    "COLOR": "rnncourse.plots.style",
    "TINT": "rnncourse.plots.style",
    "SIGNED": "rnncourse.plots.style",
    "MAGNITUDE": "rnncourse.plots.style",
    "recurrent_network": "rnncourse.plots.network",
    "input_output_shapes": "rnncourse.plots.network",
    "models_in_time": "rnncourse.plots.timeline",
    "broadcasting": "rnncourse.plots.broadcast",
    "memory_trace": "rnncourse.plots.memory",
    "backward_graph": "rnncourse.plots.gradients",
    "norms_by_lag": "rnncourse.plots.gradients",
    "LiveLoss": "rnncourse.plots.training",
    "attention_map": "rnncourse.plots.attention",
    "position_waves": "rnncourse.plots.attention",
    "lstm_cell": "rnncourse.plots.gates",
    "gates_over_time": "rnncourse.plots.gates",
    "half_life_histogram": "rnncourse.plots.gates",
    "weights_by_size": "rnncourse.plots.gates",
}

__all__ = ["COLOR", "MAGNITUDE", "SIGNED", "TINT", "Figure", "canvas", "look"]


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module 'rnncourse.plots' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__():
    return sorted([*globals(), *_HOME])
