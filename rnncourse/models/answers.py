"""What a trained model says, as NumPy arrays: outputs, states, and how often it is right."""

import numpy as np
import torch

from rnncourse.models.batches import inputs
from rnncourse.models.objectives import every_step
from rnncourse.models.threads import one_thread


def outputs(model, x, lengths):
    """What the model answers: scores or forecasts (B, K) as a NumPy array, for x (B, T, D) with lengths (B,)."""
    x, lengths = _there(model, *inputs(x, lengths))
    with one_thread(), torch.no_grad():
        return model(x, lengths).cpu().numpy().astype(np.float64)  # (B, K)


def states(model, x):
    """Every hidden state (B, T, H) of the model's recurrent layer, as a NumPy array, for x (B, T, D)."""
    (x,) = _there(model, inputs(x, np.full(len(x), np.shape(x)[1]))[0])
    with one_thread(), torch.no_grad():
        return model.states(x).cpu().numpy().astype(np.float64)  # (B, T, H)


def accuracy(model, x, lengths, labels):
    """The share of sequences whose largest score is that of their label (B,)."""
    return float(np.mean(outputs(model, x, lengths).argmax(axis=1) == np.asarray(labels)))


def label_scores(model, ids, targets):
    """Mean loss in nats and share right over the steps whose target (B, T) is not -1, of a model that labels ids (B, T)."""
    ids, targets = (torch.from_numpy(np.asarray(a, dtype=np.int64)) for a in (ids, targets))
    ids, targets = _there(model, ids, targets)
    with one_thread(), torch.no_grad():
        asked = targets >= 0
        logits, right = every_step(model(ids))[asked], targets[asked]
        loss = torch.nn.functional.cross_entropy(logits, right)
        return float(loss), float((logits.argmax(dim=-1) == right).float().mean())


def _there(model, *arrays):
    """The tensors on the model's device."""
    device = next(model.parameters()).device
    return [array.to(device) for array in arrays]
