"""nanoGPT's published setting for a CPU, written anew: 4 layers, 4 heads, width 128, context 64, batch 12, 2,000 steps.

GPT-2's network without biases; random windows of the text; AdamW at 1e-3 with 100 steps of warm-up and a cosine
down to 1e-4; gradients clipped at 1. Source: Karpathy, nanoGPT, README ("I only have a macbook"), train.py and
config/train_shakespeare_char.py. There the loss on held-out Shakespeare is given as 1.88 nats a character.
"""

import math

import torch
from torch.nn.functional import cross_entropy, scaled_dot_product_attention

LAYERS, HEADS, WIDTH, CONTEXT, BATCH, STEPS = 4, 4, 128, 64, 12, 2000
RATE, LAST_RATE, WARM_UP, DECAY, BETAS = 1e-3, 1e-4, 100, 0.1, (0.9, 0.99)
SPREAD = 0.02  # standard deviation of the first weights


class NanoGPT(torch.nn.Module):
    """Symbols (B, T) in, a score for each next symbol (B, T, V) out."""

    def __init__(self, symbols, rng):
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(rng.integers(2**63)))
            self.embedding = torch.nn.Embedding(symbols, WIDTH)
            self.positions = torch.nn.Embedding(CONTEXT, WIDTH)
            self.layers = torch.nn.ModuleList(Layer() for _ in range(LAYERS))
            self.norm = torch.nn.LayerNorm(WIDTH, bias=False)
            for name, weight in self.named_parameters():
                if weight.dim() == 2:
                    added = name.endswith(("out.weight", "down.weight"))  # what is added to the stream, 2 times a layer
                    torch.nn.init.normal_(weight, std=SPREAD / math.sqrt(2 * LAYERS) if added else SPREAD)

    def forward(self, ids):
        x = self.embedding(ids) + self.positions.weight[: ids.shape[1]]  # (B, T, W)
        for layer in self.layers:
            x = layer(x)
        return self.norm(x) @ self.embedding.weight.T


class Layer(torch.nn.Module):
    """Attention, then two linear maps, each behind a norm and added to what came in."""

    def __init__(self):
        super().__init__()
        self.attention_norm, self.step_norm = (torch.nn.LayerNorm(WIDTH, bias=False) for _ in range(2))
        self.qkv = torch.nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.out = torch.nn.Linear(WIDTH, WIDTH, bias=False)
        self.up = torch.nn.Linear(WIDTH, 4 * WIDTH, bias=False)
        self.down = torch.nn.Linear(4 * WIDTH, WIDTH, bias=False)

    def forward(self, x):
        q, k, v = (each.unflatten(2, (HEADS, -1)).transpose(1, 2) for each in self.qkv(self.attention_norm(x)).chunk(3, dim=2))
        seen = scaled_dot_product_attention(q, k, v, is_causal=True)  # (B, heads, T, W / heads)
        x = x + self.out(seen.transpose(1, 2).flatten(2))
        return x + self.down(torch.nn.functional.gelu(self.up(self.step_norm(x))))


def optimizer(model):
    """AdamW; matrices decay, norms do not."""
    matrices = [weight for weight in model.parameters() if weight.dim() >= 2]
    others = [weight for weight in model.parameters() if weight.dim() < 2]
    return torch.optim.AdamW([{"params": matrices, "weight_decay": DECAY}, {"params": others, "weight_decay": 0.0}], lr=RATE, betas=BETAS)


def rate(step, steps):
    """The learning rate of a step, counted from 0, of so many."""
    if step < WARM_UP:
        return RATE * (step + 1) / (WARM_UP + 1)
    share = (step - WARM_UP) / max(1, steps - WARM_UP)
    return LAST_RATE + 0.5 * (1 + math.cos(math.pi * share)) * (RATE - LAST_RATE)


def windows(ids, rng):
    """A batch of windows from random places of a text ids (N,): inputs and targets (BATCH, CONTEXT)."""
    starts = rng.integers(0, len(ids) - CONTEXT, BATCH)
    taken = torch.from_numpy(ids[starts[:, None] + torch.arange(CONTEXT + 1).numpy()]).long()
    return taken[:, :-1], taken[:, 1:]


def train_step(model, optimizer, batch, learning_rate):
    """One update; returns the batch's loss."""
    ids, targets = batch
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    loss = cross_entropy(model(ids).flatten(0, 1), targets.flatten())
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()
