"""A small decoder-only Transformer: it reads symbols (or numbers) and answers at every step, looking back only.

    x (B, T) --embedding + positions--> (B, T, W) --layers--> (B, T, W) --norm, embedding transposed--> logits (B, T, V)

A layer adds to its input what attention makes of the steps so far, and then what two linear maps make of each step
alone. Source: Radford and others 2019 (GPT-2): norms before each part and after the last layer, GELU, learned
positions, the read-out tied to the embedding.
"""

import torch

from rnncourse.models.attention import CausalSelfAttention
from rnncourse.models.streaming import TransformerStream, continue_text

SPREAD = 0.02  # standard deviation of the first weights, as in GPT-2


class Transformer(torch.nn.Module):
    """A decoder-only Transformer.

    Args:
        vocabulary: how many symbols there are, V; None for a network that reads numbers.
        layers, width, heads, feedforward: number of layers, W, heads of attention, F between the two linear maps
            (None: 4 W).
        context: the longest sequence, in steps: each has a learned position of its own.
        dropout: the share of each part's answer that is dropped in training.
        inputs: D, to read numbers (B, T, D) instead of symbols; then `outputs` is needed.
        outputs: K, to give K numbers a step by a linear map of its own, instead of a score for each symbol.
        own: whether to use the readable attention of this package instead of torch's; the numbers are the same.
        rng: a NumPy generator that every weight is drawn from: same generator state, same network.

    Raises:
        ValueError: sizes that do not fit together.

    >>> import numpy as np
    >>> model = Transformer(7, layers=1, width=8, heads=2, context=16, rng=np.random.default_rng(0))
    >>> model(torch.tensor([[1, 2, 3]])).shape
    torch.Size([1, 3, 7])
    """

    def __init__(
        self,
        vocabulary=None,
        layers=2,
        width=64,
        heads=4,
        feedforward=None,
        context=128,
        dropout=0.0,
        inputs=None,
        outputs=None,
        *,
        own=False,
        rng,
    ):
        super().__init__()
        feedforward = 4 * width if feedforward is None else feedforward
        _sizes(vocabulary, inputs, outputs, layers=layers, width=width, feedforward=feedforward, context=context)
        self.context, self.inputs, self.vocabulary = context, inputs, vocabulary
        with torch.random.fork_rng(devices=[]):
            self.embedding = torch.nn.Linear(inputs, width) if inputs else torch.nn.Embedding(vocabulary, width)
            self.positions = torch.nn.Embedding(context, width)
            self.layers = torch.nn.ModuleList(Layer(width, heads, feedforward, dropout, own) for _ in range(layers))
            self.norm = torch.nn.LayerNorm(width)
            self.readout = torch.nn.Linear(width, outputs) if outputs else None
        self.dropout = torch.nn.Dropout(dropout)
        _draw_weights(self, rng)

    def forward(self, x, lengths=None):
        """Scores (B, T, V) of the next symbol for symbols x (B, T), or (B, T, K) with `outputs`.

        `x` is (B, T, D) for a network that reads numbers. With `lengths` (B,) the answer is that of the last real
        step alone, (B, K): padding behind it is never looked at. Raises ValueError for more steps than the context.
        """
        answers = self.go_on(x)
        return answers if lengths is None else answers[torch.arange(len(x), device=x.device), lengths - 1]

    def go_on(self, x, caches=None):
        """Like forward, for steps that follow those in `caches`, one `KeyValueCache` a layer; they take these in."""
        self._fitting(x)
        start = caches[0].length if caches else 0
        end = start + x.shape[1]
        if end > self.context:
            raise ValueError(f"x: expected at most {self.context} steps (context), got {end}; cut the text, or make a longer context")
        x = self.dropout(self.embedding(x) + self.positions.weight[start:end])  # (B, T, W)
        for layer, cache in zip(self.layers, caches or [None] * len(self.layers), strict=True):
            x = layer(x, cache)
        return self.read_out(self.norm(x))

    def read_out(self, x):
        """Scores (B, T, V) of normed steps x (B, T, W), or (B, T, K) with `outputs`."""
        return x @ self.embedding.weight.T if self.readout is None else self.readout(x)

    @torch.no_grad()
    def attention_weights(self, x):
        """Who looks where: for each layer (B, heads, T, T), of a sequence x as forward takes it."""
        taken = []
        hooks = [
            layer.attention.register_forward_pre_hook(lambda part, args: taken.append(part.weights(args[0])))
            for layer in self.layers
        ]
        try:
            self.go_on(x)
        finally:
            for hook in hooks:
                hook.remove()
        return taken

    def stream(self):
        """Return a stream that takes one step at a time and keeps keys and values: `rnncourse.models.streaming`."""
        return TransformerStream(self)

    def write(self, prompt, count, choose):
        """Return `count` ids (count,) that follow the prompt (N,); `choose` maps logits (V,) to the next id.

        When the context is full, the network forgets the older half and reads the newer one anew.
        """
        return continue_text(self, prompt, count, choose)

    def _fitting(self, x):
        if self.inputs is None and (x.dim() != 2 or x.is_floating_point()):
            raise ValueError(f"x: expected symbols (batch, time) as integers, got shape {tuple(x.shape)} of {x.dtype}")
        if self.inputs is not None and (x.dim() != 3 or x.shape[2] != self.inputs):
            raise ValueError(f"x: expected (batch, time, {self.inputs} inputs), got shape {tuple(x.shape)}")


