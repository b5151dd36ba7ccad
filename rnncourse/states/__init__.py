"""What a network holds while it reads: record it, describe it, test what it knows, and find where it rests.

Record:    `record` (every layer's hidden states, cell states and gates, of our cells, of torch's and of a Transformer),
           `as_step`, `torch_step` (a layer as one function of its state), `encode` (text to ids)
Describe:  `gate_saturation`, `half_life`, `pca`
Rules:     `inside`, `depth`, `line_position`, `words_so_far` (signals that a text itself gives), `rank_units`
Test:      `linear_probe`, `control_accuracy` (what can be read), `ablate_unit` (what is used)
Look back: `connectivity`, `reader_of_embeddings`
Dynamics:  `find_fixed_points`, `jacobian`, `unstable_directions`

Arrays are (batch, time, unit); NumPy, float64. Importing this package loads nothing else; each name loads its own
module on first use, and torch only where torch is used.
"""

from rnncourse.lazy import lazily

_HOME = {
    "Layer": "recording",
    "Recording": "recording",
    "ablate_unit": "ablation",
    "as_step": "steps",
    "connectivity": "influence",
    "control_accuracy": "probing",
    "depth": "rules",
    "encode": "encoding",
    "find_fixed_points": "dynamics",
    "gate_saturation": "saturation",
    "half_life": "saturation",
    "inside": "rules",
    "jacobian": "dynamics",
    "line_position": "rules",
    "linear_probe": "probing",
    "pca": "components",
    "rank_units": "ranking",
    "reader_of_embeddings": "influence",
    "record": "recording",
    "torch_step": "steps",
    "unit_in": "encoding",
    "unstable_directions": "dynamics",
    "words_so_far": "rules",
}

__all__ = sorted(_HOME)

__getattr__, __dir__ = lazily(__name__, _HOME)
