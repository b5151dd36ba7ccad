"""nanoGPT's published setting for a CPU, as something to compare with: the same sizes, batches, steps and schedule.

Source: Karpathy, nanoGPT (github.com/karpathy/nanoGPT), README, "I only have a macbook (or other cheap computer)":

    python train.py config/train_shakespeare_char.py --device=cpu --compile=False --eval_iters=20 --log_interval=1
        --block_size=64 --batch_size=12 --n_layer=4 --n_head=4 --n_embd=128 --max_iters=2000 --lr_decay_iters=2000
        --dropout=0.0

"This still runs in about ~3 minutes, but gets us a loss of only 1.88": nats a character of Tiny Shakespeare, whose last
tenth is for validation. What the line leaves to config/train_shakespeare_char.py and train.py stands below as well.

What differs here: nanoGPT leaves out the biases of maps and norms (`bias = False`), this course's Transformer has them,
0.7 % more weights. They begin at zero and are not decayed.
"""

from dataclasses import dataclass

import numpy as np
import torch

from rnncourse.models.transformer import Transformer

PUBLISHED_LOSS = 1.88  # nats a character


@dataclass(frozen=True)
class NanoGPT:
    """All that is set about the run; `NANOGPT_CPU` is the published one, `dataclasses.replace` makes others.

    `learning_rate` rises from 0 over `warmup` iterations and falls along a cosine to `lowest_rate` at the last one.
    """

    layers: int = 4
    heads: int = 4
    width: int = 128
    context: int = 64
    batch: int = 12
    iterations: int = 2000
    dropout: float = 0.0
    learning_rate: float = 1e-3
    lowest_rate: float = 1e-4
    warmup: int = 100
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.1
    max_norm: float = 1.0

    def model(self, vocabulary, rng):
        """Return the untrained Transformer for so many characters."""
        return Transformer(
            vocabulary, self.layers, self.width, self.heads, context=self.context, dropout=self.dropout, rng=rng
        )

    def optimizer(self, model):
        """Return AdamW for the model: matrices and embeddings decay, biases and norms do not."""
        weights = list(model.parameters())
        groups = [
            {"params": [w for w in weights if w.dim() >= 2], "weight_decay": self.weight_decay},
            {"params": [w for w in weights if w.dim() < 2], "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=self.learning_rate, betas=self.betas)

    def rate(self, iteration):
        """The learning rate of an iteration, counted from 0."""
        if iteration < self.warmup:
            return self.learning_rate * iteration / self.warmup
        done = min(1.0, (iteration - self.warmup) / max(1, self.iterations - self.warmup))
        return float(self.lowest_rate + 0.5 * (1 + np.cos(np.pi * done)) * (self.learning_rate - self.lowest_rate))

    def draw(self, ids, rng):
        """Return inputs and targets (batch, context): pieces of the text ids (N,) from random places, targets one further.

        Raises ValueError for a text that is not longer than the context.
        """
        ids = torch.as_tensor(ids)
        if ids.dim() != 1 or len(ids) <= self.context:
            raise ValueError(f"ids: expected one text (N,) of more than {self.context} ids, got shape {tuple(ids.shape)}")
        starts = torch.from_numpy(rng.integers(0, len(ids) - self.context, self.batch))
        pieces = ids[starts[:, None] + torch.arange(self.context + 1)]  # (batch, context + 1)
        return pieces[:, :-1], pieces[:, 1:]


NANOGPT_CPU = NanoGPT()


def train_nanogpt(model, ids, setting=NANOGPT_CPU, *, rng, report=None):
    """Train the model in place on the text ids (N,); return the loss in nats of every iteration, a list.

    `report(iteration, loss)` is called after each one; where it returns True the training stops.
    """
    optimizer, losses = setting.optimizer(model), []
    model.train()
    for iteration in range(setting.iterations):
        for group in optimizer.param_groups:
            group["lr"] = setting.rate(iteration)
        inputs, targets = setting.draw(ids, rng)
        loss = torch.nn.functional.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), setting.max_norm)
        optimizer.step()
        losses.append(loss.item())
        if report and report(iteration, losses[-1]):
            break
    model.eval()
    return losses
