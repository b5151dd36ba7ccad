"""One step at a time, as symbols arrive: streams of trained models, with what they must remember between two steps.

A recurrent network remembers its state, as large at step 10,000 as at step 1. A Transformer remembers keys and values
of every step. Both give what the batch run gives.
"""

import torch

from rnncourse.models.attention import KeyValueCache

# torch's own cells: one step of one layer, from (x, state, W_ih, W_hh, b_ih, b_hh)
CELLS = {
    "RNN_TANH": torch.rnn_tanh_cell,
    "RNN_RELU": torch.rnn_relu_cell,
    "GRU": torch.gru_cell,
    "LSTM": torch.lstm_cell,
}


class Stream:
    """What all streams share: steps are counted, the batch stays the same, nothing is trained.

    `position` is how many steps were read, `state_bytes` what is remembered of them.
    """

    def __init__(self, model):
        if model.training and any(part.p > 0 for part in model.modules() if isinstance(part, torch.nn.Dropout)):
            raise ValueError("model: it is in training and drops out at random; call model.eval() first")
        self.model, self.position, self.batch = model, 0, None

    @torch.no_grad()
    def step(self, x):
        """Return the answer (B, V) to the next step x: symbols (B,), or numbers (B, D)."""
        self._fitting(x, ("batch",))
        answer = self._step(x)
        self.position += 1
        return answer

    @torch.no_grad()
    def read(self, x):
        """Return the answers (B, T, V) to the next T steps at once: symbols (B, T), or numbers (B, T, D)."""
        self._fitting(x, ("batch", "time"))
        answers = self._read(x)
        self.position += x.shape[1]
        return answers

    def branch(self):
        """Return a stream that goes on from here by itself; neither sees what the other reads."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._part()
        return other

    def _fitting(self, x, axes):
        axes += ("inputs",) if x.is_floating_point() else ()
        if x.dim() != len(axes):
            raise ValueError(f"x: expected axes ({', '.join(axes)}), got shape {tuple(x.shape)}")
        if self.batch not in (None, len(x)):
            raise ValueError(f"x: expected a batch of {self.batch}, as at the first step, got {len(x)}")
        self.batch = len(x)


class RecurrentStream(Stream):
    """A recurrent network step by step: torch's own cell of each layer, without what a whole sequence needs.

    `before` maps the model's input to that of its recurrent layers, `after` their state and the input to the answer.
    """

    def __init__(self, model, layer, before, after):
        super().__init__(model)
        if layer.bidirectional:
            raise ValueError("model: a bidirectional network needs the end before it answers; it cannot stream")
        self.layer, self.before, self.after, self.state = layer, before, after, None

    def _step(self, x):
        h, self.state = step(self.layer, self.before(x), self.state)
        return self.after(h, x)

    def _read(self, x):
        hs, self.state = self.layer(self.before(x), self.state)
        return self.after(hs, x)

    def _part(self):
        """States are never written in place, so two streams may share one."""

    @property
    def state_bytes(self):
        states = self.state if isinstance(self.state, tuple) else (self.state,)
        return sum(each.numel() * each.element_size() for each in states if each is not None)


class TransformerStream(Stream):
    """A Transformer step by step: each layer's keys and values are kept, so that a step computes only its own."""

    def __init__(self, model):
        super().__init__(model)
        self.caches = [KeyValueCache() for _ in model.layers]

    def _step(self, x):
        return self._read(x[:, None])[:, 0]

    def _read(self, x):
        return self.model.go_on(x, self.caches)

    def _part(self):
        self.caches = [cache.copy() for cache in self.caches]

    @property
    def state_bytes(self):
        return sum(cache.nbytes for cache in self.caches)


def step(layer, x, state=None):
    """Return h (B, H) of the highest layer and the new state after one step x (B, D) of a recurrent layer.

    The state is that of the layer's forward: h (layers, B, H), for an LSTM the pair (h, c); None starts from zeros.
    """
    if hasattr(layer, "step"):
        return layer.step(x, state)
    if state is None:
        zeros = x.new_zeros(layer.num_layers, len(x), layer.hidden_size)
        state = (zeros, zeros) if layer.mode == "LSTM" else zeros
    cell, lstm, new = CELLS[layer.mode], layer.mode == "LSTM", []
    for number, weights in enumerate(layer.all_weights):
        before = (state[0][number], state[1][number]) if lstm else state[number]
        new.append(cell(x, before, *weights))
        x = new[-1][0] if lstm else new[-1]
    return x, tuple(torch.stack(each) for each in zip(*new, strict=True)) if lstm else torch.stack(new)


@torch.no_grad()
def continue_text(model, prompt, count, choose):
    """Return `count` ids (count,) that follow the prompt (N,); `choose` maps logits (V,) to the next id.

    A model with a `context` that is full forgets the older half of it and reads the newer one anew.
    """
    if prompt.dim() != 1 or not len(prompt):
        raise ValueError(f"prompt: expected ids (N,), one or more, got shape {tuple(prompt.shape)}")
    context = getattr(model, "context", None)
    ids, written = prompt.tolist(), len(prompt) + count
    stream = model.stream()
    logits = stream.read(prompt[None][:, -context:] if context else prompt[None])[:, -1]
    while len(ids) < written:
        ids.append(int(choose(logits[0])))
        if context and stream.position == context:
            stream = model.stream()
            kept = ids[-max(1, context // 2) :]
            logits = stream.read(torch.tensor([kept], device=prompt.device))[:, -1]
        else:
            logits = stream.step(torch.tensor(ids[-1:], device=prompt.device))
    return torch.tensor(ids[len(prompt) :])
