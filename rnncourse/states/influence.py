"""How much each output depends on each input: gradients, exact to rounding, and causal where the network is."""

from rnncourse.states.encoding import not_empty, same_device


def connectivity(model, x):
    """Array (T, T): entry [t, s] is the norm of the gradient of the largest logit at step t with respect to x[s].

    `model` maps (1, T, D) to (1, T, K) in torch, x is (T, D). In a causal model all entries with s > t are exactly 0.
    The caller's tensor and the gradients of the model's weights stay as they were. Raises ValueError for a sequence
    without steps and for a tensor on another device than the model.

    A gradient says what a small change would do. Where a gate is saturated it is near 0, however much a large one would.
    """
    import torch

    same_device(model, x, "x")
    given = not_empty(x).detach().clone().requires_grad_(True)
    best = model(given[None])[0].max(dim=-1).values  # (T,)
    rows = [torch.autograd.grad(one, given, retain_graph=True)[0].norm(dim=1) for one in best]
    return torch.stack(rows).detach().cpu().double().numpy()


def reader_of_embeddings(model, ids):
    """(function, x): the function maps embeddings (1, T, E) to logits (1, T, K), and x (T, E) are those of ids (T,).

    For a model with a torch.nn.Embedding, whose ids have no gradient; TypeError for one without.
    """
    import torch

    embedding = next((each for each in model.modules() if isinstance(each, torch.nn.Embedding)), None)
    if embedding is None:
        raise TypeError(f"{type(model).__name__} has no torch.nn.Embedding to differentiate by")
    ids = not_empty(torch.as_tensor(ids)).to(embedding.weight.device)

    def read(x):
        pending = [x]  # a second embedding table, such as that of positions, is looked up as ever
        hook = embedding.register_forward_hook(lambda *_: pending.pop() if pending else None)
        try:
            output = model(ids[None])
        finally:
            hook.remove()
        return output[0] if isinstance(output, tuple) else output

    return read, embedding(ids).detach()
