"""What goes into a network and comes out of it, checked: text, units, devices; with errors that say how to mend it."""

import numpy as np


def encode(text, alphabet):
    """The place of each character of `text` in `alphabet`, (N,) int64.

    Raises ValueError for a text without characters and KeyError for a character that the alphabet does not have.
    """
    places = {character: place for place, character in enumerate(alphabet)}
    if not len(text):
        raise ValueError("text: expected at least one character, got an empty text")
    unknown = sorted({character for character in text if character not in places})
    if unknown:
        shown = " ".join(map(repr, unknown[:5])) + (" …" if len(unknown) > 5 else "")
        raise KeyError(f"the network has never seen {shown}; it reads {''.join(alphabet)!r}")
    return np.array([places[character] for character in text], dtype=np.int64)


def unit_in(unit, H):
    """`unit` as an int from 0 to H − 1; ValueError for any other."""
    if not (isinstance(unit, (int, np.integer)) and not isinstance(unit, bool) and 0 <= unit < H):
        raise ValueError(f"unit: expected a whole number from 0 to {H - 1} (there are {H} units), got {_shown(unit)}")
    return int(unit)


def _shown(unit):
    return unit.item() if isinstance(unit, np.generic) else repr(unit)


def not_empty(inputs):
    """The inputs, unless an axis has no entries."""
    if 0 in inputs.shape:
        raise ValueError(f"inputs: expected at least one step, got shape {tuple(inputs.shape)}; is the text empty?")
    return inputs


def home_of(model):
    """The one torch device of a model's weights; ValueError if there are several, or if the weights have no values."""
    devices = sorted({str(each.device) for each in model.parameters()})
    if len(devices) > 1:
        raise ValueError(f"model: its weights are on {' and '.join(devices)}; bring them together with model.to('cpu')")
    if devices == ["meta"]:
        raise ValueError("model: its weights are on the device 'meta', which holds no values; load them first")
    return devices[0] if devices else "cpu"


def same_device(model, tensor, name):
    """Raise ValueError unless the tensor is where the model's weights are; a plain function has no such place."""
    if hasattr(model, "parameters"):
        home = home_of(model)
        if str(tensor.device) != home:
            raise ValueError(f"{name} is on {tensor.device}, the model on {home}; move one of them: {name}.to('{home}') or model.to('{tensor.device}')")