class Layer(torch.nn.Module):
    """One layer: attention over the steps so far, then two linear maps for each step, each added to what came in."""

    def __init__(self, width, heads, feedforward, dropout, own):
        super().__init__()
        self.attention_norm = torch.nn.LayerNorm(width)
        self.attention = CausalSelfAttention(width, heads, own=own)
        self.step_norm = torch.nn.LayerNorm(width)
        self.step = torch.nn.Sequential(
            torch.nn.Linear(width, feedforward), torch.nn.GELU(), torch.nn.Linear(feedforward, width)
        )
        self.dropout = torch.nn.Dropout(dropout)

    def forward(self, x, cache=None):
        """Steps (B, T, W) for steps x (B, T, W), which follow those in the cache."""
        x = x + self.dropout(self.attention(self.attention_norm(x), cache))
        return x + self.dropout(self.step(self.step_norm(x)))


def transformer_weights(layers, width, feedforward, vocabulary, context):
    """Return the number of weights of a Transformer that reads and scores symbols; heads change nothing.

    >>> transformer_weights(layers=4, width=128, feedforward=512, vocabulary=65, context=64)
    809856
    """
    layer = 4 * (width + 1) * width + (width + 1) * feedforward + (feedforward + 1) * width + 4 * width
    return (vocabulary + context) * width + layers * layer + 2 * width


def _draw_weights(model, rng):
    """Normal weights, biases at 0, norms that change nothing; what is added to x, smaller with every layer (GPT-2)."""
    generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
    added = {id(part.weight) for layer in model.layers for part in (layer.attention.out, layer.step[2])}
    for part in model.modules():
        if isinstance(part, torch.nn.Linear | torch.nn.Embedding):
            spread = SPREAD * (2 * len(model.layers)) ** -0.5 if id(part.weight) in added else SPREAD
            torch.nn.init.normal_(part.weight, 0.0, spread, generator=generator)
            if getattr(part, "bias", None) is not None:
                torch.nn.init.zeros_(part.bias)


def _sizes(vocabulary, inputs, outputs, **sizes):
    if (vocabulary is None) == (inputs is None):
        raise ValueError(f"expected vocabulary (symbols) or inputs (numbers), one of them, got {vocabulary} and {inputs}")
    if inputs is not None and outputs is None:
        raise ValueError("outputs: a network that reads numbers has no symbols to score; give outputs=…")
    given = {"vocabulary": vocabulary, "inputs": inputs, "outputs": outputs}
    for name, size in {**sizes, **{name: size for name, size in given.items() if size is not None}}.items():
        if size < 1:
            raise ValueError(f"{name}: expected 1 or more, got {size}")
