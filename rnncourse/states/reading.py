"""A model that reads characters, with all its states: the text and what went on in the network, side by side."""

from dataclasses import dataclass

import numpy as np

from rnncourse.states.recording import LayerStates, Recording, record


@dataclass(frozen=True, eq=False)
class TextRecording:
    """A text of T characters and the Recording (B = 1) of the layers that read it."""

    text: str
    recording: Recording

    @property
    def layer(self):
        """The highest layer's `LayerStates`."""
        return self.recording.layers[-1]

    @property
    def hidden(self):
        """The highest layer's hidden states, (T, H)."""
        return self.recording.hidden[0]

    @property
    def cell(self):
        """The highest layer's cell states (T, H). ValueError if it has none."""
        return _only(self.layer, "cell")[0]

    @property
    def gates(self):
        """The highest layer's gates by letter, each (T, H)."""
        return {letter: gate[0] for letter, gate in self.layer.gates.items()}


def _only(layer: LayerStates, what):
    found = getattr(layer, what)
    if found is None:
        raise ValueError(f"{what}: a layer of kind {layer.kind} has none; look at its hidden states")
    return found


def record_text(model, text, alphabet):
    """Return the TextRecording of a model that reads `text` from a state of zeros.

    `model` has an `embedding` and a `recurrent` layer, as CharacterModel and SymbolLabeller have; `alphabet` (V,) says
    which character each id stands for. Raises ValueError for an empty text, a character that is not in the alphabet,
    or an alphabet of another size than the model's.
    """
    import torch

    V = model.embedding.num_embeddings
    if len(alphabet) != V:
        raise ValueError(f"alphabet: the model reads {V} different characters, this one has {len(alphabet)}")
    weight = model.embedding.weight
    if weight.is_meta:
        raise ValueError("model: its weights are on the device 'meta', which holds none; use to_empty(device=…) and load them")
    with torch.no_grad():
        x = weight[torch.from_numpy(encode(text, alphabet)).to(weight.device)]  # (T, E)
    return TextRecording(text, record(batch_first(model.recurrent), x.cpu().numpy()[None]))


def batch_first(layer):
    """The layer, or ValueError: models here read (batch, time, feature)."""
    if not getattr(layer, "batch_first", True):
        raise ValueError("model: its recurrent layer expects the time first; build it with batch_first=True")
    return layer


def encode(text, alphabet):
    """Return the ids (T,) int64 of the characters; ValueError for none, or for one that the alphabet does not have."""
    if not text:
        raise ValueError("text: expected at least one character, got none")
    ids = {character: n for n, character in enumerate(alphabet)}
    for place, character in enumerate(text):
        if character not in ids:
            known = "".join(alphabet)
            raise ValueError(f"text: {character!r} (character {place + 1} of {len(text)}) is not in the alphabet that the model reads: {known!r}")
    return np.array([ids[character] for character in text], dtype=np.int64)


def demand_unit(unit, H):
    """The unit's number as an int, counted from the end if negative; ValueError if the layer has no such unit."""
    if not -H <= unit < H:
        raise ValueError(f"unit: the layer has {H}, from 0 to {H - 1}; got {unit}")
    return int(unit) % H
