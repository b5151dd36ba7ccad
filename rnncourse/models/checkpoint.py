"""One file that holds a training as it stood after its last whole epoch, so that it can go on from there."""

import hashlib
import os
import tempfile
from pathlib import Path

import torch


def save(path, held):
    """Write the dict `held` (numbers, text, lists, tensors) to `path`, whole or not at all."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            torch.save(held, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def load(path, run):
    """Return the dict at `path`, or None if there is none.

    `run` describes the training that wants to go on; ValueError if the file is of another training, or damaged.
    """
    path = Path(path)
    if not path.exists():
        return None
    try:
        held = torch.load(path, weights_only=True, map_location="cpu")
        before = held["run"]
    except Exception as error:
        raise ValueError(f"{path.name}: cannot be read as a checkpoint ({type(error).__name__}); delete it to begin anew") from error
    different = [f"{key} was {before.get(key)!r}, now {run.get(key)!r}" for key in sorted({*before, *run}) if before.get(key) != run.get(key)]
    if different:
        raise ValueError(f"{path.name} is of another training: {'; '.join(different)}. Delete the file, or name another one")
    return held


def fingerprint(model):
    """Twelve hexadecimal digits that tell a model's weights, names and shapes from others."""
    digest = hashlib.sha256()
    for name, weight in model.state_dict().items():
        digest.update(f"{name} {tuple(weight.shape)}".encode())
        digest.update(weight.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:12]
