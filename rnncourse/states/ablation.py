"""Hold a unit still and see what the network can no longer do: the one test here that shows what is used."""

import numpy as np


def ablate_unit(step, unit, value=0.0):
    """Return a step like `step(x (B, D), h (B, H)) -> h` in which one unit is held at `value`.

    It is clamped in the state that goes in and in the one that comes out: clamped on the way out alone, it could still
    hand on what the caller's first state holds. The caller's arrays stay as they were.
    """

    def clamped(h):
        h = np.array(h)
        h[:, unit] = value
        return h

    return lambda x, h: clamped(step(x, clamped(h)))


def ablated_logits(model, ids, units, value=0.0, cell_value=0.0):
    """Return the logits (B, T, K) of a model that reads ids (B, T) while units of its carried state are held still.

    Args:
        model: has `embedding`, `recurrent` (one layer, one direction) and `readout`, as SymbolLabeller has.
        ids: integers (B, T).
        units: a number or several; none ([]) gives the model's own logits, computed in the same way.
        value: what the hidden state of each unit is held at: a number, or one a unit.
        cell_value: the same for the cell state of an LSTM.

    Raises:
        ValueError: a unit that the layer does not have; several layers or directions.
    """
    import torch

    from rnncourse.models.threads import one_thread
    from rnncourse.states.reading import demand_unit

    layer = model.recurrent
    if layer.num_layers > 1 or layer.bidirectional:
        raise ValueError("model: expected one recurrent layer in one direction")
    units = [demand_unit(unit, layer.hidden_size) for unit in np.atleast_1d(np.asarray(units, dtype=int))]
    held = [torch.as_tensor(v, dtype=torch.float32, device=model.embedding.weight.device) for v in (value, cell_value)]
    ids = torch.as_tensor(np.asarray(ids), device=model.embedding.weight.device)
    with one_thread(), torch.no_grad():
        x, state, hs = model.embedding(ids), None, []
        for t in range(ids.shape[1]):
            _, state = layer(x[:, t : t + 1], state)
            state = _held_still(state, units, held)
            hs.append((state[0] if isinstance(state, tuple) else state)[0])
        return model.readout(torch.stack(hs, dim=1)).cpu().numpy().astype(np.float64)


def _held_still(state, units, held):
    """The state (1, B, H), or the pair of an LSTM, with the units set; what the next step reads is what was set here."""
    parts = state if isinstance(state, tuple) else (state,)
    parts = tuple(part.clone() for part in parts)
    for part, value in zip(parts, held, strict=False):
        if units:
            part[..., units] = value
    return parts if isinstance(state, tuple) else parts[0]
