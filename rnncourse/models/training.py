"""The training loop of the course: Adam, gradients clipped by their global norm, early stopping, checkpoints.

`fit` is the loop; `train` is `fit` for a fixed set of padded sequences with one answer each, arrays in, losses out.
"""

import copy
import time
from dataclasses import asdict, dataclass, field

import numpy as np
import torch

from rnncourse.models import batches, checkpoint
from rnncourse.models.objectives import answer_loss
from rnncourse.models.progress import ProgressBar
from rnncourse.models.threads import one_thread

SCHEDULES = ("constant", "linear", "cosine")


@dataclass(frozen=True)
class Settings:
    """All that is set about a training beside the model and the data.

    `schedule` takes the learning rate down to 0 over the epochs, "linear" or "cosine", or keeps it "constant".
    `max_norm` bounds the norm of all gradients together. With `patience` the training stops when the score has not
    improved for so many epochs. `seed` decides every random choice of a run. `device` is "cpu", "cuda", or "auto" for
    a GPU where there is one; networks as small as the course's are faster on the CPU.
    """

    epochs: int = 20
    learning_rate: float = 3e-3
    schedule: str = "constant"
    max_norm: float = 1.0
    patience: int | None = None
    seed: int = 0
    device: str = "cpu"

    def __post_init__(self):
        if self.schedule not in SCHEDULES:
            raise ValueError(f"schedule: expected one of {', '.join(SCHEDULES)}, got {self.schedule!r}")
        if self.epochs < 1 or self.learning_rate <= 0 or self.max_norm <= 0:
            raise ValueError(f"epochs, learning_rate, max_norm: expected to be positive, got {self}")

    def rate(self, epoch):
        """The learning rate of an epoch, counted from 0."""
        done = epoch / self.epochs
        share = {"constant": 1.0, "linear": 1 - done, "cosine": 0.5 * (1 + np.cos(np.pi * done))}[self.schedule]
        return float(self.learning_rate * share)

    def target(self):
        """The torch device to train on."""
        found = "cuda" if torch.cuda.is_available() else "cpu"
        return torch.device(found if self.device == "auto" else self.device)


@dataclass
class History:
    """What each epoch gave: mean loss, mean gradient norm before clipping, score (if asked), seconds so far.

    `seconds` are of the CPU, and the one thing that no two runs have in common.
    """

    losses: list = field(default_factory=list)
    norms: list = field(default_factory=list)
    scores: list = field(default_factory=list)
    seconds: list = field(default_factory=list, compare=False)

    @property
    def best(self):
        """The epoch with the lowest score, from 0; without scores the last one."""
        return int(np.argmin(self.scores)) if self.scores else len(self.losses) - 1


def fit(model, epoch, objective, settings=None, *, score=None, checkpoint_at=None, show=True):
    """Train the model in place and return its History.

    Args:
        model: a torch module.
        epoch: maps a NumPy generator to the batches of one epoch; see `rnncourse.models.batches`.
        objective: maps (model, batch, state) to (loss, state); see `rnncourse.models.objectives`. The state is None
            at the first batch of an epoch.
        settings: a `Settings`.
        score: maps the model to a number, the lower the better, after each epoch; at the end the model has the
            weights of the best epoch. Needed for `patience`.
        checkpoint_at: a file. It is written after each epoch, and a training that finds its own goes on from there:
            after a crash at most one epoch is lost, and the result is that of an uninterrupted run.
        show: whether to show a progress bar.

    Raises:
        ValueError: a loss that is no longer finite; patience without a score; the checkpoint of another training.
    """
    settings = settings or Settings()
    if settings.patience is not None and score is None:
        raise ValueError("patience: stopping early needs a score to watch; give score=…")
    run = _Run(model, settings, checkpoint_at)
    with one_thread(), ProgressBar(settings.epochs if show else 0) as bar:
        while not run.finished:
            if show:
                bar.show(len(run.history.losses), run.told())
            run.one_epoch(epoch, objective, score)
        if show:
            bar.show(len(run.history.losses))
            bar.end(run.told())
    return run.end()


