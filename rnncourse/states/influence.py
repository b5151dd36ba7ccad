"""Which inputs an answer rests on: the gradient of the answer with respect to every input.

Source: Madsen 2019, Visualizing memorization in RNNs, Distill.
"""

import torch

from rnncourse.states.hooks import same_device


def connectivity(model, x):
    """Return a tensor (T, T): entry [t, s] is the norm over D of the gradient of the largest logit at t by x_s.

    `model` maps (B, T, D) to logits (B, T, K), `x` is one sequence (T, D). All rows come from one backward pass: the
    sequence stands T times in a batch, and of copy t only the answer at t counts. In a causal model every entry with
    s > t is exactly 0. Raises ValueError for another shape or another device than the model's.
    """
    if x.ndim != 2 or not len(x):
        raise ValueError(f"x: expected one sequence (time, feature) with at least one step, got shape {tuple(x.shape)}")
    if isinstance(model, torch.nn.Module):
        same_device(model, (x,))
    T = len(x)
    copies = x.detach().expand(T, *x.shape).clone().requires_grad_()  # (T, T, D)
    rows = torch.arange(T, device=x.device)
    with torch.enable_grad():
        answers = model(copies)[rows, rows]  # (T, K)
        (gradient,) = torch.autograd.grad(answers.max(dim=1).values.sum(), copies)
    return gradient.norm(dim=2)


def logits_of(model):
    """The part of a CharacterModel behind its embedding: a map from x (B, T, E) to logits (B, T, K)."""
    return lambda x: model.readout(model.recurrent(x)[0])
