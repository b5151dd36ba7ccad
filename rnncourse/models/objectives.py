"""What a training minimises: each maps (model, batch, state) to the batch's mean loss and the state that goes on."""

from torch.nn.functional import cross_entropy, mse_loss

IGNORED = -1  # a target at which nothing is asked


def answer_loss(model, batch, state):
    """One answer a sequence; the batch is (x, lengths, targets). Cross-entropy in nats, or the mean squared error."""
    x, lengths, targets = batch
    loss = mse_loss if targets.is_floating_point() else cross_entropy
    return loss(model(x, lengths), targets), None


def step_loss(model, batch, state):
    """One answer a step, every batch from a state of zeros; the batch is (ids, targets). Nats where targets are not -1."""
    ids, targets = batch
    logits = every_step(model(ids))
    return cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED), None


def stream_loss(model, batch, state):
    """One answer a step, the state carried from batch to batch without its history: truncated BPTT.

    For recurrent networks; a Transformer has no state to carry (TypeError), `step_loss` trains it.
    """
    ids, targets = batch
    answer = model(ids, state)
    if not isinstance(answer, tuple):
        raise TypeError(f"model: expected one that gives (logits, state), got {type(model).__name__}; train it with step_loss")
    logits, state = answer
    loss = cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED)
    return loss, detached(state)


def detached(state):
    """A state without its history: truncated BPTT goes on from it."""
    return of_each(state, lambda h: h.detach())


def of_each(state, change):
    """A state, h or the pair (h, c), with each of its tensors changed; None, that of a network without one, stays."""
    if isinstance(state, tuple):
        return tuple(change(each) for each in state)
    return state if state is None else change(state)


def every_step(answer):
    """The logits of what a model answers: recurrent networks give (logits, state), a Transformer gives logits."""
    return answer[0] if isinstance(answer, tuple) else answer