class _Run:
    """A training under way: all that a checkpoint has to hold."""

    def __init__(self, model, settings, checkpoint_at):
        self.model, self.settings, self.path = model.to(settings.target()), settings, checkpoint_at
        self.history, self.best, self.finished = History(), None, False
        self.optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate)
        self.name = {**asdict(settings), "first weights": checkpoint.fingerprint(model)}
        held = checkpoint.load(checkpoint_at, self.name) if checkpoint_at else None
        if held:
            self._go_on_from(held)

    def one_epoch(self, epoch, objective, score):
        number, started = len(self.history.losses), time.process_time()
        rng = np.random.default_rng([self.settings.seed, number])  # of this epoch alone: resuming needs no state of it
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.rate(number)
        self.model.train()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(rng.integers(2**63)))  # dropout draws from torch's own generator
            loss, norm = _pass(self.model, self.optimizer, epoch(rng), objective, self.settings.max_norm)
        spent = time.process_time() - started
        self.history.losses.append(loss)
        self.history.norms.append(norm)
        self.history.seconds.append(spent + (self.history.seconds[-1] if self.history.seconds else 0.0))
        self._judge(score)
        if self.path:
            checkpoint.save(self.path, self._held())

    def _judge(self, score):
        """Score the epoch, keep the best weights, and decide whether this was the last."""
        done = len(self.history.losses)
        if score is not None:
            self.model.eval()
            with torch.no_grad():
                self.history.scores.append(float(score(self.model)))
            if self.history.best == done - 1:
                self.best = copy.deepcopy(self.model.state_dict())
        waited = done - 1 - self.history.best
        patience = self.settings.patience
        self.finished = done >= self.settings.epochs or (patience is not None and waited >= patience)

    def told(self):
        """The last loss (and score) as the bar says it."""
        if not self.history.losses:
            return ""
        scored = f" · score {self.history.scores[-1]:.4g}" if self.history.scores else ""
        return f"loss {self.history.losses[-1]:.4g}{scored}"

    def end(self):
        if self.best is not None:
            self.model.load_state_dict(self.best)
        self.model.eval()
        return self.history

    def _held(self):
        return {
            "run": self.name,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "history": asdict(self.history),
            "best": self.best,
            "finished": self.finished,
        }

    def _go_on_from(self, held):
        self.model.load_state_dict(held["model"])
        self.optimizer.load_state_dict(held["optimizer"])
        self.history, self.best, self.finished = History(**held["history"]), held["best"], held["finished"]


def _pass(model, optimizer, batches_, objective, max_norm):
    """One pass over the batches: the mean loss over sequences and the mean gradient norm before clipping."""
    device = next(model.parameters()).device
    state, losses, norms, sizes = None, [], [], []
    for batch in batches_:
        batch = tuple(each.to(device) for each in batch)
        loss, state = objective(model, batch, state)
        if not torch.isfinite(loss):
            raise ValueError(f"loss: expected a finite number, got {loss.item()}; look for NaN in the data, or lower learning_rate")
        optimizer.zero_grad()
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)))
        optimizer.step()
        sizes.append(len(batch[0]))
        losses.append(loss.item() * sizes[-1])
    if not sizes:
        raise ValueError("epoch: expected at least one batch, got none")
    return sum(losses) / sum(sizes), sum(norms) / len(norms)


def train(model, x, lengths, targets, *, rng, epochs=20, batch_size=32, learning_rate=3e-3, max_norm=1.0):
    """Train the model in place and return its mean loss in each epoch, a list of `epochs` floats.

    `x` is (B, T, D), padded; `lengths` (B,) counts the real steps of each sequence. Integer targets
    (B,) are classes: the loss is cross-entropy in nats. Float targets (B, K) are numbers to forecast:
    the loss is the mean squared error. `rng` shuffles the sequences, new in every epoch; `max_norm`
    bounds the norm of all gradients together. Arrays of unequal B raise ValueError, and so does a loss
    that is no longer a finite number.
    """
    settings = Settings(epochs=epochs, learning_rate=learning_rate, max_norm=max_norm)
    epoch = batches.shuffled(x, lengths, targets, batch_size)
    return fit(model, lambda _: epoch(rng), answer_loss, settings, show=False).losses
