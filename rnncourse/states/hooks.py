"""What the modules inside any torch model give while it runs, by forward hooks: Transformers, convolutions, anything."""

from contextlib import ExitStack

import numpy as np
import torch


@torch.no_grad()
def record_modules(model, *inputs, only=None):
    """Return what each module inside `model` gives for these inputs: a dict from dotted name to NumPy array.

    Args:
        model: any torch module; it is run once, as it is (call `model.eval()` first if it has dropout).
        inputs: what it is called with; tensors must be on the model's device.
        only: a class or tuple of classes, such as torch.nn.TransformerEncoderLayer; other modules are left out.

    A module that runs several times in one pass (a cell in a loop) gives an array with one more axis in front, a call
    each. Of a tuple, such as the (states, last state) of torch.nn.LSTM, the first tensor is kept. The model itself has
    the name "". A module that is not called, or that gives no tensor, is left out.

    NOTE: torch's encoder layers have a fused path without hooks inside; it is switched off during the recording, so
    that all parts are seen.

    Raises:
        ValueError: a tensor on another device than the model; no module of the class asked for.
    """
    same_device(model, inputs)
    chosen = {name: part for name, part in model.named_modules() if only is None or isinstance(part, only)}
    if not chosen:
        raise ValueError(f"only: the model has no module of {only}; it has {_kinds(model)}")
    seen = {name: [] for name in chosen}
    fused = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with ExitStack() as hooks:
            for name, part in chosen.items():
                hooks.callback(part.register_forward_hook(_keeper(seen[name])).remove)
            model(*inputs)
    finally:
        torch.backends.mha.set_fastpath_enabled(fused)
    return {name: calls[0] if len(calls) == 1 else np.stack(calls) for name, calls in seen.items() if calls}


def same_device(model, inputs):
    """ValueError if a tensor lies on another device than the model's weights."""
    home = next((weight.device for weight in model.parameters()), None)
    for tensor in inputs:
        if torch.is_tensor(tensor) and home is not None and tensor.device != home:
            raise ValueError(f"the model is on {home} and the input on {tensor.device}: move one of them, as in x.to({str(home)!r})")


def _keeper(calls):
    def keep(module, given, result):
        first = result[0] if isinstance(result, tuple) else result
        if torch.is_tensor(first):
            calls.append(first.detach().cpu().numpy().copy())

    return keep


def _kinds(model):
    return ", ".join(sorted({type(part).__name__ for part in model.modules()}))
