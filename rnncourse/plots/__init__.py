"""Figures of the course: drawn in one style, each with a sentence of alt text.

>>> from rnncourse.plots import Figure, canvas

Everything is imported on first use, because matplotlib takes a while to load.
"""

from rnncourse.lazy import lazily

_HOME = {
    "Figure": "figure",
    "canvas": "style",
    "look": "style",
    "COLOR": "style",
    "TINT": "style",
    "SIGNED": "style",
    "MAGNITUDE": "style",
    "recurrent_network": "network",
    "input_output_shapes": "network",
    "models_in_time": "timeline",
    "broadcasting": "broadcast",
    "memory_trace": "memory",
    "backward_graph": "gradients",
    "norms_by_lag": "gradients",
    "LiveLoss": "training",
    "StateView": "state_view",
    "connectivity_map": "influences",
    "correlations_by_rank": "units",
    "damage": "units",
    "read_and_used": "units",
    "resting_states": "state_space",
    "saturation": "units",
    "trajectories": "state_space",
    "attention_map": "attention",
    "position_waves": "attention",
    "lstm_cell": "gates",
    "gates_over_time": "gates",
    "half_life_histogram": "gates",
    "weights_by_size": "gates",
}

__all__ = ["COLOR", "MAGNITUDE", "SIGNED", "TINT", "Figure", "canvas", "look"]

__getattr__, __dir__ = lazily(__name__, _HOME)
