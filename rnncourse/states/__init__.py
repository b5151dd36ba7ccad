"""What a network's hidden states hold: record them, describe them, test what they are used for.

Record:    `record` (hidden and cell states and gates of our cells and of torch.nn.RNN, LSTM, GRU), `record_text`
           (the same while a model reads characters), `record_modules` (what any torch module inside a model gives)
Describe:  `gate_saturation`, `half_life`, `pca`, `rank_units`
Test:      `linear_probe`, `control_accuracy` (readable?), `ablate_unit`, `ablated_logits` (used?)
Explain:   `connectivity` (which inputs an answer rests on), `jacobian`, `find_fixed_points`, `stability`

A picture of a state shows what is there, a probe what can be read, an ablation what is used. Only the last one speaks
about what the network does; and each of them says little until the same was done to a network with random weights.

Each name loads its own module on first use; torch is loaded only where torch is used.
"""

from importlib import import_module

_HOME = {
    "FixedPoint": "dynamics",
    "LayerStates": "recording",
    "Recording": "recording",
    "TextRecording": "reading",
    "ablate_unit": "ablation",
    "ablated_logits": "ablation",
    "connectivity": "influence",
    "control_accuracy": "probing",
    "encode": "reading",
    "find_fixed_points": "dynamics",
    "gate_saturation": "saturation",
    "half_life": "saturation",
    "jacobian": "dynamics",
    "linear_probe": "probing",
    "logits_of": "influence",
    "pca": "components",
    "rank_units": "ranking",
    "record": "recording",
    "record_modules": "hooks",
    "record_text": "reading",
    "resting_step": "dynamics",
    "stability": "dynamics",
}

__all__ = sorted(_HOME)


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module 'rnncourse.states' has no attribute {name!r}")
    return getattr(import_module(f"rnncourse.states.{_HOME[name]}"), name)


def __dir__():
    return sorted([*globals(), *__all__])
