"""How an arm is judged: held-out losses in blocks, so that two arms can be compared block by block."""

from dataclasses import dataclass

import numpy as np
import torch

BLOCKS = 32  # of held-out sequences
A_BLOCK = 8  # held-out sequences of a block


@dataclass(frozen=True)
class Score:
    """Held-out losses (BLOCKS,), and the share of right answers."""

    losses: np.ndarray
    right: float

    @property
    def loss(self):
        """The mean over the blocks."""
        return float(np.mean(self.losses))


def in_blocks(losses, sequences):
    """Means (blocks,) of losses in the order of so many sequences, each with as many losses."""
    return losses.double().reshape(sequences // A_BLOCK, -1).mean(dim=1).numpy()


def tensors(arrays):
    """Real numbers as float32, all others as int64."""
    return tuple(torch.from_numpy(np.array(a, dtype=np.float32 if np.asarray(a).dtype.kind == "f" else np.int64)) for a in arrays)
